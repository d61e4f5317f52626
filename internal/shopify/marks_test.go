package shopify_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// markers are the scopes of everything that marks an order.
var markers = []string{"write_orders", "write_merchant_managed_fulfillment_orders"}

// marking returns a shop with one order, and a client whose app may mark it.
func marking(t *testing.T, o shopifytest.Order) (*shopifytest.Server, *shopify.Client, string) {
	t.Helper()
	sim, c := setup(t, shopifytest.Options{Scopes: markers}, shopify.Options{})
	return sim, c, strconv.FormatInt(sim.AddOrder(o).ID, 10)
}

func TestAddTag(t *testing.T) {
	t.Parallel()
	sim, c, id := marking(t, shopifytest.Order{Tags: []string{"vip"}})
	require.NoError(t, c.AddTag(t.Context(), id, "issued"))
	once := sim.Orders()[0]
	require.Equal(t, []string{"vip", "issued"}, once.Tags)
	require.NoError(t, c.AddTag(t.Context(), id, "issued"))
	require.Equal(t, once, sim.Orders()[0])
	require.Equal(t, 2, sim.Stats().Requests["tagsAdd"])
}

func TestSetNote(t *testing.T) {
	t.Parallel()
	sim, c, id := marking(t, shopifytest.Order{})
	note, err := c.GetNote(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, note)
	require.NoError(t, c.SetNote(t.Context(), id, "Leave at the door.\nissued"))
	require.Equal(t, "Leave at the door.\nissued", sim.Orders()[0].Note)
	note, err = c.GetNote(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "Leave at the door.\nissued", note)

	e := asRestError(t, c.SetNote(t.Context(), id, strings.Repeat("x", 5001)))
	require.Equal(t, []any{rest.Refused, shopify.CodeUserError, 200}, []any{e.Outcome, e.Code, e.Status})
	require.Contains(t, e.Error(), "set note")
	require.Contains(t, e.Error(), "Note is too long")
}

func TestFulfil(t *testing.T) {
	t.Parallel()
	sim, c, id := marking(t, shopifytest.Order{Lines: []shopifytest.LineItem{
		{ID: 7, SKU: "GIFT-50", Quantity: 4, Removed: 1}, {ID: 8, SKU: "MUG", Quantity: 1},
	}})
	orders, err := c.GetFulfillmentOrders(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, orders, 1)
	require.Equal(t, "OPEN", orders[0].Status)
	require.Equal(t, []string{"gid://shopify/LineItem/7", "gid://shopify/LineItem/8"},
		[]string{orders[0].Lines[0].LineItemID, orders[0].Lines[1].LineItemID})
	require.Equal(t, []int{3, 1}, []int{orders[0].Lines[0].Remaining, orders[0].Lines[1].Remaining})

	some := []shopify.FulfilledLine{{ID: orders[0].Lines[0].ID, Units: 2}}
	require.NoError(t, c.Fulfil(t.Context(), orders[0].ID, some))
	e := asRestError(t, c.Fulfil(t.Context(), orders[0].ID, some))
	require.Equal(t, shopify.CodeUserError, e.Code, "one remains")
	o := sim.Orders()[0]
	require.Equal(t, []int{2, 0, 0}, []int{o.Lines[0].Fulfilled, o.Lines[1].Fulfilled, o.Notified})
	orders, err = c.GetFulfillmentOrders(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "IN_PROGRESS", orders[0].Status)
}

// An app without the scope of a mutation is refused, and nothing changes.
func TestMarkingNeedsScopes(t *testing.T) {
	t.Parallel()
	sim, c, id := marking(t, shopifytest.Order{Lines: []shopifytest.LineItem{{ID: 7, Quantity: 1}}})
	before := sim.Orders()
	sim.SetScopes("read_orders", "read_merchant_managed_fulfillment_orders")
	orders, err := c.GetFulfillmentOrders(t.Context(), id)
	require.NoError(t, err)
	for name, err := range map[string]error{
		"tag":    c.AddTag(t.Context(), id, "issued"),
		"note":   c.SetNote(t.Context(), id, "issued"),
		"fulfil": c.Fulfil(t.Context(), orders[0].ID, []shopify.FulfilledLine{{ID: orders[0].Lines[0].ID, Units: 1}}),
	} {
		require.Equal(t, shopify.CodeAccessDenied, asRestError(t, err).Code, name)
	}
	require.Equal(t, before, sim.Orders())
	sim.SetScopes("read_orders")
	_, err = c.GetFulfillmentOrders(t.Context(), id)
	require.Equal(t, shopify.CodeAccessDenied, asRestError(t, err).Code)
}

func TestMarkingNoOrder(t *testing.T) {
	t.Parallel()
	_, c, _ := marking(t, shopifytest.Order{})
	var missing *shopify.NotFoundError
	_, err := c.GetNote(t.Context(), "42")
	require.ErrorAs(t, err, &missing)
	_, err = c.GetFulfillmentOrders(t.Context(), "42")
	require.ErrorAs(t, err, &missing)
	for _, err := range []error{
		c.AddTag(t.Context(), "42", "issued"), c.SetNote(t.Context(), "42", "issued"),
		c.Fulfil(t.Context(), "gid://shopify/FulfillmentOrder/42", []shopify.FulfilledLine{{ID: "x", Units: 1}}),
	} {
		require.Equal(t, shopify.CodeUserError, asRestError(t, err).Code)
	}
	_, err = c.GetNote(t.Context(), "#1001")
	require.EqualError(t, err, `Shopify: get note: "#1001" is not the id of an order`)
	_, err = c.GetFulfillmentOrders(t.Context(), "")
	require.ErrorContains(t, err, "is not the id of an order")
	require.ErrorContains(t, c.AddTag(t.Context(), "1 OR 2", "issued"), "is not the id of an order")
	require.ErrorContains(t, c.SetNote(t.Context(), "gid://1", "issued"), "is not the id of an order")
}

// An answer that cannot be right is not taken for a mark, and a list that is not whole is not taken for the whole.
func TestMarkingContradictions(t *testing.T) {
	t.Parallel()
	another := `{"data":{"order":{"id":"gid://shopify/Order/2","note":"","fulfillmentOrders":{"pageInfo":{},"nodes":[]}}}}`
	orders := func(page, lines string) string {
		return `{"data":{"order":{"id":"gid://shopify/Order/1","fulfillmentOrders":{"pageInfo":{` + page +
			`},"nodes":[{"id":"f","status":"OPEN","lineItems":{"pageInfo":{` + lines + `},"nodes":[]}}]}}}}`
	}
	const last, more = `"hasNextPage":false`, `"hasNextPage":true`
	for name, err := range map[string]error{
		"no tag":  canned(t, `{"data":{"tagsAdd":null}}`).AddTag(t.Context(), "1", "issued"),
		"no note": canned(t, `{"data":{"orderUpdate":null}}`).SetNote(t.Context(), "1", "issued"),
		"no fulfilment": canned(t, `{"data":{"fulfillmentCreate":null}}`).
			Fulfil(t.Context(), "f", []shopify.FulfilledLine{{ID: "l", Units: 1}}),
		"another note":  second(canned(t, another).GetNote(t.Context(), "1")),
		"another order": second(canned(t, another).GetFulfillmentOrders(t.Context(), "1")),
		"more orders":   second(canned(t, orders(more, last)).GetFulfillmentOrders(t.Context(), "1")),
		"more lines":    second(canned(t, orders(last, more)).GetFulfillmentOrders(t.Context(), "1")),
		"unsaid":        second(canned(t, orders(last, "")).GetFulfillmentOrders(t.Context(), "1")),
	} {
		require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome, name)
	}
	_, err := canned(t, orders(last, last)).GetFulfillmentOrders(t.Context(), "1")
	require.NoError(t, err)
	err = canned(t, `{"data":{"tagsAdd":{"userErrors":[{"field":["id"],"message":"no a@x.com"}]}}}`).
		AddTag(t.Context(), "1", "issued")
	require.ErrorContains(t, err, "id: no ")
	require.NotContains(t, err.Error(), "a@x.com")
}

func second[T any](_ T, err error) error { return err }
