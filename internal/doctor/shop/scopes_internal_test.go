package shop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// Messages need scopes of their own, and a version of the API; a shop without them is examined as before.
func TestWanting(t *testing.T) {
	t.Parallel()
	gift := []string{"read_orders", "read_customers"}
	for name, c := range map[string]struct {
		want    Wanting
		scopes  []string
		version string
		status  check.Status
		found   string
		// versionStatus is that of the check of the version.
		versionStatus check.Status
	}{
		"gift cards":          {Wanting{}, gift, "2026-04", check.OK, "read_orders, read_customers", check.OK},
		"messages":            {Wanting{Messages: true}, append(gift, "read_products", "write_fulfillments", "read_all_orders"), "2026-07", check.OK, "read_fulfillments", check.OK},
		"no old orders":       {Wanting{Messages: true}, append(gift, "read_products", "write_fulfillments"), "2026-07", check.Warn, "lacks read_all_orders", check.OK},
		"no products":         {Wanting{Messages: true}, gift, "2026-07", check.Fail, "lacks read_products, read_fulfillments", check.OK},
		"an old version":      {Wanting{Messages: true}, append(gift, "read_products", "read_fulfillments", "read_all_orders"), "2026-04", check.OK, "read_products", check.Fail},
		"stock alone":         {Wanting{InStock: true}, append(gift, "read_products"), "2026-04", check.OK, "read_products", check.OK},
		"no locations":        {Wanting{Messages: true, Locations: true}, append(gift, "read_products", "read_fulfillments"), "2026-07", check.Warn, "lacks read_locations", check.OK},
		"locations":           {Wanting{Messages: true, Locations: true}, append(gift, "read_products", "read_fulfillments", "read_locations", "read_all_orders"), "2026-07", check.OK, "read_orders", check.OK},
		"locations for stock": {Wanting{InStock: true, Locations: true}, append(gift, "read_products"), "2026-07", check.OK, "read_orders", check.OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Default()
			cfg.Shopify.APIVersion = c.version
			s := New(cfg, func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }, nil).For(c.want)
			s.access = &shopify.Access{Scopes: c.scopes, Versions: []shopify.APIVersion{{Handle: c.version, Supported: true}}}
			got := s.scopes(t.Context())
			require.Equal(t, c.status, got.Status, got.Found)
			require.Contains(t, got.Found, c.found)
			got = s.version(t.Context())
			require.Equal(t, c.versionStatus, got.Status, got.Found)
		})
	}
}
