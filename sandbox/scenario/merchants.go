package scenario

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// products are the shop's gift cards: SKU and value.
var products = []struct{ sku, price string }{{"GIFT-25", "25.0"}, {"GIFT-50", "50.0"}, {"GIFT-100", "100.0"}}

// SKUs returns the SKUs of the simulated shop's gift cards.
func SKUs() []string {
	var skus []string
	for _, p := range products {
		skus = append(skus, p.sku)
	}
	return skus
}

// LaterProduct is a gift card that is made later: its SKU, the issuer's code of its item, and its value in USD.
type LaterProduct struct{ SKU, Item, Price string }

// LaterProducts returns the gift cards of the simulated shop that are made later.
func LaterProducts() []LaterProduct {
	return []LaterProduct{{"LATER-30", "4WS030", "30.0"}, {"LATER-60", "4WS060", "60.0"}}
}

// Items returns the items of the issuer that makes them.
func Items() []ledger.Item {
	var items []ledger.Item
	for _, p := range LaterProducts() {
		items = append(items, ledger.Item{Code: p.Item, Currency: "USD", Amounts: []string{p.Price + "0"}})
	}
	return items
}

// SpentItem is an item of which cards are made that are in nobody's order: shoppers come with them, and spend them.
func SpentItem() ledger.Item { return ledger.Item{Code: "4WSPAY", Currency: "EUR"} }

// Companion is an SKU that any order may contain; see COMPANION_SKUS.
const Companion = "WRAP"

// sleeve is the suffix that turns the SKU of a gift card into the SKU of its sleeve.
const sleeve = "-SLEEVE"

// Variants returns the variants of the simulated shop: its gift cards of all issuers, and a sleeve to put one in.
func Variants() []shopifytest.Variant {
	variants := []shopifytest.Variant{{SKU: products[0].sku + sleeve}}
	for _, p := range products {
		variants = append(variants, shopifytest.Variant{SKU: p.sku})
	}
	for _, p := range LaterProducts() {
		variants = append(variants, shopifytest.Variant{SKU: p.SKU})
	}
	return variants
}

// merchants is the number of customers that the issuer knows.
const merchants = 40

// Merchants returns the customers that the issuer knows.
func Merchants() []cashstartest.Merchant {
	var out []cashstartest.Merchant
	for i := range merchants {
		out = append(out, merchant(i))
	}
	return out
}

func merchant(i int) cashstartest.Merchant {
	name := fmt.Sprintf("Widget Store %02d", i+1)
	return cashstartest.Merchant{
		Name: name, LegalName: name + ", Inc.", MerchantCode: fmt.Sprintf("WS%02d", i+1), Currencies: []string{"USD"},
	}
}

// LateComer is a customer that the issuer does not know until it is added.
var LateComer = cashstartest.Merchant{
	Name: "Late Store", LegalName: "Late Store, Inc.", MerchantCode: "LATE", Currencies: []string{"USD"},
}

// Twins are two customers with the same name. An issuer that knows them cannot tell which one an order is for.
var Twins = []cashstartest.Merchant{
	{Name: "Twin Store", LegalName: "Twin Store East, Inc.", MerchantCode: "TWIN1", Currencies: []string{"USD"}},
	{Name: "Twin  store", LegalName: "Twin Store West, Inc.", MerchantCode: "TWIN2", Currencies: []string{"USD"}},
}
