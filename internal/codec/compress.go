package codec

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	// compressedEncoding is the encoding of a compressed payload inside an encrypted one. Encoding and form are those of the codec
	// that Temporal's SDK has for it (converter.NewZlibCodec), which makes new buffers of a megabyte for each payload.
	compressedEncoding = "binary/zlib"
	// minCompressed is the size in bytes of the smallest payload that is compressed: below it, little is won.
	minCompressed = 4 << 10
)

var (
	deflaters = sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
	inflaters sync.Pool
)

// compressed returns a payload that holds another one in fewer bytes. Both are in the form of protocol buffers. It returns the same bytes
// if those would not be fewer.
func compressed(plain []byte) ([]byte, error) {
	w := deflaters.Get().(*zlib.Writer) //nolint:forcetypeassert // Nothing else is in there.
	defer deflaters.Put(w)
	var small bytes.Buffer
	w.Reset(&small)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end: %w", err)
	}
	if small.Len() >= len(plain) {
		return plain, nil
	}
	out, err := proto.Marshal(&commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(compressedEncoding)}, Data: small.Bytes(),
	})
	if err != nil {
		return nil, fmt.Errorf("marshal: %w", err)
	}
	return out, nil
}

// decompressed returns the payload that a compressed one holds, and any other payload as it is.
func decompressed(p *commonpb.Payload) (*commonpb.Payload, error) {
	if string(p.GetMetadata()[converter.MetadataEncoding]) != compressedEncoding {
		return p, nil
	}
	small := bytes.NewReader(p.GetData())
	r, reused := inflaters.Get().(io.ReadCloser)
	var err error
	if reused {
		err = r.(zlib.Resetter).Reset(small, nil) //nolint:forcetypeassert // The library says so of its readers.
	} else {
		r, err = zlib.NewReader(small)
	}
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer inflaters.Put(r)
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	out := new(commonpb.Payload)
	if err := proto.Unmarshal(plain.Bytes(), out); err != nil {
		return nil, fmt.Errorf("unmarshal: %w", err)
	}
	return out, nil
}
