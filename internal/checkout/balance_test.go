package checkout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

func euros(hundredths int64) *giftcard.Money {
	return &giftcard.Money{Hundredths: hundredths, Currency: "EUR"}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.card.ValidUntil = time.Now().Add(time.Hour)
		out, err := b.desk().Balance(t.Context(), code, "EUR")
		require.NoError(t, err)
		require.Equal(t, checkout.Balance{
			Issuer: "acme", Balance: *euros(5000), Available: euros(5000), ExpiresAt: b.card.ValidUntil, InParts: true,
		}, out)
		require.Empty(t, b.claims)
		_, err = b.desk().Balance(t.Context(), code, "USD")
		requireProblem(t, err, redemption.CurrencyMismatch)
		time.Sleep(time.Hour) //nolint:forbidigo // The time of the test, not of the machine.
		_, err = b.desk().Balance(t.Context(), code, "")
		requireProblem(t, err, redemption.CardExpired)
		b.card.Value = giftcard.Money{}
		_, err = b.desk().Balance(t.Context(), code, "")
		requireProblem(t, err, redemption.CardNotUsable)
		b.away = errors.New("away")
		_, err = b.desk().Balance(t.Context(), code, "")
		requireProblem(t, err, redemption.IssuerUnavailable)
	})
}

// What open redemptions hold is not available. What cannot be found out quickly is not said.
func TestAvailable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.kept = map[string]*workflows.Redemption{}
		available := func() *giftcard.Money {
			out, err := b.desk().Balance(t.Context(), code, "")
			require.NoError(t, err)
			require.Equal(t, *euros(5000), out.Balance)
			return out.Available
		}
		for id, r := range map[string]redemption.Redemption{
			"1": {State: redemption.Accepted, Amount: "20.00", Currency: "EUR"},
			"2": {State: redemption.Unknown, Amount: "20.00", Taken: "5.00", Currency: "EUR"},
			"3": {State: redemption.Succeeded, Amount: "7.00", Taken: "7.00", Currency: "EUR"},
			"4": {State: redemption.Accepted, Amount: "9.00", Currency: "USD"},
		} {
			b.kept[id] = &workflows.Redemption{Redemption: r}
		}
		require.Equal(t, euros(2500), available())
		b.kept["5"] = &workflows.Redemption{Redemption: redemption.Redemption{State: redemption.Accepted, Amount: "40", Currency: "EUR"}}
		require.Equal(t, euros(0), available())
		b.ended = true
		require.Equal(t, euros(5000), available())
		b.looking = func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("no worker")
		}
		began := time.Now()
		require.Nil(t, available())
		require.Equal(t, time.Second, time.Since(began))
	})
}
