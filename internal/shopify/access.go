package shopify

import (
	"context"
	"time"
)

// Access is what the credentials give access to, and by which versions of the API.
type Access struct {
	// ShopID is Shopify's global ID of the shop, which a renaming does not change.
	ShopID string
	// MyshopifyDomain is that of the shop.
	MyshopifyDomain string
	// Scopes are the access scopes that the app was granted, such as "read_orders".
	Scopes []string
	// Versions are the versions of the API that there are, the release candidate and "unstable" among them.
	Versions []APIVersion
	// ServedVersion is the version that answered; it differs from [Client.APIVersion] when that is gone.
	ServedVersion string
	// AnsweredAt is when Shopify answered, by its own clock; zero where it did not say.
	AnsweredAt time.Time
}

// APIVersion is one version of the Admin API (shopify.dev/docs/api/admin-graphql/latest/objects/ApiVersion).
type APIVersion struct {
	// Handle names it: 2026-07.
	Handle string
	// Supported is false of release candidates, of "unstable", and of versions past their end.
	Supported bool
}

// GetAccess proves the credentials and says what they are good for. It needs no scope.
func (c *Client) GetAccess(ctx context.Context) (*Access, error) {
	x := c.exchange("get access")
	data, err := getAccess(ctx, x)
	if err != nil {
		return nil, err
	}
	if data.Shop == nil || data.Shop.MyshopifyDomain == "" || data.CurrentAppInstallation == nil {
		return nil, x.contradiction("no shop or no app installed in it")
	}
	a := &Access{
		ShopID:          data.Shop.Id,
		MyshopifyDomain: data.Shop.MyshopifyDomain, ServedVersion: x.version, AnsweredAt: x.answeredAt,
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
	// IsGiftCard is true of products that Shopify itself issues a gift card for.
	IsGiftCard bool
}

// FindVariants returns variants that have the SKU, or one like it: the search goes by tokens and prefixes. It needs the
// scope read_products. Of more than 250, the first are returned.
func (c *Client) FindVariants(ctx context.Context, sku string) ([]Variant, error) {
	x := c.exchange("find variants")
	data, err := findVariants(ctx, x, maxPageSize, "sku:"+quote(sku))
	if err != nil {
		return nil, err
	}
	if data.ProductVariants == nil {
		return nil, x.contradiction("no list of variants")
	}
	var found []Variant
	for _, v := range data.ProductVariants.Nodes {
		if v.Sku != nil {
			found = append(found, Variant{SKU: *v.Sku, IsGiftCard: v.Product.IsGiftCard})
		}
	}
	return found, nil
}
