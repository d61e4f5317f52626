package giftcard_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func wholeOrder() giftcard.Order {
	return giftcard.Order{
		Shop:      "example.myshopify.com",
		ID:        "450789469",
		Name:      "#1001",
		CreatedAt: time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC),
		Customer: giftcard.Customer{
			ID: "115310627314723954", DisplayName: "Ada Example",
			CompanyName: "Example Ltd", CompanyExternalID: "EXAMPLE",
		},
		Lines: []giftcard.Line{{
			ID: "466157049", SKU: "GIFT-50", Units: 2, Price: "50.0", Currency: "USD",
			Recipient: giftcard.Recipient{
				Email: "grace@example.com", Name: "Grace", Message: "Happy birthday!",
				SendOn: "2026-07-20", Offset: "-120", From: "Ada Example",
			},
		}},
	}
}

// Histories store orders in this form, and workflows that began under an older release are replayed from it: fields are
// added, never renamed or removed.
func TestOrderInHistories(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/order.json")
	require.NoError(t, err)

	written, err := json.Marshal(wholeOrder())
	require.NoError(t, err)
	require.JSONEq(t, string(golden), string(written))

	var read giftcard.Order
	require.NoError(t, json.Unmarshal(golden, &read))
	require.Equal(t, wholeOrder(), read)
}

// An order of a guest, for the buyer, at once: unknown values take no space in a history.
func TestSparseOrderInHistories(t *testing.T) {
	t.Parallel()
	order := giftcard.Order{
		Shop: "example.myshopify.com", ID: "1", Name: "#1", CreatedAt: time.Unix(0, 0).UTC(),
		Lines: []giftcard.Line{{
			ID: "2", SKU: "GIFT", Units: 1, Price: "1.0", Currency: "EUR",
			Recipient: giftcard.Recipient{Email: "a@example.com"},
		}},
	}
	written, err := json.Marshal(order)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"shop": "example.myshopify.com", "id": "1", "name": "#1", "created_at": "1970-01-01T00:00:00Z", "customer": {},
		"lines": [{
			"id": "2", "sku": "GIFT", "units": 1, "price": "1.0", "currency": "EUR",
			"recipient": {"email": "a@example.com"}
		}]
	}`, string(written))
}

func TestRulesInHistories(t *testing.T) {
	t.Parallel()
	rules := giftcard.Rules{SKUs: []string{"GIFT-50"}, CreatedFrom: time.Unix(0, 0).UTC(), IncludeTest: true}
	written, err := json.Marshal(rules)
	require.NoError(t, err)
	require.JSONEq(t,
		`{"skus": ["GIFT-50"], "created_from": "1970-01-01T00:00:00Z", "include_test": true}`, string(written))
}

func TestOrderUnitsAndSKUs(t *testing.T) {
	t.Parallel()
	require.Zero(t, giftcard.Order{}.Units())
	require.Empty(t, giftcard.Order{}.SKUs())

	order := giftcard.Order{Lines: []giftcard.Line{
		{SKU: "B", Units: 2}, {SKU: "A", Units: 1}, {SKU: "B", Units: 3}, {SKU: "b", Units: 1},
	}}
	require.Equal(t, 7, order.Units())
	require.Equal(t, []string{"B", "A", "b"}, order.SKUs(), "each once, in the order of the lines")
}

// Three lines of absurd length must not add up to a few cards.
func TestOrderUnitsDoNotWrapAround(t *testing.T) {
	t.Parallel()
	absurd := giftcard.Order{Name: "#1", Lines: []giftcard.Line{
		{ID: "1", Units: math.MaxInt}, {ID: "2", Units: math.MaxInt}, {ID: "3", Units: 7},
	}}
	require.Equal(t, math.MaxInt, absurd.Units())
	_, err := absurd.CardUnits("")
	require.ErrorContains(t, err, "1 to 1000 can be issued")
}

func TestCustomerGuest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		customer giftcard.Customer
		want     bool
	}{
		{"nothing", giftcard.Customer{}, true},
		{"number only", giftcard.Customer{ID: "1"}, true},
		{"name", giftcard.Customer{DisplayName: "Ada"}, false},
		{"company", giftcard.Customer{CompanyName: "Example Ltd"}, false},
		{"external ID", giftcard.Customer{CompanyExternalID: "EXAMPLE"}, false},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, tt.customer.Guest(), tt.name)
	}
}
