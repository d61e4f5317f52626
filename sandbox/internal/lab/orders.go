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

// The kinds: those that become cards, those that must fail where people see it, and those to be left out.
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
	Withdrawn OrderKind = "cancelled_while_failing"
	Refunded  OrderKind = "refunded"
	Sleeve    OrderKind = "similar_sku"
	Native    OrderKind = "native"
)

// OrderKinds are all kinds: first those that become cards, then those that must fail, then those to be left out.
var OrderKinds = []OrderKind{
	Single, Several, Many, TwoLines, Friend, Later, PaidLater, PartlyRefunded, Company, CompanyByID, Wrapped, Late,
	Stranger, Guest, Twin, Worthless, NoAddress, Mixed, Returned, Unpaid, Test, Cancelled, Withdrawn, Refunded,
	Sleeve, Native,
}

// issued tells whether cards come of such an order in the end.
func (k OrderKind) issued() bool {
	return slices.Index(OrderKinds, k) <= slices.Index(OrderKinds, Late)
}

// deck is dealt over and over, in another order each time.
var deck = []OrderKind{
	Single, Single, Single, Single, Several, Several, Several, Several, Several, Several, Many, TwoLines, TwoLines,
	TwoLines, TwoLines, Friend, Friend, Later, PaidLater, PaidLater, PaidLater, PartlyRefunded, PartlyRefunded, Company,
	Company, CompanyByID, Wrapped, Late, Late, Stranger, Guest, Twin, Worthless, NoAddress, Mixed, Returned, Unpaid, Test,
	Cancelled, Withdrawn, Withdrawn, Several, Several, Several, Refunded, Sleeve, Native,
}

// companion is an SKU that may be in any order; see COMPANION_SKUS.
const companion = "WRAP"

// PlannedOrder is an order that is going to be placed.
type PlannedOrder struct {
	At   time.Duration
	Kind OrderKind
	// PaidAt is when an order is paid that is not at once; zero for others.
	PaidAt time.Duration
	// RefundedAt is when what is no gift card in an order is refunded; zero for most.
	RefundedAt time.Duration
	// WithdrawnAt is when an order is cancelled that fails for want of its merchant, before the merchant comes; zero for
	// others.
	WithdrawnAt time.Duration
	Order       shopifytest.Order
}

func (o PlannedOrder) units() int {
	n := 0
	for _, l := range o.Order.Lines {
		n += l.Quantity - l.Removed
	}
	return n
}

// twins are two merchants of one name.
var twins = []cashstartest.Merchant{
	{Name: "Twin Store", LegalName: "Twin Store East, Inc.", MerchantCode: "TWIN1", Currencies: []string{"USD"}},
	{Name: "Twin  store", LegalName: "Twin Store West, Inc.", MerchantCode: "TWIN2", Currencies: []string{"USD"}},
}

// merchants are those that the issuer knows from the start.
func merchants() []cashstartest.Merchant { return append(stack.Merchants(), twins...) }

// newOrders deals orders to random times. They end a little before the faults do.
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
		later := func() time.Duration { return o.At + between(random, time.Second, max(length-o.At, 2*time.Second)) }
		switch o.Kind {
		case PaidLater:
			o.PaidAt = later()
		case Returned:
			o.RefundedAt = later()
		case Withdrawn:
			o.At = between(random, 0, length*35/100)
			o.WithdrawnAt = between(random, o.At+length*5/100, length*50/100)
		}
		orders = append(orders, o)
	}
	slices.SortStableFunc(orders, func(a, b PlannedOrder) int { return cmp.Compare(a.At, b.At) })
	return orders
}

// dealer makes one order.
type dealer struct {
	random *rand.Rand
	n      int
	kind   OrderKind
}

// firstID is the shop's number of the first order.
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
	case Several, PaidLater, Company, Late, Withdrawn:
		units = 2 + d.random.IntN(4)
	case Many:
		units = 12 + d.random.IntN(4)
	}
	o.Lines = []shopifytest.LineItem{d.line(units)}
	if d.kind == TwoLines {
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

// longAgo is when orders were cancelled; only that it is a time matters.
var longAgo = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// withdrawn is when orders were cancelled that had been placed before, by whatever clock.
var withdrawn = time.Date(2100, time.January, 2, 3, 4, 5, 0, time.UTC)

// change makes an order one of its kind.
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
	case Late, Withdrawn:
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
