package shopifyretail

import (
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
)

// maxDescription is more than a message shows of a description.
const maxDescription = 1000

// sold are the states of a product that customers can see (shopify.dev/docs/api/admin-graphql/latest/enums/ProductStatus).
var sold = []string{"ACTIVE", "UNLISTED"}

// variant converts a variant. The error is of the kind UnexpectedResponse for a price that its currency cannot represent.
func variant(v *retailing.Shown) (*retail.Variant, error) {
	price, err := retail.ParseAmount(intake.Bounded(v.Price, intake.MaxValue), v.CurrencyCode)
	if err != nil {
		return nil, giftcard.Errorf(giftcard.UnexpectedResponse, "Shopify: price of variant %s: %v", v.LegacyResourceId, err)
	}
	least := v.Product.PriceRangeV2.MinVariantPrice
	lowest, err := retail.ParseAmount(intake.Bounded(least.Amount, intake.MaxValue), least.CurrencyCode)
	if err != nil {
		return nil, giftcard.Errorf(giftcard.UnexpectedResponse, "Shopify: lowest price of product %s: %v", v.Product.LegacyResourceId, err)
	}
	seen := slices.Contains(sold, v.Product.Status)
	out := &retail.Variant{
		Number: v.LegacyResourceId, Product: v.Product.LegacyResourceId, Title: text(v.Product.Title),
		Description: intake.Bounded(strings.Join(strings.Fields(v.Product.Description), " "), maxDescription),
		ImageURL:    link(v.ImageURL), Price: price, Vendor: text(v.Product.Vendor), Options: options(v.SelectedOptions),
		ProductTitle: text(v.Product.Title), ProductImageURL: link(v.ProductImageURL), LowestPrice: lowest,
		ForSale: v.AvailableForSale && seen, Sellable: v.SellableOnlineQuantity,
	}
	if seen {
		out.URL = link(v.Product.OnlineStoreUrl)
	}
	if title := text(v.Title); title != "" && !v.Product.HasOnlyDefaultVariant {
		out.Title += " - " + title
	}
	return out, nil
}
