package reporting

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// A customer is owed the cards that do not exist: what exists is subtracted, and nothing is guessed.
func TestOwed(t *testing.T) {
	t.Parallel()
	card := func(amount, currency string) workflows.IssuedCard {
		return workflows.IssuedCard{IssueCardResult: activities.IssueCardResult{Amount: amount, Currency: currency}}
	}
	failed := func(n int, issued ...workflows.IssuedCard) executions.FailedRun {
		return executions.FailedRun{
			Units: &workflows.OrderFailure{Issued: issued, Failed: make([]workflows.UnitFailure, n)}, Issued: len(issued),
		}
	}
	memo := workflows.OrderMemo{Cards: 3, Amount: "75.00", Currency: "USD"}
	for name, tt := range map[string]struct {
		memo workflows.OrderMemo
		run  executions.FailedRun
		want digest.Worth
	}{
		"nothing was issued":          {memo, executions.FailedRun{}, digest.Worth{Cards: 3, Amount: "75.00", Currency: "USD"}},
		"every card failed":           {memo, failed(3), digest.Worth{Cards: 3, Amount: "75.00", Currency: "USD"}},
		"one of three was issued":     {memo, failed(2, card("50.00", "USD")), digest.Worth{Cards: 2, Amount: "25.00", Currency: "USD"}},
		"stopped after a card":        {memo, executions.FailedRun{Issued: 1}, digest.Worth{Cards: 2}},
		"more cards than memo says":   {memo, executions.FailedRun{Issued: 4}, digest.Worth{}},
		"a card in another currency":  {memo, failed(2, card("50.00", "EUR")), digest.Worth{Cards: 2}},
		"a card without a value":      {memo, failed(2, card("", "")), digest.Worth{Cards: 2}},
		"cards worth more than memo":  {memo, failed(1, card("50.00", "USD"), card("50.00", "USD")), digest.Worth{Cards: 1}},
		"an order with a wrong price": {workflows.OrderMemo{Cards: 3}, failed(3), digest.Worth{Cards: 3}},
		"no memo":                     {workflows.OrderMemo{}, executions.FailedRun{}, digest.Worth{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, owed(tt.memo, tt.run))
		})
	}
}

// The link leads to the shop's present name. If only Temporal is configured, it leads to the name at the time of the
// order.
func TestShopLink(t *testing.T) {
	t.Parallel()
	for shop, want := range map[string]string{
		"new.myshopify.com": "https://new.myshopify.com/admin/orders/5000000000014",
		"":                  "https://old.myshopify.com/admin/orders/5000000000014",
	} {
		o := New(changed.New(recovery.New(orders.New(settings.New(executions.New(nil, "", new(codec.Codec), ""), settings.Configured{})))), shop, "")
		require.Equal(t, want, o.shopLink(executions.Order{Shop: "old.myshopify.com", ID: "5000000000014"}))
	}
}
