package issuertest

import (
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

func listsAccounts(t T, w *World) {
	if w.Issuer.Accounts == nil {
		return
	}
	accounts, err := w.Issuer.Accounts.Accounts(t.Context())
	require.NoError(t, err)
	require.Contains(t, accounts, w.Account)
	for status, kind := range map[int]giftcard.Kind{401: giftcard.Unauthorized, 503: giftcard.Unavailable} {
		w.With(line.Fault{All: true, Answer: w.Status(status, true)})
		_, err = w.Issuer.Accounts.Accounts(t.Context())
		line.RequireKind(t, err, kind)
	}
	w.With(line.Fault{All: true, Answer: line.Page})
	_, err = w.Issuer.Accounts.Accounts(t.Context())
	require.Error(t, err, "a page is not an empty list")
}

func showsOffers(t T, w *World) {
	if w.Issuer.Offerer == nil {
		return
	}
	offer := func(account string) (issuer.Offer, error) { return w.Issuer.Offerer.Offer(t.Context(), account) }
	got, err := offer(w.Account.Code)
	require.NoError(t, err)
	require.Equal(t, w.Offer, got)
	require.False(t, got.Items.Empty())
	for _, l := range []issuer.Listing{got.Items, got.Designs} {
		require.NotEmpty(t, l.Name)
	}
	got, err = offer(w.Bare)
	require.NoError(t, err)
	require.True(t, got.Items.Empty())

	_, err = offer("nobody-has-this-account")
	require.Error(t, err)
	kind, _ := giftcard.KindOf(err)
	require.True(t, kind.Final(), "another attempt does not find it either")
	for status, kind := range map[int]giftcard.Kind{401: giftcard.Unauthorized, 503: giftcard.Unavailable} {
		w.With(line.Fault{All: true, Answer: w.Status(status, true)})
		_, err = offer(w.Account.Code)
		line.RequireKind(t, err, kind)
	}
	w.With(line.Fault{All: true, Answer: line.Page})
	_, err = offer(w.Account.Code)
	require.Error(t, err, "a page is not an empty offer")
}

func cancels(t T, w *World) {
	if w.Issuer.Canceller == nil || w.Issuer.Inspector == nil {
		return
	}
	r := w.request("1001-A")
	card, err := w.Issuer.Issue(t.Context(), r)
	require.NoError(t, err)
	state, err := w.Issuer.Inspector.Inspect(t.Context(), r.Account, card.Reference)
	require.NoError(t, err)
	require.False(t, state.Cancelled)
	require.Equal(t, []string{"50.00", "50.00", "USD"}, []string{state.InitialBalance, state.CurrentBalance, state.Currency})

	_, err = w.Issuer.Canceller.Cancel(t.Context(), issuer.Cancellation{Account: r.Account, Reference: "nothing-has-this-reference"})
	require.Error(t, err)
	kind, _ := giftcard.KindOf(err)
	require.True(t, kind.Final(), "another attempt does not find it either")

	state, err = w.Issuer.Canceller.Cancel(t.Context(), issuer.Cancellation{Account: r.Account, Reference: card.Reference})
	require.NoError(t, err)
	require.True(t, state.Cancelled)
	state, err = w.Issuer.Inspector.Inspect(t.Context(), r.Account, card.Reference)
	require.NoError(t, err)
	require.True(t, state.Cancelled)
}

func probes(t T, w *World) {
	if w.Issuer.Prober == nil {
		return
	}
	require.NoError(t, w.Issuer.Prober.Probe(t.Context()))
	require.Empty(t, w.Cards(), "it is harmless")
	for _, status := range []int{500, 502, 503, 504} {
		w.With(line.Fault{All: true, Answer: w.Status(status, false)})
		line.RequireKind(t, w.Issuer.Prober.Probe(t.Context()), giftcard.Unavailable)
	}
	w.With(line.Fault{All: true})
	line.RequireKind(t, w.Issuer.Prober.Probe(t.Context()), giftcard.Unavailable)
}
