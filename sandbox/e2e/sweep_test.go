package e2e_test

import (
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// Shopify's search lags for longer than polls look back. The polls miss the orders, and a sweep finds each of them
// once.
func TestSweepFindsWhatPollsMiss(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("SWEPT")}},
		Shopify:   shopifytest.Options{Lag: time.Hour, BucketSize: 1e9, RestoreRate: 1e9},
		Configure: func(c *config.Config) { c.Poll.Interval, c.Poll.SettleDelay = time.Minute, 0 },
	})
	earlier := time.Now().Add(-20 * time.Minute)
	place := func(o shopifytest.Order, lines ...shopifytest.LineItem) scenario.Placed {
		o.CreatedAt, o.Email = earlier, "buyer@example.com"
		o.Customer = &shopifytest.Customer{ID: 7, DisplayName: merchant("SWEPT").Name}
		o.Lines = append(o.Lines, lines...)
		added := w.Shop.AddOrder(o)
		return scenario.Placed{ID: added.ID, Name: added.Name}
	}
	card := shopifytest.LineItem{SKU: scenario.SKUs()[0], Vendor: "Shop", Quantity: 1, UnitPrice: "25.0"}
	mug := shopifytest.LineItem{SKU: "MUG", Vendor: "Shop", Quantity: 1, UnitPrice: "9.0"}
	missed, mixed := place(shopifytest.Order{}, card), place(shopifytest.Order{}, card, mug)
	place(shopifytest.Order{}, mug)
	place(shopifytest.Order{FinancialStatus: "PENDING"}, card)
	place(shopifytest.Order{CancelledAt: earlier}, card)
	many := shopifytest.Order{}
	for range 30 { // More lines than a sweep reads of each order.
		many.Lines = append(many.Lines, mug)
	}
	place(many)
	w.orderFor("SWEPT", 1) // It is so new that it is left to the next poll.
	require.Zero(t, w.poll().Seen, "the search does not show them")

	sweep := func(args ...string) workflows.SweepOrdersResult {
		t.Helper()
		return decoded[workflows.SweepOrdersResult](w, append([]string{"sweep"}, args...)...)
	}
	require.Zero(t, sweep().Seen, "nor does it to a sweep that searches")
	first := sweep("--whole")
	require.Equal(t, []int{7, 3, 0, 2}, []int{first.Seen, first.Candidates, first.Known, first.Found})
	require.ElementsMatch(t, []string{missed.Name, mixed.Name}, first.Names)
	w.show(missed, executions.Completed)
	w.show(mixed, executions.Left)
	require.Len(t, w.Issuer.Cards(), 1)
	w.await("known", func() bool { s := sweep("--whole"); return s.Known == 2 && s.Found == 0 })

	require.Len(t, w.Issuer.Cards(), 1)
}

// An order whose time of change is before what polls look at is found by a search for its SKU, and no longer by polls.
func TestSweepSearches(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("SWEPT")}},
		Configure: func(c *config.Config) {
			c.Poll.Interval, c.Poll.SettleDelay, c.Poll.Overlap = time.Minute, 0, time.Minute
		},
	})
	w.poll()
	o := w.Shop.AddOrder(shopifytest.Order{
		CreatedAt: time.Now().Add(-20 * time.Minute), Email: "buyer@example.com",
		Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant("SWEPT").Name},
		Lines:    []shopifytest.LineItem{{SKU: scenario.SKUs()[0], Vendor: "Shop", Quantity: 1, UnitPrice: "25.0"}},
	})
	require.Zero(t, w.poll().Seen)
	found := w.ok("sweep")
	require.Regexp(t, `found +1`, found)
	require.Regexp(t, `found orders +`+o.Name, found)
	w.show(scenario.Placed{ID: o.ID, Name: o.Name}, executions.Completed)
	w.await("known", func() bool {
		s := decoded[workflows.SweepOrdersResult](w, "sweep")
		return s.Known == 1 && s.Found == 0
	})
	require.Len(t, w.Issuer.Cards(), 1)
	require.NotContains(t, w.starter(nil, "status").stdout, "FAIL   sweep")

	// However many orders already have their workflows, a sweep is three activities: one looks for orders that polls have
	// missed, one for orders that were cancelled or refunded, and one for disputes. With its start by the schedule this is 6
	// actions, or 144 a day. For a thousand orders that is a seventh of an action each.
	require.Equal(t, 3, count(w.history(workflows.SweepByHandID, ""), enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED))
}
