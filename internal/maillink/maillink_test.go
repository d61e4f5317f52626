package maillink_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/maillink"
)

var (
	keys = maillink.Keys{
		{ID: "k2", Secret: []byte(strings.Repeat("n", 32))}, {ID: "k1", Secret: []byte(strings.Repeat("o", 32))},
	}
	due  = time.Date(2026, 11, 28, 18, 0, 0, 0, time.FixedZone("CET", 3600))
	link = maillink.Link{
		WorkflowID: "gift-card-order/example.myshopify.com/820982911946154508", RunID: "0198c7a2-1f3e-7b6a-9c4d-0123456789ab",
		Action: maillink.Again, Day: "2026-11-28", Expires: due.Add(maillink.Validity).UTC(),
	}
)

func sign(t testing.TB, k maillink.Keys, l maillink.Link) string {
	t.Helper()
	token, err := k.Sign(l)
	require.NoError(t, err)
	return token
}

// The token of a link never changes: it is in mails that were sent.
func TestTokenNeverChanges(t *testing.T) {
	t.Parallel()
	const want = "AQJrMgFRMWsO_RABmMeiHz57apxNASNFZ4mrZ2lmdC1jYXJkLW9yZGVyL2V4YW1wbGUubXlzaG9waWZ5LmNvbS84MjA5ODI5MTE5NDYxNTQ1MDh"
	token := sign(t, keys, link)
	require.Equal(t, want, token[:len(want)])
	require.LessOrEqual(t, len(token), 200)
	require.Equal(t, token, sign(t, keys, link))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for _, action := range []maillink.Action{maillink.Again, maillink.Settle} {
		want := link
		want.Action = action
		token := sign(t, keys, want)
		got, err := keys.Verify(token, due)
		require.NoError(t, err)
		require.Len(t, got.ID, 32)
		require.NotContains(t, token, got.ID)
		want.ID = got.ID
		require.Equal(t, want, got)
	}
}

// Two links are never the same one: each has an ID of its own.
func TestEveryLinkHasItsID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, change := range []func(*maillink.Link){
		func(*maillink.Link) {},
		func(l *maillink.Link) { l.Action = maillink.Settle },
		func(l *maillink.Link) { l.RunID = "0198c7a2-1f3e-7b6a-9c4d-0123456789ac" },
		func(l *maillink.Link) { l.WorkflowID += "1" },
		func(l *maillink.Link) { l.Day = "2026-11-29" },
		func(l *maillink.Link) { l.Expires = l.Expires.Add(time.Second) },
	} {
		l := link
		change(&l)
		got, err := keys.Verify(sign(t, keys, l), due)
		require.NoError(t, err)
		seen[got.ID] = true
	}
	require.Len(t, seen, 6)
}

func TestVerifyEndsOnTime(t *testing.T) {
	t.Parallel()
	token := sign(t, keys, link)
	for at, want := range map[time.Time]error{
		link.Expires.Add(-time.Second): nil,
		link.Expires:                   maillink.ErrExpired,
		link.Expires.Add(time.Hour):    maillink.ErrExpired,
	} {
		got, err := keys.Verify(token, at)
		require.ErrorIs(t, err, want, at)
		require.Equal(t, link.WorkflowID, got.WorkflowID)
	}
}

// A key that is no longer the first still verifies; one that was removed does not, nor one that only has the same name.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	old := sign(t, keys[1:], link)
	_, err := keys.Verify(old, due)
	require.NoError(t, err)
	_, err = keys[:1].Verify(old, due)
	require.ErrorIs(t, err, maillink.ErrInvalid)
	_, err = maillink.Keys{{ID: "k1", Secret: keys[0].Secret}}.Verify(old, due)
	require.ErrorIs(t, err, maillink.ErrInvalid)
	renamed := maillink.Keys{{ID: "k9", Secret: keys[1].Secret}}
	_, err = renamed.Verify(old, due)
	require.ErrorIs(t, err, maillink.ErrInvalid)
	_, err = maillink.Keys{}.Verify(old, due)
	require.ErrorIs(t, err, maillink.ErrInvalid)
}

// A changed token is refused, whichever of its bits was changed, and so is the same token in another form.
func TestChangedTokensAreRefused(t *testing.T) {
	t.Parallel()
	token := sign(t, keys, link)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for i := range raw {
		for bit := range 8 {
			changed := []byte(string(raw))
			changed[i] ^= 1 << bit
			_, err := keys.Verify(base64.RawURLEncoding.EncodeToString(changed), due)
			require.ErrorIs(t, err, maillink.ErrInvalid, "byte %d, bit %d", i, bit)
		}
	}
	for n := range len(token) {
		_, err := keys.Verify(token[:n], due)
		require.ErrorIs(t, err, maillink.ErrInvalid, n)
	}
	last := strings.IndexByte(alphabet, token[len(token)-1])
	for _, other := range []string{
		token + "=", token + "\n", "\r" + token, token + "A", " " + token, strings.Repeat("A", 5000), "",
		token[:len(token)-1] + string(alphabet[last^1]),
	} {
		_, err := keys.Verify(other, due)
		require.ErrorIs(t, err, maillink.ErrInvalid, "%q", other)
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*maillink.Link){
		"no action":       func(l *maillink.Link) { l.Action = "issue" },
		"no run":          func(l *maillink.Link) { l.RunID = "" },
		"not a run":       func(l *maillink.Link) { l.RunID = "0198c7a21f3e7b6a9c4d0123456789ab" },
		"no day":          func(l *maillink.Link) { l.Day = "" },
		"no order":        func(l *maillink.Link) { l.WorkflowID = "" },
		"a long order ID": func(l *maillink.Link) { l.WorkflowID = strings.Repeat("x", 256) },
	} {
		l := link
		change(&l)
		_, err := keys.Sign(l)
		require.Error(t, err, name)
	}
	_, err := maillink.Keys(nil).Sign(link)
	require.Error(t, err)
}

func TestSigner(t *testing.T) {
	t.Parallel()
	s := maillink.NewMaker("https://cards.example.com/base/", keys).For(due)
	address := s.Link(link.WorkflowID, link.RunID, maillink.Again)
	require.Equal(t, "https://cards.example.com/base/actions/"+sign(t, keys, link), address)
	require.Empty(t, s.Link(link.WorkflowID, "", maillink.Again), "an order without a run")
	for _, none := range []*maillink.Maker{maillink.NewMaker("", keys), maillink.NewMaker("https://cards.example.com", nil), nil} {
		require.Nil(t, none.For(due))
		require.Empty(t, none.For(due).Link(link.WorkflowID, link.RunID, maillink.Again))
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(sign(f, keys, link))
	f.Add("")
	f.Add("AQJrMgFRNWn7v6gBmMeiHz56apxNASNFZ4mr")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := keys.Verify(token, due)
		if err != nil {
			return
		}
		got.ID = ""
		again, err := keys.Sign(got)
		require.NoError(t, err)
		require.Equal(t, token, again, "only our own tokens are valid")
	})
}
