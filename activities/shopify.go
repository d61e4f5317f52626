package activities

import (
	"cmp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// PropertyKeys are the names of the line-item properties in which the shop keeps what the buyer said of the recipient.
// They are compared without regard to case.
type PropertyKeys struct {
	Email, Name, Message, SendOn string
}

// offsetKey is the property in which Shopify's own gift-card form keeps the buyer's distance from UTC
// (shopify.dev, "Gift cards" in product merchandising).
const offsetKey = "__shopify_offset"

// paidStatuses are those under which the units that are left are paid for. A partial refund takes its units out of
// the current quantities, so what remains of such an order is a gift-card order still.
var paidStatuses = []string{"PAID", "PARTIALLY_REFUNDED"}

// candidate puts an order of Shopify's in our words.
func candidate(shop string, o shopify.Order, keys PropertyKeys) giftcard.Candidate {
	c := giftcard.Candidate{
		Order: giftcard.Order{
			Shop:      shop,
			ID:        o.LegacyID,
			Name:      orderName(o),
			CreatedAt: o.CreatedAt.UTC(),
		},
		Test:      o.Test,
		Cancelled: !o.CancelledAt.IsZero(),
		Paid:      slices.Contains(paidStatuses, o.FinancialStatus),

		NetPayment: amount(o.NetPayment),
		PaidAt:     o.PaidAt,
	}
	// The address typed at the checkout is where the buyer expects this order's mail; that of the account may be years old,
	// or a colleague's.
	email, from := strings.TrimSpace(o.Email), ""
	if o.Customer != nil {
		from = strings.TrimSpace(o.Customer.FirstName + " " + o.Customer.LastName)
		c.Order.Customer.ID = o.Customer.LegacyID
		c.Order.Customer.DisplayName = bounded(o.Customer.DisplayName, maxPersonName)
		if email == "" {
			email = o.Customer.Email
		}
	}
	if o.Company != nil {
		c.Order.Customer.CompanyName = bounded(o.Company.Name, maxPersonName)
		c.Order.Customer.CompanyExternalID = bounded(o.Company.ExternalID, maxPersonName)
	}
	for _, l := range o.LineItems {
		c.Order.Lines = append(c.Order.Lines, giftcard.Line{
			ID:        number(l.ID),
			SKU:       l.SKU,
			Units:     l.CurrentQuantity,
			Price:     bounded(l.UnitPrice.Amount, maxValue),
			Currency:  bounded(l.UnitPrice.CurrencyCode, maxValue),
			Recipient: recipient(l.Attributes, keys, email, from),
		})
		c.Lines = append(c.Lines, giftcard.LineFacts{
			Ordered: l.Quantity, Native: l.IsGiftCard, Tip: isTip(l, o.Tips), Cost: amount(l.DiscountedPrice),
		})
	}
	return c
}

// amount bounds what is read of an amount: a number of a million digits takes its time.
func amount(m shopify.Money) giftcard.Amount {
	return giftcard.Amount{Number: bounded(m.Amount, maxValue), Currency: bounded(m.CurrencyCode, maxValue)}
}

// isTip reports whether a line is a tip. Shopify has no mark for it: a tip is a line without SKU and product whose price is
// what the order was tipped. The product would take the scope read_products, its vendor does not. Assumed: a line without
// product has no vendor.
func isTip(l shopify.LineItem, tips shopify.Money) bool {
	if l.SKU != "" || l.Vendor != "" || l.Quantity != 1 {
		return false
	}
	tip, err := giftcard.ParseMoney(tips.Amount, tips.CurrencyCode)
	if err != nil {
		return false
	}
	price, err := giftcard.ParseMoney(l.UnitPrice.Amount, l.UnitPrice.CurrencyCode)
	return err == nil && tip.Hundredths > 0 && price == tip
}

// Bounds in characters of what buyers can make long. The words of a line go into the input of each of its cards, up to
// [giftcard.MaxUnits] times, and Temporal ends an order whose history takes 50 MB, between two cards. Within these bounds a
// card's words take 5 kB in letters and at worst 17 kB (JSON takes 6 bytes for a character such as <), a thousand cards
// 17 MB. SKUs need none: those of a gift-card order are configured ones.
//
// What is longer is cut, and an ellipsis shows it. To refuse it would keep from a recipient the card that was paid for, for
// the sake of words that no greeting card shows.
const (
	// maxGreeting is ten times what Shopify's own themes let a buyer write.
	maxGreeting = 2000
	// maxPersonName is how long Shopify lets names of people and companies be. No merchant's code is longer, so none is found
	// by a code that was cut.
	maxPersonName = 255
	// maxValue is for days, offsets and amounts, which have some ten characters. One that was cut is none.
	maxValue = 64
)

// bounded returns a text of at most that many characters, and an ellipsis where it had more.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for i := range s {
		if most == 0 {
			return s[:i] + "…"
		}
		most--
	}
	return s
}

// boundedAddress returns an address that emailAddress refuses as too long if it has been cut: it must not become another
// one. So what emailAddress leaves out goes first.
func boundedAddress(s string) string { return bounded(withoutUnseen(s), maxAddress+1) }

// maxName is far longer than the names of orders, which are "#1001" with a shop's prefix and suffix.
const maxName = 100

// orderName returns what people call an order, fit for logs, search attributes and mails. One that is nothing to be
// seen is called by its number.
func orderName(o shopify.Order) string {
	return cmp.Or(printable.Line(o.Name, maxName), o.LegacyID)
}

// recipient reads who gets the cards of a line: the line's properties, else the buyer.
func recipient(properties []shopify.Attribute, keys PropertyKeys, email, from string) giftcard.Recipient {
	value := func(key string) string {
		for _, p := range properties {
			if strings.EqualFold(p.Key, key) {
				return strings.TrimSpace(p.Value)
			}
		}
		return ""
	}
	r := giftcard.Recipient{
		Email:   boundedAddress(value(keys.Email)),
		Name:    bounded(value(keys.Name), maxPersonName),
		Message: bounded(value(keys.Message), maxGreeting),
		SendOn:  bounded(value(keys.SendOn), maxValue),
	}
	if r.Email == "" {
		r.Email = boundedAddress(email)
	}
	if r.SendOn != "" {
		r.Offset = bounded(value(offsetKey), maxValue)
	}
	if r.Message != "" {
		r.From = bounded(from, maxPersonName)
	}
	return r
}

// number returns the number at the end of a global ID: "gid://shopify/LineItem/866550311766439020".
func number(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }
