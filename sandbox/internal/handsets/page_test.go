package handsets_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
	"github.com/giftbridge/giftbridge/sandbox/internal/handsets"
)

const (
	anna = "+14155552671"
	bert = "+4915123456789"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// served returns the answer to a request for a page that shows deliveries.
func served(t *testing.T, path string, delivered ...ledger.Delivery) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handsets.Page(func() []ledger.Delivery { return delivered }).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

func structured(to, kind, data string) ledger.Delivery {
	return ledger.Delivery{To: to, Text: "Widgets: a text.", Type: kind, Data: []byte(data), At: noon}
}

var told = []ledger.Delivery{
	structured(anna, structures.Receipt, `{"receipt_id":"5001","items":[
		{"id":"11","name":"Mug","currency":"USD","price":"12.50","item_url":"https://shop.example.com/mug","quantity":"2",
			"metadata":{"brand":"Widgets","size":"Size 4","color":"Blue","gender":""}},
		{"id":"12","name":"<script>alert(1)</script>","currency":"USD","price":"1.00","item_url":"javascript:alert(1)","quantity":"1"}],
		"recipient_name":"Anna Example","structured_address":{"street_1":"1 Main Street","city":"Austin","state":"TX","postal_code":"78701",
		"country":"US"},"payment_method":"Visa 1111","subtotal":"26.00","shipping_cost":"5.00","total_tax":"2.14","total_cost":"33.14",
		"currency":"USD","order_url":"https://shop.example.com/orders/1"}`),
	structured(anna, structures.Shipment, `{"receipt_id":"5001","carrier":"UPS","tracking_number":"1Z999",
		"carrier_tracking_url":"https://ups.example.com/1Z999","items":[{"id":"11","quantity":"2"}],"ship_date":"1783684800",
		"origin":{"city":"Austin","state":"TX","postal_code":"78701","country":"US"},
		"destination":{"street_1":"1 Main Street","city":"Austin","state":"TX","postal_code":"78701","country":"US"},
		"weight":"1.5","weight_unit":"LBS"}`),
	structured(anna, structures.Update, `{"receipt_id":"5001","update_type":"cancel_item","items":[{"id":"12","quantity":"0"}],
		"updated_sub_total":"25.00","updated_shipping_cost":"5.00","updated_total_tax":"2.06","updated_total":"32.06","currency":"USD"}`),
	structured(bert, structures.Update, `{"receipt_id":"5001","update_type":"update_quantity","items":[{"id":"11","quantity":"1"}]}`),
	structured("", structures.Notice, `{"notification_id":"7","name":"Mug","url":"https://shop.example.com/mug","currency":"USD",
		"price":"12.50","desc":"It holds coffee."}`),
	{To: bert, Text: "Widgets: thank you.", At: noon.Add(time.Minute)},
}

// Each message is a bubble, and its structure a card, on the phone that it went to.
func TestPhones(t *testing.T) {
	t.Parallel()
	w := served(t, "/", told...)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	page := w.Body.String()
	phones := strings.Split(page, `<section class="phone"`)[1:]
	require.Len(t, phones, 3)
	for _, want := range []string{
		`Phone 1`, `its number ends in 71`, `10 Jul 12:00:00`, `Widgets: a text.`,
		`Receipt`, `2 × <a href="https://shop.example.com/mug">Mug</a><br><span class="meta">Widgets, Size 4, Blue</span>`, `12.50 USD`,
		`<th scope="row">Total</th><td class="amount">33.14 USD</td>`, `<dt>Paid with</dt><dd>Visa 1111</dd>`,
		`Anna Example, 1 Main Street, Austin, TX 78701, US`, `<a href="https://shop.example.com/orders/1">See the order</a>`,
		`On its way`, `<th scope="row">2 × Mug</th>`, `10 July 2026`, `1.5 LBS`, `<a href="https://ups.example.com/1Z999">Follow the parcel</a>`,
		`No longer in the order`, `<td class="amount">32.06 USD</td>`, `0 × &lt;script&gt;`,
	} {
		require.Contains(t, phones[0], want)
	}
	require.NotContains(t, page, "<script>")
	require.NotContains(t, page, "javascript:")
	require.Contains(t, phones[1], "Now in the order")
	require.Contains(t, phones[1], "1 × Item 11", "its receipt went to another phone")
	require.Contains(t, phones[1], "Widgets: thank you.")
	for _, want := range []string{"Everybody who asked", "In stock again", "It holds coffee.", `<a href="https://shop.example.com/mug">Buy it</a>`} {
		require.Contains(t, phones[2], want)
	}
	for _, number := range []string{anna, bert} {
		require.NotContains(t, page, number[2:len(number)-2], "a number must not be readable")
	}
}

// Of a phone with many messages, the first page has the newest, and a page of its own has all.
func TestOnePhone(t *testing.T) {
	t.Parallel()
	var many []ledger.Delivery
	for i := range 9 {
		many = append(many, ledger.Delivery{To: anna, Text: fmt.Sprintf("message %d", i+1), At: noon})
	}
	first := served(t, "/", many...).Body.String()
	require.Contains(t, first, `Messages that have arrived: 9.`)
	require.Contains(t, first, `<a href="phones/1">5 older`)
	require.NotContains(t, first, "message 5")
	require.Contains(t, first, "message 6")
	one := served(t, "/phones/1", many...).Body.String()
	require.Contains(t, one, "message 1<")
	require.Contains(t, one, "message 9<")
	require.NotContains(t, one, "older")
	for _, path := range []string{"/phones/0", "/phones/2", "/phones/x", "/phones/" + anna, "/else"} {
		require.Equal(t, http.StatusNotFound, served(t, path, many...).Code, path)
	}
}

func TestNoMessages(t *testing.T) {
	t.Parallel()
	require.Contains(t, served(t, "/").Body.String(), "No message has arrived yet.")
	require.Contains(t, served(t, "/", structured(anna, structures.Receipt, "[]")).Body.String(), "A card that cannot be shown")
}
