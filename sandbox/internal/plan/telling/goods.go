package telling

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Script is what happens to an order of ordinary goods.
type Script string

// The scripts.
const (
	Whole      Script = "whole"
	TwoParcels Script = "two_parcels"
	TrackLater Script = "tracked_later"
	Returned   Script = "parcel_taken_back"
	Edited     Script = "edited"
	Reduced    Script = "refunded_in_part"
	GivenUp    Script = "cancelled"
	PaidLater  Script = "paid_later"
	AtOnce     Script = "delivered_at_once"
)

var scripts = []Script{Whole, TwoParcels, TrackLater, Returned, Edited, Reduced, GivenUp, PaidLater, AtOnce}

const (
	// firstID and firstName are beyond those of all other orders.
	firstID   = 6_900_000_000_000
	firstName = 40_001
	// shirt and mug are the lines of an order, hat is one that is added, and parcel is where the IDs of its parcels begin, all
	// counted from the ID of the order.
	shirt, mug, hat, parcel = 1, 2, 3, 50
	// leavesBefore is how long a customer stops messages before the last change of the order that is told.
	leavesBefore = 200 * time.Millisecond
)

// withdrawn is the time at which orders are cancelled. By any clock, it is after the order was placed.
var withdrawn = time.Date(2100, time.January, 2, 3, 4, 5, 0, time.UTC)

// writer writes the script of an order.
type writer struct {
	o       *Order
	at      time.Duration
	pause   func() time.Duration
	soon    time.Duration
	parcels int64
}

// goods returns the nth order of ordinary goods.
func goods(random *rand.Rand, n int, length time.Duration) Order {
	const percent = 100
	id := int64(firstID + n*100)
	o := Order{
		At: between(random, length*2/percent, length*45/percent), Script: scripts[n%len(scripts)],
		Order: shopifytest.Order{
			ID: id, Name: fmt.Sprintf("#%d", firstName+n), Currency: "USD", FinancialStatus: "PAID", Email: fmt.Sprintf("goods-%d@example.com", n),
			Shipping: "5.00", Tax: "1.50",
			Customer: &shopifytest.Customer{
				ID: int64(900_000 + n), FirstName: "Buyer", LastName: fmt.Sprint(n), Email: fmt.Sprintf("goods-%d@example.com", n),
			},
			Payments: []shopifytest.Payment{{Company: "Visa", Number: "•••• •••• •••• 4242"}},
			Lines: []shopifytest.LineItem{
				{ID: id + shirt, SKU: "SHIRT", Title: "Shirt", Vendor: "Acme", Quantity: 3, UnitPrice: "15.0", Grams: 200},
				{ID: id + mug, SKU: "MUG", Title: "Mug", Vendor: "Acme", Quantity: 1, UnitPrice: "12.5", Grams: 400},
			},
		},
	}
	w := writer{
		o: &o, at: o.At, soon: length * 4 / percent,
		pause: func() time.Duration { return between(random, length*5/percent, length*12/percent) },
	}
	w.write()
	return o
}

// write adds the steps.
func (w *writer) write() {
	switch w.o.Script {
	case Whole:
		w.send("ups", w.units(3, 1), 1)
		w.deliver(0)
	case TwoParcels:
		w.send("DHL", w.units(2, 0), 1)
		w.deliver(0)
		w.send("FedEx", w.units(1, 1), 2, 3)
		w.deliver(1)
	case TrackLater:
		w.send("UPS", w.units(3, 1))
		w.change(Tracked, 0, map[string]any{"trackings": w.trackings(1)})
	case Returned:
		w.send("USPS", w.units(1, 1), 1)
		w.change(TakenBack, 0, map[string]any{"status": "CANCELLED"})
		w.send("USPS", w.units(3, 1), 2)
	case Edited:
		w.edit()
	case Reduced:
		w.give(Quantities, shopifytest.Refund{Lines: w.units(1, 0)})
		w.give(MoneyBack, shopifytest.Refund{Amount: "3.25"})
	case GivenUp:
		w.send("DHL", w.units(0, 1), 1)
		w.patch(Cancelled, map[string]any{"financial_status": "REFUNDED", "cancelled_at": withdrawn})
	case PaidLater:
		w.o.Order.FinancialStatus = "PENDING"
		w.patch(Paid, map[string]any{"financial_status": "PAID"})
		w.send("UPS", w.units(3, 1), 1)
	case AtOnce:
		w.send("UPS", w.units(3, 1), 1)
		w.at -= w.soon // Less than the shortest pause.
		w.deliver(0)
	}
}

// edit adds a line, adds a unit to another, takes a line away, and sends what is left.
func (w *writer) edit() {
	id := w.o.Order.ID
	lines := func(shirts, mugs int) map[string]any {
		all := append([]shopifytest.LineItem{}, w.o.Order.Lines...)
		all[0].Quantity, all[1].Removed = shirts, 1-mugs
		return map[string]any{"lines": append(all, shopifytest.LineItem{
			ID: id + hat, SKU: "HAT", Title: "Hat", Vendor: "Acme", Quantity: 1, UnitPrice: "9.0", Grams: 100,
		})}
	}
	w.patch(Added, lines(3, 1))
	w.patch(Quantities, lines(4, 1))
	w.patch(Quantities, lines(4, 0))
	w.send("UPS", []shopifytest.Units{{Line: id + shirt, Quantity: 4}, {Line: id + hat, Quantity: 1}}, 1)
}

// units returns units of the two lines.
func (w *writer) units(shirts, mugs int) (units []shopifytest.Units) {
	if shirts > 0 {
		units = append(units, shopifytest.Units{Line: w.o.Order.ID + shirt, Quantity: shirts})
	}
	if mugs > 0 {
		units = append(units, shopifytest.Units{Line: w.o.Order.ID + mug, Quantity: mugs})
	}
	return units
}

// trackings returns tracking numbers that no other order has.
func (w *writer) trackings(numbers ...int) (all []shopifytest.Tracking) {
	for _, n := range numbers {
		number := fmt.Sprintf("1Z%s%02d", w.o.Order.Name[1:], n)
		all = append(all, shopifytest.Tracking{Number: number, URL: "https://carrier.example.com/" + number})
	}
	return all
}

// lastTold returns the last step of an order that its customer is told of.
func (o *Order) lastTold() (last Step) {
	for _, s := range o.Steps {
		if s.Change != Delivered && s.Change != TakenBack && s.Change != Paid {
			last = s
		}
	}
	return last
}

func (w *writer) step(change Change, method, route string, body any) {
	w.at += w.pause()
	w.o.Steps = append(w.o.Steps, Step{At: w.at, Change: change, Method: method, Route: route, Body: body})
}

func (w *writer) route(more string) string { return fmt.Sprintf("orders/%d%s", w.o.Order.ID, more) }

func (w *writer) send(carrier string, units []shopifytest.Units, numbers ...int) {
	w.step(Sent, http.MethodPost, w.route("/fulfillments"), shopifytest.Fulfillment{
		ID: w.o.Order.ID + parcel + w.parcels, Company: carrier, Trackings: w.trackings(numbers...), Lines: units,
		Origin: &shopifytest.Address{City: "Cleveland", Province: "OH", Zip: "44101", Country: "US"},
	})
	w.parcels++
}

func (w *writer) change(change Change, n int, fields map[string]any) {
	w.step(change, http.MethodPatch, w.route(fmt.Sprintf("/fulfillments/%d", w.o.Order.ID+parcel+int64(n))), fields)
}

func (w *writer) deliver(n int) {
	w.step(Delivered, http.MethodPost, w.route(fmt.Sprintf("/fulfillments/%d/delivery", w.o.Order.ID+parcel+int64(n))), nil)
}

func (w *writer) give(change Change, refund shopifytest.Refund) {
	w.step(change, http.MethodPost, w.route("/refunds"), refund)
}

func (w *writer) patch(change Change, fields map[string]any) {
	w.step(change, http.MethodPatch, w.route(""), fields)
}
