package scenario

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// products are the shop's gift cards: SKU and value.
var products = []struct{ sku, price string }{{"GIFT-25", "25.0"}, {"GIFT-50", "50.0"}, {"GIFT-100", "100.0"}}

// SKUs returns the SKUs of the simulated shop's gift cards.
func SKUs() []string {
	var skus []string
	for _, p := range products {
		skus = append(skus, p.sku)
	}
	return skus
}

// Variants returns the variants of the simulated shop: its gift cards, and a sleeve to put one in.
func Variants() []shopifytest.Variant {
	variants := []shopifytest.Variant{{SKU: products[0].sku + sleeve}}
	for _, p := range products {
		variants = append(variants, shopifytest.Variant{SKU: p.sku})
	}
	return variants
}

// sleeve is the suffix that turns the SKU of a gift card into the SKU of its sleeve.
const sleeve = "-SLEEVE"

// merchants is the number of customers that the issuer knows.
const merchants = 40

// Merchants returns the customers that the issuer knows.
func Merchants() []cashstartest.Merchant {
	var out []cashstartest.Merchant
	for i := range merchants {
		out = append(out, cashstartest.Merchant{
			Name: merchantName(i), LegalName: merchantName(i) + ", Inc.", MerchantCode: merchantCode(i),
			Currencies: []string{"USD"},
		})
	}
	return out
}

func merchantName(i int) string { return fmt.Sprintf("Widget Store %02d", i+1) }

func merchantCode(i int) string { return fmt.Sprintf("WS%02d", i+1) }

// LateComer is a customer that the issuer does not know until it is added.
var LateComer = cashstartest.Merchant{
	Name: "Late Store", LegalName: "Late Store, Inc.", MerchantCode: "LATE", Currencies: []string{"USD"},
}

// Kind is a kind of order that a customer may place.
type Kind string

// The kinds of orders.
const (
	Single          Kind = "single"
	SeveralUnits    Kind = "several_units"
	Mixed           Kind = "mixed"
	Unpaid          Kind = "unpaid"
	Test            Kind = "test"
	Cancelled       Kind = "cancelled"
	UnknownMerchant Kind = "unknown_merchant"
	LateMerchant    Kind = "late_merchant"
	ForAFriend      Kind = "for_a_friend"
	TwoLines        Kind = "two_lines"
	PaidLater       Kind = "paid_later"
	PartlyRefunded  Kind = "partly_refunded"
	Company         Kind = "company"
	SimilarSKU      Kind = "similar_sku"
	Native          Kind = "native"
)

// mix is the sequence of kinds in which customers place orders, repeated forever. The first ten are the most important.
var mix = []Kind{
	Single, SeveralUnits, Mixed, Unpaid, Test, Cancelled, UnknownMerchant, ForAFriend, TwoLines, PaidLater,
	LateMerchant, PartlyRefunded, Company, SimilarSKU, Single, SeveralUnits, Native, Single, ForAFriend, Single,
	TwoLines, Single, SeveralUnits, Company, Single,
}

// Placed is an order that was placed, and its expected outcome.
type Placed struct {
	Kind Kind
	// ID is Shopify's numeric ID of the order.
	ID   int64
	Name string
	// GiftCards reports whether it is a gift-card order.
	GiftCards bool
	// Fails reports whether the order cannot succeed, FailsFirst whether it succeeds once its merchant exists.
	Fails, FailsFirst bool
	// Cards are the cards that must be issued for it.
	Cards []ExpectedCard
}

// ExpectedCard is a card that must exist, in the terms of the issuer's ledger. Every order has different targets.
type ExpectedCard struct {
	Target, Amount, Currency, MerchantCode string
}

// Customers place orders in a simulated shop. The same seed produces the same orders.
type Customers struct {
	shop *shopifytest.Server
	rand *rand.Rand

	mu      sync.Mutex
	placed  []Placed
	pending []int64
}

// NewCustomers returns the customers of a shop.
func NewCustomers(shop *shopifytest.Server, seed uint64) *Customers {
	return &Customers{shop: shop, rand: rand.New(rand.NewPCG(seed, seed))}
}

// Placed returns all orders that were placed.
func (c *Customers) Placed() []Placed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.placed)
}

// Place places the next order of the mix.
func (c *Customers) Place() Placed {
	c.mu.Lock()
	kind := mix[len(c.placed)%len(mix)]
	c.mu.Unlock()
	return c.PlaceKind(kind)
}

// PayPending pays the orders that were placed for later payment.
func (c *Customers) PayPending() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.pending {
		c.shop.UpdateOrder(id, func(o *shopifytest.Order) { o.FinancialStatus = "PAID" })
	}
	c.pending = nil
}

// PlaceKind places an order of a kind.
func (c *Customers) PlaceKind(kind Kind) Placed {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.placed) + 1
	who := c.rand.IntN(merchants)
	o := shopifytest.Order{
		Email: fmt.Sprintf("buyer-%d@example.com", n),
		Customer: &shopifytest.Customer{
			ID: int64(1000 + who), DisplayName: merchantName(who), FirstName: "Buyer", LastName: fmt.Sprint(n),
			Email: fmt.Sprintf("buyer-%d@example.com", n),
		},
		Lines: []shopifytest.LineItem{c.line(1)},
	}
	change(kind, &o, c, n, who)
	p := Placed{
		Kind: kind, GiftCards: !slices.Contains(leftOut, kind),
		Fails: kind == UnknownMerchant, FailsFirst: kind == LateMerchant,
	}
	if p.GiftCards && !p.Fails {
		code := merchantCode(who)
		if p.FailsFirst {
			code = LateComer.MerchantCode
		}
		p.Cards = expected(o, code)
	}
	o = c.shop.AddOrder(o)
	p.ID, p.Name = o.ID, o.Name
	if kind == PaidLater {
		c.pending = append(c.pending, o.ID)
	}
	c.placed = append(c.placed, p)
	return p
}

// leftOut are the kinds that are not gift-card orders.
var leftOut = []Kind{Mixed, Unpaid, Test, Cancelled, SimilarSKU, Native}

// change turns a single card's order into an order of the given kind.
func change(kind Kind, o *shopifytest.Order, c *Customers, n, who int) {
	first := &o.Lines[0]
	switch kind {
	case SeveralUnits:
		first.Quantity = 2 + c.rand.IntN(3)
	case Mixed:
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "MUG", Title: "Mug", Quantity: 1, UnitPrice: "12.5"})
	case Unpaid, PaidLater:
		o.FinancialStatus = "PENDING"
	case Test:
		o.Test = true
	case Cancelled:
		o.CancelledAt = time.Now()
	case UnknownMerchant:
		o.Customer.DisplayName = fmt.Sprintf("Stranger %d", n)
	case LateMerchant:
		o.Customer.DisplayName = LateComer.Name
	case ForAFriend:
		first.Attributes = friend(n)
	case TwoLines:
		second := c.line(1 + c.rand.IntN(2))
		second.Attributes = friend(n)
		o.Lines = append(o.Lines, second)
	case PartlyRefunded:
		first.Quantity, first.Removed = 3, 1
		o.FinancialStatus = "PARTIALLY_REFUNDED"
	case Company:
		o.Customer.DisplayName = "Somebody in purchasing"
		o.Company = &shopifytest.Company{ID: int64(5000 + who), Name: strings.ToUpper(merchantName(who))}
	case SimilarSKU:
		first.SKU += sleeve
	case Native:
		first.GiftCard = true
	}
}

func (c *Customers) line(units int) shopifytest.LineItem {
	p := products[c.rand.IntN(len(products))]
	return shopifytest.LineItem{SKU: p.sku, Title: "Gift card", Quantity: units, UnitPrice: p.price}
}

func friend(n int) []shopifytest.Attribute {
	return []shopifytest.Attribute{
		{Key: "Recipient email", Value: friendAddress(n)},
		{Key: "Recipient name", Value: "Grandma"},
		{Key: "Message", Value: "Thanks so much for everything."},
	}
}

func friendAddress(n int) string { return fmt.Sprintf("friend-%d@example.com", n) }

// expected returns the cards that must be issued for the order. It does not use the code under test.
func expected(o shopifytest.Order, merchantCode string) []ExpectedCard {
	var cards []ExpectedCard
	for _, l := range o.Lines {
		target := o.Customer.Email
		for _, a := range l.Attributes {
			if a.Key == "Recipient email" {
				target = a.Value
			}
		}
		for range l.Quantity - l.Removed {
			cards = append(cards, ExpectedCard{
				Target: target, Amount: l.UnitPrice + "0", Currency: "USD", MerchantCode: merchantCode,
			})
		}
	}
	return cards
}
