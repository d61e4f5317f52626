package config

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// SKUs returns the SKUs of all gift cards, whoever issues them.
func (c Config) SKUs() List {
	return slices.Concat(c.Orders.GiftCardSKUs, List(c.FourWayShop.Items.SKUs()))
}

// DeferredItem is a gift card that its issuer makes later.
type DeferredItem struct {
	SKU string
	// Issuer is the name of the issuer in the inputs of workflows, and Code its code of the item.
	Issuer, Code string
}

// DeferredItems returns the gift cards that their issuers make later.
func (c Config) DeferredItems() []DeferredItem {
	items := make([]DeferredItem, len(c.FourWayShop.Items))
	for i, item := range c.FourWayShop.Items {
		items[i] = DeferredItem{SKU: item.SKU, Issuer: fourwayshop.Issuer, Code: item.Code}
	}
	return items
}

// IssuesAtOnce reports whether the account at the issuer that issues at once is used.
func (c Config) IssuesAtOnce() bool { return len(c.Orders.GiftCardSKUs) > 0 || !c.FourWayShop.On() }

// LongestRequest returns how long one request to an issuer may take.
func (c Config) LongestRequest() time.Duration {
	var longest time.Duration
	if c.IssuesAtOnce() {
		longest = c.CashStar.Timeout
	}
	if c.FourWayShop.On() {
		longest = max(longest, c.FourWayShop.Timeout)
	}
	return longest
}

// checkIssuers checks what concerns more than one issuer, or an issuer and another section.
func (c Config) checkIssuers(ps *env.Problems) {
	if len(c.SKUs()) == 0 {
		ps.Add("GIFT_CARD_SKUS", "is not set: need %s; or FOURWAYSHOP_ITEMS", ps.Want("GIFT_CARD_SKUS"))
	}
	c.FourWayShop.Items.Apart(ps, map[string]List{
		"GIFT_CARD_SKUS": c.Orders.GiftCardSKUs, "COMPANION_SKUS": c.Orders.CompanionSKUs,
	})
	c.FourWayShop.Surroundings(ps, c.Receiver.URL, c.Payload.Encryption != ops.EncryptionOff)
}

// CardIDKey returns the key that makes the IDs of cards' codes, of whatever issuer; empty if none is set.
func (c Config) CardIDKey() []byte { return []byte(c.FourWayShop.CardIDKey.Reveal()) }
