package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// deck is dealt repeatedly, in a new random order each time. A run of 160 orders deals it three times, so that each
// kind comes at least three times.
var deck = slices.Concat(scenario.Kinds(), scenario.LaterKinds(), slices.Repeat([]scenario.Kind{scenario.MadeLater}, 5), []scenario.Kind{
	scenario.MadeLaterTwice, scenario.BothIssuers,
	scenario.Single, scenario.ManyUnits, scenario.TwoLines, scenario.TwoLines, scenario.TwoLines, scenario.PaidLater,
	scenario.PartlyRefunded, scenario.Company, scenario.LateMerchant, scenario.PaidBack, scenario.PaidInParts,
})

// Order is an order that will be placed.
type Order struct {
	At    time.Duration
	Kind  scenario.Kind
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

func (o Order) units() int {
	n := 0
	for _, l := range o.Order.Lines {
		n += l.Quantity - l.Removed
	}
	return n
}

// newOrders deals orders to random times. The last ones are placed a little before the faults end.
func newOrders(random *rand.Rand, n int, length time.Duration) []Order {
	generator := scenario.Generator{Random: random, Bulk: true}
	orders := make([]Order, 0, n)
	var hand []scenario.Kind
	for i := range n {
		if len(hand) == 0 {
			hand = slices.Clone(deck)
			random.Shuffle(len(hand), func(a, b int) { hand[a], hand[b] = hand[b], hand[a] })
		}
		o := Order{At: between(random, 0, length*94/100), Kind: hand[0]}
		hand = hand[1:]
		o.Order, _ = generator.New(o.Kind, i+1)
		number(&o.Order, i+1)
		if o.Change = laterChange(o.Kind, o.Order.Lines); o.Change != nil {
			switch {
			case !o.Change.GivesBack:
				o.Change.At = o.At + between(random, time.Second, max(length-o.At, 2*time.Second))
			case o.Order.Customer.DisplayName == scenario.LateComer.Name: // It fails until the merchant is added.
				o.At = between(random, 0, length*25/100)
				o.Change.At = between(random, o.At+length*8/100, length*40/100)
			default: // It has been taken in, and may be waiting for its turn or for the issuer.
				o.Change.At = min(o.At+between(random, 3*time.Second, 9*time.Second), length)
			}
		}
		orders = append(orders, o)
	}
	slices.SortStableFunc(orders, func(a, b Order) int { return cmp.Compare(a.At, b.At) })
	return orders
}

// firstID is the number from which the shop's order IDs are counted.
const firstID = 6_000_000_000_000

// number gives the nth order its IDs and its name, so that the plan knows them.
func number(o *shopifytest.Order, n int) {
	o.ID, o.Name, o.Currency = firstID+int64(n)*100, fmt.Sprintf("#%d", 1000+n), "USD"
	o.FinancialStatus = cmp.Or(o.FinancialStatus, "PAID")
	for i := range o.Lines {
		o.Lines[i].ID = o.ID + int64(i) + 1
	}
}

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

// changes are the later changes to orders of a kind, by name.
var changes = map[scenario.Kind]What{
	scenario.PaidLater: OrderPaid, scenario.Returned: OrderReturned, scenario.Withdrawn: OrderWithdrawn,
	scenario.Reimbursed: OrderReimbursed, scenario.Reduced: OrderReduced, scenario.Edited: OrderChanged,
	scenario.GivenUp: OrderGivenUp, scenario.PaidBack: OrderPaidBack, scenario.PaidInParts: OrderPaidInParts,
}

// OrderChanges lists all changes to orders that refund money.
var OrderChanges = []What{
	OrderWithdrawn, OrderReimbursed, OrderReduced, OrderChanged, OrderGivenUp, OrderPaidBack, OrderPaidInParts,
}

// laterChange returns the later change to an order of a kind, without its time; nil for most kinds.
func laterChange(kind scenario.Kind, before []shopifytest.LineItem) *Change {
	what, ok := changes[kind]
	if !ok {
		return nil
	}
	lines := slices.Clone(before)
	last := &lines[len(lines)-1]
	fields := map[string]any{"lines": lines}
	switch what {
	case OrderPaid:
		fields = map[string]any{"financial_status": "PAID"}
	case OrderReturned:
		last.Removed, fields["financial_status"] = last.Quantity, "PARTIALLY_REFUNDED"
	case OrderWithdrawn, OrderGivenUp:
		fields = map[string]any{"financial_status": "REFUNDED", "cancelled_at": withdrawn}
	case OrderReimbursed, OrderPaidBack:
		for i := range lines {
			lines[i].Removed = lines[i].Quantity
		}
		fields["financial_status"] = "REFUNDED"
	case OrderReduced, OrderPaidInParts:
		last.Removed, fields["financial_status"] = 1, "PARTIALLY_REFUNDED"
	case OrderChanged: // An edit removes the second line, and its money is refunded.
		last.Removed = last.Quantity
	}
	return &Change{What: what, Fields: fields, GivesBack: slices.Contains(OrderChanges, what)}
}

// withdrawn is the cancellation time of orders that are cancelled later. By any clock, it is after the order was
// placed.
var withdrawn = time.Date(2100, time.January, 2, 3, 4, 5, 0, time.UTC)
