package payload

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

func gid(typeName string, id int64) string {
	return "gid://shopify/" + typeName + "/" + strconv.FormatInt(id, 10)
}

// times returns a price times a number of units.
func times(price string, units int) string {
	r, ok := new(big.Rat).SetString(price)
	if !ok {
		return price
	}
	return r.Mul(r, big.NewRat(int64(units), 1)).FloatString(2)
}

// total returns the price of all units that were ordered.
func total(o *shop.Order) string {
	sum := new(big.Rat)
	for i := range o.Lines {
		if r, ok := new(big.Rat).SetString(price(&o.Lines[i])); ok {
			sum.Add(sum, r.Mul(r, big.NewRat(int64(o.Lines[i].Quantity), 1)))
		}
	}
	return sum.FloatString(2)
}

func price(l *shop.LineItem) string { return cmp.Or(l.DiscountedPrice, l.UnitPrice) }

// Order returns the body of the topics orders/create, orders/paid, orders/updated and orders/cancelled.
func (w *Writer) Order(o *shop.Order) []byte {
	sum := total(o)
	lines := make([]fields, len(o.Lines))
	for i := range o.Lines {
		lines[i] = w.line(&o.Lines[i], o.Currency)
	}
	body := fields{
		"id": o.ID, "admin_graphql_api_id": gid("Order", o.ID), "name": o.Name, "test": o.Test, "note": orNull(o.Note),
		"created_at": w.time(o.CreatedAt), "updated_at": w.time(o.UpdatedAt), "processed_at": w.time(o.CreatedAt),
		"cancelled_at": w.time(o.CancelledAt), "closed_at": w.time(o.ClosedAt), "cancel_reason": nil,
		"financial_status": strings.ToLower(o.FinancialStatus), "fulfillment_status": nil, "confirmed": true,
		"email": o.Email, "contact_email": orNull(o.Email), "phone": nil, "tags": strings.Join(o.Tags, ", "),
		"currency": o.Currency, "presentment_currency": o.Currency, "taxes_included": false,
		"total_price": sum, "total_price_set": set(sum, o.Currency), "subtotal_price": sum,
		"subtotal_price_set": set(sum, o.Currency), "total_line_items_price": sum, "total_tax": "0.00",
		"total_tax_set": set("0.00", o.Currency), "total_discounts": "0.00", "total_tip_received": cmp.Or(o.Tips, "0.00"),
		"current_total_price": sum, "app_id": 580111, "user_id": nil, "location_id": nil, "source_name": "web",
		// A body has letters of several bytes, which a careless receiver breaks.
		"payment_gateway_names": []string{"δοκιμαστική πληρωμή"}, "customer_locale": "el",
		"note_attributes": []any{}, "discount_codes": []any{}, "discount_applications": []any{}, "tax_lines": []any{},
		"shipping_lines": []any{}, "fulfillments": []any{}, "refunds": []any{}, "returns": []any{},
		"line_item_groups": []any{}, "merchant_business_entity_id": "MTU0ODM4MDAwOQ", "duties_included": false,
		"line_items": lines, "customer": w.customer(o), "billing_address": nil, "shipping_address": nil,
	}
	return simulator.MustMarshal(body)
}

func (w *Writer) customer(o *shop.Order) any {
	c := o.Customer
	if c == nil {
		return nil
	}
	return fields{
		"id": c.ID, "admin_graphql_api_id": gid("Customer", c.ID), "email": orNull(c.Email),
		"first_name": orNull(c.FirstName), "last_name": orNull(c.LastName), "state": "disabled", "note": nil,
		"verified_email": true, "tax_exempt": false, "phone": nil, "tags": "", "currency": o.Currency,
		"created_at": w.time(o.CreatedAt), "updated_at": w.time(o.CreatedAt), "default_address": nil,
	}
}

func (w *Writer) line(l *shop.LineItem, currency string) fields {
	properties := make([]fields, len(l.Attributes))
	for i, a := range l.Attributes {
		properties[i] = fields{"name": a.Key, "value": a.Value}
	}
	out := fields{
		"id": l.ID, "admin_graphql_api_id": gid("LineItem", l.ID), "sku": orNull(l.SKU), "title": l.Title, "name": l.Title,
		"variant_title": nil, "vendor": orNull(l.Vendor), "gift_card": l.GiftCard, "quantity": l.Quantity,
		"current_quantity": l.Quantity - l.Removed, "fulfillable_quantity": l.Remaining(), "fulfillment_status": nil,
		"fulfillment_service": "manual", "price": l.UnitPrice, "price_set": set(l.UnitPrice, currency),
		"total_discount": "0.00", "total_discount_set": set("0.00", currency), "discount_allocations": []any{},
		"tax_lines": []any{}, "duties": []any{}, "taxable": true, "requires_shipping": !l.GiftCard, "grams": 0,
		"product_exists": l.SKU != "", "properties": properties, "product_id": nil, "variant_id": nil,
		"variant_inventory_management": nil,
	}
	if l.SKU != "" {
		id := ProductID(l.SKU)
		out["product_id"], out["variant_id"] = id, id+1
	}
	return out
}

// Edited returns the body of orders/edited. It has no order in it, and of lines only what changed.
func (w *Writer) Edited(id int64, o *shop.Order, additions, removals []Delta, at time.Time) []byte {
	return simulator.MustMarshal(fields{"order_edit": fields{
		"id": id, "app_id": 1, "order_id": o.ID, "user_id": nil, "created_at": w.time(at), "committed_at": w.time(at),
		"notify_customer": false, "staff_note": "",
		"line_items": fields{"additions": deltas(additions), "removals": deltas(removals)},
		"discounts":  fields{"line_item": fields{"additions": []any{}, "removals": []any{}}},
	}})
}

// Delta is a number of units of a line that were added or removed.
type Delta struct {
	Line  int64
	Units int
}

func deltas(list []Delta) []fields {
	out := make([]fields, len(list))
	for i, d := range list {
		out[i] = fields{"id": d.Line, "delta": d.Units}
	}
	return out
}

// Refund returns the body of refunds/create. A refund of money alone has no lines. As in Shopify, some amounts are
// numbers, and the others text.
func (w *Writer) Refund(id int64, o *shop.Order, units []Delta, at time.Time) []byte {
	lines, adjustments := []fields{}, []fields{}
	for n, d := range units {
		for i := range o.Lines {
			l := &o.Lines[i]
			if l.ID != d.Line {
				continue
			}
			amount := times(price(l), d.Units)
			number, _ := strconv.ParseFloat(amount, 64)
			lines = append(lines, fields{
				"id": id + int64(n) + 1, "line_item_id": l.ID, "quantity": d.Units, "location_id": nil,
				"restock_type": "no_restock", "subtotal": number, "subtotal_set": set(amount, o.Currency),
				"total_tax": 0, "total_tax_set": set("0.00", o.Currency), "line_item": w.line(l, o.Currency),
			})
		}
	}
	if len(lines) == 0 {
		adjustments = append(adjustments, fields{
			"id": id + 1, "order_id": o.ID, "refund_id": id, "amount": "-1.00", "tax_amount": "0.00",
			"kind": "refund_discrepancy", "reason": "Refund discrepancy", "amount_set": set("-1.00", o.Currency),
			"tax_amount_set": set("0.00", o.Currency),
		})
	}
	return simulator.MustMarshal(fields{
		"id": id, "admin_graphql_api_id": gid("Refund", id), "order_id": o.ID, "created_at": w.time(at),
		"processed_at": w.time(at), "note": nil, "user_id": nil, "restock": false, "duties": []any{},
		"total_duties_set": set("0.00", o.Currency), "refund_line_items": lines, "order_adjustments": adjustments,
		"transactions": []any{}, "refund_shipping_lines": []any{},
	})
}
