package e2e_test

import (
	"strings"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// An order is found by its name, whatever the name is: a shop may give its orders any prefix and suffix. Some names
// contain characters that have a meaning in the database, or more than it accepts.
func TestOrdersAreFoundByName(t *testing.T) {
	t.Parallel()
	names := []string{
		"#7001", "O'Brien #7002", `back\slash #7003`, "100%_ #7004", `"quoted" #7005`, "Geschenk-Gutschein für Åse 🎁 #7006",
		"? #7007", "$1 :name #7008", strings.Repeat("長", 255),
	}
	w := start(t, stack.Options{})
	var placed []scenario.Placed
	for _, name := range append(names, "nothing\x00 #7010") {
		placed = append(placed, w.add(name, scenario.SKUs()[0]))
	}
	require.Equal(t, len(placed), w.poll().Started)
	w.settle(len(placed))
	listed, err := w.Operator.ListOrders(w.ctx, orders.OrderFilter{State: executions.Completed, Limit: 100})
	require.NoError(t, err)
	require.Len(t, listed, len(placed))
	for i, name := range names {
		if len(name) > 255 {
			name = listedName(listed, placed[i])
			require.Less(t, len([]rune(name)), 256)
		}
		id, err := w.Operator.FindOrder(w.ctx, name)
		require.NoError(t, err, name)
		require.Equal(t, orderID(placed[i]), id, name)
	}
}

func listedName(listed []executions.Order, p scenario.Placed) string {
	for _, o := range listed {
		if o.WorkflowID == orderID(p) {
			return o.Name
		}
	}
	return ""
}

// A SKU is found in orders that also contain others, and a part of a SKU is not.
func TestOrdersAreFoundBySKU(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	w.add("", "GIFT-25", "GIFT-50")
	w.add("", "GIFT-100")
	require.Equal(t, 2, w.poll().Started)
	w.settle(2)
	for query, want := range map[string]int64{
		"GiftCardSku = 'GIFT-50'":                              1,
		"GiftCardSku != 'GIFT-50'":                             1,
		"GiftCardSku IN ('GIFT-25','GIFT-100')":                2,
		"GiftCardSku = 'GIFT'":                                 0,
		"GiftCardSku = 'GIFT-25' AND GiftCardSku = 'GIFT-100'": 0,
	} {
		answer, err := w.plain.CountWorkflow(w.ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: "WorkflowType = 'GiftCardOrder' AND " + query,
		})
		require.NoError(t, err, query)
		require.Equal(t, want, answer.GetCount(), query)
	}
}

// The server accepts the queries that the runbook offers for its Web UI, and status prints them as links.
func TestQueriesOfTheRunbook(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	w.poll()
	shown := w.ok("status", "--verbose")
	require.NotContains(t, w.ok("status"), "workflows?query=")
	for _, q := range executions.Queries() {
		answer, err := w.plain.CountWorkflow(w.ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: q.Query})
		require.NoError(t, err, q.Query)
		require.Contains(t, shown, w.Operator.QueryLink(q.Query)+"\n")
		require.Equal(t, q.Name == "polls", answer.GetCount() > 0, q.Name)
	}
}

// add adds an order with a name, or with the shop's next name if it is empty, with one card of each SKU.
func (w *system) add(name string, skus ...string) scenario.Placed {
	w.t.Helper()
	var lines []shopifytest.LineItem
	for _, sku := range skus {
		lines = append(lines, shopifytest.LineItem{SKU: sku, Title: "Gift card", Quantity: 1, UnitPrice: "25.0"})
	}
	o := w.Shop.AddOrder(shopifytest.Order{
		Name: name, Email: "buyer@example.com", Lines: lines,
		Customer: &shopifytest.Customer{ID: 1, DisplayName: scenario.Merchants()[0].Name},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}
