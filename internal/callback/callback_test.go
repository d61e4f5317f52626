package callback_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

var keys = token.Keys{{ID: "k1", Secret: []byte(strings.Repeat("k", 32))}}

func TestAddresses(t *testing.T) {
	t.Parallel()
	a := callback.New("https://hooks.example.com/", keys)
	seen := map[string]bool{}
	for _, target := range []callback.Target{
		{Issuer: "acme", WorkflowID: "card-issue/acme/1", Step: issuer.Generating, Attempt: 1},
		{Issuer: "acme", WorkflowID: "card-issue/acme/1", Step: issuer.Generating, Attempt: 2},
		{Issuer: "acme", WorkflowID: "card-issue/acme/1", Step: issuer.Activating, Attempt: 1},
		{Issuer: "acme", WorkflowID: "card-issue/acme/2", Step: issuer.Activating, Attempt: 1},
		{Issuer: "acme", WorkflowID: "card/acme/1", Step: issuer.Spending, Attempt: 1},
		{Issuer: "acme", WorkflowID: "card/acme/1", Step: issuer.Reversing, Attempt: 1},
		{Issuer: "a", WorkflowID: strings.Repeat("w", 600), Step: issuer.Activating, Attempt: 1 << 20},
	} {
		address, err := a.For(target)
		require.NoError(t, err)
		require.False(t, seen[address])
		seen[address] = true
		rest, ours := strings.CutPrefix(address, "https://hooks.example.com/callbacks/")
		require.True(t, ours, address)
		got, err := a.Parse(rest)
		require.NoError(t, err)
		require.Equal(t, target, got)
		_, text, _ := strings.Cut(rest, "/")
		for _, wrong := range []string{"other/" + text, text, "/" + text, target.Issuer + "/" + text + "A", target.Issuer} {
			_, err = a.Parse(wrong)
			require.ErrorIs(t, err, callback.ErrInvalid, wrong)
		}
	}
}

// A token that is genuine, and was sealed for something else or by another release, is no address.
func TestForeignMessages(t *testing.T) {
	t.Parallel()
	a := callback.New("", keys)
	for _, message := range []string{"", "\x01\x00\x00\x00\x01", "\x07\x00\x00\x00\x01acme\x00w", "\x01\x00\x00\x00\x01acme"} {
		text, err := keys.Seal("giftbridge callback", []byte(message))
		require.NoError(t, err)
		_, err = a.Parse("acme/" + text)
		require.ErrorIs(t, err, callback.ErrInvalid, "%q", message)
	}
}

func TestTargetsWithoutAddress(t *testing.T) {
	t.Parallel()
	a := callback.New("", keys)
	for message, target := range map[string]callback.Target{
		"no step":        {Issuer: "acme", WorkflowID: "w", Attempt: 1},
		"name of an":     {Issuer: "a/b", WorkflowID: "w", Step: issuer.Generating, Attempt: 1},
		"has 0 bytes":    {Issuer: "acme", Step: issuer.Generating, Attempt: 1},
		"has 601 bytes":  {Issuer: "acme", WorkflowID: strings.Repeat("w", 601), Step: issuer.Generating, Attempt: 1},
		"no attempt 0":   {Issuer: "acme", WorkflowID: "w", Step: issuer.Generating},
		"no attempt 104": {Issuer: "acme", WorkflowID: "w", Step: issuer.Generating, Attempt: 1<<20 + 1},
	} {
		_, err := a.For(target)
		require.ErrorContains(t, err, message)
	}
	_, err := callback.New("", nil).For(callback.Target{Issuer: "a", WorkflowID: "w", Step: issuer.Generating, Attempt: 1})
	require.ErrorContains(t, err, "no key")
}
