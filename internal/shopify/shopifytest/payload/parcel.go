package payload

import (
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/parcel"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Fulfillment returns the body of fulfillments/create and fulfillments/update. Its lines have the units that are in it.
func (w *Writer) Fulfillment(f shop.Fulfillment, o *shop.Order) []byte {
	numbers, urls := []string{}, []string{}
	for _, t := range f.Trackings {
		if t.Number != "" {
			numbers = append(numbers, t.Number)
		}
		if t.URL != "" {
			urls = append(urls, t.URL)
		}
	}
	lines := []fields{}
	for _, u := range f.Lines {
		for i := range o.Lines {
			if l := &o.Lines[i]; l.ID == u.Line {
				line := w.line(l, o.Currency)
				line["quantity"] = u.Quantity
				lines = append(lines, line)
			}
		}
	}
	return simulator.MustMarshal(fields{
		"id": f.ID, "admin_graphql_api_id": gid("Fulfillment", f.ID), "order_id": o.ID, "name": o.Name + ".1",
		"status": strings.ToLower(f.Status), "shipment_status": orNull(strings.ToLower(f.DisplayStatus)), "service": "manual",
		"created_at": w.time(f.CreatedAt), "updated_at": w.time(f.UpdatedAt), "location_id": nil, "email": orNull(o.Email),
		"tracking_company": orNull(f.Company), "tracking_number": first(numbers), "tracking_numbers": numbers,
		"tracking_url": first(urls), "tracking_urls": urls, "receipt": fields{}, "line_items": lines,
		"origin_address": address(f.Origin), "destination": address(o.ShippingAddress),
	})
}

// first returns the first text, null if there is none.
func first(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func address(a *parcel.Address) any {
	if a == nil {
		return nil
	}
	return fields{
		"name": orNull(a.Name), "address1": orNull(a.Address1), "address2": orNull(a.Address2), "city": orNull(a.City),
		"province_code": orNull(a.Province), "zip": orNull(a.Zip), "country_code": orNull(a.Country), "phone": orNull(a.Phone),
	}
}

// InStock returns the body of variants/in_stock: the variant, and how many units there were before.
func (w *Writer) InStock(v shop.Variant, before int, at time.Time) []byte {
	options := [len(v.Options)]any{"Default Title"}
	if v.Options[0].Name != "" {
		for i, o := range v.Options {
			options[i] = orNull(o.Value)
		}
	}
	return simulator.MustMarshal(fields{
		"id": v.ID(), "admin_graphql_api_id": gid("ProductVariant", v.ID()), "product_id": v.ProductID(), "title": v.Caption(),
		"sku": orNull(v.SKU), "price": v.Cost(), "compare_at_price": nil, "position": 1, "inventory_policy": "deny",
		"inventory_quantity": v.Stock, "old_inventory_quantity": before, "inventory_item_id": nil, "image_id": nil, "barcode": nil,
		"taxable": true, "created_at": w.time(at), "updated_at": w.time(at),
		"option1": options[0], "option2": options[1], "option3": options[2],
	})
}
