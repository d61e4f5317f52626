package shopifyintake_test

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// A source reads orders one by one, together, and in pages, and reports those that the shop does not show.
func TestSource(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	source := shopifyintake.New(client, shopifyintake.PropertyKeys{Email: "Recipient email"})
	placed := shop.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 2}}})
	number := strconv.FormatInt(placed.ID, 10)

	one, err := source.Read(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, []any{number, "", "PAID", true, 2}, []any{
		one.Order.ID, one.Order.Shop, one.Payment, one.Paid, one.Order.Lines[0].Units,
	})
	require.Equal(t, "example.myshopify.com", one.In("example.myshopify.com").Order.Shop)
	require.Empty(t, one.Order.Shop)

	all, err := source.ReadAll(t.Context(), []string{number, "42"})
	require.NoError(t, err)
	require.Equal(t, one, all[number].Order)
	require.ErrorIs(t, all["42"].Err, intake.ErrNotFound)
	_, err = source.Read(t.Context(), "42")
	require.ErrorIs(t, err, intake.ErrNotFound)

	page, err := source.List(t.Context(), intake.Query{SKUs: []string{"GIFT-50"}, PageSize: 10})
	require.NoError(t, err)
	require.Equal(t, []*intake.Order{one}, page.Orders)
	require.Equal(t, []string{"2026-07", ""}, []string{page.Version, page.NextCursor})

	glances, err := source.Glance(t.Context(), intake.Query{})
	require.NoError(t, err)
	require.Len(t, glances.Orders, 1)
	glance := glances.Orders[0]
	require.Equal(t, []any{number, true, false, []string{"GIFT-50"}}, []any{
		glance.Number, glance.Paid, glance.Cancelled, glance.SKUs,
	})
	require.Positive(t, glances.Restore)
	require.Less(t, glances.Restore, time.Minute)

	web.Close()
	_, err = source.ReadAll(t.Context(), []string{"43"})
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, giftcard.Unavailable, kind)
}

// A shop has the subscriptions that its settings need: missing ones are reported and made, and none is deleted.
func TestSubscriptionsOfASource(t *testing.T) {
	t.Parallel()
	const receiver = "https://gifts.example.com"
	sim := shopifytest.New(shopifytest.Options{Scopes: []string{"read_orders", "read_products", "read_fulfillments"}})
	web := httptest.NewServer(sim)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	gifts := shopifyintake.New(client, shopifyintake.PropertyKeys{})
	messages := shopifyintake.New(client, shopifyintake.PropertyKeys{}).For(subscriptions.Needs{Messages: true, InStock: true})

	refused, err := gifts.Repair(t.Context(), receiver)
	require.NoError(t, err)
	require.Empty(t, refused)
	found, err := messages.Subscriptions(t.Context(), receiver)
	require.NoError(t, err)
	require.Equal(t, []string{"fulfillments/create: missing", "fulfillments/update: missing", "variants/in_stock: missing"}, found.Wrong)
	_, err = messages.Repair(t.Context(), receiver)
	require.NoError(t, err)
	found, err = messages.Subscriptions(t.Context(), receiver)
	require.NoError(t, err)
	require.Empty(t, found.Wrong)
	require.Equal(t, 12, found.Right)
	_, err = gifts.Repair(t.Context(), receiver)
	require.NoError(t, err)
	require.Len(t, sim.Subscriptions().Of("VARIANTS_IN_STOCK"), 1, "people delete what is too much")
}
