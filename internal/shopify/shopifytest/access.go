package shopifytest

import (
	"slices"
	"strings"
)

// Variant is a variant of a product, limited to the fields that are simulated.
type Variant struct {
	SKU string
	// GiftCard is true if Shopify itself issues a gift card for the product.
	GiftCard bool
}

// SetScopes sets the scopes granted to the app, as an administrator of the shop would.
func (s *Server) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.Clone(scopes)
}

// Scopes returns the scopes granted to the app.
func (s *Server) Scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scopes)
}

// SetVariants sets the variants of the shop's products.
func (s *Server) SetVariants(variants ...Variant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.variants = slices.Clone(variants)
}

// Deny sets the fields to which the app has no access, whatever its scopes. It simulates an app without access to
// protected customer data.
func (s *Server) Deny(fields ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = slices.Clone(fields)
}

// scopeOf maps a field to the scope that it needs. Other fields need no scope of their own.
var scopeOf = map[string]string{
	"QueryRoot.orders":          "read_orders",
	"QueryRoot.order":           "read_orders",
	"Order.customer":            "read_customers",
	"QueryRoot.productVariants": "read_products",
}

func (s *Server) deniedField(field string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	scope := scopeOf[field]
	return slices.Contains(s.denied, field) || scope != "" && !slices.Contains(s.scopes, scope)
}

func (s *Server) installation() object {
	scopes := []object{}
	for _, scope := range s.Scopes() {
		scopes = append(scopes, fields{"AccessScope", map[string]any{"handle": scope}})
	}
	return fields{"AppInstallation", map[string]any{"accessScopes": scopes}}
}

// apiVersions returns the accessible versions and, as Shopify does, the unstable one.
func (s *Server) apiVersions() []object {
	versions := []object{fields{"ApiVersion", map[string]any{"handle": "unstable", "supported": false}}}
	for _, v := range s.opts.Versions {
		versions = append(versions, fields{"ApiVersion", map[string]any{"handle": v, "supported": true}})
	}
	return versions
}

// productVariants resolves searches by SKU, which match in the same way as searches for orders (assumed). Other
// searches are not simulated.
func (x *execution) productVariants(args map[string]any) (any, *graphError) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	query, _ := args["query"].(string)
	if !strings.HasPrefix(query, "sku:") {
		return nil, coded("BAD_REQUEST", "Only variants of a SKU are simulated.")
	}
	m := parseSearch(query, x.server.opts.TimeZone)
	x.server.mu.Lock()
	variants := x.server.variants
	x.server.mu.Unlock()
	c := connection{name: "ProductVariantConnection", nodes: []object{}}
	for _, v := range variants {
		if !m.match(newEntry(&Order{Lines: []LineItem{{SKU: v.SKU}}})) {
			continue
		}
		if len(c.nodes) == n {
			c.more = true
			break
		}
		product := fields{"Product", map[string]any{"isGiftCard": v.GiftCard}}
		c.nodes = append(c.nodes, fields{"ProductVariant", map[string]any{"sku": orNull(v.SKU), "product": product}})
	}
	return c, nil
}
