package activities

import (
	"cmp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// PropertyKeys are the names of the line-item properties that hold what the buyer entered about the recipient. They are
// compared without regard to case.
type PropertyKeys struct {
	Email, Name, Message, SendOn string
}

// offsetKey is the property in which Shopify's own gift-card form stores the buyer's offset from UTC (shopify.dev,
// "Gift cards" in product merchandising).
const offsetKey = "__shopify_offset"

// paidStatuses are the financial statuses in which the remaining units are paid for. A partial refund removes its units
// from the current quantities, so the rest of such an order is still a gift-card order.
var paidStatuses = []string{"PAID", "PARTIALLY_REFUNDED"}

// candidate converts a Shopify order to the domain's terms.
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
	// The buyer expects this order's mail at the address entered at the checkout. The account's address may be years
	// old, or a colleague's.
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

// amount bounds the text of an amount: parsing a number of a million digits takes long.
func amount(m shopify.Money) giftcard.Amount {
	return giftcard.Amount{Number: bounded(m.Amount, maxValue), Currency: bounded(m.CurrencyCode, maxValue)}
}

// isTip reports whether a line is a tip. Shopify does not mark tips: a tip is a line without SKU and product whose
// price is the amount that the order was tipped. Reading the product would need the scope read_products; reading its
// vendor does not. Assumed: a line without product has no vendor.
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

// Bounds, in characters, of texts that buyers can make long. The texts of a line go into the input of each of its
// cards, up to [giftcard.MaxUnits] times, and Temporal terminates an order whose history takes 50 MB, between two
// cards. Within these bounds a card's texts take 5 kB in letters and at worst 17 kB (JSON takes 6 bytes for a character
// such as <), and a thousand cards take 17 MB. SKUs need no bound: those of a gift-card order are the configured ones.
//
// A longer text is cut, and ends in an ellipsis. Refusing it would deny a recipient a card that was paid for, because
// of words that no greeting card shows.
const (
	// maxGreeting is ten times what Shopify's own themes let a buyer write.
	maxGreeting = 2000
	// maxPersonName is the length that Shopify allows for names of people and companies. No merchant's code is longer,
	// so a code that was cut never matches one.
	maxPersonName = 255
	// maxValue is for days, offsets and amounts, which have about ten characters. A value that was cut is not valid.
	maxValue = 64
)

// bounded returns s cut to at most the given number of characters, with an ellipsis if it was longer.
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

// boundedAddress bounds an address so that emailAddress refuses it as too long if it was cut: a cut address must not
// become another valid one. It therefore first removes what emailAddress trims.
func boundedAddress(s string) string { return bounded(withoutUnseen(s), maxAddress+1) }

// maxName is far longer than order names, which are "#1001" with a shop's prefix and suffix.
const maxName = 100

// orderName returns what people call an order, made safe for logs, search attributes and mails. If nothing of the name
// is visible, it returns the order's number.
func orderName(o shopify.Order) string {
	return cmp.Or(printable.Line(o.Name, maxName), o.LegacyID)
}

// recipient returns who gets the cards of a line, read from the line's properties, else from the buyer.
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
