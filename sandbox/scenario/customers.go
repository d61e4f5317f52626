package scenario

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// mix is the sequence of kinds in which customers place orders, repeated forever. The first ten are the most important.
var mix = []Kind{
	Single, SeveralUnits, Mixed, Unpaid, Test, Cancelled, UnknownMerchant, ForAFriend, TwoLines, PaidLater,
	LateMerchant, PartlyRefunded, Company, SimilarSKU, Single, SeveralUnits, Native, Single, ForAFriend, Single,
	TwoLines, Single, SeveralUnits, Company, Single,
}

// laterEvery is how often an order has cards that are made later, if the shop sells them: the last of this many.
const laterEvery = 8

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
	// Phone is the number that gets the messages about it, in E.164 form; empty if none does.
	Phone string
	// Cards are the cards that must be issued for it at once, and Later is the number of those that are made later.
	Cards []ExpectedCard
	Later int
}

// ExpectedCard is a card that must exist, in the terms of the issuer's ledger. Every order has different targets.
type ExpectedCard struct {
	Target, Amount, Currency, MerchantCode string
}

// Customers place orders in a simulated shop. The same seed produces the same orders.
type Customers struct {
	shop *shopifytest.Server

	mu      sync.Mutex
	orders  Generator
	placed  []Placed
	pending []int64
	// later reports whether the shop sells cards that are made later, and goods whether it sells goods.
	later, goods bool
	// tended are the orders of goods about which something is still to be done, and shifts counts how often that was looked at.
	tended []tended
	shifts int
	// lives counts orders of goods.
	lives int
}

// NewCustomers returns the customers of a shop.
func NewCustomers(shop *shopifytest.Server, seed uint64) *Customers {
	return &Customers{shop: shop, orders: Generator{Random: rand.New(rand.NewPCG(seed, seed))}}
}

// BuyLater has a share of the customers buy cards that are made later.
func (c *Customers) BuyLater() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.later = true
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
	n := len(c.placed)
	earlier := 0
	if c.later {
		earlier = n / laterEvery
	}
	sold := 0
	if c.goods {
		sold = max(n-goodsFrom+goodsEvery-1, 0) / goodsEvery
	}
	kind := mix[(n-earlier-sold)%len(mix)]
	switch {
	case c.later && n%laterEvery == laterEvery-1:
		kind = later[earlier%len(later)]
	case c.goods && n >= goodsFrom && n%goodsEvery == goodsFrom%goodsEvery:
		kind = Goods
	}
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
	o, merchant := c.orders.New(kind, len(c.placed)+1)
	p := Placed{
		Kind: kind, GiftCards: kind != Goods && !slices.Contains(leftOut, kind), Fails: slices.Contains(refused, kind),
		FailsFirst: kind == LateMerchant,
	}
	if p.GiftCards && !p.Fails {
		p.Cards, p.Later = expected(o, merchant.MerchantCode)
	}
	if c.goods {
		p.Phone = reach(&o, len(c.placed)+1)
	}
	o = c.shop.AddOrder(o)
	p.ID, p.Name = o.ID, o.Name
	if kind == Goods {
		c.tended = append(c.tended, tended{o.ID, lives[c.lives%len(lives)]})
		c.lives++
	}
	if kind == PaidLater {
		c.pending = append(c.pending, o.ID)
	}
	c.placed = append(c.placed, p)
	return p
}

// expected returns the cards that must be issued for the order at once, and the number of those that are made later. It does
// not use the code under test.
func expected(o shopifytest.Order, merchantCode string) (cards []ExpectedCard, later int) {
	for _, l := range o.Lines {
		if slices.ContainsFunc(LaterProducts(), func(p LaterProduct) bool { return p.SKU == l.SKU }) {
			later += l.Quantity - l.Removed
			continue
		}
		target := o.Email
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
	return cards, later
}
