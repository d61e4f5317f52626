package giftcard

import (
	"slices"
	"time"
)

// Reason says why an order was left out. It is empty for a gift-card order.
type Reason string

// The reasons for leaving an order out, in the order in which they are looked for.
const (
	// NoGiftCard: no line carries a gift-card SKU; the shop's search finds similar ones too.
	NoGiftCard Reason = "no_gift_card"
	// TestOrder: paid with a payment provider in test mode.
	TestOrder Reason = "test"
	// Cancelled: the order was cancelled.
	Cancelled Reason = "cancelled"
	// Unpaid: the order is not paid, or no longer. It is looked at again when that changes.
	Unpaid Reason = "unpaid"
	// TooOld: created before the moment from which orders count.
	TooOld Reason = "too_old"
	// NoUnitsLeft: every gift-card unit was refunded or removed.
	NoUnitsLeft Reason = "no_units_left"
	// NativeGiftCard: Shopify itself issues a card for a product that was ordered; issuing another would give it away
	// twice.
	NativeGiftCard Reason = "native_gift_card"
	// MixedOrder: gift cards and other items were ordered. Left out on purpose, and reported. The order stays one when the
	// other items are refunded or removed: by then, people may have issued its cards.
	MixedOrder Reason = "mixed"
)

// LeftToPeople reports whether an order that is left out so is owed something, which people have to see to.
func (r Reason) LeftToPeople() bool { return r == NativeGiftCard || r == MixedOrder }

// Reasons lists all reasons, in the order in which they are looked for.
var Reasons = []Reason{NoGiftCard, TestOrder, Cancelled, Unpaid, TooOld, NoUnitsLeft, NativeGiftCard, MixedOrder}

// Rules are the shop's rules for what a gift-card order is.
type Rules struct {
	// SKUs are the gift-card SKUs. They are compared as a whole, case and all.
	SKUs []string `json:"skus"`
	// Companions are SKUs that may be in any order without making it a mixed one, such as gift wrapping.
	Companions []string `json:"companion_skus,omitempty"`
	// CreatedFrom is the moment from which orders count.
	CreatedFrom time.Time `json:"created_from"`
	// IncludeTest counts test orders too.
	IncludeTest bool `json:"include_test,omitempty"`
}

// Candidate is an order as a search found it, before any rule was checked.
type Candidate struct {
	Order Order
	// Lines says more of the order's lines, in their order.
	Lines []LineFacts
	Test  bool
	// Cancelled tells whether the order was cancelled.
	Cancelled bool
	// Paid tells whether the units that are left are paid for.
	Paid bool
}

// LineFacts is what the rules have to know of a line and a workflow has not.
type LineFacts struct {
	// Ordered is the number of units that were ordered, those refunded or removed since included.
	Ordered int
	// Native reports whether Shopify issues a gift card for the line.
	Native bool
	// Tip reports whether the line is a tip.
	Tip bool
}

// facts returns what is known of a line beside its order.
func (c Candidate) facts(i int) LineFacts {
	if i < len(c.Lines) {
		return c.Lines[i]
	}
	return LineFacts{}
}

// Select applies the rules. It returns the gift-card order, with only the lines that have units left, or the reason for
// leaving it out. An order that is left to people comes with its gift-card lines and the reason.
func (r Rules) Select(c Candidate) (Order, Reason) {
	isCard := func(l Line) bool { return slices.Contains(r.SKUs, l.SKU) }
	if !slices.ContainsFunc(c.Order.Lines, isCard) {
		return Order{}, NoGiftCard
	}
	switch {
	case c.Test && !r.IncludeTest:
		return Order{}, TestOrder
	case c.Cancelled:
		return Order{}, Cancelled
	case !c.Paid:
		return Order{}, Unpaid
	case c.Order.CreatedAt.Before(r.CreatedFrom):
		return Order{}, TooOld
	}
	order := c.Order
	order.Lines = nil
	var others, native int
	for i, l := range c.Order.Lines {
		facts := c.facts(i)
		switch ordered := max(facts.Ordered, l.Units) > 0; {
		case !ordered:
		case !isCard(l):
			if !facts.Tip && !slices.Contains(r.Companions, l.SKU) {
				others++
			}
		default:
			if facts.Native {
				native++
			}
			if l.Units > 0 {
				order.Lines = append(order.Lines, l)
			}
		}
	}
	switch {
	case len(order.Lines) == 0:
		return Order{}, NoUnitsLeft
	case native > 0:
		return order, NativeGiftCard
	case others > 0:
		return order, MixedOrder
	}
	return order, ""
}
