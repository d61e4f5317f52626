package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/left"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// mixedOrder places an order of a merchant with two gift cards and a mug.
func (w *system) mixedOrder(code string) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email:    "buyer@example.com",
		Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant(code).Name, Email: "buyer@example.com"},
		Lines: []shopifytest.LineItem{
			{SKU: scenario.SKUs()[0], Title: "Gift card", Vendor: "Shop", Quantity: 2, UnitPrice: "25.0"},
			{SKU: "MUG", Title: "Mug", Vendor: "Shop", Quantity: 1, UnitPrice: "9.0"},
		},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// An order that is left to people is issued only by a release, whatever happens to it in the shop. Here the other item
// is refunded, and then removed from the order, so that the order looks like a gift-card order.
func TestOrdersLeftToPeopleStayLeft(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, stack.Options{
				CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("LEFT")}},
				Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes },
			})
			p := w.mixedOrder("LEFT")
			require.Equal(t, 1, w.poll().LeftOut[giftcard.MixedOrder])
			d := w.show(p, executions.Left)
			require.Equal(t, []string{"2", "50.00", "USD"}, []string{
				strings.Repeat("2", d.Left.Cards-1), d.Left.Amount, d.Left.Currency,
			})
			require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
				o.FinancialStatus, o.Lines = "PARTIALLY_REFUNDED", o.Lines[:1]
			}))
			polled := w.poll()
			require.Equal(t, []int{0, 1}, []int{polled.Started, polled.Known})
			w.ok("poll", "--since", "1h")
			w.show(p, executions.Left)
			require.Empty(t, w.Issuer.Cards())

			shown := w.ok("orders", "show", p.Name)
			for _, says := range []string{
				"left", "other items were ordered with its gift cards", "2, 50.00 USD",
				"https://" + stack.Shop + "/admin/orders/" + orderNumber(p),
			} {
				require.Contains(t, shown, says)
			}
			retried := w.starter(nil, "orders", "retry", p.Name, "--yes")
			require.Equal(t, cli.ExitFailure, retried.code)
			require.Contains(t, retried.stderr, "it is left to people")

			dry := w.ok("orders", "release", p.Name, "--dry-run")
			require.Contains(t, dry, "2 cards worth 50.00 USD in total would be issued")
			w.show(p, executions.Left)
			// Two people release it at the same moment.
			plan, same := w.planRelease(p), w.planRelease(p)
			link, err := w.Operator.Release(w.ctx, plan, "Ann", "nobody has issued it")
			require.NoError(t, err)
			issued := w.show(p, executions.Completed)
			require.Len(t, issued.Result.Cards, 2)
			require.Equal(t, 2, w.cardsOf("LEFT"))
			other, err := w.Operator.Release(w.ctx, same, "Ben", "me too")
			require.NoError(t, err)
			require.Equal(t, link, other)
			require.Len(t, w.runs(orderID(p)), 2)
			again := w.starter(nil, "orders", "release", p.Name, "--yes")
			require.Equal(t, cli.ExitFailure, again.code)
			require.Contains(t, again.stderr, "order "+p.Name+" already has its cards")

			// A released order is like any other: it can be rerun, and nothing is issued twice.
			w.resetRun(orderID(p), issued.RunID, firstTask)
			w.await("run again", func() bool { return w.newest(orderID(p)).GetExecution().GetRunId() != issued.RunID })
			w.show(p, executions.Completed)
			require.Equal(t, 2, w.cardsOf("LEFT"))
		})
	}
}

// A digest names an order that is left to people once, with its value and its link to the shop, unless the order was
// cancelled or released before. The next digest counts it.
func TestDigestOfOrdersLeftToPeople(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("LEFT")}}})
	left, cancelled, released := w.mixedOrder("LEFT"), w.mixedOrder("LEFT"), w.mixedOrder("LEFT")
	failed := w.PlaceKind(scenario.UnknownMerchant) // Rerunning it takes the digest longer than the delay of reports.
	w.poll()
	w.awaitFailed(1)
	w.show(released, executions.Left)
	require.True(t, w.Shop.UpdateOrder(cancelled.ID, func(o *shopifytest.Order) { o.CancelledAt = time.Now() }))
	w.ok("orders", "release", released.Name, "--yes")
	w.show(released, executions.Completed)
	require.Equal(t, 1, w.digest().Mixed)
	m := w.lastMail()
	require.Equal(t, map[string][]string{"failed": {failed.Name}, "mixed": {left.Name}}, m.states())
	link := "https://" + stack.Shop + "/admin/orders/" + orderNumber(left)
	row := m.row(w, left.Name)
	require.Equal(t, []string{link, "2", "50.00", "USD"}, []string{row["shopify"], row["cards"], row["value"], row["currency"]})
	for _, body := range []string{m.Text, m.HTML} {
		require.Contains(t, body, left.Name)
		require.Contains(t, body, "2 cards, 50.00 USD")
		require.Contains(t, body, link)
	}
	// The order changes, and the poll sees it again.
	require.True(t, w.Shop.UpdateOrder(left.ID, func(o *shopifytest.Order) { o.Lines[1].Removed = 1 }))
	w.poll()
	require.Zero(t, w.digest().Mixed)
	require.NotContains(t, w.lastMail().states(), "mixed")
	require.Contains(t, w.lastMail().HTML, "Also left to people, in earlier digests: 2 orders.")
}

// However many mixed orders one poll finds, the digest names each of them. A poll's own result keeps 200 names.
func TestDigestOfManyMixedOrders(t *testing.T) {
	t.Parallel()
	const many = 250
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Digest.Rerun = true }})
	var names []string
	for range many {
		names = append(names, w.mixedOrder("LEFT").Name)
	}
	w.PlaceKind(scenario.UnknownMerchant) // Rerunning it takes the digest longer than the delay of reports.
	require.Equal(t, many, w.poll().LeftOut[giftcard.MixedOrder])
	w.awaitFailed(1)
	require.Equal(t, many, w.digest().Mixed)
	require.ElementsMatch(t, names, w.lastMail().states()["mixed"])
}

// For an order that has changed, a release issues the cards that remain, without those that exist: of three cards, one
// was issued, and one is refunded.
func TestReleaseOfAChangedOrder(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := hesitation{fault: cashstartest.Fault{Kind: cashstartest.RateLimit}, first: 1}
			w := start(t, stack.Options{
				CashStar: issuer.options("BUSY"), Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes },
			})
			p := w.orderFor("BUSY", 3)
			w.poll()
			w.await("asked for each", func() bool { return issuer.cards() == 3 && len(w.Issuer.Cards()) == 1 })
			require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.CancelledAt = time.Now() }))
			issuer.letGo()
			d := w.show(p, executions.Failed)
			require.Equal(t, string(giftcard.OrderChanged), d.Failure.Kind)
			require.Len(t, w.Issuer.Cards(), 1)

			refused := w.starter(nil, "orders", "release", p.Name, "--yes")
			require.Equal(t, cli.ExitFailure, refused.code)
			require.Contains(t, refused.stderr, "it was cancelled")

			// The shop undoes this, and refunds one card.
			require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
				o.CancelledAt, o.FinancialStatus, o.Lines[0].Removed = time.Time{}, "PARTIALLY_REFUNDED", 1
			}))
			w.StopWorker() // This also discards what it has read of the order.
			require.NoError(t, w.StartWorker(w.ctx))
			require.Contains(t, w.ok("orders", "release", p.Name, "--dry-run"),
				"1 card worth 25.00 USD in total would be issued. Cards that already exist: 1.")
			w.ok("orders", "release", p.Name, "--yes")
			w.show(p, executions.Completed)
			require.Equal(t, 2, w.cardsOf("BUSY"))
			again := w.starter(nil, "orders", "release", p.Name, "--yes")
			require.Equal(t, cli.ExitFailure, again.code)
			require.Equal(t, 2, w.cardsOf("BUSY"))
		})
	}
}

// planRelease returns what a release of an order would issue.
func (w *system) planRelease(p scenario.Placed) *left.Release {
	w.t.Helper()
	shop, err := app.NewOrders(w.Config)
	require.NoError(w.t, err)
	now, err := activities.ReadOrder(w.ctx, shop, orderNumber(p))
	require.NoError(w.t, err)
	plan, err := w.Operator.PlanRelease(w.ctx, w.show(p, executions.Left), now)
	require.NoError(w.t, err)
	return plan
}

// Money is refunded without a unit, before an order is taken in and while it waits. No card is issued until the order
// is released.
func TestMoneyGivenBack(t *testing.T) {
	t.Parallel()
	giveBack := func(o *shopifytest.Order) { o.FinancialStatus, o.NetPayment = "PARTIALLY_REFUNDED", "30.00" }
	issuer := hesitation{fault: cashstartest.Fault{Kind: cashstartest.RateLimit}}
	w := start(t, stack.Options{CashStar: issuer.options("BUSY")})
	before, after := w.orderFor("BUSY", 2), w.orderFor("BUSY", 2)
	require.True(t, w.Shop.UpdateOrder(before.ID, giveBack))
	require.Equal(t, 1, w.poll().LeftOut[giftcard.Underpaid])
	require.Equal(t, giftcard.Underpaid, w.show(before, executions.Left).Left.Reason)
	w.await("asked for", func() bool { return issuer.cards() == 2 })
	require.True(t, w.Shop.UpdateOrder(after.ID, giveBack))
	issuer.letGo()
	d := w.show(after, executions.Failed)
	require.Equal(t, string(giftcard.OrderChanged), d.Failure.Kind)
	require.Contains(t, d.Failure.Message, "the net payment of 30.00 USD does not cover the remaining gift cards")
	require.Empty(t, w.Issuer.Cards())
	for _, p := range []scenario.Placed{before, after} {
		w.ok("orders", "release", p.Name, "--yes")
		w.show(p, executions.Completed)
	}
	require.Equal(t, 4, w.cardsOf("BUSY"))
}

// If the shop chooses so, such an order is issued like any other.
func TestMoneyGivenBackAndIssued(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("GOOD")}},
		Configure: func(c *config.Config) { c.Orders.Underpaid = config.IssueAnyway },
	})
	p := w.orderFor("GOOD", 1)
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		o.FinancialStatus, o.NetPayment = "PARTIALLY_REFUNDED", "1.00"
	}))
	w.poll()
	w.show(p, executions.Completed)
}

// An order that is paid when it is already too old is reported, and issued if it is released. An order that was paid in
// time is not: its cards were issued, and Temporal has deleted its workflow.
func TestOrdersThatWerePaidLate(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("LATE")}},
		Configure: func(c *config.Config) { c.Orders.CreatedAtMin = time.Now().AddDate(0, 0, -50) },
	})
	old := time.Now().AddDate(0, 0, -20)
	var placed []scenario.Placed
	for _, paidAt := range []time.Time{time.Now(), old} {
		o := w.Shop.AddOrder(shopifytest.Order{
			CreatedAt: old, UpdatedAt: time.Now(), PaidAt: paidAt, Email: "buyer@example.com",
			Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant("LATE").Name},
			Lines:    []shopifytest.LineItem{{SKU: scenario.SKUs()[0], Vendor: "Shop", Quantity: 1, UnitPrice: "25.0"}},
		})
		placed = append(placed, scenario.Placed{ID: o.ID, Name: o.Name})
	}
	polled := w.poll()
	require.Equal(t, []int{1, 1}, []int{polled.LeftOut[giftcard.PaidLate], polled.LeftOut[giftcard.TooOld]})
	require.Equal(t, giftcard.PaidLate, w.show(placed[0], executions.Left).Left.Reason)
	w.ok("orders", "release", placed[0].Name, "--yes")
	w.show(placed[0], executions.Completed)
	require.Len(t, w.Issuer.Cards(), 1)
}
