package lab

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// OrderKind is a kind of order that customers place.
type OrderKind string

// The kinds: orders that become cards, orders that must fail visibly, orders to be left out, and orders that are
// refunded while they fail or wait.
const (
	Single         OrderKind = "single"
	Several        OrderKind = "several_units"
	Many           OrderKind = "many_units"
	TwoLines       OrderKind = "two_lines"
	Friend         OrderKind = "for_a_friend"
	Later          OrderKind = "delivered_later"
	PaidLater      OrderKind = "paid_later"
	PartlyRefunded OrderKind = "partly_refunded"
	Company        OrderKind = "company"
	CompanyByID    OrderKind = "company_by_id"
	Wrapped        OrderKind = "gift_wrapped"
	Late           OrderKind = "late_merchant"

	Stranger  OrderKind = "unknown_merchant"
	Guest     OrderKind = "guest"
	Twin      OrderKind = "ambiguous_merchant"
	Worthless OrderKind = "worth_nothing"
	NoAddress OrderKind = "no_address"

	Mixed     OrderKind = "mixed"
	Returned  OrderKind = "mixed_other_item_refunded"
	Unpaid    OrderKind = "unpaid"
	Test      OrderKind = "test"
	Cancelled OrderKind = "cancelled"
	Refunded  OrderKind = "refunded"
	Sleeve    OrderKind = "similar_sku"
	Native    OrderKind = "native"

	Withdrawn   OrderKind = "cancelled_while_failing"
	Reimbursed  OrderKind = "refunded_while_failing"
	Reduced     OrderKind = "refunded_in_part_while_failing"
	Edited      OrderKind = "edited_while_failing"
	GivenUp     OrderKind = "cancelled_while_waiting"
	PaidBack    OrderKind = "refunded_while_waiting"
	PaidInParts OrderKind = "refunded_in_part_while_waiting"
)

// OrderKinds lists all kinds: first orders that become cards, then orders that must fail, then orders to be left out,
// and last orders that are refunded while they fail or wait.
var OrderKinds = []OrderKind{
	Single, Several, Many, TwoLines, Friend, Later, PaidLater, PartlyRefunded, Company, CompanyByID, Wrapped, Late,
	Stranger, Guest, Twin, Worthless, NoAddress, Mixed, Returned, Unpaid, Test, Cancelled, Refunded, Sleeve, Native,
	Withdrawn, Reimbursed, Reduced, Edited, GivenUp, PaidBack, PaidInParts,
}

// issued reports whether all units of such an order eventually become cards.
func (k OrderKind) issued() bool {
	return slices.Index(OrderKinds, k) <= slices.Index(OrderKinds, Late)
}

// deck is dealt repeatedly, in a new random order each time. A run of 160 orders deals it three times, so that each
// kind comes at least three times.
var deck = []OrderKind{
	Single, Single, Several, Several, Several, Several, Several, Several, Several, Several, Several, Several, Many, Many, TwoLines, TwoLines,
	TwoLines, TwoLines, Friend, Later, PaidLater, PaidLater, PartlyRefunded, PartlyRefunded, Company, Company, CompanyByID,
	Wrapped, Late, Late, Stranger, Guest, Twin, Worthless, NoAddress, Mixed, Returned, Unpaid, Test, Cancelled, Refunded,
	Sleeve, Native, Withdrawn, Reimbursed, Reduced, Edited, GivenUp, PaidBack, PaidBack, PaidInParts, PaidInParts,
}

// companion is an SKU that any order may contain; see COMPANION_SKUS.
const companion = "WRAP"

// PlannedOrder is an order that will be placed.
type PlannedOrder struct {
	At    time.Duration
	Kind  OrderKind
	Order shopifytest.Order
	// Change is a later change to the order; nil if there is none.
	Change *Change
}

// Change is a change to an order by a customer or the shop.
type Change struct {
	At time.Duration
	// What is the name under which the change is counted.
	What What
	// Fields are the fields of [shopifytest.Order] that change, with their new values.
	Fields map[string]any
	// GivesBack reports whether the change refunds money for cards.
	GivesBack bool
}

func (o PlannedOrder) units() int {
	n := 0
	for _, l := range o.Order.Lines {
		n += l.Quantity - l.Removed
	}
	return n
}

// twins are two merchants with the same name.
var twins = []cashstartest.Merchant{
	{Name: "Twin Store", LegalName: "Twin Store East, Inc.", MerchantCode: "TWIN1", Currencies: []string{"USD"}},
	{Name: "Twin  store", LegalName: "Twin Store West, Inc.", MerchantCode: "TWIN2", Currencies: []string{"USD"}},
}

// merchants returns the merchants that the issuer knows from the start.
func merchants() []cashstartest.Merchant { return append(stack.Merchants(), twins...) }

// newOrders deals orders to random times. The last ones are placed a little before the faults end.
func newOrders(random *rand.Rand, n int, length time.Duration) []PlannedOrder {
	orders := make([]PlannedOrder, 0, n)
	var hand []OrderKind
	for i := range n {
		if len(hand) == 0 {
			hand = slices.Clone(deck)
			random.Shuffle(len(hand), func(a, b int) { hand[a], hand[b] = hand[b], hand[a] })
		}
		d := dealer{random: random, n: i + 1, kind: hand[0]}
		hand = hand[1:]
		o := PlannedOrder{At: between(random, 0, length*94/100), Kind: d.kind, Order: d.order()}
		if o.Change = d.later(&o.Order); o.Change != nil {
			switch {
			case !o.Change.GivesBack:
				o.Change.At = o.At + between(random, time.Second, max(length-o.At, 2*time.Second))
			case o.Order.Customer.DisplayName == stack.LateComer.Name: // It fails until the merchant is added.
				o.At = between(random, 0, length*25/100)
				o.Change.At = between(random, o.At+length*8/100, length*40/100)
			default: // It has been taken in, and may be waiting for its turn or for the issuer.
				o.Change.At = min(o.At+between(random, 3*time.Second, 9*time.Second), length)
			}
		}
		orders = append(orders, o)
	}
	slices.SortStableFunc(orders, func(a, b PlannedOrder) int { return cmp.Compare(a.At, b.At) })
	return orders
}

// dealer creates one order.
type dealer struct {
	random *rand.Rand
	n      int
	kind   OrderKind
}

// firstID is the number from which the shop's order IDs are counted.
const firstID = 6_000_000_000_000

func (d dealer) order() shopifytest.Order {
	known := stack.Merchants()
	who := known[d.random.IntN(len(known))]
	o := shopifytest.Order{
		ID: firstID + int64(d.n)*100, Name: fmt.Sprintf("#%d", 1000+d.n), Email: d.address("buyer"), Currency: "USD",
		FinancialStatus: "PAID",
		Customer: &shopifytest.Customer{
			ID: firstID + int64(d.n)*100 + 50, DisplayName: who.Name, FirstName: "Buyer", LastName: fmt.Sprint(d.n),
			Email: d.address("buyer"),
		},
	}
	d.addLines(&o)
	d.change(&o, who)
	for i := range o.Lines {
		o.Lines[i].ID = o.ID + int64(i) + 1
	}
	return o
}

func (d dealer) address(who string) string { return fmt.Sprintf("%s-%d@example.com", who, d.n) }

func (d dealer) line(units int) shopifytest.LineItem {
	skus, values := stack.SKUs(), []string{"25.0", "50.0", "100.0"}
	i := d.random.IntN(len(skus))
	return shopifytest.LineItem{SKU: skus[i], Title: "Gift card", Quantity: units, UnitPrice: values[i]}
}

func (d dealer) addLines(o *shopifytest.Order) {
	units := 1
	switch d.kind {
	case Several, PaidLater, Company, Late, Withdrawn, Reimbursed, Reduced, Edited, GivenUp, PaidBack, PaidInParts:
		units = 2 + d.random.IntN(4)
	case Many:
		units = 12 + d.random.IntN(4)
	}
	o.Lines = []shopifytest.LineItem{d.line(units)}
	if d.kind == TwoLines || d.kind == Edited {
		second := d.line(2)
		second.Attributes = d.friend()
		o.Lines = append(o.Lines, second)
	}
}

func (d dealer) friend() []shopifytest.Attribute {
	return []shopifytest.Attribute{
		{Key: "Recipient email", Value: d.address("friend")},
		{Key: "Recipient name", Value: "Grandma"},
		{Key: "Message", Value: "Thanks so much for everything."},
	}
}

// longAgo is the cancellation time of cancelled orders. Its value does not matter.
var longAgo = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// Later changes to orders.
const (
	OrderPaid        What = "order_paid_later"
	OrderReturned    What = "order_other_item_refunded"
	OrderWithdrawn   What = "order_cancelled_while_failing"
	OrderReimbursed  What = "order_refunded_while_failing"
	OrderReduced     What = "order_refunded_in_part_while_failing"
	OrderChanged     What = "order_edited_while_failing"
	OrderGivenUp     What = "order_cancelled_while_waiting"
	OrderPaidBack    What = "order_refunded_while_waiting"
	OrderPaidInParts What = "order_refunded_in_part_while_waiting"
)

// OrderChanges lists all changes to orders that refund money.
var OrderChanges = []What{
	OrderWithdrawn, OrderReimbursed, OrderReduced, OrderChanged, OrderGivenUp, OrderPaidBack, OrderPaidInParts,
}

// later returns the later change to an order of the dealer's kind, without its time; nil for most kinds.
func (d dealer) later(o *shopifytest.Order) *Change {
	lines := slices.Clone(o.Lines)
	last := &lines[len(lines)-1]
	switch d.kind {
	case PaidLater:
		return &Change{What: OrderPaid, Fields: map[string]any{"financial_status": "PAID"}}
	case Returned:
		last.Removed = last.Quantity
		return &Change{What: OrderReturned, Fields: map[string]any{"financial_status": "PARTIALLY_REFUNDED", "lines": lines}}
	case Withdrawn:
		return &Change{What: OrderWithdrawn, GivesBack: true, Fields: cancelledFields()}
	case GivenUp:
		return &Change{What: OrderGivenUp, GivesBack: true, Fields: cancelledFields()}
	case Reimbursed, PaidBack:
		what := OrderReimbursed
		if d.kind == PaidBack {
			what = OrderPaidBack
		}
		for i := range lines {
			lines[i].Removed = lines[i].Quantity
		}
		return &Change{What: what, GivesBack: true, Fields: map[string]any{"financial_status": "REFUNDED", "lines": lines}}
	case Reduced, PaidInParts:
		what := OrderReduced
		if d.kind == PaidInParts {
			what = OrderPaidInParts
		}
		last.Removed = 1
		return &Change{
			What: what, GivesBack: true, Fields: map[string]any{"financial_status": "PARTIALLY_REFUNDED", "lines": lines},
		}
	case Edited: // An edit removes the second line, and its money is refunded.
		last.Removed = last.Quantity
		return &Change{What: OrderChanged, GivesBack: true, Fields: map[string]any{"lines": lines}}
	}
	return nil
}

func cancelledFields() map[string]any {
	return map[string]any{"financial_status": "REFUNDED", "cancelled_at": withdrawn}
}

// withdrawn is the cancellation time of orders that are cancelled later. By any clock, it is after the order was
// placed.
var withdrawn = time.Date(2100, time.January, 2, 3, 4, 5, 0, time.UTC)

// change turns the order into one of the dealer's kind.
func (d dealer) change(o *shopifytest.Order, who cashstartest.Merchant) {
	first := &o.Lines[0]
	switch d.kind {
	case Friend:
		first.Attributes = d.friend()
	case Later:
		day := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
		first.Attributes = append(d.friend(), shopifytest.Attribute{Key: "Send on", Value: day})
	case PaidLater, Unpaid:
		o.FinancialStatus = "PENDING"
	case PartlyRefunded:
		first.Quantity, first.Removed, o.FinancialStatus = 4, 1, "PARTIALLY_REFUNDED"
	case Company:
		o.Customer.DisplayName = "Somebody in purchasing"
		o.Company = &shopifytest.Company{ID: o.ID + 60, Name: "  " + who.LegalName}
	case CompanyByID:
		o.Customer.DisplayName = "Somebody in purchasing"
		o.Company = &shopifytest.Company{ID: o.ID + 60, Name: "A name of its own", ExternalID: who.MerchantCode}
	case Late, Withdrawn, Reimbursed, Reduced, Edited:
		o.Customer.DisplayName = stack.LateComer.Name
	case Stranger:
		o.Customer.DisplayName = fmt.Sprintf("Stranger %d", d.n)
	case Guest:
		o.Customer = nil
	case Twin:
		o.Customer.DisplayName = twins[0].Name
	case Worthless:
		first.UnitPrice = "0.0"
	case NoAddress:
		o.Email, o.Customer.Email = "", ""
	case Mixed, Returned:
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "MUG", Title: "Mug", Quantity: 1, UnitPrice: "12.5"})
	case Wrapped:
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: companion, Title: "Gift wrap", Quantity: 1, UnitPrice: "4.0"})
	case Test:
		o.Test = true
	case Cancelled:
		o.CancelledAt = longAgo
	case Refunded:
		first.Removed, o.FinancialStatus = first.Quantity, "REFUNDED"
	case Sleeve:
		first.SKU += "-SLEEVE"
	case Native:
		first.GiftCard = true
	}
}
