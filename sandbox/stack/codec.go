package stack

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/codecserver"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// payloadKey returns the key that encrypts this stack's payloads. If there is a database file, the key is kept in a
// file beside it, because the contents of the database cannot be decrypted without it.
func payloadKey(dbFile string) (ops.PayloadKey, error) {
	key := site.NewPayloadKey()
	if dbFile == "" {
		return ops.PayloadKey{ID: name, Key: key}, nil
	}
	file := dbFile + ".key"
	kept, err := os.ReadFile(file) //nolint:gosec // The name is whoever started the sandbox gave.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.WriteFile(file, []byte(key.Reveal()), 0o600); err != nil {
			return ops.PayloadKey{}, fmt.Errorf("keep the payload key: %w", err)
		}
	case err != nil:
		return ops.PayloadKey{}, fmt.Errorf("read the payload key: %w", err)
	default:
		key = config.NewSecret(string(kept))
	}
	return ops.PayloadKey{ID: name, Key: key}, nil
}

// newToken returns an unguessable token.
func newToken() config.Secret {
	token := make([]byte, 32)
	_, _ = rand.Read(token) // It never fails.
	return config.NewSecret(hex.EncodeToString(token))
}

// serveCodec serves the codec to clients that present the token on one listener, and to the Web UI on the other.
func (s *Stack) serveCodec(bearers, ui net.Listener) error {
	payloads, err := codec.New(s.Config.Payload, s.Temporal.Namespace())
	if err != nil {
		return err
	}
	token := s.Config.Codec.Token.Reveal()
	h := codecserver.NewHandler(codecserver.Options{
		Codec: payloads, Token: token, Origins: s.Config.CodecOrigins(), Log: s.log,
	})
	s.serve(bearers, h)
	s.serve(ui, site.WithToken(h, s.Temporal.UIURL(), token))
	return nil
}
