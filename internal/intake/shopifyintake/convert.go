package shopifyintake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// offsetKey is the property in which Shopify's own gift-card form stores the buyer's offset from UTC (shopify.dev,
// "Gift cards" in product merchandising).
const offsetKey = "__shopify_offset"

// paidStatuses are the financial statuses in which the remaining units are paid for. A partial refund removes its units
// from the current quantities, so the rest of such an order is still a gift-card order.
var paidStatuses = []string{"PAID", "PARTIALLY_REFUNDED"}

func paid(financialStatus string) bool { return slices.Contains(paidStatuses, financialStatus) }

// order converts a Shopify order to the domain's terms.
func order(o *shopify.Order, keys PropertyKeys) *intake.Order {
	return &intake.Order{Candidate: candidate(o, keys), Payment: o.FinancialStatus, UpdatedAt: o.UpdatedAt.UTC()}
}

func candidate(o *shopify.Order, keys PropertyKeys) giftcard.Candidate {
	c := giftcard.Candidate{
		Order: giftcard.Order{
			ID:        o.LegacyID,
			Name:      orderName(o),
			CreatedAt: o.CreatedAt.UTC(),
		},
		Test:      o.Test,
		Cancelled: !o.CancelledAt.IsZero(),
		Paid:      paid(o.FinancialStatus),

		NetPayment: amount(o.NetPayment),
		PaidAt:     o.PaidAt,
	}
	// The buyer expects this order's mail at the address entered at the checkout. The account's address may be years
	// old, or a colleague's.
	email, from := strings.TrimSpace(o.Email), ""
	if o.Customer != nil {
		from = strings.TrimSpace(o.Customer.FirstName + " " + o.Customer.LastName)
		c.Order.Customer.ID = o.Customer.LegacyID
		c.Order.Customer.DisplayName = intake.Bounded(o.Customer.DisplayName, intake.MaxPersonName)
		if email == "" {
			email = o.Customer.Email
		}
	}
	if o.Company != nil {
		c.Order.Customer.CompanyName = intake.Bounded(o.Company.Name, intake.MaxPersonName)
		c.Order.Customer.CompanyExternalID = intake.Bounded(o.Company.ExternalID, intake.MaxPersonName)
	}
	for _, l := range o.LineItems {
		c.Order.Lines = append(c.Order.Lines, giftcard.Line{
			ID:        number(l.ID),
			SKU:       l.SKU,
			Units:     l.CurrentQuantity,
			Price:     intake.Bounded(l.UnitPrice.Amount, intake.MaxValue),
			Currency:  intake.Bounded(l.UnitPrice.CurrencyCode, intake.MaxValue),
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
	return giftcard.Amount{
		Number: intake.Bounded(m.Amount, intake.MaxValue), Currency: intake.Bounded(m.CurrencyCode, intake.MaxValue),
	}
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

// maxName is far longer than order names, which are "#1001" with a shop's prefix and suffix.
const maxName = 100

// orderName returns what people call an order, made safe for logs, search attributes and mails. If nothing of the name
// is visible, it returns the order's number.
func orderName(o *shopify.Order) string {
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
		Email:   intake.BoundedAddress(value(keys.Email)),
		Name:    intake.Bounded(value(keys.Name), intake.MaxPersonName),
		Message: intake.Bounded(value(keys.Message), intake.MaxGreeting),
		SendOn:  intake.Bounded(value(keys.SendOn), intake.MaxValue),
	}
	if r.Email == "" {
		r.Email = intake.BoundedAddress(email)
	}
	if r.SendOn != "" {
		r.Offset = intake.Bounded(value(offsetKey), intake.MaxValue)
	}
	if r.Message != "" {
		r.From = intake.Bounded(from, intake.MaxPersonName)
	}
	return r
}

// number returns the number at the end of a global ID: "gid://shopify/LineItem/866550311766439020".
func number(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }
