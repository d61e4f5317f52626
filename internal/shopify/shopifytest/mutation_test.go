package shopifytest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

const fulfilment = `mutation m($id: ID!, $lines: [FulfillmentOrderLineItemInput!]!, $notify: Boolean) {
	fulfillmentCreate(fulfillment: {notifyCustomer: $notify,
		lineItemsByFulfillmentOrder: [{fulfillmentOrderId: $id, fulfillmentOrderLineItems: $lines}]}) { userErrors { message } } }`

func line(id, units int) map[string]any {
	return map[string]any{"id": fmt.Sprint("gid://shopify/FulfillmentOrderLineItem/", id), "quantity": units}
}

// A fulfilment is carried out whole or not at all, and of an order that is not held back.
func TestFulfilmentsAreStrict(t *testing.T) {
	t.Parallel()
	const closed, invalid = "The fulfillment order is not in an open state.",
		"Invalid fulfillment order line item quantity requested."
	for name, c := range map[string]struct {
		order   shopifytest.Order
		id      int
		lines   []any
		refused string
		want    []int
	}{
		"some":       {shopifytest.Order{}, 1, []any{line(7, 2)}, "", []int{2, 0}},
		"all":        {shopifytest.Order{}, 1, []any{line(7, 3), line(8, 1)}, "", []int{3, 1}},
		"too many":   {shopifytest.Order{}, 1, []any{line(8, 1), line(7, 4)}, invalid, []int{0, 0}},
		"none":       {shopifytest.Order{}, 1, []any{line(7, 0)}, invalid, []int{0, 0}},
		"no line":    {shopifytest.Order{}, 1, []any{line(9, 1)}, "Fulfillment order line item does not exist.", []int{0, 0}},
		"no order":   {shopifytest.Order{}, 2, []any{line(7, 1)}, "Fulfillment order does not exist.", []int{0, 0}},
		"on hold":    {shopifytest.Order{OnHold: true}, 1, []any{line(7, 1)}, closed, []int{0, 0}},
		"unnamed":    {shopifytest.Order{}, 1, []any{}, "Only named lines are simulated.", []int{0, 0}},
		"twice over": {shopifytest.Order{}, 1, []any{line(7, 2), line(7, 2)}, invalid, []int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopifytest.New(shopifytest.Options{Scopes: []string{"write_merchant_managed_fulfillment_orders"}})
			c.order.ID, c.order.Lines = 1, []shopifytest.LineItem{{ID: 7, Quantity: 4, Removed: 1}, {ID: 8, Quantity: 1}}
			s.AddOrder(c.order)
			a := query(t, s, fulfilment, map[string]any{
				"id": fmt.Sprint("gid://shopify/FulfillmentOrder/", c.id), "lines": c.lines, "notify": true,
			})
			require.Nil(t, a.Errors)
			require.InDelta(t, 10, a.Ext.Cost["requestedQueryCost"], 0)
			require.InDelta(t, 10, a.Ext.Cost["actualQueryCost"], 0)
			body := fmt.Sprint(a.Data)
			o := s.Orders()[0]
			require.Equal(t, c.want, []int{o.Lines[0].Fulfilled, o.Lines[1].Fulfilled})
			if c.refused == "" {
				require.NotContains(t, body, "message")
				require.Equal(t, 1, o.Notified)
				return
			}
			require.Contains(t, body, c.refused)
			require.Zero(t, o.Notified)
		})
	}
}

// An input with a field that does not exist is refused, and so is one without a field that must be there.
func TestMutationsAreValidated(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{Scopes: []string{"write_orders"}})
	s.AddOrder(shopifytest.Order{ID: 1})
	for _, q := range []string{
		`mutation { orderUpdate(input: {id: "gid://shopify/Order/1", memo: "x"}) { userErrors { message } } }`,
		`mutation { orderUpdate(input: {note: "x"}) { userErrors { message } } }`,
		`mutation { tagsAdd(id: "gid://shopify/Order/1") { userErrors { message } } }`,
		`mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["x"]) }`,
		`{ tagsAdd(id: "gid://shopify/Order/1", tags: ["x"]) { userErrors { message } } }`,
	} {
		require.NotNil(t, query(t, s, q, nil).Errors, q)
	}
	require.Empty(t, s.Orders()[0].Tags)
	require.Empty(t, s.Orders()[0].Note)
}
