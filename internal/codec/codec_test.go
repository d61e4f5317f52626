package codec_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

func key(id, fill string) ops.PayloadKey {
	return ops.PayloadKey{ID: id, Key: config.NewSecret(strings.Repeat(fill, ops.PayloadKeySize))}
}

func newCodec(t require.TestingT, encryption string, keys ...ops.PayloadKey) *codec.Codec {
	c, err := codec.New(ops.Payload{Encryption: encryption, Keys: keys}, "default")
	require.NoError(t, err)
	return c
}

func payload(data string) *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain")},
		Data:     []byte(data),
	}
}

func one(p *commonpb.Payload) []*commonpb.Payload { return []*commonpb.Payload{p} }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCodec(t, ops.EncryptionOn, key("a", "1"))
	rapid.Check(t, func(t *rapid.T) {
		var in []*commonpb.Payload
		for range rapid.IntRange(0, 4).Draw(t, "count") {
			p := &commonpb.Payload{Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data")}
			for name, value := range rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Byte())).Draw(t, "metadata") {
				if p.Metadata == nil {
					p.Metadata = map[string][]byte{}
				}
				p.Metadata[name] = value
			}
			if rapid.Bool().Draw(t, "encrypted already") {
				twice, err := c.Encode(one(p))
				require.NoError(t, err)
				p = twice[0]
			}
			in = append(in, p)
		}

		sealed, err := c.Encode(in)
		require.NoError(t, err)
		require.Len(t, sealed, len(in))
		for _, p := range sealed {
			require.Equal(t, map[string][]byte{
				"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("a"),
			}, p.GetMetadata())
		}
		out, err := c.Decode(sealed)
		require.NoError(t, err)
		require.Len(t, out, len(in))
		for i := range in {
			require.True(t, proto.Equal(in[i], out[i]))
		}
	})
}

func TestEncodeLeavesItsInputAloneAndHidesIt(t *testing.T) {
	t.Parallel()
	c := newCodec(t, ops.EncryptionOn, key("a", "1"))
	in := payload("grandma@example.com")
	before := proto.CloneOf(in)

	first, err := c.Encode(one(in))
	require.NoError(t, err)
	second, err := c.Encode(one(in))
	require.NoError(t, err)

	require.True(t, proto.Equal(before, in))
	wire, err := proto.Marshal(first[0])
	require.NoError(t, err)
	require.False(t, bytes.Contains(wire, []byte("grandma")))
	require.False(t, bytes.Contains(wire, []byte("json/plain")))
	const nonce = 12
	require.NotEqual(t, first[0].GetData()[:nonce], second[0].GetData()[:nonce], "a nonce of its own each time")
}

// compressing returns a codec that compresses what is large.
func compressing(t testing.TB) *codec.Codec {
	t.Helper()
	c, err := codec.New(ops.Payload{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{key("a", "1")}, Compress: true}, "default")
	require.NoError(t, err)
	return c
}

// What is large becomes smaller, and every codec with the key reads it. What is small, or does not become smaller, stays as it is.
func TestCompression(t *testing.T) {
	t.Parallel()
	plain, small := newCodec(t, ops.EncryptionOn, key("a", "1")), compressing(t)
	noise := make([]byte, 8<<10)
	_, _ = rand.Read(noise)
	for name, c := range map[string]struct {
		text    string
		smaller bool
	}{
		"large":   {strings.Repeat(`{"title":"IPod Nano - 8GB","price":"199.00"},`, 500), true},
		"small":   {strings.Repeat("a", 4<<10-20), false},
		"noise":   {string(noise), false},
		"nothing": {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/plain")}, Data: []byte(c.text)}
			before, err := plain.Encode(one(in))
			require.NoError(t, err)
			after, err := small.Encode(one(in))
			require.NoError(t, err)
			if c.smaller {
				require.Less(t, len(after[0].GetData()), len(before[0].GetData())/10)
			} else {
				require.Len(t, after[0].GetData(), len(before[0].GetData()))
			}
			for _, sealed := range [][]*commonpb.Payload{before, after} {
				for _, reader := range []*codec.Codec{plain, small} {
					out, err := reader.Decode(sealed)
					require.NoError(t, err)
					require.True(t, proto.Equal(in, out[0]))
				}
			}
		})
	}
}

// A strict codec takes nothing that is compressed and not encrypted.
func TestCompressionIsNoWayAroundEncryption(t *testing.T) {
	t.Parallel()
	large, err := converter.NewZlibCodec(converter.ZlibCodecOptions{}).Encode(one(payload(strings.Repeat("a", 9000))))
	require.NoError(t, err)
	_, err = compressing(t).Strict(ops.Payload{Encryption: ops.EncryptionOn}).Decode(large)
	var unreadable *codec.UnreadableError
	require.ErrorAs(t, err, &unreadable)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before := newCodec(t, ops.EncryptionOn, key("old", "1"))
	between := newCodec(t, ops.EncryptionOn, key("new", "2"), key("old", "1"))
	after := newCodec(t, ops.EncryptionOn, key("new", "2"))

	old, err := before.Encode(one(payload("x")))
	require.NoError(t, err)
	out, err := between.Decode(old)
	require.NoError(t, err)
	require.True(t, proto.Equal(payload("x"), out[0]))

	renewed, err := between.Encode(out)
	require.NoError(t, err)
	require.Equal(t, "new", string(renewed[0].GetMetadata()[codec.MetadataKeyID]))
	out, err = after.Decode(renewed)
	require.NoError(t, err)
	require.True(t, proto.Equal(payload("x"), out[0]))

	_, err = after.Decode(old)
	require.EqualError(t, err, `decrypt payload: key "old" is not in PAYLOAD_KEYS, which has "new"`)
}

func TestDecodeWithTheWrongKeyNamesIt(t *testing.T) {
	t.Parallel()
	sealed, err := newCodec(t, ops.EncryptionOn, key("a", "1")).Encode(one(payload("x")))
	require.NoError(t, err)
	_, err = newCodec(t, ops.EncryptionOn, key("a", "2")).Decode(sealed)
	require.ErrorContains(t, err, `decrypt payload: key "a" of PAYLOAD_KEYS does not fit, or the payload is damaged`)
}

func TestDecodePassesThroughWhatIsNotEncrypted(t *testing.T) {
	t.Parallel()
	c := newCodec(t, ops.EncryptionOn, key("a", "1"))
	in := []*commonpb.Payload{payload("x"), {}, {Metadata: map[string][]byte{"encoding": []byte("binary/zlib")}}}
	out, err := c.Decode(in)
	require.NoError(t, err)
	require.Equal(t, in, out)
}

// A change of any bit of the data is detected.
func TestDecodeFindsTampering(t *testing.T) {
	t.Parallel()
	c := newCodec(t, ops.EncryptionOn, key("a", "1"))
	sealed, err := c.Encode(one(payload("x")))
	require.NoError(t, err)
	data := sealed[0].GetData()
	for i := range len(data) * 8 {
		tampered := proto.CloneOf(sealed[0])
		tampered.Data[i/8] ^= 1 << (i % 8)
		_, err := c.Decode(one(tampered))
		require.ErrorContains(t, err, `key "a" of PAYLOAD_KEYS does not fit`, "bit %d", i)
	}
	for n := range data {
		_, err := c.Decode(one(&commonpb.Payload{Metadata: sealed[0].GetMetadata(), Data: data[:n]}))
		require.ErrorContains(t, err, `key "a" of PAYLOAD_KEYS does not fit`, "cut to %d bytes", n)
	}
}

func TestOffWritesInTheClearAndStillReads(t *testing.T) {
	t.Parallel()
	sealed, err := newCodec(t, ops.EncryptionOn, key("a", "1")).Encode(one(payload("x")))
	require.NoError(t, err)

	off := newCodec(t, ops.EncryptionOff, key("a", "1"))
	out, err := off.Encode(one(payload("x")))
	require.NoError(t, err)
	require.True(t, proto.Equal(payload("x"), out[0]))
	out, err = off.Decode(sealed)
	require.NoError(t, err)
	require.True(t, proto.Equal(payload("x"), out[0]))

	_, err = newCodec(t, ops.EncryptionOff).Decode(sealed)
	require.EqualError(t, err, `decrypt payload: key "a" is not in PAYLOAD_KEYS, which is empty`)
}

func TestNewRefusesBadKeys(t *testing.T) {
	t.Parallel()
	for _, p := range []ops.Payload{
		{Encryption: ops.EncryptionOn},
		{Encryption: "maybe", Keys: ops.PayloadKeys{key("a", "1")}},
		{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{{ID: "a", Key: config.NewSecret("short")}}},
	} {
		_, err := codec.New(p, "default")
		require.ErrorContains(t, err, "PAYLOAD_")
	}
}

func TestDataConverter(t *testing.T) {
	t.Parallel()
	dc := codec.DataConverter(newCodec(t, ops.EncryptionOn, key("a", "1")))
	type input struct{ Name string }

	p, err := dc.ToPayload(input{"grandma"})
	require.NoError(t, err)
	require.NotContains(t, p.String(), "grandma")
	var out input
	require.NoError(t, dc.FromPayload(p, &out))
	require.Equal(t, input{"grandma"}, out)
}

func TestFailureConverter(t *testing.T) {
	t.Parallel()
	failure := temporal.NewNonRetryableApplicationError("card declined for grandma", "CardDeclined", nil, "grandma")
	sealing := newCodec(t, ops.EncryptionOn, key("a", "1"))

	f := codec.FailureConverter(sealing).ErrorToFailure(failure)
	require.NotContains(t, f.String(), "grandma")
	require.Equal(t, "CardDeclined", f.GetApplicationFailureInfo().GetType())

	// A process that writes in the clear can still read payloads that other processes have encrypted.
	for _, c := range []*codec.Codec{sealing, newCodec(t, ops.EncryptionOff, key("a", "1"))} {
		err := codec.FailureConverter(c).FailureToError(proto.CloneOf(f))
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, "card declined for grandma", app.Message())
	}

	plain := codec.FailureConverter(newCodec(t, ops.EncryptionOff)).ErrorToFailure(failure)
	require.Equal(t, "card declined for grandma", plain.GetMessage())
}

func FuzzDecode(f *testing.F) {
	c := newCodec(f, ops.EncryptionOn, key("a", "1"))
	sealed, err := c.Encode(one(payload("x")))
	require.NoError(f, err)
	f.Add("a", sealed[0].GetData())
	f.Add("b", []byte{})
	f.Fuzz(func(t *testing.T, id string, data []byte) {
		p := &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(codec.Encoding), codec.MetadataKeyID: []byte(id)},
			Data:     data,
		}
		out, err := c.Decode(one(p))
		if err == nil {
			require.True(t, proto.Equal(payload("x"), out[0]), "only what was sealed can be opened")
		}
	})
}

// What is written for one namespace is not read in another that has the same key; what was bound to none is read everywhere.
func TestBoundToTheNamespace(t *testing.T) {
	t.Parallel()
	in := func(namespace string, bind bool) *codec.Codec {
		c, err := codec.New(ops.Payload{
			Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{key("a", "1")}, BindNamespace: bind,
		}, namespace)
		require.NoError(t, err)
		return c
	}
	bound, err := in("gifts", true).Encode(one(payload("card")))
	require.NoError(t, err)
	for _, bind := range []bool{true, false} { // A process that does not bind yet reads what another one has bound.
		opened, err := in("gifts", bind).Decode(bound)
		require.NoError(t, err)
		require.Equal(t, "card", string(opened[0].GetData()))
		_, err = in("elsewhere", bind).Decode(bound)
		var unreadable *codec.UnreadableError
		require.ErrorAs(t, err, &unreadable)
		require.ErrorContains(t, err, "another namespace than elsewhere")
	}
	// That it is bound cannot be taken off.
	delete(bound[0].Metadata, codec.MetadataBound)
	_, err = in("elsewhere", true).Decode(bound)
	require.Error(t, err)

	free, err := in("gifts", false).Encode(one(payload("card")))
	require.NoError(t, err)
	require.NotContains(t, free[0].GetMetadata(), codec.MetadataBound)
	_, err = in("elsewhere", true).Decode(free)
	require.NoError(t, err)
}
