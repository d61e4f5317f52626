// Package token signs short messages that travel in addresses, such as those of callbacks. A token says nothing that its
// bearer may not read, but only the bearer of a token can use it: it is a secret.
package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key signs tokens, or verifies those that it signed before another key took its place.
type Key struct {
	ID     string
	Secret []byte
}

// Keys are the keys of an installation: the first signs, all verify.
type Keys []Key

// ErrInvalid reports that a token was not signed by one of the keys for this purpose, or was changed.
var ErrInvalid = errors.New("the token is not valid")

const (
	version = 1
	// maxToken is the number of characters of the longest token that is looked at.
	maxToken = 1024
	// maxID is the number of bytes of the longest ID of a key.
	maxID = 64
)

// encoding has one text for each token: strict decoding refuses bits that do not count.
var encoding = base64.RawURLEncoding.Strict()

// Seal returns the token of a message. The same message always has the same token. A token is valid for one purpose only,
// so that two uses of the same keys stay apart.
func (k Keys) Seal(purpose string, message []byte) (string, error) {
	if len(k) == 0 {
		return "", errors.New("there is no key")
	}
	if len(k[0].ID) > maxID {
		return "", fmt.Errorf("the ID of the key has more than %d bytes", maxID)
	}
	var b bytes.Buffer
	b.WriteByte(version)
	b.WriteByte(byte(len(k[0].ID))) //nolint:gosec // At most maxID.
	b.WriteString(k[0].ID)
	b.Write(message)
	text := encoding.EncodeToString(append(b.Bytes(), k[0].sign(purpose, b.Bytes())...))
	if len(text) > maxToken {
		return "", errors.New("the message is too long")
	}
	return text, nil
}

// Open returns the message of a token, and an ID of the token that does not reveal it. It checks the signature, with each
// key and in constant time, before it decodes anything.
func (k Keys) Open(purpose, text string) (message []byte, id string, err error) {
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") { // The decoder skips line ends.
		return nil, "", ErrInvalid
	}
	raw, err := encoding.DecodeString(text)
	if err != nil || len(raw) <= sha256.Size {
		return nil, "", ErrInvalid
	}
	payload, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	signer := -1
	for i, key := range k {
		if hmac.Equal(mac, key.sign(purpose, payload)) {
			signer = i
		}
	}
	if signer < 0 {
		return nil, "", ErrInvalid
	}
	head := append([]byte{version, byte(len(k[signer].ID))}, k[signer].ID...) //nolint:gosec // At most maxID.
	message, ours := bytes.CutPrefix(payload, head)
	if !ours {
		return nil, "", ErrInvalid
	}
	sum := sha256.Sum256(raw)
	return message, hex.EncodeToString(sum[:16]), nil
}

func (k Key) sign(purpose string, payload []byte) []byte {
	mac := hmac.New(sha256.New, k.Secret)
	mac.Write([]byte(purpose + "\n"))
	mac.Write(payload)
	return mac.Sum(nil)
}
