// Package mapping makes structured messages of orders and products, field by field. What the structures cannot hold is an error,
// whose text says why and holds no personal data; such an order is told as a text.
package mapping

import (
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// NotifyBy says by which number customers asked to be told about a product.
type NotifyBy string

// The ways to name a product.
const (
	NotifyByProduct NotifyBy = "product"
	NotifyByVariant NotifyBy = "variant"
)

// Options are the names by which the shop calls the options of its variants, in any case.
type Options struct{ Size, Color, Gender []string }

// Rules are how a shop's orders are mapped.
type Rules struct {
	// ShopURL is the address of the shop, for items without a page.
	ShopURL string
	// StrictAddress makes an error of what the address is too foreign for; otherwise the parts that do not fit are left empty.
	StrictAddress bool
	Options       Options
	// ShipFrom is where parcels come from if the shop does not say; nil if that is not known. It needs no street.
	ShipFrom *retail.Address
	// NotifyBy says by which number customers asked to be told about a product.
	NotifyBy NotifyBy
	// Image is shown for products without an image; empty if there is none.
	Image string
}

func (r Rules) addresses() messages.AddressRules {
	if r.StrictAddress {
		return messages.Strict
	}
	return messages.Lenient
}
