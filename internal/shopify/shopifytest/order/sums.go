package order

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

// conversion turns amounts of an order into those of a currency.
type conversion struct {
	rate     *big.Rat
	decimals int
}

// decimalsOf returns the number of decimals of a currency; only a few others than two are simulated.
func decimalsOf(currency string) int {
	switch {
	case slices.Contains([]string{"JPY", "KRW", "CLP"}, currency):
		return 0
	case slices.Contains([]string{"KWD", "BHD", "OMR"}, currency):
		return 3
	}
	return 2
}

// kept leaves amounts as they are.
func (o *Order) kept() conversion { return conversion{big.NewRat(1, 1), decimalsOf(o.Currency)} }

// presented turns amounts into what the customer saw.
func (o *Order) presented() conversion {
	return conversion{number(cmp.Or(o.Rate, "1")), decimalsOf(o.presentment())}
}

func (o *Order) presentment() string { return cmp.Or(o.PresentmentCurrency, o.Currency) }

// number returns an amount. One that is not valid counts as zero.
func number(amount string) *big.Rat {
	if r, ok := new(big.Rat).SetString(amount); ok {
		return r
	}
	return new(big.Rat)
}

// of returns an amount, rounded to the currency's decimals.
func (c conversion) of(amount string) *big.Rat {
	return number(new(big.Rat).Mul(number(amount), c.rate).FloatString(c.decimals))
}

// share returns the part n/of of an amount, rounded to the currency's decimals.
func (c conversion) share(amount, n, of *big.Rat) *big.Rat {
	if of.Sign() == 0 {
		return new(big.Rat)
	}
	part := new(big.Rat).Mul(amount, n)
	return number(part.Quo(part, of).FloatString(c.decimals))
}

// bag returns an amount of the order in both currencies.
func (o *Order) bag(amount string) graphql.Object {
	c := o.presented()
	return object.Bag(amount, o.Currency, c.of(amount).FloatString(c.decimals), o.presentment())
}

// both returns what a function computes in both currencies.
func (o *Order) both(of func(conversion) *big.Rat) graphql.Object {
	shop, customer := o.kept(), o.presented()
	return object.Bag(of(shop).FloatString(max(2, shop.decimals)), o.Currency,
		of(customer).FloatString(customer.decimals), o.presentment())
}

// tip reports whether a line is the tip, which is not a part of the subtotal.
func (o *Order) tip(l *LineItem) bool {
	tips := number(o.Tips)
	return l.SKU == "" && l.Vendor == "" && l.Quantity == 1 && tips.Sign() > 0 && number(l.UnitPrice).Cmp(tips) == 0
}

// subtotal returns the price of the units that were ordered, or of those that are left, after discounts.
func (o *Order) subtotal(c conversion, left bool) *big.Rat {
	sum := new(big.Rat)
	for i := range o.Lines {
		l := &o.Lines[i]
		if o.tip(l) {
			continue
		}
		units := l.Quantity
		if left {
			units -= l.Removed
		}
		sum.Add(sum, new(big.Rat).Mul(c.of(l.discounted()), big.NewRat(int64(units), 1)))
	}
	return sum
}

// sums are the parts of what an order costs.
type sums struct{ subtotal, shipping, tax, tips, duties *big.Rat }

// sums returns the parts as they were ordered, or those that are left. Of tax and duties, as much is left as of the
// subtotal (assumed). Shipping and tips are left until the order is given back as a whole (assumed).
func (o *Order) sums(c conversion, left bool) sums {
	s := sums{o.subtotal(c, false), c.of(o.Shipping), c.of(o.Tax), c.of(o.Tips), c.of(o.Duties)}
	if !left {
		return s
	}
	now := o.subtotal(c, true)
	s.tax, s.duties = c.share(s.tax, now, s.subtotal), c.share(s.duties, now, s.subtotal)
	s.subtotal = now
	if o.FinancialStatus == "REFUNDED" || o.cancelled() {
		s.shipping, s.tips = new(big.Rat), new(big.Rat)
	}
	return s
}

// total returns what the order costs.
func (o *Order) total(c conversion, left bool) *big.Rat {
	s := o.sums(c, left)
	sum := new(big.Rat).Add(s.subtotal, s.shipping)
	sum.Add(sum, s.tips)
	if !o.TaxesIncluded {
		sum.Add(sum, s.tax)
	}
	if !o.DutiesIncluded {
		sum.Add(sum, s.duties)
	}
	return sum
}
