package mapping

import (
	"errors"
	"net/url"
	"strings"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// figures are the four numbers of a receipt: the last is the sum of the others.
type figures struct{ subtotal, shipping, tax, total retail.Amount }

// figuresOf returns totals as the service shows them. It has no fields for tips and duties. The subtotal is what is left of the
// total: where prices include the tax, so do the shop's subtotal and shipping, and then they do not add up with it.
func figuresOf(t retail.Totals, currency string) (figures, error) {
	if t.Tips.Minor != 0 {
		return figures{}, errors.New("the numbers do not add up without the tip")
	}
	if t.Duties.Minor != 0 {
		return figures{}, errors.New("the numbers do not add up without the duties")
	}
	if t.Total.Currency == "" {
		return figures{}, errors.New("the total is not known")
	}
	var f figures
	var err error
	for _, part := range []struct {
		to    *retail.Amount
		parts []retail.Amount
	}{
		{&f.shipping, []retail.Amount{t.Shipping}},
		{&f.tax, []retail.Amount{t.Tax}},
		{&f.total, []retail.Amount{t.Total}},
		{&f.subtotal, []retail.Amount{t.Total, t.Shipping.Negated(), t.Tax.Negated()}},
	} {
		if *part.to, err = retail.Sum(currency, part.parts...); err != nil {
			return figures{}, errors.New("the numbers do not have one currency")
		}
	}
	if f.subtotal.Minor < 0 {
		return figures{}, errors.New("shipping and tax are more than the total")
	}
	return f, nil
}

// unitPrice returns the price of one unit after all discounts if the currency can express it, otherwise the one before discounts.
func unitPrice(l retail.Line) retail.Amount {
	d := l.DiscountedTotal
	if n := int64(l.Quantity); d.Currency != "" && n > 0 && d.Minor%n == 0 {
		return retail.Amount{Minor: d.Minor / n, Currency: d.Currency}
	}
	return l.UnitPrice
}

// Money writes an amount for people: "38.00 USD".
func Money(a retail.Amount) string {
	if a.Currency == "" {
		return ""
	}
	return a.String() + " " + a.Currency
}

// maxText bounds the names in structures.
const maxText = 200

// Line makes foreign text printable, on one line.
func Line(s string) string { return printable.Line(s, maxText) }

// tidy makes an address printable.
func tidy(a retail.Address) retail.Address {
	for _, s := range []*string{&a.Name, &a.Street1, &a.Street2, &a.City, &a.Province, &a.PostalCode, &a.Country} {
		*s = Line(*s)
	}
	return a
}

// WebURL returns an address of the web in ASCII; empty if it is not one.
func WebURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	if s = strings.ReplaceAll(u.String(), "`", "%60"); !messages.WebURL(s) {
		return ""
	}
	return s
}
