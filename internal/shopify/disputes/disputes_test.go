package disputes_test

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/disputes"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Orders are found by a dispute that is not won, whatever it is, and by their SKUs and age.
func TestDisputes(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{Scopes: []string{"read_orders"}})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	c := disputes.New(client.API())
	lines := []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1}}
	add := func(age time.Duration, sku string, states ...string) string {
		o := shopifytest.Order{CreatedAt: time.Now().Add(-age), Lines: []shopifytest.LineItem{{SKU: sku, Quantity: 1}}}
		for _, s := range states {
			o.Disputes = append(o.Disputes, shopifytest.Dispute{Status: s})
		}
		return strconv.FormatInt(shop.AddOrder(o).ID, 10)
	}
	open := add(time.Hour, "GIFT-50", "WON", "NEEDS_RESPONSE")
	lost := add(2*time.Hour, "GIFT-50", "LOST")
	won := add(time.Hour, "GIFT-50", "WON")
	add(time.Hour, "MUG", "LOST")
	add(100*time.Hour, "GIFT-50", "LOST")
	none := strconv.FormatInt(shop.AddOrder(shopifytest.Order{Lines: lines}).ID, 10)

	page, err := c.List(t.Context(), time.Now().Add(-50*time.Hour), []string{"GIFT-50"}, "")
	require.NoError(t, err)
	require.Empty(t, page.NextCursor)
	require.Len(t, page.Orders, 2)
	require.Equal(t, []string{open, lost}, []string{page.Orders[0].LegacyID, page.Orders[1].LegacyID})
	require.Len(t, page.Orders[0].Disputes, 2)
	require.Equal(t, "NEEDS_RESPONSE", page.Orders[0].Disputes[1].Status)
	require.Equal(t, "CHARGEBACK", page.Orders[0].Disputes[1].InitiatedAs)
	require.Regexp(t, `^\d+$`, page.Orders[0].Disputes[1].ID)

	found, err := c.Get(t.Context(), []string{won, none, "42"})
	require.NoError(t, err)
	require.Len(t, found, 2, "an order that the shop does not show is omitted")
	require.Equal(t, "WON", found[0].Disputes[0].Status)
	require.Empty(t, found[1].Disputes)
	_, err = c.Get(t.Context(), []string{"1 OR 2"})
	require.Error(t, err)
	_, err = c.Get(t.Context(), make([]string, disputes.AtOnce+1))
	require.Error(t, err)
}

// All pages are read by their cursors.
func TestPagesOfDisputes(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	for i := range 51 {
		shop.AddOrder(shopifytest.Order{
			Name: fmt.Sprint("#", i), Disputes: make([]shopifytest.Dispute, 1),
			Lines: []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1}},
		})
	}
	c, seen, cursor := disputes.New(client.API()), map[string]bool{}, ""
	for {
		page, err := c.List(t.Context(), time.Time{}, []string{"GIFT-50"}, cursor)
		require.NoError(t, err)
		for _, o := range page.Orders {
			seen[o.LegacyID] = true
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Len(t, seen, 51)
	require.Less(t, shop.Stats().PointsSpent, 40.0)
}
