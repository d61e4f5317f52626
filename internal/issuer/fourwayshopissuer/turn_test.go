package fourwayshopissuer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
)

// Nothing comes of a request that the rate limit does not allow, and it may be sent later.
func TestKindOfARequestWithoutATurn(t *testing.T) {
	t.Parallel()
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: "https://4ws.example", Username: "u", Password: "p",
		Wait: func(context.Context) error { return errors.New("too many") },
	})
	require.NoError(t, err)
	found, err := issuer.Find(fourwayshopissuer.New(client, fourwayshopissuer.Options{EntityCode: "1", BranchCode: "WEB", Country: "IT", PriceList: "1"}))
	require.NoError(t, err)
	_, looked := found.Deferred.Look(t.Context(), "2900000000016")

	for what, err := range map[string]error{
		"generate": found.Deferred.Generate(t.Context(), "GIFT50", "https://receiver.example/callbacks/x"),
		"look":     looked,
		"activate": found.Activate(t.Context(), issuer.Activation{
			Code: "2900000000016", Item: "GIFT50", Value: giftcard.Money{Hundredths: 5000, Currency: "EUR"}, Reference: "k", At: time.Now(),
			Callback: "https://receiver.example/callbacks/x",
		}),
	} {
		kind, _ := giftcard.KindOf(err)
		require.Equal(t, giftcard.RateLimited, kind, what)
		require.ErrorContains(t, err, "the rate limit did not allow the request in time", what)
		if what == "activate" {
			require.Equal(t, issuer.None, issuer.EffectOf(err))
		}
	}
}
