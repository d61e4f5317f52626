package codec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// Temporal's SDK has compressed what is in older histories, and may read what is in new ones.
func TestCompressedAsTheSDKDoes(t *testing.T) {
	t.Parallel()
	sdk := converter.NewZlibCodec(converter.ZlibCodecOptions{})
	in := &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain")}, Data: []byte(strings.Repeat(`{"price":"199.00"},`, 900)),
	}
	theirs, err := sdk.Encode([]*commonpb.Payload{in})
	require.NoError(t, err)
	out, err := decompressed(theirs[0])
	require.NoError(t, err)
	require.True(t, proto.Equal(in, out))

	plain, err := proto.Marshal(in)
	require.NoError(t, err)
	small, err := compressed(plain)
	require.NoError(t, err)
	require.Less(t, len(small), len(plain)/10)
	ours := new(commonpb.Payload)
	require.NoError(t, proto.Unmarshal(small, ours))
	back, err := sdk.Decode([]*commonpb.Payload{ours})
	require.NoError(t, err)
	require.True(t, proto.Equal(in, back[0]))

	// What is damaged leaves no traces in what is read next.
	for cut := range len(ours.GetData()) {
		_, err := decompressed(&commonpb.Payload{Metadata: ours.GetMetadata(), Data: ours.GetData()[:cut]})
		require.Error(t, err, "of %d bytes", cut)
		back, err := decompressed(ours)
		require.NoError(t, err)
		require.True(t, proto.Equal(in, back))
	}
}
