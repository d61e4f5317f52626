// Package codec encrypts the payloads that Temporal stores: inputs, results, details, memos, summaries, and the
// messages of failures. Workflow and activity IDs, type names, error types and search attributes stay readable; they
// must not contain anything secret or personal.
//
// The cipher is AES-256 in Galois/counter mode with random nonces. One key is good for 2^32 payloads (NIST SP 800-38D,
// section 8.3), so keys have IDs and can be rotated: the first key encrypts, all of them decrypt. Associated data can bind
// a payload to its namespace. Nothing binds it to its workflow: a codec server that decrypts payloads for people does not
// know the workflow, and the SDK reads the arguments of a schedule under another workflow ID than it writes them.
//
// A payload that cannot be read is a mistake in the deployment, which the next deployment fixes. Workflows wait for
// that, see [WorkerDataConverter], and the message that reports it is not encrypted.
package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/config/ops"
)

const (
	// Encoding is the encoding of encrypted payloads, the same as in Temporal's own samples.
	Encoding = "binary/encrypted"
	// MetadataKeyID is the metadata field that holds the ID of the key.
	MetadataKeyID = "encryption-key-id"
	// MetadataBound is the metadata field that says what a payload is bound to; it is absent from payloads that are bound to
	// nothing.
	MetadataBound = "bound-to"
	boundTo       = "namespace"
)

// Codec encrypts and decrypts payloads. It is safe for concurrent use.
type Codec struct {
	ciphers map[string]cipher.AEAD
	current string // ID of the key that encrypts; empty when payloads are written in the clear.
	strict  bool   // Unencrypted payloads are refused.
	// namespace is the associated data of bound payloads; bind makes the codec write such.
	namespace []byte
	bind      bool
	compress  bool // Large payloads are compressed before they are encrypted.
}

var _ converter.PayloadCodec = (*Codec)(nil)

// New returns a codec for the payloads of a namespace, with the keys of the configuration. With encryption off it only
// decrypts.
func New(c ops.Payload, namespace string) (*Codec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	out := &Codec{
		ciphers: make(map[string]cipher.AEAD, len(c.Keys)), namespace: []byte(namespace), bind: c.BindNamespace, compress: c.Compress,
	}
	for _, k := range c.Keys {
		block, err := aes.NewCipher([]byte(k.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("create cipher for key %q: %w", k.ID, err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("create cipher for key %q: %w", k.ID, err)
		}
		out.ciphers[k.ID] = gcm
	}
	if c.Encryption == ops.EncryptionOn {
		out.current = c.Keys[0].ID
	}
	return out, nil
}

// Strict returns a codec that refuses unencrypted payloads if encryption is on, unless the configuration accepts them.
// It is for workers, because they spend money: access to Temporal without a key must not be enough to tell them what to
// do.
func (c *Codec) Strict(cfg ops.Payload) *Codec {
	out := *c
	out.strict = cfg.Encryption == ops.EncryptionOn && !cfg.AcceptPlain
	return &out
}

// Encode encrypts each payload, its metadata included. A large one may be compressed before.
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
		if c.compress && len(p.GetData()) >= minCompressed {
			if plain, err = compressed(plain); err != nil {
				return nil, fmt.Errorf("compress payload: %w", err)
			}
		}
		metadata := map[string][]byte{
			converter.MetadataEncoding: []byte(Encoding),
			MetadataKeyID:              []byte(c.current),
		}
		var associated []byte
		if c.bind {
			metadata[MetadataBound], associated = []byte(boundTo), c.namespace
		}
		out[i] = &commonpb.Payload{
			Metadata: metadata,
			Data:     c.ciphers[c.current].Seal(nil, nil, plain, associated), //nolint:gosec // The cipher makes its own nonce.
		}
	}
	return out, nil
}

// Decode decrypts encrypted payloads. It passes unencrypted ones through unless the codec is strict: they were written
// before encryption was switched on, or by a client without a key. It reads compressed payloads whatever the configuration says. Its
// errors are [*UnreadableError].
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		switch encoding := string(p.GetMetadata()[converter.MetadataEncoding]); {
		case encoding == Encoding:
		case c.strict && encoding != converter.MetadataEncodingNil:
			return nil, &UnreadableError{inTheClear}
		default:
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
		return nil, c.missing(id)
	}
	var associated []byte
	if _, bound := p.GetMetadata()[MetadataBound]; bound {
		associated = c.namespace
	}
	plain, err := gcm.Open(nil, nil, p.GetData(), associated)
	switch {
	case err != nil && associated != nil:
		return nil, misplaced(id, string(c.namespace))
	case err != nil:
		return nil, misfit(id)
	}
	out := new(commonpb.Payload)
	if err := proto.Unmarshal(plain, out); err != nil {
		return nil, misfit(id)
	}
	if out, err = decompressed(out); err != nil {
		return nil, misfit(id)
	}
	return out, nil
}
