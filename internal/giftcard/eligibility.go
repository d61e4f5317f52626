package giftcard

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// Reason says why an order was left out. It is empty for a gift-card order.
type Reason string

// The reasons for leaving an order out, in the order in which they are checked.
const (
	// NoGiftCard: no line has a gift-card SKU; the shop's search also finds similar SKUs.
	NoGiftCard Reason = "no_gift_card"
	// TestOrder: the order was paid with a payment provider in test mode.
	TestOrder Reason = "test"
	// Cancelled: the order was cancelled.
	Cancelled Reason = "cancelled"
	// Unpaid: the order is not paid, or no longer paid. It is looked at again when that changes.
	Unpaid Reason = "unpaid"
	// TooOld: the order was created before the time from which orders count.
	TooOld Reason = "too_old"
	// NoUnitsLeft: every gift-card unit was refunded or removed.
	NoUnitsLeft Reason = "no_units_left"
	// PaidLate: the order was paid after it had become too old to be taken in. Reported if [Rules].MaxAge is set.
	PaidLate Reason = "paid_late"
	// NativeGiftCard: Shopify itself issues a card for a product that was ordered; issuing another one would give the
	// value away twice.
	NativeGiftCard Reason = "native_gift_card"
	// Underpaid: the shop has refunded so much money that the remaining payment does not cover the remaining cards.
	// Left out if [Rules].HoldUnderpaid is set, and reported.
	Underpaid Reason = "underpaid"
	// MixedOrder: gift cards and other items were ordered. Left out on purpose, and reported. The order stays mixed
	// when the other items are refunded or removed: by then, people may have issued its cards.
	MixedOrder Reason = "mixed"
)

// The reasons for which an order is left to people by a person's decision. No rule returns them, and [Reasons] omits
// them.
const (
	// Settled: a person has settled the order, such as by a card issued by hand. Nothing is left to do.
	Settled Reason = "settled"
	// Reopened: a person has taken back that the order is settled.
	Reopened Reason = "reopened"
	// Redacted: the histories of the order were removed, because they held a person's data. Nobody can issue it again.
	Redacted Reason = "redacted"
)

// LeftToPeople reports whether an order that is left out for this reason is owed something that people have to handle.
func (r Reason) LeftToPeople() bool {
	return slices.Contains([]Reason{PaidLate, NativeGiftCard, MixedOrder, Underpaid, Reopened}, r)
}

// Reasons lists all reasons, in the order in which they are checked.
var Reasons = []Reason{
	NoGiftCard, TestOrder, Cancelled, Unpaid, TooOld, NoUnitsLeft, PaidLate, NativeGiftCard, MixedOrder, Underpaid,
}

// Rules are the shop's rules for what a gift-card order is.
type Rules struct {
	// SKUs are the gift-card SKUs. They are compared exactly, including case.
	SKUs []string `json:"skus"`
	// Companions are SKUs that may be in any order without making it a mixed one, such as gift wrapping.
	Companions []string `json:"companion_skus,omitempty"`
	// CreatedFrom is the creation time from which orders count.
	CreatedFrom time.Time `json:"created_from"`
	// IncludeTest counts test orders too.
	IncludeTest bool `json:"include_test,omitempty"`
	// MaxAge is how old an order may be when it is taken in, and TakenOver is the creation time from which orders count
	// at all. An order created since then that was paid when it was older than MaxAge is left to people. If MaxAge is
	// zero, it is left out as too old.
	MaxAge    time.Duration `json:"max_age,omitempty"`
	TakenOver time.Time     `json:"taken_over,omitzero"`
	// HoldUnderpaid leaves orders that are no longer paid in full to people.
	HoldUnderpaid bool `json:"hold_underpaid,omitempty"`
}

// SearchFrom returns the earliest creation time of an order that a search has to find.
func (r Rules) SearchFrom() time.Time {
	if r.MaxAge > 0 {
		return r.TakenOver
	}
	return r.CreatedFrom
}

// At returns the rules for an order that is taken in at the given time. Taking orders in may go on for long after the rules
// were made, and no order may become too old in the meantime: Temporal may have deleted workflows of that age.
func (r Rules) At(now time.Time) Rules {
	if r.MaxAge > 0 {
		if from := now.Add(-r.MaxAge); from.After(r.CreatedFrom) {
			r.CreatedFrom = from
		}
	}
	return r
}

// HasCard reports whether any of these SKUs is that of a gift card. Select rejects all other orders with [NoGiftCard].
func (r Rules) HasCard(skus ...string) bool {
	return slices.ContainsFunc(skus, func(sku string) bool { return slices.Contains(r.SKUs, sku) })
}

// Candidate is an order as a search found it, before any rule is applied.
type Candidate struct {
	Order Order
	// Lines has further facts about the order's lines, in the same order.
	Lines []LineFacts
	Test  bool
	// Cancelled reports whether the order was cancelled.
	Cancelled bool
	// Paid reports whether the shop counts the order as paid, either in full or except for what was refunded.
	Paid bool
	// NetPayment is what was paid less what was refunded.
	NetPayment Amount
	// PaidAt is when money last came in; zero if that is not known.
	PaidAt time.Time
}

// Amount is a decimal amount in a currency as a service wrote it, unchecked.
type Amount struct{ Number, Currency string }

// exact returns the number, however many decimals it has. It rejects exponents and fractions: a short text can mean a
// number that does not fit into memory.
func (a Amount) exact() (*big.Rat, bool) {
	if strings.Trim(a.Number, "-.0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(a.Number)
}

// LineFacts is what the rules need to know about a line and a workflow does not.
type LineFacts struct {
	// Ordered is the number of units that were ordered, including those refunded or removed since.
	Ordered int
	// Native reports whether Shopify issues a gift card for the line.
	Native bool
	// Tip reports whether the line is a tip.
	Tip bool
	// Cost is the price of a unit after all discounts.
	Cost Amount
}

// facts returns the further facts about line i.
func (c Candidate) facts(i int) LineFacts {
	if i < len(c.Lines) {
		return c.Lines[i]
	}
	return LineFacts{}
}

// Select applies the rules. It returns the gift-card order, with only the lines that have units left, or the reason for
// leaving it out. For an order that is left to people, it returns both the reason and the order with its gift-card
// lines.
func (r Rules) Select(c Candidate) (Order, Reason) {
	isCard := func(l Line) bool { return r.HasCard(l.SKU) }
	if !slices.ContainsFunc(c.Order.Lines, isCard) {
		return Order{}, NoGiftCard
	}
	tooOld := c.Order.CreatedAt.Before(r.CreatedFrom)
	late := tooOld && r.MaxAge > 0 && !c.Order.CreatedAt.Before(r.TakenOver) && c.PaidAt.After(c.Order.CreatedAt.Add(r.MaxAge))
	switch {
	case c.Test && !r.IncludeTest:
		return Order{}, TestOrder
	case c.Cancelled:
		return Order{}, Cancelled
	case !c.Paid:
		return Order{}, Unpaid
	case tooOld && !late:
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
	case late:
		return order, PaidLate
	case native > 0:
		return order, NativeGiftCard
	case others > 0:
		return order, MixedOrder
	case r.HoldUnderpaid && c.Underpaid(r.SKUs):
		return order, Underpaid
	}
	return order, ""
}

// Underpaid reports whether the net payment of an order is below the cost of its remaining cards of these SKUs. A line
// of several units may be off by a minor unit of the currency, since a discount on all of them does not always divide
// evenly. An unreadable amount is no proof of payment. But a card whose own price is unreadable fails by itself, so the
// order does not count as underpaid.
func (c Candidate) Underpaid(skus []string) bool {
	net, ok := c.NetPayment.exact()
	if !ok {
		return true
	}
	cost := new(big.Rat)
	for i, l := range c.Order.Lines {
		if l.Units <= 0 || !slices.Contains(skus, l.SKU) {
			continue
		}
		if _, err := ParseMoney(l.Price, l.Currency); err != nil {
			return false
		}
		unit := c.facts(i).Cost
		price, ok := unit.exact()
		if !ok || unit.Currency != c.NetPayment.Currency {
			return true
		}
		cost.Add(cost, price.Mul(price, big.NewRat(int64(l.Units), 1)))
		cost.Sub(cost, minorUnit(unit.Currency))
	}
	return net.Cmp(cost) < 0
}

// withoutCents are the currencies whose minor unit is the unit itself (ISO 4217).
var withoutCents = []string{
	"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
}

func minorUnit(currency string) *big.Rat {
	if slices.Contains(withoutCents, currency) {
		return big.NewRat(1, 1)
	}
	return big.NewRat(1, 100)
}
