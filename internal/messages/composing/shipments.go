package composing

import (
	"cmp"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// shipments adds messages about parcels that left, that can be followed by further numbers, or that were taken back.
func (c *composer) shipments() {
	sorted := slices.Clone(c.o.Fulfillments)
	slices.SortStableFunc(sorted, func(a, b retail.Fulfillment) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, f := range sorted {
		parcel, known := c.told.Parcels[f.ID]
		switch {
		case parcel.Silent || parcel.Cancelled:
		case f.Status == retail.FulfillmentCancelled && known:
			parcel.Cancelled = true
			c.add(draft{
				kind: messages.KindShipment, content: []string{f.ID, "cancelled"}, name: texts.Returned,
				view: texts.View{Items: c.named(f.Items)}, why: "A text alone: a shipment that was told was cancelled.",
				notAfter: later(f.CreatedAt, f.UpdatedAt).Add(newsLife), tells: Tells{Parcels: map[string]Parcel{f.ID: parcel}},
			})
		case f.Status != retail.FulfillmentSucceeded || !f.RequiresShipping:
		case !known:
			c.shipment(f)
		default:
			c.trackings(f, parcel, later(f.CreatedAt, f.UpdatedAt).Add(newsLife))
		}
	}
}

func isDelivered(f retail.Fulfillment) bool {
	return !f.DeliveredAt.IsZero() || f.Shipment == "delivered"
}

// shipment adds messages about a parcel that left, unless it may still get the tracking number that its carrier needs.
func (c *composer) shipment(f retail.Fulfillment) {
	carrier := messages.Carrier(mapping.Line(f.Carrier))
	if carrier == "" {
		carrier = messages.Carrier(mapping.Line(c.o.ShippingMethod))
	}
	all := numbered(f.Trackings)
	if until := f.CreatedAt.Add(trackingWait); len(all) == 0 && messages.NeedsTracking(carrier) && !isDelivered(f) && c.now.Before(until) {
		c.plan.Waits = ReasonNoTracking
		if c.plan.LookAgainAt.IsZero() || until.Before(c.plan.LookAgainAt) {
			c.plan.LookAgainAt = until
		}
		return
	}
	d := draft{
		kind: messages.KindShipment, content: []string{f.ID, "sent"}, name: texts.Shipment,
		view:     texts.View{Carrier: carrier, Items: c.named(f.Items), Trackings: shown(all)},
		notAfter: f.CreatedAt.Add(newsLife),
	}
	if isDelivered(f) {
		d.dropped = ReasonDelivered
	}
	parcel := Parcel{Trackings: numbers(all)}
	structure, err := c.shipmentOf(f, carrier, all)
	if err != nil {
		d.why = textOnly(err)
	} else {
		d.structure, d.typ, d.why = structure, messages.TypeShipment, "A parcel was handed to its carrier."
		if len(all) > 1 { // The others get a text of their own.
			d.view.Trackings, parcel.Trackings = shown(all[:1]), numbers(all[:1])
		}
	}
	d.tells.Parcels = map[string]Parcel{f.ID: parcel}
	if c.add(d) {
		c.trackings(f, parcel, d.notAfter)
	}
}

// trackings adds a message about the tracking numbers that were not told yet. The service has no structure for them.
func (c *composer) trackings(f retail.Fulfillment, told Parcel, notAfter time.Time) {
	more := slices.DeleteFunc(numbered(f.Trackings), func(t retail.Tracking) bool {
		return slices.Contains(told.Trackings, t.Number)
	})
	if len(more) == 0 {
		return
	}
	d := draft{
		kind: messages.KindShipment, content: append([]string{f.ID, "trackings"}, numbers(more)...), name: texts.Trackings,
		view: texts.View{Carrier: messages.Carrier(mapping.Line(f.Carrier)), Trackings: shown(more)},
		why:  "A text alone: a shipment has one structured message, and more tracking numbers.", notAfter: notAfter,
		tells: Tells{Parcels: map[string]Parcel{f.ID: {Trackings: union(slices.Clone(told.Trackings), numbers(more))}}},
	}
	if isDelivered(f) {
		d.dropped = ReasonDelivered
	}
	c.add(d)
}

// numbered returns the trackings that have a number, each once.
func numbered(all []retail.Tracking) []retail.Tracking {
	var out []retail.Tracking
	for _, t := range all {
		t.Number = mapping.Line(t.Number)
		if t.Number != "" && !slices.Contains(numbers(out), t.Number) {
			out = append(out, t)
		}
	}
	return out
}

func numbers(all []retail.Tracking) []string {
	var out []string
	for _, t := range all {
		out = append(out, t.Number)
	}
	return out
}

func shown(all []retail.Tracking) []texts.Tracking {
	var out []texts.Tracking
	for _, t := range all {
		out = append(out, texts.Tracking{Number: t.Number, URL: mapping.WebURL(t.URL)})
	}
	return out
}

// named returns the items of a parcel by their names.
func (c *composer) named(items []retail.FulfilledItem) []texts.Item {
	var out []texts.Item
	for _, item := range items {
		for _, l := range c.o.Lines {
			if l.ID == item.Line && item.Quantity > 0 {
				out = append(out, texts.Item{Name: l.Name, Quantity: item.Quantity})
			}
		}
	}
	return out
}

// shipmentOf returns the structure of a parcel, or why it is told as a text.
func (c *composer) shipmentOf(f retail.Fulfillment, carrier string, all []retail.Tracking) (messages.Shipment, error) {
	if !c.told.Structured {
		return messages.Shipment{}, errNoReceipt
	}
	for _, item := range f.Items {
		if _, told := c.told.Lines[item.Line]; !told || slices.Contains(c.told.Added, item.Line) {
			return messages.Shipment{}, errNotOnReceipt
		}
	}
	var first retail.Tracking
	if len(all) > 0 {
		first = all[0]
	}
	return mapping.Shipment(c.o, f, carrier, first, c.r.mapping())
}
