package shopify_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// BenchmarkListOrders measures the cost of a page of 250 orders without the network: building the request, and reading
// its response to the last line of the last order.
func BenchmarkListOrders(b *testing.B) {
	sim := shopifytest.New(shopifytest.Options{})
	for i := range 250 {
		sim.AddOrder(shopifytest.Order{
			UpdatedAt: start, Email: fmt.Sprintf("buyer-%d@example.com", i),
			Customer: &shopifytest.Customer{DisplayName: "Widget Store 01", Email: "ada@example.com"},
			Lines: []shopifytest.LineItem{{
				SKU: "GIFT-50", Title: "Gift card", Quantity: 1, UnitPrice: "50.0",
				Attributes: []shopifytest.Attribute{
					{Key: "Recipient email", Value: "grace@example.com"},
					{Key: "Recipient name", Value: "Grace"},
					{Key: "Message", Value: "Thanks so much for everything."},
				},
			}},
		})
	}
	var page []byte
	client := newClient(b, shopify.Options{Company: true, HTTPClient: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if page == nil {
				w := httptest.NewRecorder()
				sim.ServeHTTP(w, r)
				page = w.Body.Bytes()
			}
			a := answer(http.StatusOK, "")
			a.Body = io.NopCloser(bytes.NewReader(page))
			return a, nil
		}),
	}})
	list := func() int {
		got, err := client.ListOrders(b.Context(), shopify.ListOrdersOptions{First: 250})
		require.NoError(b, err)
		return len(got.Orders)
	}
	require.Equal(b, 250, list())
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		list()
	}
}
