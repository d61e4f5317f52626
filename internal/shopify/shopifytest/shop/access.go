package shop

import (
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
)

// SetScopes sets the scopes granted to the app, as an administrator of the shop would.
func (s *Shop) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.Clone(scopes)
}

// Scopes returns the scopes granted to the app.
func (s *Shop) Scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scopes)
}

// SetVariants sets the variants of the shop's products.
func (s *Shop) SetVariants(variants ...goods.Variant) {
	s.mu.Lock()
	before := s.variants
	s.variants = slices.Clone(variants)
	s.mu.Unlock()
	if s.watcher != nil {
		s.watcher.VariantsChanged(before, variants)
	}
}

// Deny sets the fields to which the app has no access, whatever its scopes. It simulates an app without access to
// protected customer data.
func (s *Shop) Deny(fields ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = slices.Clone(fields)
}

// scopeOf maps a field to the scope that it needs. Other fields need no scope of their own.
var scopeOf = map[string]string{
	"QueryRoot.orders":           "read_orders",
	"QueryRoot.order":            "read_orders",
	"Order.customer":             "read_customers",
	"QueryRoot.productVariants":  "read_products",
	"QueryRoot.productVariant":   "read_products",
	"QueryRoot.fulfillment":      "read_orders",
	"QueryRoot.refund":           "read_orders",
	"LineItem.product":           "read_products",
	"LineItem.variant":           "read_products",
	"Fulfillment.location":       "read_locations",
	"Order.fulfillmentOrders":    "read_merchant_managed_fulfillment_orders",
	"Mutation.tagsAdd":           "write_orders", // Assumed: Shopify's schema names no scope for tags.
	"Mutation.orderUpdate":       "write_orders",
	"Mutation.fulfillmentCreate": "write_merchant_managed_fulfillment_orders",
}

// Denied reports whether the app has no access to a field such as "Order.email".
func (s *Shop) Denied(field string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	scope := scopeOf[field]
	return slices.Contains(s.denied, field) || scope != "" && !s.grants(scope)
}

// Grants reports whether the app has a scope. Permission to write includes permission to read.
func (s *Shop) Grants(scope string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants(scope)
}

// grants reports whether the app has a scope. Permission to write includes permission to read.
func (s *Shop) grants(scope string) bool {
	write := strings.Replace(scope, "read_", "write_", 1)
	return slices.Contains(s.scopes, scope) || slices.Contains(s.scopes, write)
}
