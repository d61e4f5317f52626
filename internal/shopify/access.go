package shopify

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/search"
)

// Access describes what the credentials give access to, and with which versions of the API.
type Access struct {
	// ShopID is Shopify's global ID of the shop. It stays the same if the shop is renamed.
	ShopID string
	// MyshopifyDomain is the shop's myshopify.com domain.
	MyshopifyDomain string
	// Scopes are the access scopes granted to the app, such as "read_orders".
	Scopes []string
	// Versions are the existing versions of the API, including the release candidate and "unstable".
	Versions []APIVersion
	// ServedVersion is the version that served the response. It differs from [Client.APIVersion] if that version no
	// longer exists.
	ServedVersion string
	// AnsweredAt is the time of the response by Shopify's clock. It is zero if Shopify did not state it.
	AnsweredAt time.Time
}

// APIVersion is one version of the Admin API (shopify.dev/docs/api/admin-graphql/latest/objects/ApiVersion).
type APIVersion struct {
	// Handle is the version's name, such as 2026-07.
	Handle string
	// Supported is false for release candidates, for "unstable", and for versions past their end of support.
	Supported bool
}

// GetAccess verifies the credentials and returns what they give access to. It needs no scope.
func (c *Client) GetAccess(ctx context.Context) (*Access, error) {
	x := c.api.Exchange("get access")
	data, err := getAccess(ctx, x)
	if err != nil {
		return nil, err
	}
	if data.Shop == nil || data.Shop.MyshopifyDomain == "" || data.CurrentAppInstallation == nil {
		return nil, x.Contradiction("no shop or no app installed in it")
	}
	a := &Access{
		ShopID:          data.Shop.Id,
		MyshopifyDomain: data.Shop.MyshopifyDomain, ServedVersion: x.Version, AnsweredAt: x.AnsweredAt,
	}
	for _, s := range data.CurrentAppInstallation.AccessScopes {
		a.Scopes = append(a.Scopes, s.Handle)
	}
	for _, v := range data.PublicApiVersions {
		a.Versions = append(a.Versions, APIVersion{Handle: v.Handle, Supported: v.Supported})
	}
	return a, nil
}

// Variant is a variant of a product (shopify.dev/docs/api/admin-graphql/latest/objects/ProductVariant).
type Variant struct {
	SKU string
	// Price is the price in the shop's currency, such as "25.00".
	Price string
	// Product is the title of the product, and Status one of ACTIVE, ARCHIVED, DRAFT and UNLISTED.
	Product, Status string
	// IsGiftCard is true for products for which Shopify itself issues a gift card.
	IsGiftCard bool
}

// MaxVariants is the number of variants that FindVariants returns at most.
const MaxVariants = maxPageSize

// FindVariants returns variants with the SKU, or with a similar one: the search matches tokens and prefixes. It needs
// the scope read_products. It returns the first MaxVariants of them.
func (c *Client) FindVariants(ctx context.Context, sku string) ([]Variant, error) {
	x := c.api.Exchange("find variants")
	data, err := findVariants(ctx, x, MaxVariants, "sku:"+search.Quote(sku))
	if err != nil {
		return nil, err
	}
	if data.ProductVariants == nil {
		return nil, x.Contradiction("no list of variants")
	}
	var found []Variant
	for _, v := range data.ProductVariants.Nodes {
		if v.Sku != nil {
			found = append(found, Variant{
				SKU: *v.Sku, Price: v.Price, Product: v.Product.Title, Status: v.Product.Status, IsGiftCard: v.Product.IsGiftCard,
			})
		}
	}
	return found, nil
}
