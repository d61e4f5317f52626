package shopifyretail

import (
	"slices"
	"strings"
	"unicode"

	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify/retailing"
)

// cardDigits is the number of a card's digits that Shopify shows.
const cardDigits = 4

// payments returns the ways in which an order was paid, each once. A capture takes what was authorised before, and counts
// only if there is no authorisation and no sale.
func payments(transactions []retailing.Transaction) []retail.Payment {
	var first, captures []retail.Payment
	for _, t := range transactions {
		if !succeeded(t) {
			continue
		}
		list := &first
		if t.Kind == "CAPTURE" {
			list = &captures
		}
		if p := payment(t); p != (retail.Payment{}) && !slices.Contains(*list, p) {
			*list = append(*list, p)
		}
	}
	if len(first) == 0 {
		return captures
	}
	return first
}

func payment(t retailing.Transaction) retail.Payment {
	p := retail.Payment{Gateway: text(t.FormattedGateway), Company: text(t.PaymentDetails["company"])}
	// The leading digits are masked: "•••• •••• •••• 4242".
	digits := strings.TrimLeftFunc(t.PaymentDetails["number"], func(r rune) bool { return !unicode.IsDigit(r) })
	if len(digits) == cardDigits && strings.Trim(digits, "0123456789") == "" {
		p.LastDigits = digits
	}
	return p
}

// fulfillment converts a parcel. Shopify does not state its destination without a scope for fulfillment orders: it is the
// order's address if something is sent.
func fulfillment(f *retailing.Fulfillment, destination *retail.Address) retail.Fulfillment {
	out := retail.Fulfillment{
		ID: f.LegacyResourceId, Status: strings.ToLower(text(f.Status)), Shipment: strings.ToLower(text(f.DisplayStatus)),
		CreatedAt: f.CreatedAt.UTC(), UpdatedAt: f.UpdatedAt.UTC(), DeliveredAt: utc(f.DeliveredAt),
		RequiresShipping: f.RequiresShipping, Origin: origin(f),
	}
	if out.Shipment == "delivered" && out.DeliveredAt.IsZero() { // A parcel that was marked by hand has no time.
		out.DeliveredAt = out.UpdatedAt
	}
	if f.RequiresShipping {
		out.Destination = destination
	}
	for _, t := range f.TrackingInfo {
		if out.Carrier == "" {
			out.Carrier = text(t.Company)
		}
		tracking := retail.Tracking{Number: text(t.Number), URL: link(t.Url)}
		if tracking != (retail.Tracking{}) && !slices.Contains(out.Trackings, tracking) {
			out.Trackings = append(out.Trackings, tracking)
		}
	}
	for _, l := range f.FulfillmentLineItems.Nodes {
		out.Items = added(out.Items, l.LineItem.Id, l.Quantity)
	}
	return out
}

// origin returns where a parcel was sent from: the address that is stated for taxes, else that of the location. It is nil
// without a city.
func origin(f *retailing.Fulfillment) *retail.Address {
	var out retail.Address
	if a := f.OriginAddress; a != nil && a.City != "" {
		out = retail.Address{
			Street1: text(a.Address1), Street2: text(a.Address2), City: text(a.City), Province: text(a.ProvinceCode),
			PostalCode: text(a.Zip), Country: text(a.CountryCode),
		}
	} else if f.Location != nil {
		a := f.Location.Address
		out = retail.Address{
			Street1: text(a.Address1), Street2: text(a.Address2), City: text(a.City), Province: text(a.ProvinceCode),
			PostalCode: text(a.Zip), Country: text(a.CountryCode),
		}
	}
	if out.City == "" {
		return nil
	}
	return &out
}

// refund converts a refund. One that has no date of its own has that of its processing.
func (c *converter) refund(r *retailing.Refund) retail.Refund {
	out := retail.Refund{
		ID: r.LegacyResourceId, CreatedAt: utc(r.CreatedAt), Total: c.amount(r.TotalRefundedSet, "refund"),
	}
	if out.CreatedAt.IsZero() {
		out.CreatedAt = r.ProcessedAt.UTC()
	}
	for _, l := range r.RefundLineItems.Nodes {
		out.Items = added(out.Items, l.LineItem.Id, l.Quantity)
	}
	return out
}

// added adds units of a line, which a parcel or a refund may name several times.
func added(items []retail.FulfilledItem, line string, quantity int) []retail.FulfilledItem {
	id := numberOf(line)
	for i := range items {
		if items[i].Line == id {
			items[i].Quantity += quantity
			return items
		}
	}
	return append(items, retail.FulfilledItem{Line: id, Quantity: quantity})
}
