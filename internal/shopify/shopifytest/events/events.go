// Package events turns what happens in a simulated shop into webhooks: which topics a change of an order, a parcel or a product
// concerns, and who has subscribed to them.
package events

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/parcel"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/payload"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
)

// Options are what events are made of. All are needed.
type Options struct {
	Shop          *shop.Shop
	Subscriptions *subscription.Store
	Bodies        *payload.Writer
	Sender        *delivery.Sender
	// Now is the shop's clock.
	Now func() time.Time
}

// Events turns what happens in a shop into deliveries. It is a [shop.Watcher].
type Events struct {
	opts Options

	lastID atomic.Int64
}

// New returns the events of a shop.
func New(opts Options) *Events {
	e := &Events{opts: opts}
	e.lastID.Store(900_000_000_000)
	return e
}

// id returns a number for a refund, an edit or a dispute. A body may use the numbers after it for its parts.
func (e *Events) id() int64 { return e.lastID.Add(1000) }

// event returns the id that all deliveries of one change share.
func (e *Events) event() string { return fmt.Sprintf("98880550-7158-44d4-b7cd-%012x", e.id()) }

// send delivers an event to all who subscribed to its topic. Filters and lists of fields are not simulated: a
// subscription with one gets nothing.
func (e *Events) send(event, topic string, subject int64, body []byte, holdBack func(time.Duration)) {
	for _, x := range e.opts.Subscriptions.Of(subscription.Topic(topic)) {
		if x.Filter != "" || len(x.IncludeFields) > 0 || x.Format != "JSON" {
			continue
		}
		e.opts.Sender.Send(delivery.Event{
			Topic: topic, ID: event, Subject: subject, Subscription: x.ID, URI: x.URI, Name: x.Name, Body: body,
			HoldBack: holdBack,
		})
	}
}

// Uninstalled reports that the app was removed from the shop.
func (e *Events) Uninstalled() {
	e.send(e.event(), "app/uninstalled", 0, e.opts.Bodies.Uninstalled(), nil)
}

// OrderChanged implements [shop.Watcher].
func (e *Events) OrderChanged(before, after *shop.Order) {
	if len(e.opts.Subscriptions.All()) == 0 {
		return
	}
	event, now := e.event(), e.opts.Now()
	was := before // Nil if the order is new.
	holdBack := func(lasts time.Duration) { e.opts.Shop.HoldBack(after.ID, was, e.opts.Now().Add(lasts)) }
	send := func(topic string, body []byte) { e.send(event, topic, after.ID, body, holdBack) }
	body := e.opts.Bodies.Order(after)
	if before == nil {
		send("orders/create", body)
		e.ordered(event, after, now)
		before = &shop.Order{}
	} else {
		additions, removals, refunded := differences(before, after)
		if len(additions)+len(removals) > 0 {
			send("orders/edited", e.opts.Bodies.Edited(e.id(), after, additions, removals, now))
		}
		if len(refunded) > 0 || after.Refunded() && (!before.Refunded() || before.NetPayment != after.NetPayment) {
			send("refunds/create", e.opts.Bodies.Refund(e.refundID(before, after), after, refunded, now))
		}
	}
	sent, moved := parcel.Changed(before.Fulfillments, after.Fulfillments)
	for _, f := range sent {
		send("fulfillments/create", e.opts.Bodies.Fulfillment(f, after))
	}
	for _, f := range moved {
		send("fulfillments/update", e.opts.Bodies.Fulfillment(f, after))
	}
	for _, d := range after.Disputes[min(len(before.Disputes), len(after.Disputes)):] {
		send("disputes/create", e.opts.Bodies.Dispute(d, after, now))
	}
	if !before.Paid() && after.Paid() {
		send("orders/paid", body)
	}
	if before.CancelledAt.IsZero() && !after.CancelledAt.IsZero() {
		send("orders/cancelled", body)
	}
	send("orders/updated", body)
}

// refundID returns the id of the refund that a change added.
func (e *Events) refundID(before, after *shop.Order) int64 {
	if n := len(after.Refunds); n > len(before.Refunds) {
		return after.Refunds[n-1].ID
	}
	return e.id()
}

// ordered reports the products of an order: their stock has changed.
func (e *Events) ordered(event string, o *shop.Order, now time.Time) {
	var told []string
	for _, l := range o.Lines {
		if l.SKU == "" || slices.Contains(told, l.SKU) {
			continue
		}
		told = append(told, l.SKU)
		e.send(event, "products/update", payload.ProductID(l.SKU),
			e.opts.Bodies.Product(now, shop.Variant{SKU: l.SKU, GiftCard: l.GiftCard}), nil)
	}
}

// differences returns which units of which lines an edit added or removed, and which were refunded.
func differences(before, after *shop.Order) (additions, removals, refunded []payload.Delta) {
	old := map[int64]shop.LineItem{}
	for _, l := range before.Lines {
		old[l.ID] = l
	}
	for _, l := range after.Lines {
		was := old[l.ID]
		delete(old, l.ID)
		switch {
		case l.Quantity > was.Quantity:
			additions = append(additions, payload.Delta{Line: l.ID, Units: l.Quantity - was.Quantity})
		case l.Quantity < was.Quantity:
			removals = append(removals, payload.Delta{Line: l.ID, Units: was.Quantity - l.Quantity})
		}
		if units := l.Removed - was.Removed; units > 0 && after.Paid() {
			refunded = append(refunded, payload.Delta{Line: l.ID, Units: units})
		} else if units > 0 {
			removals = append(removals, payload.Delta{Line: l.ID, Units: units})
		}
	}
	for id, l := range old {
		removals = append(removals, payload.Delta{Line: id, Units: l.Quantity})
	}
	return additions, removals, refunded
}

// VariantsChanged implements [shop.Watcher].
func (e *Events) VariantsChanged(before, after []shop.Variant) {
	event, now := e.event(), e.opts.Now()
	old, products := goods.Products(before), goods.Products(after)
	for _, was := range old {
		if product(products, was[0]) == nil {
			e.send(event, "products/delete", was[0].ProductID(), e.opts.Bodies.DeletedProduct(was[0]), nil)
		}
	}
	for _, is := range products {
		switch was := product(old, is[0]); {
		case was == nil:
			e.send(event, "products/create", is[0].ProductID(), e.opts.Bodies.Product(now, is...), nil)
		case !slices.Equal(was, is):
			e.send(event, "products/update", is[0].ProductID(), e.opts.Bodies.Product(now, is...), nil)
		}
	}
	for _, v := range goods.Restocked(before, after) {
		i := slices.IndexFunc(before, func(x shop.Variant) bool { return x.SKU == v.SKU })
		e.send(event, "variants/in_stock", v.ProductID(), e.opts.Bodies.InStock(v, before[i].Stock, now), nil)
	}
}

// product returns the variants of the product of a variant, nil if there are none.
func product(among [][]shop.Variant, of shop.Variant) []shop.Variant {
	for _, p := range among {
		if p[0].ProductID() == of.ProductID() {
			return p
		}
	}
	return nil
}
