package shopify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestGetAccess(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{Now: func() time.Time { return start }}, shopify.Options{})
	want := &shopify.Access{
		ShopID: "gid://shopify/Shop/1", MyshopifyDomain: "simulated.myshopify.com",
		Scopes: []string{"read_orders", "read_customers", "read_products"},
		Versions: []shopify.APIVersion{
			{Handle: "unstable"}, {"2026-01", true}, {"2026-04", true}, {"2026-07", true}, {"2026-10", true},
		},
		ServedVersion: "2026-07",
		AnsweredAt:    start,
	}
	a, err := c.GetAccess(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, a)

	sim.SetScopes()
	a, err = c.GetAccess(t.Context())
	require.NoError(t, err, "it needs no scope")
	require.Empty(t, a.Scopes)
	_, err = c.ListOrders(t.Context(), shopify.ListOrdersOptions{First: 1})
	require.Equal(t, shopify.CodeAccessDenied, asRestError(t, err).Code)
	_, err = c.FindVariants(t.Context(), "GIFT")
	require.Equal(t, shopify.CodeAccessDenied, asRestError(t, err).Code)
}

func TestGetAccessOfNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"data":{"publicApiVersions":[]}}`,
		`{"data":{"shop":{"myshopifyDomain":""},"currentAppInstallation":{"accessScopes":[]},"publicApiVersions":[]}}`,
		`{"data":{"shop":{"myshopifyDomain":"d"},"currentAppInstallation":null,"publicApiVersions":[]}}`,
	} {
		_, err := canned(t, body).GetAccess(t.Context())
		require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome, body)
	}
	_, err := canned(t, `{"data":{}}`).FindVariants(t.Context(), "GIFT")
	require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome)
}

// The search is as imprecise as the search for orders: the caller must compare the SKUs.
func TestFindVariants(t *testing.T) {
	t.Parallel()
	_, c := setup(t, shopifytest.Options{Variants: []shopifytest.Variant{
		{SKU: "GIFT-25", Title: "Gift card"}, {SKU: "gift-25-sleeve", Price: "0.00", Status: "DRAFT", GiftCard: true}, {SKU: "MUG"}, {}, {SKU: `O'Neill\x`},
	}}, shopify.Options{})
	for sku, want := range map[string][]shopify.Variant{
		"GIFT-25": {
			{SKU: "GIFT-25", Price: "25.00", Product: "Gift card", Status: "ACTIVE"},
			{SKU: "gift-25-sleeve", Price: "0.00", Status: "DRAFT", IsGiftCard: true},
		},
		`O'Neill\x`: {{SKU: `O'Neill\x`, Price: "25.00", Status: "ACTIVE"}},
		"CUP":       nil,
	} {
		got, err := c.FindVariants(t.Context(), sku)
		require.NoError(t, err, sku)
		require.Equal(t, want, got, sku)
	}
}
