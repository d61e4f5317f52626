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
	}
	// The address typed at the checkout is where the buyer expects this order's mail; that of the account may be years old,
	// or a colleague's.
	email, from := strings.TrimSpace(o.Email), ""
	if o.Customer != nil {
		from = strings.TrimSpace(o.Customer.FirstName + " " + o.Customer.LastName)
		c.Order.Customer.ID = o.Customer.LegacyID
		c.Order.Customer.DisplayName = o.Customer.DisplayName
		if email == "" {
			email = o.Customer.Email
		}
	}
	if o.Company != nil {
		c.Order.Customer.CompanyName = o.Company.Name
		c.Order.Customer.CompanyExternalID = o.Company.ExternalID
	}
	for _, l := range o.LineItems {
		c.Order.Lines = append(c.Order.Lines, giftcard.Line{
			ID:        number(l.ID),
			SKU:       l.SKU,
			Units:     l.CurrentQuantity,
			Price:     l.UnitPrice.Amount,
			Currency:  l.UnitPrice.CurrencyCode,
			Recipient: recipient(l.Attributes, keys, email, from),
		})
		c.Native = append(c.Native, l.IsGiftCard)
	}
	return c
}

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
		Email:   value(keys.Email),
		Name:    value(keys.Name),
		Message: value(keys.Message),
		SendOn:  value(keys.SendOn),
	}
	if r.Email == "" {
		r.Email = email
	}
	if r.SendOn != "" {
		r.Offset = value(offsetKey)
	}
	if r.Message != "" {
		r.From = from
	}
	return r
}

// number returns the number at the end of a global ID: "gid://shopify/LineItem/866550311766439020".
func number(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }
