package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A setting that would do nothing is refused.
func TestRelayIsRefused(t *testing.T) {
	t.Parallel()
	c := valid()
	c.Relay.ProductsURL = "https://erp.example.com/products"
	require.ErrorContains(t, c.Validate(), "RELAY_PRODUCTS_URL: is set, and this release does not send events yet: unset it")
}
