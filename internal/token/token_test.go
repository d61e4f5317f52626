package token_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/token"
)

func key(id string) token.Key { return token.Key{ID: id, Secret: []byte(strings.Repeat(id, 32))} }

func TestTokens(t *testing.T) {
	t.Parallel()
	first, second := token.Keys{key("a")}, token.Keys{key("b"), key("a")}
	text, err := first.Seal("callback", []byte("card 1"))
	require.NoError(t, err)
	again, err := first.Seal("callback", []byte("card 1"))
	require.NoError(t, err)
	require.Equal(t, text, again)
	require.NotContains(t, text, "/")

	for name, keys := range map[string]token.Keys{"the key": first, "the next key": second} {
		message, id, err := keys.Open("callback", text)
		require.NoError(t, err, name)
		require.Equal(t, "card 1", string(message))
		require.Len(t, id, 32)
	}
	for name, open := range map[string]func() error{
		"another purpose": func() error { _, _, err := first.Open("link", text); return err },
		"another key":     func() error { _, _, err := token.Keys{key("b")}.Open("callback", text); return err },
		"another ID": func() error {
			_, _, err := token.Keys{{ID: "z", Secret: key("a").Secret}}.Open("callback", text)
			return err
		},
		"no key":    func() error { _, _, err := token.Keys(nil).Open("callback", text); return err },
		"empty":     func() error { _, _, err := first.Open("callback", ""); return err },
		"line ends": func() error { _, _, err := first.Open("callback", text+"\n"); return err },
		"longer":    func() error { _, _, err := first.Open("callback", text+"A"); return err },
		"too long":  func() error { _, _, err := first.Open("callback", strings.Repeat("A", 2000)); return err },
	} {
		require.ErrorIs(t, open(), token.ErrInvalid, name)
	}
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		_, _, err := first.Open("callback", string(changed))
		require.ErrorIs(t, err, token.ErrInvalid)
	}
}

func TestWhatCannotBeSealed(t *testing.T) {
	t.Parallel()
	_, err := token.Keys(nil).Seal("callback", nil)
	require.ErrorContains(t, err, "no key")
	_, err = token.Keys{key(strings.Repeat("a", 65))}.Seal("callback", nil)
	require.ErrorContains(t, err, "64 bytes")
	_, err = token.Keys{key("a")}.Seal("callback", make([]byte, 1000))
	require.ErrorContains(t, err, "too long")
}
