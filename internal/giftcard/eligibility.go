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
	// NativeGiftCard: Shopify itself issues a card for this product; issuing another would give it away twice.
	NativeGiftCard Reason = "native_gift_card"
	// MixedOrder: the order holds gift cards and other items. Left out on purpose, and reported.
	MixedOrder Reason = "mixed"
)

// Reasons lists all reasons, in the order in which they are looked for.
var Reasons = []Reason{NoGiftCard, TestOrder, Cancelled, Unpaid, TooOld, NoUnitsLeft, NativeGiftCard, MixedOrder}

// Rules are the shop's rules for what a gift-card order is.
type Rules struct {
	// SKUs are the gift-card SKUs. They are compared as a whole, case and all.
	SKUs []string `json:"skus"`
	// CreatedFrom is the moment from which orders count.
	CreatedFrom time.Time `json:"created_from"`
	// IncludeTest counts test orders too.
	IncludeTest bool `json:"include_test,omitempty"`
}

// Candidate is an order as a search found it, before any rule was checked.
type Candidate struct {
	Order Order
	// Native tells, line by line, whether Shopify issues a gift card for it.
	Native []bool
	Test   bool
	// Cancelled tells whether the order was cancelled.
	Cancelled bool
	// Paid tells whether the units that are left are paid for.
	Paid bool
}

// Select applies the rules. It returns the gift-card order, with only the lines that have units left, or the reason for
// leaving it out.
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
	var cards, others, native int
	for i, l := range c.Order.Lines {
		switch {
		case l.Units <= 0:
		case !isCard(l):
			others++
		default:
			cards++
			order.Lines = append(order.Lines, l)
			if i < len(c.Native) && c.Native[i] {
				native++
			}
		}
	}
	switch {
	case cards == 0:
		return Order{}, NoUnitsLeft
	case native > 0:
		return Order{}, NativeGiftCard
	case others > 0:
		return Order{}, MixedOrder
	}
	return order, ""
}
