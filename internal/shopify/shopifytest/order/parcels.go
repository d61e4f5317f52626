package order

import (
	"cmp"
	"math/big"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

// The states of a [Fulfillment].
const (
	Succeeded = "SUCCESS"
	Cancelled = "CANCELLED"
	Delivered = "DELIVERED"
)

// Fulfillment is a parcel, or a delivery of another kind.
type Fulfillment struct {
	// ID is assigned when the order is stored, if it is not set.
	ID int64 `json:"id"`
	// Status is a FulfillmentStatus, by default SUCCESS, and DisplayStatus a FulfillmentDisplayStatus, null if it is empty.
	Status        string `json:"status,omitempty"`
	DisplayStatus string `json:"display_status,omitempty"`
	// CreatedAt and UpdatedAt default to now.
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	// Company is the carrier's name, null if it is empty.
	Company   string     `json:"company,omitempty"`
	Trackings []Tracking `json:"trackings,omitempty"`
	// Lines are the units of lines in it.
	Lines []Units `json:"lines"`
	// Origin is where it was sent from, and Location the address of the location that did. Both are null if they are nil.
	Origin   *Address `json:"origin,omitempty"`
	Location *Address `json:"location,omitempty"`
}

// Tracking is how a parcel is followed. Both are null if they are empty.
type Tracking struct {
	Number string `json:"number,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Units are units of a line, by the line's id.
type Units struct {
	Line     int64 `json:"line"`
	Quantity int   `json:"quantity"`
}

// Refund is money or units that were given back.
type Refund struct {
	// ID is assigned when the order is stored, if it is not set.
	ID int64 `json:"id"`
	// CreatedAt defaults to now.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Amount is in the order's currency, by default the price of the units.
	Amount string  `json:"amount,omitempty"`
	Lines  []Units `json:"lines,omitempty"`
}

func (o *Order) lineOf(id int64) *LineItem {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// sent returns the units of each line in the fulfillments that were not taken back.
func (o *Order) sent() map[int64]int {
	out := map[int64]int{}
	for _, f := range o.Fulfillments {
		if f.Status == Cancelled {
			continue
		}
		for _, u := range f.Lines {
			out[u.Line] += u.Quantity
		}
	}
	return out
}

// Record completes what a change of an order left out: lines that were fulfilled or refunded get a fulfillment or a
// refund, and lines follow the fulfillments. Before is nil for a new order. The function id returns a number, or a new one in place
// of 0.
func (o *Order) Record(before *Order, now time.Time, id func(int64) int64) {
	if before == nil {
		before = &Order{}
	}
	o.recordFulfillments(before)
	o.recordRefunds(before)
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		f.ID, f.Status = id(f.ID), cmp.Or(f.Status, Succeeded)
		f.CreatedAt = timeOr(f.CreatedAt, now)
		f.UpdatedAt = timeOr(f.UpdatedAt, f.CreatedAt)
	}
	for i := range o.Refunds {
		r := &o.Refunds[i]
		r.ID, r.CreatedAt, r.Amount = id(r.ID), timeOr(r.CreatedAt, now), cmp.Or(r.Amount, o.price(r.Lines))
	}
}

// recordFulfillments lets the lines follow the fulfillments if those changed, and else a new fulfillment the lines.
func (o *Order) recordFulfillments(before *Order) {
	was, is := before.sent(), o.sent()
	var more []Units
	changed := false
	for i := range o.Lines {
		id := o.Lines[i].ID
		changed = changed || was[id] != is[id]
	}
	for i := range o.Lines {
		l, old := &o.Lines[i], 0
		if x := before.lineOf(l.ID); x != nil {
			old = x.Fulfilled
		}
		switch {
		case changed:
			l.Fulfilled = max(0, old+is[l.ID]-was[l.ID])
		case l.Fulfilled > old:
			more = append(more, Units{l.ID, l.Fulfilled - old})
		}
	}
	if len(more) > 0 {
		o.Fulfillments = append(o.Fulfillments, Fulfillment{Lines: more})
	}
}

// recordRefunds adds a refund if the units or the money that are left became less, and none was added for that.
func (o *Order) recordRefunds(before *Order) {
	if len(o.Refunds) > len(before.Refunds) {
		return
	}
	var units []Units
	for i := range o.Lines {
		l, old := &o.Lines[i], 0
		if x := before.lineOf(l.ID); x != nil {
			old = x.Removed
		}
		if l.Removed > old && o.Paid() {
			units = append(units, Units{l.ID, l.Removed - old})
		}
	}
	switch money := o.Refunded() && (!before.Refunded() || before.NetPayment != o.NetPayment); {
	case len(units) > 0:
		o.Refunds = append(o.Refunds, Refund{Lines: units})
	case money:
		had := number(before.netPayment())
		if before.ID == 0 {
			had = o.subtotal(o.kept(), false)
		}
		given := had.Sub(had, number(o.netPayment()))
		o.Refunds = append(o.Refunds, Refund{Amount: given.FloatString(2)})
	}
}

// Fulfillable reports whether as many units of the lines are left.
func (o *Order) Fulfillable(units []Units) bool {
	for _, u := range units {
		if l := o.lineOf(u.Line); l == nil || u.Quantity < 1 || u.Quantity > l.Remaining() {
			return false
		}
	}
	return len(units) > 0
}

// GiveBack adds a refund to a paid order, and takes its units from the lines. It returns false, and changes nothing, if
// the order is not paid or has not as many units left.
func (o *Order) GiveBack(r Refund) bool {
	if !o.Paid() || len(r.Lines) == 0 && r.Amount == "" {
		return false
	}
	for _, u := range r.Lines {
		if l := o.lineOf(u.Line); l == nil || u.Quantity < 1 || u.Quantity > l.Quantity-l.Removed {
			return false
		}
	}
	left := 0
	for _, u := range r.Lines {
		o.lineOf(u.Line).Removed += u.Quantity
	}
	for i := range o.Lines {
		left += o.Lines[i].Quantity - o.Lines[i].Removed
	}
	o.FinancialStatus = "PARTIALLY_REFUNDED"
	if left == 0 {
		o.FinancialStatus = "REFUNDED"
	}
	o.Refunds = append(o.Refunds, r)
	return true
}

// price returns the price of units after discounts.
func (o *Order) price(units []Units) string {
	sum := new(big.Rat)
	for _, u := range units {
		if l := o.lineOf(u.Line); l != nil {
			sum.Add(sum, new(big.Rat).Mul(number(l.discounted()), big.NewRat(int64(u.Quantity), 1)))
		}
	}
	return sum.FloatString(2)
}

// Part returns a fulfillment or a refund of an order as the API shows it.
func (v View) Part(o *Order, typeName string, id int64) graphql.Object {
	for i := range o.Fulfillments {
		if o.Fulfillments[i].ID == id && typeName == "Fulfillment" {
			return shown{o, v}.fulfillment(&o.Fulfillments[i])
		}
	}
	for i := range o.Refunds {
		if o.Refunds[i].ID == id && typeName == "Refund" {
			return shown{o, v}.refund(&o.Refunds[i])
		}
	}
	return nil
}

// some returns the first elements of a list that has no pages.
func some[T any](args map[string]any, list []T) []T {
	if n, ok := args["first"].(int64); ok {
		return list[:min(len(list), int(n))]
	}
	return list
}

func (o shown) fulfillments(args map[string]any) []graphql.Object {
	out := []graphql.Object{}
	for i := range some(args, o.Fulfillments) {
		out = append(out, o.fulfillment(&o.Fulfillments[i]))
	}
	return out
}

func (o shown) fulfillment(f *Fulfillment) graphql.Object { return fulfillmentObject{f, o} }

type fulfillmentObject struct {
	*Fulfillment

	order shown
}

func (fulfillmentObject) TypeName() string { return "Fulfillment" }

func (f fulfillmentObject) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return object.GID("Fulfillment", f.ID), nil
	case "legacyResourceId":
		return decimal(f.ID), nil
	case "status":
		return f.Status, nil
	case "displayStatus":
		return object.OrNull(f.DisplayStatus), nil
	case "createdAt":
		return f.CreatedAt, nil
	case "updatedAt":
		return f.UpdatedAt, nil
	case "deliveredAt":
		return orNever(f.DeliveredAt), nil
	case "requiresShipping":
		for _, u := range f.Lines {
			if l := f.order.lineOf(u.Line); l != nil && l.ships() {
				return true, nil
			}
		}
		return false, nil
	case "trackingInfo":
		list := []graphql.Object{}
		for _, t := range some(args, f.Trackings) {
			list = append(list, object.Fields{Name: "FulfillmentTrackingInfo", Values: map[string]any{
				"company": object.OrNull(f.Company), "number": object.OrNull(t.Number), "url": object.OrNull(t.URL),
			}})
		}
		return list, nil
	case "originAddress":
		return f.Origin.object("FulfillmentOriginAddress"), nil
	case "location":
		if f.Location != nil {
			return object.Fields{Name: "Location", Values: map[string]any{"address": f.Location.object("LocationAddress")}}, nil
		}
		return nil, nil
	}
	return f.order.units(args, "FulfillmentLineItem", f.ID, f.Lines)
}

// units returns a page of units of lines.
func (o shown) units(args map[string]any, name string, of int64, list []Units) (any, *graphql.Error) {
	return object.Page(args, name+"Connection", decimal(of), list, func(u *Units) int64 { return u.Line },
		func(u *Units) graphql.Object {
			l := o.lineOf(u.Line)
			if l == nil {
				l = &LineItem{ID: u.Line}
			}
			return object.Fields{Name: name, Values: map[string]any{"quantity": u.Quantity, "lineItem": o.line(l)}}
		})
}

func (o shown) refunds(args map[string]any) []graphql.Object {
	out := []graphql.Object{}
	for i := range some(args, o.Refunds) {
		out = append(out, o.refund(&o.Refunds[i]))
	}
	return out
}

func (o shown) refund(r *Refund) graphql.Object { return refundObject{r, o} }

type refundObject struct {
	*Refund

	order shown
}

func (refundObject) TypeName() string { return "Refund" }

func (r refundObject) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return object.GID("Refund", r.ID), nil
	case "legacyResourceId":
		return decimal(r.ID), nil
	case "createdAt", "processedAt":
		return r.CreatedAt, nil
	case "totalRefundedSet":
		return r.order.bag(r.Amount), nil
	}
	return r.order.units(args, "RefundLineItem", r.ID, r.Lines)
}
