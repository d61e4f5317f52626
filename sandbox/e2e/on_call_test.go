package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// The runbook's story of a night on call is true: a person who follows it finds out why each order has failed, and in the
// end each order has the cards that are owed, each of them once, and there is nothing left to report.
func TestNightOnCall(t *testing.T) {
	t.Parallel()
	lost := cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{
			Decline: func(c cashstartest.Card) string {
				if c.MerchantCode == "WS03" {
					return "merchant WS03 is suspended"
				}
				return ""
			},
			Fault: func(r cashstartest.Request) *cashstartest.Fault {
				if r.Operation == cashstartest.CreateOrder && r.MerchantCode == "WS04" {
					return &lost
				}
				return nil
			},
		},
		Configure: func(c *config.Config) { c.Issue.Dedupes = false },
	})
	placed := map[string]shopifytest.Order{}
	buy := func(customer string, lines ...shopifytest.LineItem) {
		id := int64(len(placed) + 1)
		o := w.Shop.AddOrder(shopifytest.Order{
			Email: "buyer@example.com", Lines: lines,
			Customer: &shopifytest.Customer{ID: id, DisplayName: customer, Email: "buyer@example.com"},
		})
		placed[o.Name] = o
	}
	cards := func(n int, price string) shopifytest.LineItem {
		return shopifytest.LineItem{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: n, UnitPrice: price}
	}
	friends := cards(1, "50.0")
	friends.Attributes = []shopifytest.Attribute{{Key: "Recipient email", Value: "anna.keller@examplecom"}}
	w.follow("A night on call", map[string]func(){
		"the orders are taken in, and the digest is sent": func() {
			buy("Widget Store 01", cards(1, "25.0"))
			buy("Harbour Books", cards(2, "50.0"))
			buy("Widget Store 03", cards(1, "100.0"))
			buy("Widget Store 04", cards(1, "100.0"))
			buy("Widget Store 05", friends, cards(1, "25.0"))
			require.Equal(t, len(placed), w.poll().Started)
			w.rest()
			require.True(t, w.digest().Sent)
		},
		"CashStar adds the merchant": func() {
			w.addMerchant(cashstartest.Merchant{Name: "Harbour Books", MerchantCode: "HARBOUR", Currencies: []string{"USD"}})
		},
		"the shop refunds order #1003": func() {
			w.Shop.UpdateOrder(placed["#1003"].ID, func(o *shopifytest.Order) { o.FinancialStatus = "REFUNDED" })
		},
		"the digest of the next evening is sent": func() {
			cured := time.Now()
			w.await("old enough to be reported", func() bool { return time.Since(cured) > 12*time.Second })
			require.True(t, w.digest().Sent)
		},
	})

	require.Len(t, w.Mail.Messages(), 2)
	require.Equal(t, map[string][]string{"recovered": {"#1002", "#1004", "#1005"}}, w.lastMail().states())
	var issued []string
	for _, c := range w.Issuer.Cards() {
		issued = append(issued, c.MerchantCode+" "+c.InitialBalance+" "+c.Target)
	}
	slices.Sort(issued)
	require.Equal(t, []string{
		"HARBOUR 50.00 buyer@example.com", "HARBOUR 50.00 buyer@example.com",
		"WS01 25.00 buyer@example.com", "WS04 100.00 buyer@example.com",
		"WS05 25.00 buyer@example.com", "WS05 50.00 anna.keller@example.com",
	}, issued)
}

// rest waits until no order is running, and the lists say so too.
func (w *system) rest() {
	w.t.Helper()
	w.await("at rest", func() bool {
		listed, err := w.Operator.ListOrders(w.ctx, orders.OrderFilter{})
		require.NoError(w.t, err)
		for _, o := range listed {
			d, err := w.Operator.ShowOrder(w.ctx, o.ID)
			require.NoError(w.t, err)
			if d.State == executions.Running || d.State != o.State {
				return false
			}
		}
		return true
	})
}
