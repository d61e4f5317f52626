package activities

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrderOf(t *testing.T) {
	t.Parallel()
	shop, number, ok := OrderOf("gift-card-order/example.myshopify.com/450789469")
	require.True(t, ok)
	require.Equal(t, []string{"example.myshopify.com", "450789469"}, []string{shop, number})
	for _, other := range []string{
		"", "gift-card-order/", "gift-card-order/shop", "gift-card-order//1", "gift-card-order/shop/", "poll-orders/shop/1",
		"gift-card-order/shop/1/2",
	} {
		_, _, ok := OrderOf(other)
		require.False(t, ok, other)
	}
}
