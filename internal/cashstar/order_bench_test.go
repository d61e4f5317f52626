package cashstar_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
)

// BenchmarkCreateOrder measures the cost of a card without the network: building the request, reading its response, and
// comparing the two.
func BenchmarkCreateOrder(b *testing.B) {
	service := cashstartest.New(cashstartest.Options{
		Username: "giftbridge", Password: "hunter2", Duplicates: cashstartest.AnswerExisting,
		Merchants: []cashstartest.Merchant{{Name: "Widget Store", MerchantCode: "TWS", Currencies: []string{"USD"}}},
	})
	var card *httptest.ResponseRecorder
	client, err := cashstar.New(cashstar.Options{
		BaseURL: "https://cashstar.invalid/v2/", Username: "giftbridge", Password: "hunter2",
		HTTPClient: &http.Client{Transport: transport(func(r *http.Request) (int, http.Header, string) {
			if card == nil {
				card = httptest.NewRecorder()
				service.ServeHTTP(card, r)
			}
			return card.Code, card.Header(), card.Body.String()
		})},
	})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		got, err := client.CreateOrder(b.Context(), order)
		require.NoError(b, err)
		require.NoError(b, got.Check(order))
	}
}
