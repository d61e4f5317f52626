package retailing_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// setup returns a simulated shop, a client of it, and the costs of what the client asks.
func setup(t *testing.T, version string, opts shopifytest.Options) (*shopifytest.Server, *retailing.Client, *[]shopify.Cost) {
	t.Helper()
	shop := shopifytest.New(opts)
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	costs := &[]shopify.Cost{}
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: version, Token: shopify.StaticToken(shopifytest.AccessToken),
		ObserveCost: func(c shopify.Cost) { *costs = append(*costs, c) },
	})
	require.NoError(t, err)
	return shop, retailing.New(client.API()), costs
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// An order of 300 lines, all of which were sent in one parcel and refunded at once, is read to the last line.
func TestLongLists(t *testing.T) {
	t.Parallel()
	shop, c, costs := setup(t, "2026-07", shopifytest.Options{Scopes: []string{"read_orders", "read_customers", "read_products", "read_locations"}})
	var o shopifytest.Order
	for i := range 300 {
		o.Lines = append(o.Lines, shopifytest.LineItem{Title: fmt.Sprint("Mug ", i), Quantity: 2, UnitPrice: "5.00"})
	}
	o = shop.AddOrder(o)
	_, done := shop.Fulfil(o.ID, shopifytest.Fulfillment{})
	require.True(t, done)
	refund := shopifytest.Refund{}
	for _, l := range o.Lines {
		refund.Lines = append(refund.Lines, shopifytest.Units{Line: l.ID, Quantity: 1})
	}
	require.True(t, shop.GiveBack(o.ID, refund))

	got, err := c.Order(t.Context(), number(o.ID), true)
	require.NoError(t, err)
	require.Len(t, got.LineItems.Nodes, 300)
	require.Equal(t, "Mug 299", got.LineItems.Nodes[299].Name)
	require.Len(t, got.Fulfillments, 1)
	require.Len(t, got.Fulfillments[0].FulfillmentLineItems.Nodes, 300)
	require.Len(t, got.Refunds, 1)
	require.Len(t, got.Refunds[0].RefundLineItems.Nodes, 300)
	require.Equal(t, "1500.00", got.Refunds[0].TotalRefundedSet.PresentmentMoney.Amount)
	var requested []float64
	for _, cost := range *costs {
		requested = append(requested, cost.Requested)
	}
	require.Equal(t, []float64{132, 80, 25, 25}, requested, "the costs in the package's documentation")
}

// The costs in the package's documentation, far below the 1000 points that one query may request.
func TestCosts(t *testing.T) {
	t.Parallel()
	mug := shopifytest.Variant{SKU: "MUG", Image: "https://cdn.example/mug.png", Options: [3]shopifytest.Option{{Name: "Size", Value: "L"}}}
	shop, c, costs := setup(t, "2026-07", shopifytest.Options{Variants: []shopifytest.Variant{mug}})
	o := shop.AddOrder(shopifytest.Order{
		Phone: "+14155550123", ShippingMethod: "Standard", Customer: &shopifytest.Customer{Phone: "+14155550123"},
		ShippingAddress: &shopifytest.Address{City: "Austin"}, BillingAddress: &shopifytest.Address{City: "Austin"},
		Payments: []shopifytest.Payment{{Company: "Visa", Number: "•••• 4242"}},
		Lines:    []shopifytest.LineItem{{SKU: "MUG", Quantity: 1, UnitPrice: "5.00", Grams: 300}, {SKU: "CAP", Quantity: 1}},
	})
	shop.Fulfil(o.ID, shopifytest.Fulfillment{Trackings: []shopifytest.Tracking{{Number: "1Z"}}})
	_, err := c.Order(t.Context(), number(o.ID), false)
	require.NoError(t, err)
	_, err = c.Variant(t.Context(), number(mug.ID()))
	require.NoError(t, err)
	_, err = c.Updated(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "")
	require.NoError(t, err)
	require.Len(t, *costs, 3)
	require.InDelta(t, 130, (*costs)[0].Requested, 0, "without locations")
	require.InDelta(t, 20, (*costs)[0].Actual, 0)
	require.InDelta(t, 11, (*costs)[1].Requested, 0)
	require.InDelta(t, 13, (*costs)[2].Requested, 0)
}

// What is not there is an error of its own, and so is what cannot be an id.
func TestNotFound(t *testing.T) {
	t.Parallel()
	_, c, _ := setup(t, "2026-07", shopifytest.Options{})
	missing := &retailing.NotFoundError{}
	_, err := c.Order(t.Context(), "42", false)
	require.ErrorAs(t, err, &missing)
	require.EqualError(t, err, "Shopify: nothing has the id gid://shopify/Order/42")
	_, err = c.Variant(t.Context(), "42")
	require.ErrorAs(t, err, &missing)
	for _, id := range []string{"", "1 OR 2", "gid://shopify/Order/1"} {
		_, err = c.Order(t.Context(), id, false)
		require.ErrorContains(t, err, "is not the id of an order")
		_, err = c.Variant(t.Context(), id)
		require.ErrorContains(t, err, "is not the id of a variant")
	}
}

// A version of the API before 2026-07 does not know the weight of a line.
func TestOldVersion(t *testing.T) {
	t.Parallel()
	shop, c, _ := setup(t, "2026-04", shopifytest.Options{})
	o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 1}}})
	_, err := c.Order(t.Context(), number(o.ID), false)
	failure := &rest.Error{}
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "undefinedField", failure.Code)
}

// The page of a location is denied without its scope, and is not asked for by default.
func TestLocationsNeedAScope(t *testing.T) {
	t.Parallel()
	shop, c, _ := setup(t, "2026-07", shopifytest.Options{})
	o := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{Quantity: 1, Fulfilled: 1}}})
	got, err := c.Order(t.Context(), number(o.ID), false)
	require.NoError(t, err)
	require.Nil(t, got.Fulfillments[0].Location)
	_, err = c.Order(t.Context(), number(o.ID), true)
	failure := &rest.Error{}
	require.ErrorAs(t, err, &failure)
	require.Equal(t, shopify.CodeAccessDenied, failure.Code)
}

// Changed orders come in the order of their changes, page by page, and none outside the window.
func TestUpdated(t *testing.T) {
	t.Parallel()
	shop, c, _ := setup(t, "2026-07", shopifytest.Options{})
	from := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	for i := range 251 {
		shop.AddOrder(shopifytest.Order{UpdatedAt: from.Add(time.Duration(i) * time.Second)})
	}
	shop.AddOrder(shopifytest.Order{UpdatedAt: from.Add(-time.Second)})
	shop.AddOrder(shopifytest.Order{UpdatedAt: from.Add(time.Hour)})
	page, err := c.Updated(t.Context(), from, from.Add(time.Hour), "")
	require.NoError(t, err)
	require.Len(t, page.Orders, 250)
	require.Equal(t, from, page.Orders[0].UpdatedAt.UTC())
	require.Equal(t, "#1001", page.Orders[0].Name)
	rest, err := c.Updated(t.Context(), from, from.Add(time.Hour), page.NextCursor)
	require.NoError(t, err)
	require.Len(t, rest.Orders, 1)
	require.Empty(t, rest.NextCursor)
	require.Equal(t, from.Add(250*time.Second), rest.Orders[0].UpdatedAt.UTC())
}

// whole is an answer with an order that has one of everything.
const whole = `{"id":"gid://shopify/Order/7","legacyResourceId":"7","name":"#7","createdAt":"2026-11-01T00:00:00Z",
	"updatedAt":"2026-11-01T00:00:00Z","processedAt":"2026-11-01T00:00:00Z","presentmentCurrencyCode":"USD","transactions":[],
	"shippingLines":{"nodes":[]},"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/1"}],"pageInfo":{"hasNextPage":false}},
	"fulfillments":[{"id":"gid://shopify/Fulfillment/2","legacyResourceId":"2","createdAt":"2026-11-01T00:00:00Z",
		"updatedAt":"2026-11-01T00:00:00Z","fulfillmentLineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}}}],
	"refunds":[{"id":"gid://shopify/Refund/3","legacyResourceId":"3","processedAt":"2026-11-01T00:00:00Z",
		"refundLineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}}}]}`

// An answer that cannot be right is refused, whatever is wrong with it: half an order would make a wrong message.
func TestContradictions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"another order":           {`"legacyResourceId":"7"`, `"legacyResourceId":"8"`, "another order"},
		"no date":                 {`"processedAt":"2026-11-01T00:00:00Z","presentment`, `"presentment`, "without dates or currency"},
		"no currency":             {`"presentmentCurrencyCode":"USD"`, `"presentmentCurrencyCode":null`, "without dates or currency"},
		"no transactions":         {`"transactions":[]`, `"transactions":null`, "without a list"},
		"no lines":                {`{"nodes":[{"id":"gid://shopify/LineItem/1"}]`, `{"nodes":null`, "without a list of lines"},
		"a line without id":       {`gid://shopify/LineItem/1`, `LineItem`, "a line without id"},
		"a line twice":            {`[{"id":"gid://shopify/LineItem/1"}]`, `[{"id":"gid://shopify/LineItem/1"},{"id":"gid://shopify/LineItem/1"}]`, "a line twice"},
		"no end":                  {`"nodes":[{"id":"gid://shopify/LineItem/1"}],"pageInfo":{"hasNextPage":false}`, `"nodes":[],"pageInfo":{}`, "whether it goes on"},
		"a list that stands":      {`"nodes":[{"id":"gid://shopify/LineItem/1"}],"pageInfo":{"hasNextPage":false}`, `"nodes":[],"pageInfo":{"hasNextPage":true}`, "does not move"},
		"a parcel without id":     {`"legacyResourceId":"2"`, `"legacyResourceId":""`, "a fulfillment without id"},
		"a refund without date":   {`"legacyResourceId":"3","processedAt":"2026-11-01T00:00:00Z"`, `"legacyResourceId":"3"`, "a refund without id or date"},
		"a parcel without lines":  {`"fulfillmentLineItems":{"nodes":[]`, `"fulfillmentLineItems":{"nodes":null`, "Fulfillment/2 without a list"},
		"a refund without lines":  {`"refundLineItems":{"nodes":[]`, `"refundLineItems":{"nodes":null`, "Refund/3 without a list"},
		"lines of another parcel": {`"fulfillmentLineItems":{"nodes":[]`, `"fulfillmentLineItems":{"nodes":[{"quantity":1,"lineItem":{"id":"9"}}]`, "a line without id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(whole, c.old))
			_, err := answering(t, `{"data":{"order":`+strings.Replace(whole, c.old, c.new, 1)+`}}`).Order(t.Context(), "7", false)
			failure := &rest.Error{}
			require.ErrorAs(t, err, &failure)
			require.Equal(t, rest.Contradictory, failure.Outcome)
			require.ErrorContains(t, err, c.want)
		})
	}
	o, err := answering(t, `{"data":{"order":`+whole+`}}`).Order(t.Context(), "7", false)
	require.NoError(t, err)
	require.Equal(t, "#7", o.Name)
}

// Media that this release does not know are no image; a variant that is not the one asked for is refused.
func TestVariants(t *testing.T) {
	t.Parallel()
	const variant = `{"data":{"shop":{"currencyCode":"USD"},"productVariant":{"id":"gid://shopify/ProductVariant/7",
		"legacyResourceId":"7","media":{"nodes":[{"__typename":"Hologram"}]},
		"product":{"legacyResourceId":"8","featuredMedia":{"__typename":"MediaImage","image":{"url":"https://cdn.example/a.png"}}}}}}`
	v, err := answering(t, variant).Variant(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, "https://cdn.example/a.png", v.ImageURL)
	require.Equal(t, "USD", v.CurrencyCode)
	for name, c := range map[string]struct{ old, new string }{
		"another variant": {`"legacyResourceId":"7"`, `"legacyResourceId":"9"`},
		"no product":      {`"legacyResourceId":"8"`, `"legacyResourceId":null`},
		"no currency":     {`{"currencyCode":"USD"}`, `null`},
		"strange media":   {`[{"__typename":"Hologram"}]`, `7`},
	} {
		_, err := answering(t, strings.Replace(variant, c.old, c.new, 1)).Variant(t.Context(), "7")
		failure := &rest.Error{}
		require.ErrorAs(t, err, &failure, name)
		require.Equal(t, rest.Contradictory, failure.Outcome, name)
	}
}

// answering returns a client of a shop that answers everything in the same way.
func answering(t *testing.T, body string) *retailing.Client {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken("t")})
	require.NoError(t, err)
	return retailing.New(client.API())
}
