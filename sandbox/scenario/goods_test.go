package scenario_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Goods are every fourth order from the tenth, and everything that becomes of orders of goods becomes of some.
func TestGoods(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{})
	c := scenario.NewCustomers(shop, 1)
	require.False(t, c.Tend(), "no goods are sold")
	c.BuyLater()
	c.BuyGoods()
	var kinds []scenario.Kind
	for range 32 {
		kinds = append(kinds, c.Place().Kind)
	}
	require.Equal(t, scenario.Goods, kinds[9])
	require.Len(t, slices.DeleteFunc(slices.Clone(kinds), func(k scenario.Kind) bool { return k != scenario.Goods }), 6)
	plain := scenario.NewCustomers(shopifytest.New(shopifytest.Options{}), 1)
	plain.BuyLater()
	var others []scenario.Kind
	for range 13 {
		others = append(others, plain.Place().Kind)
	}
	require.Equal(t, others, slices.DeleteFunc(kinds[:15:15], func(k scenario.Kind) bool { return k == scenario.Goods }),
		"the other customers buy what they buy anyway")

	inStock := func() bool {
		i := slices.IndexFunc(shop.Variants(), func(v shopifytest.Variant) bool { return v.SKU == "LAMP" })
		return shop.Variants()[i].InStock()
	}
	require.True(t, inStock())
	require.True(t, c.Tend())
	require.False(t, inStock())
	for c.Tend() {
	}
	require.True(t, inStock())
	parcels, delivered, refunds, canceled, numbers := 0, 0, 0, 0, map[string]bool{}
	for _, o := range shop.Orders() {
		require.NotNil(t, o.ShippingAddress)
		numbers[o.Phone] = true
		for _, f := range o.Fulfillments {
			require.NotEmpty(t, f.Trackings)
			parcels++
			if !f.DeliveredAt.IsZero() {
				delivered++
			}
		}
		if len(o.Lines) == 2 && o.Lines[0].SKU == "MUG-BLUE" {
			refunds += len(o.Refunds)
			if !o.CancelledAt.IsZero() {
				canceled++
			}
		}
	}
	require.Equal(t, 6, parcels)
	require.Equal(t, 6, delivered)
	require.Equal(t, 3, refunds)
	require.Equal(t, 1, canceled)
	require.Len(t, numbers, 7, "six numbers, and orders without one")
}
