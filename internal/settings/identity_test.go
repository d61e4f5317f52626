package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

const shopID = "gid://shopify/Shop/1"

// configured is what is configured, and Shopify's ID of its shop.
type configured struct {
	settings.Configured
	shopID string
}

// A configuration that would make other workflow IDs or audit numbers than the settled ones, or repeat requests to an
// issuer that may answer them with second cards, is refused.
func TestPinRefuses(t *testing.T) {
	t.Parallel()
	prefix := "TWS-"
	pinned := settings.Pin{
		Identity: workflows.Identity{ShopID: shopID, Shop: "first.myshopify.com", IssuerDedupesStated: true},
		From:     "schedule poll-orders", AuditPrefix: &prefix, Settled: true,
	}
	tests := map[string]struct {
		pin    func(*settings.Pin)
		config func(*configured)
		says   string // Empty if the configuration is accepted.
	}{
		"the same": {},
		"renamed":  {config: func(c *configured) { c.Shop = "second.myshopify.com" }},
		"Shopify cannot be asked": {config: func(c *configured) {
			c.Shop, c.shopID = "second.myshopify.com", ""
		}},
		"another shop": {
			config: func(c *configured) { c.Shop, c.shopID = "second.myshopify.com", "gid://shopify/Shop/2" },
			says:   "SHOPIFY_SHOP second.myshopify.com is not the shop of schedule poll-orders, which is first.myshopify.com",
		},
		"another shop under the same name": {
			config: func(c *configured) { c.shopID = "gid://shopify/Shop/2" }, says: "is not the shop of",
		},
		"another name, and no ID is known": {
			pin:    func(p *settings.Pin) { p.ShopID = "" },
			config: func(c *configured) { c.Shop = "second.myshopify.com" },
			says:   "run giftbridge schedules --renamed",
		},
		"another prefix": {
			config: func(c *configured) { c.Poll.AuditPrefix = "" }, says: `AUDIT_PREFIX is "", but schedule poll-orders has "TWS-"`,
		},
		"another prefix, and none is known": {
			pin:    func(p *settings.Pin) { p.AuditPrefix = nil },
			config: func(c *configured) { c.Poll.AuditPrefix = "" },
		},
		"requests would be repeated": {
			config: func(c *configured) { c.Dedupes, c.DedupesStated = true, true },
			says:   "ISSUER_DEDUPES is true, but schedule poll-orders has false",
		},
		"requests would be repeated, as nobody has stated": {config: func(c *configured) { c.Dedupes = true }},
		"requests are no longer repeated": {
			pin:    func(p *settings.Pin) { p.IssuerDedupes = true },
			config: func(c *configured) { c.DedupesStated = true },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pin, c := pinned, configured{shopID: shopID}
			c.Shop, c.Poll.AuditPrefix = pinned.Shop, prefix
			if tt.pin != nil {
				tt.pin(&pin)
			}
			if tt.config != nil {
				tt.config(&c)
			}
			err := pin.Refuses(c.Configured, c.shopID)
			if tt.says == "" {
				require.NoError(t, err)
				return
			}
			var refused *settings.IdentityError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, tt.says)
		})
	}
	require.NoError(t, (*settings.Pin)(nil).Refuses(settings.Configured{}, shopID), "a new installation")
}

// A new installation has to say whether its issuer recognises a repeated request. An existing one keeps what was in
// force until somebody says so.
func TestIdentityOfSchedules(t *testing.T) {
	t.Parallel()
	pinned := func(dedupes bool) *settings.Pin {
		return &settings.Pin{Identity: workflows.Identity{ShopID: shopID, Shop: "first.myshopify.com", IssuerDedupes: dedupes}}
	}
	tests := map[string]struct {
		pin             *settings.Pin
		dedupes, stated bool
		laterOnly       bool
		want            workflows.Identity
		says            string
	}{
		"new, and all cards are made later": {dedupes: true, laterOnly: true},
		"new, said, and all cards are made later": {
			dedupes: true, stated: true, laterOnly: true, want: workflows.Identity{IssuerDedupes: true, IssuerDedupesStated: true},
		},
		"issues at once from now on, and nothing is said": {pin: pinned(false), dedupes: true},
		"new, and nothing is said":                        {dedupes: true, says: "ISSUER_DEDUPES is not set, and this is a new installation"},
		"new":                                             {dedupes: true, stated: true, want: workflows.Identity{IssuerDedupes: true, IssuerDedupesStated: true}},
		"existing, and nothing is said": {
			pin: pinned(false), dedupes: true, want: workflows.Identity{IssuerDedupes: false},
		},
		"existing": {
			pin: pinned(true), dedupes: false, stated: true, want: workflows.Identity{IssuerDedupesStated: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configured := settings.Configured{Shop: "first.myshopify.com", Dedupes: tt.dedupes, DedupesStated: tt.stated, LaterOnly: tt.laterOnly}
			got, err := settings.New(nil, configured).Identity(tt.pin, settings.Ensure{ShopID: shopID})
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.NoError(t, err)
			tt.want.ShopID, tt.want.Shop = shopID, "first.myshopify.com"
			require.Equal(t, tt.want, *got)
		})
	}
}
