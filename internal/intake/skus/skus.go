// Package skus judges the products that are sold as gift cards: what keeps a gift-card SKU from being sold or issued, and
// what to do about it.
package skus

import (
	"fmt"
	"strings"
)

// Variants are variants of the shop's products.
type Variants struct {
	List []Variant
	// More reports that there are others that were not read.
	More bool
}

// Variant is a variant of a product.
type Variant struct {
	SKU string
	// Product is the title of its product, and Price its price in the shop's currency.
	Product, Price string
	// Native reports whether the shop itself issues a gift card for it.
	Native bool
	// Unsold says why it cannot be bought, in the shop's words; empty if it can.
	Unsold string
}

// Flaw is what is wrong with the product of a gift-card SKU. Flaws are labels of a metric.
type Flaw string

// The flaws.
const (
	// Missing means that no variant has the SKU: it was renamed, or its product was deleted.
	Missing Flaw = "missing"
	// Respelled means that a variant has the SKU in another spelling.
	Respelled Flaw = "respelled"
	// Native means that the shop itself issues a gift card for the product.
	Native Flaw = "native_gift_card"
	// Unsold means that the product is archived or a draft.
	Unsold Flaw = "unsold"
	// Priceless means that the variant costs nothing.
	Priceless Flaw = "no_price"
)

// Flaws lists all flaws.
var Flaws = []Flaw{Missing, Respelled, Native, Unsold, Priceless}

// Finding is something wrong with the product of a gift-card SKU.
type Finding struct {
	SKU  string `json:"sku"`
	Flaw Flaw   `json:"flaw"`
	// Product is the title of the product, and Detail the other spelling or the state of the product. Either may be
	// empty.
	Product string `json:"product,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// Says says what was found.
func (f Finding) Says() string {
	product := "the product of " + f.SKU
	if f.Product != "" {
		product = fmt.Sprintf("the product %q of %s", f.Product, f.SKU)
	}
	switch f.Flaw {
	case Missing:
		return "no product has the SKU " + f.SKU + ": it was renamed or deleted, and what is sold instead gets no gift card"
	case Respelled:
		return fmt.Sprintf("the shop spells the SKU %s as %q: its orders get no gift card", f.SKU, f.Detail)
	case Native:
		return product + " is a gift card of the shop itself: giftbridge issues none for its orders"
	case Unsold:
		return product + " is " + f.Detail + ": nobody can buy it"
	case Priceless:
		return product + " costs nothing: its orders fail"
	}
	return product + " has a flaw: " + string(f.Flaw)
}

// Cure says in a sentence what to do about it.
func (f Finding) Cure() string {
	switch f.Flaw {
	case Missing:
		return "give the variant the SKU " + f.SKU + " again (Products, the variant, Inventory), or correct GIFT_CARD_SKUS " +
			"and run: giftbridge schedules"
	case Respelled:
		return "spell the SKU in the shop as in GIFT_CARD_SKUS, or the other way round and run: giftbridge schedules"
	case Native:
		return "sell it as an ordinary product: its type cannot be changed, so create a new product with that SKU"
	case Unsold:
		return "set the product to active, or take " + f.SKU + " out of GIFT_CARD_SKUS and run: giftbridge schedules"
	case Priceless:
		return "set the price of the variant to the value of the card"
	}
	return "look at the product in the shop's admin"
}

// ShopCure says in sentences what somebody does about it who knows the shop and not the configuration.
func (f Finding) ShopCure() string {
	switch f.Flaw {
	case Missing:
		return "Give the variant the SKU " + f.SKU + " again (Products, the variant, Inventory). If it has another SKU for good, " +
			"tell the operator of giftbridge."
	case Respelled:
		return "Spell the SKU as " + f.SKU + " again, or tell the operator of giftbridge how it is spelled now."
	case Native:
		return "Sell it as an ordinary product: its type cannot be changed, so create a new product with that SKU."
	case Unsold:
		return "Set the product to active, or tell the operator of giftbridge that it is no longer sold."
	case Priceless:
		return "Set the price of the variant to the value of the card."
	}
	return "Look at the product in the shop's admin."
}

// Judge compares a gift-card SKU with the variants that the shop has for it. It compares SKUs as polls do: the whole
// SKU, and by case. It returns nil if nothing is wrong, or if not enough was read to tell.
func Judge(sku string, found Variants) *Finding {
	var priceless, unsold *Finding
	known, sold := false, false
	var respelled *Finding
	for _, v := range found.List {
		if v.SKU != sku {
			if respelled == nil && strings.EqualFold(strings.TrimSpace(v.SKU), sku) {
				respelled = &Finding{SKU: sku, Flaw: Respelled, Product: v.Product, Detail: v.SKU}
			}
			continue
		}
		known = true
		switch {
		case v.Native:
			return &Finding{SKU: sku, Flaw: Native, Product: v.Product}
		case v.Unsold != "":
			unsold = &Finding{SKU: sku, Flaw: Unsold, Product: v.Product, Detail: v.Unsold}
		case strings.Trim(v.Price, "0.") == "":
			sold = true
			priceless = &Finding{SKU: sku, Flaw: Priceless, Product: v.Product}
		default:
			sold = true
		}
	}
	switch {
	case !known && found.More:
		return nil
	case !known && respelled != nil:
		return respelled
	case !known:
		return &Finding{SKU: sku, Flaw: Missing}
	case !sold:
		return unsold
	}
	return priceless
}
