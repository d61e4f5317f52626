// Package codec encrypts what Temporal keeps: inputs, results, details, memos, summaries, and the messages of
// failures. Workflow and activity IDs, type names, error types and search attributes stay readable; nothing secret or
// personal belongs there.
//
// The cipher is AES-256 in Galois/counter mode with random nonces. One key is good for 2^32 payloads (NIST SP 800-38D,
// section 8.3), so keys have IDs and can be changed: the first key encrypts, all of them decrypt. No associated data
// binds a payload to its workflow, because a codec server that opens payloads for people does not know it.
package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/config"
)

const (
	// Encoding is the encoding of encrypted payloads, as in Temporal's own samples.
	Encoding = "binary/encrypted"
	// MetadataKeyID is the metadata field that holds the ID of the key.
	MetadataKeyID = "encryption-key-id"
)

// Codec encrypts and decrypts payloads. It is safe for concurrent use.
type Codec struct {
	ciphers map[string]cipher.AEAD
	current string // ID of the key that encrypts; empty when payloads are written in the clear.
}

var _ converter.PayloadCodec = (*Codec)(nil)

// New returns a codec with the keys of the configuration. With encryption off it only decrypts.
func New(c config.Payload) (*Codec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	out := &Codec{ciphers: make(map[string]cipher.AEAD, len(c.Keys))}
	for _, k := range c.Keys {
		block, err := aes.NewCipher([]byte(k.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("make cipher of key %q: %w", k.ID, err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("make cipher of key %q: %w", k.ID, err)
		}
		out.ciphers[k.ID] = gcm
	}
	if c.Encryption == config.EncryptionOn {
		out.current = c.Keys[0].ID
	}
	return out, nil
}

// Encode encrypts each payload, its metadata included.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if c.current == "" {
		return payloads, nil
	}
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("marshal payload: %w", err)
		}
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(Encoding),
				MetadataKeyID:              []byte(c.current),
			},
			Data: c.ciphers[c.current].Seal(nil, nil, plain, nil), //nolint:gosec // The cipher makes its own nonce.
		}
	}
	return out, nil
}

// Decode decrypts the payloads that are encrypted and passes the others through: they were written before encryption
// was switched on.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			out[i] = p
			continue
		}
		var err error
		if out[i], err = c.open(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(p.GetMetadata()[MetadataKeyID])
	gcm, ok := c.ciphers[id]
	if !ok {
		return nil, fmt.Errorf("decrypt payload: key %q is not configured, only %s", id, c.known())
	}
	plain, err := gcm.Open(nil, nil, p.GetData(), nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt payload: key %q does not fit, or the data is damaged: %w", id, err)
	}
	out := new(commonpb.Payload)
	if err := proto.Unmarshal(plain, out); err != nil {
		return nil, fmt.Errorf("unmarshal payload of key %q: %w", id, err)
	}
	return out, nil
}

func (c *Codec) known() string {
	if len(c.ciphers) == 0 {
		return "none"
	}
	var ids []string
	for id := range c.ciphers {
		ids = append(ids, fmt.Sprintf("%q", id))
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

// DataConverter returns Temporal's default data converter behind the codec.
func DataConverter(c *Codec) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
}

// FailureConverter returns a failure converter that encrypts messages and stack traces too, which would otherwise be
// readable in every history. Error types stay readable: they are what people search for.
func FailureConverter(c *Codec) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          DataConverter(c),
		EncodeCommonAttributes: c.current != "",
	})
}
