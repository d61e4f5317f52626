package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
)

// A setting that would do nothing is refused.
func TestCheckSupported(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, app.CheckSupported(c))
	c.Relay.ProductsURL = "https://erp.example.com/products"
	require.ErrorContains(t, app.CheckSupported(c), "unset RELAY_ORDERS_URL and RELAY_PRODUCTS_URL")
}
