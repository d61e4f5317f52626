package payload_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/retail/payload"
)

func sample(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/order.json")
	require.NoError(t, err)
	return data
}

func usd(minor int64) retail.Amount { return retail.Amount{Minor: minor, Currency: "USD"} }

// The shop's own example of a payload is an order of two lines, one of them with a discount.
func TestParsesTheSample(t *testing.T) {
	t.Parallel()
	o, err := payload.Parse(sample(t))
	require.NoError(t, err)
	require.Equal(t, "820982911946154508", o.Number)
	require.Equal(t, "#9999", o.Name)
	require.True(t, o.Test)
	require.False(t, o.Paid, "a voided order")
	require.False(t, o.CancelledAt.IsZero())
	require.Equal(t, o.CreatedAt, o.ProcessedAt, "the sample does not say when it was processed")
	sums := retail.Totals{Subtotal: usd(39300), Shipping: usd(1000), Tax: usd(0), Tips: usd(0), Duties: usd(0), Total: usd(40300)}
	require.Equal(t, sums, o.Ordered)
	require.Equal(t, sums, o.Current)
	require.Len(t, o.Lines, 2)
	require.Equal(t, usd(19900), o.Lines[0].DiscountedTotal)
	require.Equal(t, retail.Line{
		ID: "141249953214522974", Name: "IPod Nano - 8GB", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(19900),
		DiscountedTotal: usd(19400), RequiresShipping: true, Grams: 567,
	}, o.Lines[1])
	require.Equal(t, "KY", o.Shipping.Province)
	require.Equal(t, "555-555-SHIP", o.Shipping.Phone)
	require.Equal(t, "John Smith", o.Customer.Name)
	require.Equal(t, "Generic Shipping", o.ShippingMethod)
	require.Equal(t, []retail.Payment{{Gateway: "visa"}, {Gateway: "bogus"}}, o.Payments)
	require.Equal(t, "https://checkout.local/690933842/orders/123456abcd/authenticate?key=abcdefg", o.StatusURL)
}

// with returns the sample with one field replaced; nil removes it.
func with(t testing.TB, field string, value any) []byte {
	t.Helper()
	var o map[string]any
	d := json.NewDecoder(strings.NewReader(string(sample(t))))
	d.UseNumber()
	require.NoError(t, d.Decode(&o))
	o[field] = value
	if value == nil {
		delete(o, field)
	}
	data, err := json.Marshal(o)
	require.NoError(t, err)
	return data
}

func money(amount, currency string) map[string]any {
	return map[string]any{"presentment_money": map[string]any{"amount": amount, "currency_code": currency}}
}

func TestRefundsAndParcels(t *testing.T) {
	t.Parallel()
	refund := []any{map[string]any{
		"id": 5, "created_at": "2019-03-07T00:00:00Z",
		"transactions": []any{
			map[string]any{"kind": "refund", "status": "success", "amount": "199.00", "currency": "USD"},
			map[string]any{"kind": "refund", "status": "failure", "amount": "1.00", "currency": "USD"},
		},
		"refund_line_items": []any{map[string]any{"line_item_id": 866550311766439020, "quantity": 1}},
	}}
	_, err := payload.Parse(with(t, "refunds", refund))
	require.ErrorContains(t, err, "current_total_price_set is missing")

	var o map[string]any
	require.NoError(t, json.Unmarshal(with(t, "refunds", refund), &o))
	o["id"], o["current_total_price_set"] = 1, money("204.00", "USD")
	o["line_items"].([]any)[0].(map[string]any)["id"] = json.Number("866550311766439020")
	o["refunds"] = refund
	o["fulfillments"] = []any{map[string]any{
		"id": 7, "status": "success", "shipment_status": "delivered", "created_at": "2019-03-07T00:00:00Z",
		"updated_at": "2019-03-08T00:00:00Z", "tracking_company": "UPS", "tracking_numbers": []string{"1Z", "1Z", "2Z"},
		"tracking_urls": []string{"javascript:x", "javascript:x", "https://carrier.example/2Z"},
		"line_items":    []any{map[string]any{"id": 2, "quantity": 1, "requires_shipping": true}},
	}}
	data, err := json.Marshal(o)
	require.NoError(t, err)
	got, err := payload.Parse(data)
	require.NoError(t, err)
	require.Equal(t, usd(20400), got.Current.Total)
	require.Equal(t, usd(19900), got.Refunds[0].Total, "a refund that failed gave nothing back")
	require.Equal(t, 0, got.Lines[0].CurrentQuantity)
	parcel := got.Fulfillments[0]
	require.Equal(t, []retail.Tracking{{Number: "1Z"}, {Number: "2Z", URL: "https://carrier.example/2Z"}}, parcel.Trackings)
	require.Equal(t, parcel.UpdatedAt, parcel.DeliveredAt)
	require.True(t, parcel.RequiresShipping)
}

func TestRefusesWhatIsNoOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data []byte
		says string
	}{
		"nothing":           {nil, "ends too early"},
		"cut":               {[]byte(`{"id": 1`), "ends too early"},
		"no JSON":           {[]byte("order 1"), "not JSON"},
		"a list":            {[]byte("[]"), "JSON array"},
		"a product":         {[]byte(`{"id": 1, "title": "Shirt"}`), "no line_items"},
		"two":               {append(sample(t), sample(t)...), "more than one JSON value"},
		"too large":         {make([]byte, payload.MaxSize+1), "more than"},
		"no id":             {with(t, "id", nil), "no id"},
		"an id of words":    {with(t, "id", "gid://x"), "not an order"},
		"no date":           {with(t, "created_at", nil), "created_at"},
		"a date of words":   {with(t, "created_at", "yesterday"), "RFC 3339"},
		"no currency":       {with(t, "presentment_currency", nil), "presentment_currency"},
		"no total":          {with(t, "total_price_set", nil), "total_price_set is missing"},
		"another currency":  {with(t, "total_price_set", money("403.00", "EUR")), "another currency"},
		"too many decimals": {with(t, "total_price_set", money("403.001", "USD")), "more decimals"},
		"tip in another currency": {
			with(t, "total_tip_received", "5 dollars"), "total_tip_received",
		},
		"less than none": {
			with(t, "line_items", []any{map[string]any{"id": 1, "quantity": -1, "price_set": money("1.00", "USD")}}), "line_items.quantity",
		},
		"a line without an id": {with(t, "line_items", []any{map[string]any{"quantity": 1, "price_set": money("1.00", "USD")}}), "no id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := payload.Parse(tc.data)
			require.ErrorContains(t, err, tc.says)
			require.Nil(t, o)
		})
	}
}

// An error may be shown to anyone, so it quotes nothing that a customer wrote.
func TestErrorsQuoteNoCustomer(t *testing.T) {
	t.Parallel()
	_, err := payload.Parse(with(t, "phone", 4155550100))
	require.ErrorContains(t, err, `"phone"`)
	require.NotContains(t, err.Error(), "4155550100")
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte(`{"id":1,"created_at":"2026-01-01T00:00:00Z","presentment_currency":"JPY","line_items":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := payload.Parse(data)
		if (o == nil) == (err == nil) {
			t.Fatal("an order or an error, and never both")
		}
	})
}
