package shopify_test

import (
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// The recommendation is read on request only, and costs nothing otherwise: a point for each order read by its id, and next to
// nothing for a page.
func TestRiskIsReadOnRequest(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	plain, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	placed := shop.AddOrder(shopifytest.Order{
		Recommendation: "CANCEL", Lines: []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1}},
	})
	number := strconv.FormatInt(placed.ID, 10)
	spent := func(read func()) float64 {
		before := shop.Stats().PointsSpent
		read()
		return shop.Stats().PointsSpent - before
	}
	read := func(c *shopify.Client, want string) (one, several, page float64) {
		one = spent(func() {
			o, err := c.GetOrder(t.Context(), number)
			require.NoError(t, err)
			require.Equal(t, want, o.Recommendation)
		})
		several = spent(func() {
			found, err := c.GetOrders(t.Context(), []string{number})
			require.NoError(t, err)
			require.Equal(t, want, found[number].Order.Recommendation)
		})
		page = spent(func() {
			found, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
			require.NoError(t, err)
			require.Equal(t, want, found.Orders[0].Recommendation)
		})
		return one, several, page
	}
	one, several, page := read(plain, "")
	require.Equal(t, []float64{4, 4, 2}, []float64{one, several, page}, "what it cost before there was a recommendation to read")
	one, several, page = read(plain.WithRisk(), "CANCEL")
	require.Equal(t, []float64{5, 5, 2}, []float64{one, several, page})
	read(plain, "")
}
