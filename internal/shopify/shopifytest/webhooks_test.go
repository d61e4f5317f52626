package shopifytest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
)

// heard is a delivery that a listener got.
type heard struct {
	topic, event, version, triggered string
	body                             map[string]any
}

// listener takes all webhooks of a shop.
type listener struct {
	*httptest.Server

	mu    sync.Mutex
	heard []heard
}

var everyTopic = []string{
	"ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED", "ORDERS_EDITED", "ORDERS_CANCELLED", "REFUNDS_CREATE",
	"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE", "DISPUTES_CREATE", "PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE",
	"VARIANTS_IN_STOCK", "APP_UNINSTALLED",
}

func listen(t *testing.T, s *shopifytest.Server, topics ...string) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Shopify-Hmac-Sha256") != delivery.Sign(shopifytest.WebhookSecret, text) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h := heard{
			topic: r.Header.Get("X-Shopify-Topic"), event: r.Header.Get("X-Shopify-Event-Id"),
			version: r.Header.Get("X-Shopify-API-Version"), triggered: r.Header.Get("X-Shopify-Triggered-At"),
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&h.body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, h)
	}))
	t.Cleanup(l.Close)
	t.Cleanup(s.Webhooks().Stop)
	for _, topic := range topics {
		s.Subscriptions().Put(subscription.Subscription{Topic: topic, URI: l.URL})
	}
	return l
}

// take returns what was heard since it was last called, by topic.
func (l *listener) take(t *testing.T, s *shopifytest.Server) map[string]heard {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.NoError(t, s.Webhooks().Wait(ctx))
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]heard{}
	for _, h := range l.heard {
		out[h.topic] = h
	}
	require.Len(t, l.heard, len(out), "a topic twice")
	l.heard = nil
	return out
}

func topicsOf(all map[string]heard) []string {
	out := []string{}
	for topic := range all {
		out = append(out, topic)
	}
	slices.Sort(out)
	return out
}

func TestChangesOfAShopAreDelivered(t *testing.T) {
	t.Parallel()
	athens, err := time.LoadLocation("Europe/Athens")
	require.NoError(t, err)
	now := newClock()
	s := shopifytest.New(shopifytest.Options{Now: now.Now, TimeZone: athens, Variants: []shopifytest.Variant{{SKU: "GIFT-25"}}})
	l := listen(t, s, everyTopic...)
	o := s.AddOrder(shopifytest.Order{FinancialStatus: "PENDING", Lines: []shopifytest.LineItem{
		{SKU: "GIFT-25", Title: "Card", Quantity: 2, UnitPrice: "25.00", Attributes: []shopifytest.Attribute{{Key: "To", Value: "Ann"}}},
		{Title: "Tip", Quantity: 1, UnitPrice: "1.00"},
	}})
	all := l.take(t, s)
	require.Equal(t, []string{"orders/create", "orders/updated", "products/update"}, topicsOf(all))
	created := all["orders/create"]
	require.Equal(t, created.event, all["products/update"].event)
	require.Equal(t, "2026-07", created.version)
	require.Equal(t, start.Format(time.RFC3339Nano), created.triggered)
	body := created.body
	require.Equal(t, json.Number(strconv.FormatInt(o.ID, 10)), body["id"])
	require.Equal(t, "gid://shopify/Order/"+strconv.FormatInt(o.ID, 10), body["admin_graphql_api_id"])
	require.Equal(t, "2026-11-21T22:00:00+02:00", body["updated_at"])
	require.Equal(t, "51.00", body["total_price"])
	require.Equal(t, "pending", body["financial_status"])
	require.Nil(t, body["customer"])
	lines := body["line_items"].([]any)
	require.Len(t, lines, 2)
	require.Equal(t, "GIFT-25", lines[0].(map[string]any)["sku"])
	require.Equal(t, "25.00", lines[0].(map[string]any)["price"])
	require.Equal(t, []any{map[string]any{"name": "To", "value": "Ann"}}, lines[0].(map[string]any)["properties"])
	require.Nil(t, lines[1].(map[string]any)["sku"])
	require.Nil(t, lines[1].(map[string]any)["product_id"])

	now.Advance(time.Minute)
	number := json.Number(strconv.FormatInt(o.ID, 10))
	change := func(f func(*shopifytest.Order)) map[string]heard {
		require.True(t, s.UpdateOrder(o.ID, f))
		return l.take(t, s)
	}
	all = change(func(o *shopifytest.Order) { o.FinancialStatus = "PAID" })
	require.Equal(t, []string{"orders/paid", "orders/updated"}, topicsOf(all))
	require.Equal(t, "2026-11-21T22:01:00+02:00", all["orders/paid"].body["updated_at"])

	all = change(func(o *shopifytest.Order) { o.Lines[0].Quantity = 3 })
	require.Equal(t, []string{"orders/edited", "orders/updated"}, topicsOf(all))
	edit := all["orders/edited"].body["order_edit"].(map[string]any)
	require.Equal(t, number, edit["order_id"])
	require.Equal(t, map[string]any{
		"additions": []any{map[string]any{"id": json.Number(strconv.FormatInt(o.Lines[0].ID, 10)), "delta": json.Number("1")}},
		"removals":  []any{},
	}, edit["line_items"])

	all = change(func(o *shopifytest.Order) { o.Lines[0].Removed, o.FinancialStatus = 1, "PARTIALLY_REFUNDED" })
	require.Equal(t, []string{"orders/updated", "refunds/create"}, topicsOf(all))
	refund := all["refunds/create"].body
	require.Equal(t, number, refund["order_id"])
	units := refund["refund_line_items"].([]any)[0].(map[string]any)
	require.Equal(t, json.Number("1"), units["quantity"])
	require.Equal(t, json.Number("25"), units["subtotal"])

	all = change(func(o *shopifytest.Order) { o.NetPayment = "3.00" })
	require.Equal(t, []string{"orders/updated", "refunds/create"}, topicsOf(all))
	require.Empty(t, all["refunds/create"].body["refund_line_items"])
	require.Len(t, all["refunds/create"].body["order_adjustments"], 1)

	all = change(func(o *shopifytest.Order) { o.CancelledAt = now.Now() })
	require.Equal(t, []string{"orders/cancelled", "orders/updated"}, topicsOf(all))
	require.Equal(t, "2026-11-21T22:01:00+02:00", all["orders/cancelled"].body["cancelled_at"])

	require.True(t, s.Dispute(o.ID))
	require.False(t, s.Dispute(1))
	all = l.take(t, s)
	require.Equal(t, []string{"disputes/create", "orders/updated"}, topicsOf(all))
	require.Equal(t, number, all["disputes/create"].body["order_id"])
}

// Parcels are delivered with the units that are in them, and their changes, but not the changes of others.
func TestParcelsAreDelivered(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	l := listen(t, s, everyTopic...)
	o := s.AddOrder(shopifytest.Order{
		Name: "#7", ShippingAddress: &shopifytest.Address{Name: "Ann", City: "Austin", Phone: "+15125550100"},
		Lines: []shopifytest.LineItem{{SKU: "MUG", Quantity: 3, UnitPrice: "5.00"}},
	})
	l.take(t, s)
	line := o.Lines[0].ID
	parcel, done := s.Fulfil(o.ID, shopifytest.Fulfillment{
		Company: "UPS", Trackings: []shopifytest.Tracking{{Number: "1Z", URL: "https://ups.example.com/1Z"}, {Number: "2Z"}},
		Lines: []shopifytest.Units{{Line: line, Quantity: 2}},
	})
	require.True(t, done)
	all := l.take(t, s)
	require.Equal(t, []string{"fulfillments/create", "orders/updated"}, topicsOf(all))
	body := all["fulfillments/create"].body
	number := func(id int64) json.Number { return json.Number(strconv.FormatInt(id, 10)) }
	require.Equal(t, []any{number(parcel), number(o.ID), "success", nil, "UPS", "1Z", []any{"1Z", "2Z"}, "https://ups.example.com/1Z"}, []any{
		body["id"], body["order_id"], body["status"], body["shipment_status"], body["tracking_company"], body["tracking_number"],
		body["tracking_numbers"], body["tracking_url"],
	})
	units := body["line_items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{number(line), json.Number("2")}, []any{units["id"], units["quantity"]})
	require.Equal(t, "Austin", body["destination"].(map[string]any)["city"])

	_, done = s.Fulfil(o.ID, shopifytest.Fulfillment{})
	require.True(t, done)
	all = l.take(t, s)
	require.Equal(t, []string{"fulfillments/create", "orders/updated"}, topicsOf(all))
	require.Nil(t, all["fulfillments/create"].body["tracking_number"])
	require.True(t, s.Deliver(o.ID, parcel))
	all = l.take(t, s)
	require.Equal(t, []string{"fulfillments/update", "orders/updated"}, topicsOf(all))
	require.Equal(t, "delivered", all["fulfillments/update"].body["shipment_status"])
	require.True(t, s.ChangeFulfillment(o.ID, parcel, func(f *shopifytest.Fulfillment) { f.Status = "CANCELLED" }))
	require.Equal(t, "cancelled", l.take(t, s)["fulfillments/update"].body["status"])
	require.True(t, s.GiveBack(o.ID, shopifytest.Refund{Lines: []shopifytest.Units{{Line: line, Quantity: 1}}}))
	require.Equal(t, []string{"orders/updated", "refunds/create"}, topicsOf(l.take(t, s)))
}

// A variant that can be sold again is delivered once, also if more of it comes.
func TestStockIsDelivered(t *testing.T) {
	t.Parallel()
	mug := shopifytest.Variant{SKU: "MUG", Tracked: true, Options: [3]shopifytest.Option{{Name: "Size", Value: "L"}}}
	s := shopifytest.New(shopifytest.Options{Variants: []shopifytest.Variant{mug, {SKU: "HAT"}}})
	l := listen(t, s, everyTopic...)
	require.True(t, s.SetStock("MUG", 3))
	all := l.take(t, s)
	require.Equal(t, []string{"products/update", "variants/in_stock"}, topicsOf(all))
	body := all["variants/in_stock"].body
	require.Equal(t, json.Number(strconv.FormatInt(mug.ID(), 10)), body["id"])
	require.Equal(t, json.Number(strconv.FormatInt(mug.ProductID(), 10)), body["product_id"])
	require.Equal(t, []any{"MUG", "L", "L", nil, json.Number("3"), json.Number("0")}, []any{
		body["sku"], body["title"], body["option1"], body["option2"], body["inventory_quantity"], body["old_inventory_quantity"],
	})
	for _, sku := range []string{"MUG", "HAT"} {
		require.True(t, s.SetStock(sku, 5))
		require.Equal(t, []string{"products/update"}, topicsOf(l.take(t, s)), "it was for sale before")
	}
}

// Variants of one product are delivered as one, and each says whose it is.
func TestAProductOfTwoSizesIsDelivered(t *testing.T) {
	t.Parallel()
	size := func(sku, price string) shopifytest.Variant {
		return shopifytest.Variant{
			SKU: sku, Handle: "shirt", Title: "Shirt", Price: price, Tracked: true, Options: [3]shopifytest.Option{{Name: "Size", Value: sku}},
		}
	}
	small, large := size("S", "20.00"), size("L", "100.00")
	require.Equal(t, small.ProductID(), large.ProductID())
	require.NotEqual(t, small.ID(), large.ID())
	s := shopifytest.New(shopifytest.Options{Currency: "EUR", Variants: []shopifytest.Variant{{SKU: "MUG", Price: "1.00"}}})
	l := listen(t, s, everyTopic...)
	s.PutVariant(large)
	require.Equal(t, []string{"products/create"}, topicsOf(l.take(t, s)))
	s.PutVariant(small)
	all := l.take(t, s)
	require.Equal(t, []string{"products/update"}, topicsOf(all))
	body, id := all["products/update"].body, json.Number(strconv.FormatInt(large.ProductID(), 10))
	require.Equal(t, []any{"shirt", id, 2}, []any{body["handle"], body["id"], len(body["variants"].([]any))})
	for i, title := range []string{"L", "S"} {
		variant := body["variants"].([]any)[i].(map[string]any)
		require.Equal(t, []any{title, id}, []any{variant["title"], variant["product_id"]})
	}
	for _, v := range []shopifytest.Variant{large, small} {
		require.True(t, s.SetStock(v.SKU, 1))
		body = l.take(t, s)["variants/in_stock"].body
		require.Equal(t, []any{id, json.Number(strconv.FormatInt(v.ID(), 10))}, []any{body["product_id"], body["id"]})
		a := query(t, s, `{ productVariant(id: "gid://shopify/ProductVariant/`+strconv.FormatInt(v.ID(), 10)+`") {
			price product { legacyResourceId priceRangeV2 { minVariantPrice { amount currencyCode } } } } }`, nil)
		require.Nil(t, a.Errors)
		require.Equal(t, map[string]any{"price": v.Price, "product": map[string]any{
			"legacyResourceId": id.String(),
			"priceRangeV2":     map[string]any{"minVariantPrice": map[string]any{"amount": "20.00", "currencyCode": "EUR"}},
		}}, a.Data["productVariant"])
	}
	s.SetVariants(large)
	all = l.take(t, s)
	require.Equal(t, []string{"products/delete", "products/update"}, topicsOf(all), "the mug is gone, and the shirt is in one size")
	require.Len(t, all["products/update"].body["variants"], 1)
	s.SetVariants()
	require.Equal(t, id, l.take(t, s)["products/delete"].body["id"])
}

func TestAnOrderThatIsPaidAtOnce(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	l := listen(t, s, "ORDERS_CREATE", "ORDERS_PAID")
	s.AddOrder(shopifytest.Order{})
	require.Equal(t, []string{"orders/create", "orders/paid"}, topicsOf(l.take(t, s)))
}

func TestChangesOfProductsAreDelivered(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{Variants: []shopifytest.Variant{{SKU: "A"}, {SKU: "B"}, {SKU: "C"}}})
	l := listen(t, s, everyTopic...)
	s.SetVariants(shopifytest.Variant{SKU: "A"}, shopifytest.Variant{SKU: "B", GiftCard: true}, shopifytest.Variant{SKU: "D"})
	all := l.take(t, s)
	require.Equal(t, []string{"products/create", "products/delete", "products/update"}, topicsOf(all))
	require.Len(t, all["products/delete"].body, 1, "only the id")
	variant := all["products/update"].body["variants"].([]any)[0].(map[string]any)
	require.Equal(t, "B", variant["sku"])
}

// An app that was removed has neither subscriptions nor tokens.
func TestAnAppIsRemoved(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	l := listen(t, s, everyTopic...)
	s.Uninstall()
	require.Equal(t, []string{"app/uninstalled"}, topicsOf(l.take(t, s)))
	require.Empty(t, s.Subscriptions().All())
	w, _ := send(t, s, path, shopifytest.AccessToken, map[string]any{"query": `{ shop { name } }`})
	require.Equal(t, http.StatusUnauthorized, w.Code)
}

// Shopify saves a filter with a wrong path, which never matches. Here no filter matches.
func TestASubscriptionWithAFilterHearsNothing(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	l := listen(t, s)
	s.Subscriptions().Put(subscription.Subscription{Topic: "ORDERS_CREATE", URI: l.URL, Filter: "id:1"})
	s.Subscriptions().Put(subscription.Subscription{Topic: "ORDERS_CREATE", URI: l.URL, Format: "XML"})
	s.AddOrder(shopifytest.Order{})
	require.Empty(t, l.take(t, s))
}

// A failed delivery goes to the address of when the event happened.
func TestASubscriptionThatFailsIsDeleted(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{Webhooks: delivery.Options{Speed: 1_000_000}})
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	t.Cleanup(s.Webhooks().Stop)
	made := s.Subscriptions().Put(subscription.Subscription{Topic: "ORDERS_CREATE", URI: gone.URL})
	s.Webhooks().Pause(true)
	s.AddOrder(shopifytest.Order{})
	made.URI = "http://127.0.0.1:1/"
	s.Subscriptions().Put(made)
	s.Webhooks().Pause(false)
	require.NoError(t, s.Webhooks().Wait(t.Context()))
	require.Equal(t, map[int]int{404: 9}, s.Webhooks().Ledger().Topics["orders/create"].Statuses)
	require.Empty(t, s.Subscriptions().All())
}

const readOrder = `query($id: ID!) { order(id: $id) { updatedAt } nodes(ids: [$id]) { ... on Order { updatedAt } } }`

// A read may lag behind a delivery: a new order is not there yet, and a changed one is as it was.
func TestReadsMayLagBehind(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := shopifytest.New(shopifytest.Options{Now: now.Now})
	listen(t, s, "ORDERS_CREATE", "ORDERS_UPDATED")
	readOf := func(id string) []any {
		a := query(t, s, readOrder, map[string]any{"id": "gid://shopify/Order/" + id})
		require.Nil(t, a.Errors)
		out := []any{a.Data["order"], a.Data["nodes"].([]any)[0]}
		for i, o := range out {
			if o != nil {
				out[i] = o.(map[string]any)["updatedAt"]
			}
		}
		return out
	}
	read := func() []any { return readOf("1") }
	require.NoError(t, s.Webhooks().Befall(delivery.Stale, 1, "orders/create"))
	s.AddOrder(shopifytest.Order{ID: 1})
	require.Equal(t, []any{nil, nil}, read())
	now.Advance(2 * time.Second)
	first := start.Format(time.RFC3339)
	require.Equal(t, []any{first, first}, read())
	require.NoError(t, s.Webhooks().Befall(delivery.Stale, 1, "orders/updated"))
	s.UpdateOrder(1, func(*shopifytest.Order) {})
	require.Equal(t, []any{first, first}, read())
	now.Advance(2 * time.Second)
	second := start.Add(2 * time.Second).Format(time.RFC3339)
	require.Equal(t, []any{second, second}, read())
	require.NoError(t, s.Webhooks().Befall(delivery.Stale, 1, "orders/updated"))
	s.AddOrder(shopifytest.Order{ID: 2})
	require.Equal(t, []any{nil, nil}, readOf("2"), "whichever webhook of a new order it is")
}

func TestWebhooksAreControlledByRoutes(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	l := listen(t, s)
	control := func(method, route, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/_control/"+route, strings.NewReader(body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct{ method, route, body string }{
		{"PUT", "subscriptions", `{"topic": "ORDERS_CREATE", "uri": "` + l.URL + `"}`},
		{"PUT", "subscriptions", `{"topic": "DISPUTES_CREATE", "uri": "` + l.URL + `"}`},
		{"PUT", "subscriptions", `{"topic": "APP_UNINSTALLED", "uri": "` + l.URL + `"}`},
		{"PUT", "webhooks/troubles", `{"shares": [{"trouble": "lost", "share": 1, "topics": ["orders/create"]}]}`},
		{"POST", "webhooks/troubles", `{"trouble": "doubled", "times": 2, "topics": ["disputes/create"]}`},
		{"PUT", "orders", `{"id": 5, "lines": []}`},
		{"POST", "disputes", `{"order": 5}`},
		{"DELETE", "webhooks/troubles", ``},
		{"POST", "disputes", `{"order": 5}`},
		{"PUT", "webhooks/paused", `{"paused": true}`},
		{"PUT", "webhooks/paused", `{"paused": false}`},
	} {
		w := control(c.method, c.route, c.body)
		require.Less(t, w.Code, 300, "%s %s: %s", c.method, c.route, w.Body)
	}
	for _, c := range []struct{ method, route, body string }{
		{"PUT", "subscriptions", `{"topic": "orders/create"}`},
		{"PUT", "webhooks/troubles", `{"shares": [{"trouble": "sunny", "share": 1}]}`},
		{"POST", "webhooks/troubles", `{"trouble": "lost", "times": 0}`},
		{"PUT", "webhooks/secret", `{}`},
		{"POST", "disputes", `{"order": 6}`},
	} {
		require.Equal(t, http.StatusBadRequest, control(c.method, c.route, c.body).Code, c)
	}
	require.NoError(t, s.Webhooks().Wait(t.Context()))
	var ledger delivery.Ledger
	require.NoError(t, json.Unmarshal(control("GET", "webhooks", "").Body.Bytes(), &ledger))
	require.Equal(t, 1, ledger.Topics["orders/create"].Lost)
	require.Equal(t, 2, ledger.Topics["disputes/create"].Delivered)
	require.Equal(t, 3, ledger.Topics["disputes/create"].Requests)
	require.Equal(t, 1, ledger.Troubles[delivery.Doubled].Subjects)
	require.Contains(t, control("GET", "subscriptions", "").Body.String(), "DISPUTES_CREATE")

	require.Equal(t, http.StatusNoContent, control("DELETE", "webhooks", "").Code)
	require.Empty(t, s.Webhooks().Ledger().Topics)
	require.Equal(t, http.StatusNoContent, control("PUT", "webhooks/secret", `{"secret": "shpss_b"}`).Code)
	require.Equal(t, http.StatusNoContent, control("DELETE", "subscriptions/ORDERS_CREATE", "").Code)
	require.Equal(t, http.StatusNotFound, control("DELETE", "subscriptions/ORDERS_CREATE", "").Code)
	require.Len(t, s.Subscriptions().All(), 2)
	require.Equal(t, http.StatusNoContent, control("DELETE", "subscriptions", "").Code)
	require.Empty(t, s.Subscriptions().All())
	require.Equal(t, http.StatusNoContent, control("DELETE", "app", "").Code)
}
