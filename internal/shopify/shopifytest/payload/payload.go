// Package payload writes the bodies of a simulated shop's webhooks, in the format of Shopify's REST API: ids as numbers,
// prices as text, times in the shop's zone. A body has the fields that receivers are known to read, and some that they
// must ignore.
package payload

import (
	"cmp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/dispute"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Shop is what bodies say about their shop.
type Shop struct {
	ID             int64
	Name, Domain   string
	Currency, Zone string
}

// Writer writes bodies of a shop.
type Writer struct {
	shop Shop
	zone *time.Location
}

// NewWriter returns a writer for a shop whose times are in a zone.
func NewWriter(s Shop, zone *time.Location) *Writer {
	s.Zone = zone.String()
	return &Writer{shop: s, zone: zone}
}

type fields = map[string]any

// time returns a time as Shopify writes it, null if it is zero.
func (w *Writer) time(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(w.zone).Format("2006-01-02T15:04:05-07:00")
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// set returns an amount in the shop's currency and in that of the customer, which are the same here.
func set(amount, currency string) fields {
	one := fields{"amount": amount, "currency_code": currency}
	return fields{"shop_money": one, "presentment_money": one}
}

// ProductID returns the id of the product of a SKU whose variant is a product of its own.
func ProductID(sku string) int64 { return goods.ProductID(sku) }

// Product returns the body of products/create and products/update, of a product with some variants: one at least.
func (w *Writer) Product(updated time.Time, variants ...shop.Variant) []byte {
	v := variants[0]
	id := v.ProductID()
	list := make([]fields, len(variants))
	for i, v := range variants {
		list[i] = fields{
			"id": v.ID(), "admin_graphql_api_id": gid("ProductVariant", v.ID()), "product_id": id, "title": v.Caption(),
			"sku": orNull(v.SKU), "price": v.Cost(), "position": i + 1, "inventory_policy": "deny", "taxable": true,
			"created_at": w.time(updated), "updated_at": w.time(updated),
		}
	}
	return simulator.MustMarshal(fields{
		"id": id, "admin_graphql_api_id": gid("Product", id), "title": cmp.Or(v.Title, v.SKU), "body_html": nil, "vendor": w.shop.Name,
		"product_type": "", "handle": cmp.Or(v.Handle, v.SKU), "created_at": w.time(updated), "updated_at": w.time(updated),
		"published_at": w.time(updated), "status": strings.ToLower(cmp.Or(v.Status, "ACTIVE")), "published_scope": "web", "tags": "", "template_suffix": nil,
		"image": nil, "images": []any{}, "variant_gids": []any{},
		"variants": list,
	})
}

// DeletedProduct returns the body of products/delete of a variant's product, which has nothing but the id.
func (*Writer) DeletedProduct(v shop.Variant) []byte {
	return simulator.MustMarshal(fields{"id": v.ProductID()})
}

// Dispute returns the body of disputes/create.
func (w *Writer) Dispute(d dispute.Dispute, o *shop.Order, at time.Time) []byte {
	return simulator.MustMarshal(fields{
		"id": d.ID, "order_id": o.ID, "type": strings.ToLower(d.Type), "amount": total(o), "currency": o.Currency, "reason": "fraudulent",
		"network_reason_code": "4837", "status": strings.ToLower(d.Status), "evidence_due_by": w.time(at.Add(14 * 24 * time.Hour)),
		"evidence_sent_on": nil, "finalized_on": nil, "initiated_at": w.time(at),
	})
}

// Uninstalled returns the body of app/uninstalled: the shop.
func (w *Writer) Uninstalled() []byte {
	return simulator.MustMarshal(fields{
		"id": w.shop.ID, "name": w.shop.Name, "domain": w.shop.Domain, "myshopify_domain": w.shop.Domain,
		"currency": w.shop.Currency, "iana_timezone": w.shop.Zone, "email": "owner@example.com", "plan_name": "basic",
	})
}
