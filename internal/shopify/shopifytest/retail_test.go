package shopifytest_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Parcels, refunds and stock are changed from another process.
func TestControlOfRetail(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{Variants: []shopifytest.Variant{{SKU: "MUG"}}})
	o := s.AddOrder(shopifytest.Order{ID: 7, Lines: []shopifytest.LineItem{{ID: 1, Quantity: 3, UnitPrice: "5.00"}}})
	call := func(method, route, body string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, "/_control/"+route, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	now := func() shopifytest.Order { return s.Orders()[0] }

	require.Equal(t, 201, call("POST", "orders/7/fulfillments", `{"id":70,"lines":[{"line":1,"quantity":2}]}`))
	require.Equal(t, 2, now().Lines[0].Fulfilled)
	require.Equal(t, 409, call("POST", "orders/7/fulfillments", `{"lines":[{"line":1,"quantity":2}]}`), "only one is left")
	require.Equal(t, 409, call("POST", "orders/8/fulfillments", `{}`))
	require.Equal(t, 400, call("POST", "orders/7/fulfillments", `{"lines":1}`))
	require.Equal(t, 201, call("POST", "orders/7/fulfillments", `{}`))
	require.Equal(t, []shopifytest.Units{{Line: 1, Quantity: 1}}, now().Fulfillments[1].Lines, "all that are left")
	require.Equal(t, 409, call("POST", "orders/7/fulfillments", `{}`), "nothing is left")

	require.Equal(t, 204, call("PATCH", "orders/7/fulfillments/70", `{"company":"UPS","trackings":[{"number":"1Z"}]}`))
	require.Equal(t, "1Z", now().Fulfillments[0].Trackings[0].Number)
	require.Equal(t, 204, call("POST", "orders/7/fulfillments/70/delivery", ""))
	require.Equal(t, "DELIVERED", now().Fulfillments[0].DisplayStatus)
	require.False(t, now().Fulfillments[0].DeliveredAt.IsZero())
	require.Equal(t, 204, call("PATCH", "orders/7/fulfillments/70", `{"status":"CANCELLED"}`))
	require.Equal(t, 1, now().Lines[0].Fulfilled)
	require.Equal(t, 404, call("PATCH", "orders/7/fulfillments/71", `{}`))
	require.Equal(t, 404, call("POST", "orders/x/fulfillments/70/delivery", ""))
	require.Equal(t, 400, call("PATCH", "orders/7/fulfillments/70", `{"colour":"red"}`))

	require.Equal(t, 204, call("POST", "orders/7/refunds", `{"lines":[{"line":1,"quantity":1}]}`))
	require.Equal(t, "PARTIALLY_REFUNDED", now().FinancialStatus)
	require.Equal(t, "5.00", now().Refunds[0].Amount)
	require.Equal(t, 409, call("POST", "orders/7/refunds", `{"lines":[{"line":1,"quantity":3}]}`))
	require.Equal(t, 409, call("POST", "orders/7/refunds", `{}`), "neither units nor money")
	require.Equal(t, 400, call("POST", "orders/7/refunds", `[]`))
	require.Equal(t, 204, call("POST", "orders/7/refunds", `{"lines":[{"line":1,"quantity":2}]}`))
	require.Equal(t, "REFUNDED", now().FinancialStatus)
	require.True(t, now().UpdatedAt.After(o.CreatedAt))

	require.Equal(t, 204, call("PUT", "stock", `{"sku":"MUG","stock":0}`))
	require.False(t, s.Variants()[0].InStock())
	require.Equal(t, 204, call("PUT", "stock", `{"sku":"MUG","stock":2}`))
	require.True(t, s.Variants()[0].InStock())
	require.Equal(t, 400, call("PUT", "stock", `{"sku":"CAP","stock":2}`))
	require.Equal(t, 204, call("PUT", "variants", `{"sku":"CAP","url":"https://shop.example/cap"}`))
	require.Equal(t, 204, call("PUT", "variants", `{"sku":"MUG","title":"Mug"}`))
	require.Equal(t, 400, call("PUT", "variants", `{}`))
	require.Equal(t, http.StatusOK, call("GET", "variants", ""))
	require.Len(t, s.Variants(), 2)
	require.Equal(t, "Mug", s.Variants()[0].Title)
}

// What the mutation fulfils is a parcel, and what a change removes from a paid order is a refund.
func TestRecords(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 2, UnitPrice: "5.00", Fulfilled: 1}}})
	require.Len(t, o.Fulfillments, 1)
	change := func(change func(*shopifytest.Order)) shopifytest.Order {
		require.True(t, s.UpdateOrder(o.ID, change))
		return s.Orders()[0]
	}
	got := change(func(o *shopifytest.Order) { o.Lines[0].Fulfilled = 2 })
	require.Len(t, got.Fulfillments, 2)
	require.NotEqual(t, got.Fulfillments[0].ID, got.Fulfillments[1].ID)
	got = change(func(o *shopifytest.Order) { o.Note = "nothing new" })
	require.Len(t, got.Fulfillments, 2)
	require.Empty(t, got.Refunds)
	got = change(func(o *shopifytest.Order) { o.Lines[0].Removed, o.FinancialStatus = 1, "PARTIALLY_REFUNDED" })
	require.Len(t, got.Refunds, 1)
	require.Equal(t, []shopifytest.Units{{Line: o.Lines[0].ID, Quantity: 1}}, got.Refunds[0].Lines)
	got = change(func(o *shopifytest.Order) { o.NetPayment = "3.00" })
	require.Len(t, got.Refunds, 2)
	require.Equal(t, "2.00", got.Refunds[1].Amount)
}

// What shows the products of lines is denied without the scope for products. Pages of parts have cursors of their own.
func TestPartsAreStrict(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{Scopes: []string{"read_orders"}})
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 1}, {Quantity: 1}}})
	parcel, _ := s.Fulfil(o.ID, shopifytest.Fulfillment{})
	id := `"gid://shopify/Order/` + strconv.FormatInt(o.ID, 10) + `"`
	a := query(t, s, `{ order(id: `+id+`) { lineItems(first: 1) { nodes { product { onlineStoreUrl } } } } }`, nil)
	require.Equal(t, "ACCESS_DENIED", a.code(t))
	require.Equal(t, "ACCESS_DENIED", query(t, s, `{ productVariant(id: "gid://shopify/ProductVariant/1") { id } }`, nil).code(t))
	a = query(t, s, `{ order(id: `+id+`) { fulfillments { fulfillmentLineItems { nodes { quantity } } } } }`, nil)
	require.Equal(t, "BAD_REQUEST", a.code(t))
	of := `"gid://shopify/Fulfillment/` + strconv.FormatInt(parcel, 10) + `"`
	a = query(t, s, `{ fulfillment(id: `+of+`) { fulfillmentLineItems(first: 1, after: "x") { nodes { quantity } } } }`, nil)
	require.Equal(t, "BAD_REQUEST", a.code(t))
	require.Equal(t, "INVALID_VARIABLE", query(t, s, `{ refund(id: `+of+`) { id } }`, nil).code(t))
	a = query(t, s, `{ refund(id: "gid://shopify/Refund/1") { id } }`, nil)
	require.Nil(t, a.Errors)
	require.Nil(t, a.Data["refund"])
}
