package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// inShop returns an order as the shop has it.
func (w *system) inShop(p scenario.Placed) shopifytest.Order {
	w.t.Helper()
	for _, o := range w.Shop.Orders() {
		if o.ID == p.ID {
			return o
		}
	}
	require.Fail(w.t, "no such order", p.Name)
	return shopifytest.Order{}
}

// Histories of orders that are marked in the shop, in each way. The shop's other text stays, nobody is notified, and a
// second run of a marked order changes nothing. If the shop refuses the mark, the order has its cards all the same.
func TestHistoriesOfMarkedOrders(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		Shopify: shopifytest.Options{Scopes: []string{
			"write_orders", "read_customers", "read_products", "write_merchant_managed_fulfillment_orders",
		}},
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("MUCH")}},
		Configure: plainly,
	})
	takenIn := func(by string, cards int) (p scenario.Placed, before shopifytest.Order) {
		out := w.starter([]string{"SHOPIFY_WRITE_BACK=" + by}, "schedules")
		require.Equal(t, cli.ExitOK, out.code, out.stderr)
		p = w.orderFor("MUCH", cards)
		require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.Note, o.Tags = "Ring twice.", []string{"vip"} }))
		before = w.inShop(p)
		w.poll()
		return p, before
	}
	marked, first := map[string]scenario.Placed{}, map[string]string{}
	for by, want := range map[string]func(*shopifytest.Order){
		"off":    func(*shopifytest.Order) {},
		"note":   func(o *shopifytest.Order) { o.Note += "\ngiftbridge: 2 gift cards issued" },
		"tag":    func(o *shopifytest.Order) { o.Tags = append(o.Tags, "giftbridge-issued") },
		"fulfil": func(o *shopifytest.Order) { o.Lines[0].Fulfilled = 2 },
	} {
		cards := 2
		if by == "tag" { // Its history is recorded, and replays would not notice two cards that change places.
			cards = 1
		}
		p, before := takenIn(by, cards)
		d := w.show(p, executions.Completed)
		require.Len(t, d.Result.Cards, cards)
		require.Nil(t, d.Result.WriteBackFailed)
		after := w.inShop(p)
		if by == "off" {
			require.Empty(t, d.Result.WrittenBack)
			require.Equal(t, before, after)
			continue
		}
		marked[by], first[by] = p, d.RunID
		require.Equal(t, by, d.Result.WrittenBack)
		want(&before)
		before.UpdatedAt = after.UpdatedAt
		if by == "fulfil" {
			require.Len(t, after.Fulfillments, 1)
			require.Len(t, after.Fulfillments[0].Lines, 1)
			require.Equal(t, 2, after.Fulfillments[0].Lines[0].Quantity)
			before.Fulfillments = after.Fulfillments
		}
		require.Equal(t, before, after)
	}
	w.keepOrder("GiftCardOrder/marked", marked["tag"], executions.Completed)
	for by, p := range marked {
		once := w.inShop(p)
		w.resetRun(orderID(p), "", firstTask)
		w.await("run again", func() bool { return len(w.runs(orderID(p))) == 2 })
		d := w.show(p, executions.Completed)
		require.Equal(t, by, d.Result.WrittenBack)
		require.NotEqual(t, first[by], d.RunID)
		require.Equal(t, once, w.inShop(p), by)
	}

	w.Shop.SetScopes("read_orders", "read_customers", "read_products")
	refused, before := takenIn("tag", 1)
	d := w.show(refused, executions.Completed)
	require.Len(t, d.Result.Cards, 1)
	require.Equal(t, giftcard.Unauthorized, d.Result.WriteBackFailed.Kind)
	require.Contains(t, d.Result.WriteBackFailed.Message, "marking order "+refused.Name+" in the shop: ")
	require.Equal(t, before, w.inShop(refused))
	w.keepOrder("GiftCardOrder/mark-refused", refused, executions.Completed)
	require.Contains(t, w.ok("orders", "show", refused.Name), "NOT MARKED, Unauthorized")
	w.requireBalance()
}
