package mapping

import (
	"errors"
	"strings"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Receipt returns the structure of an order's receipt, or what keeps the order from having one.
func Receipt(o retail.Order, r Rules) (messages.Receipt, error) {
	sums, err := figuresOf(o.Current, o.Currency)
	if err != nil {
		return messages.Receipt{}, err
	}
	home := o.Shipping
	if home == nil {
		home = o.Billing
	}
	if home == nil {
		return messages.Receipt{}, errors.New("the order has no address")
	}
	address, err := messages.NewAddress(tidy(*home), r.addresses())
	if err != nil {
		return messages.Receipt{}, err
	}
	f := messages.ReceiptFields{
		ID: o.Number, At: o.ProcessedAt, Address: address, ShippingMethod: Line(o.ShippingMethod), PaymentMethod: paymentMethod(o),
		Subtotal: sums.subtotal, Shipping: sums.shipping, Tax: sums.tax, Total: sums.total, URL: WebURL(o.StatusURL),
	}
	if f.At.IsZero() {
		f.At = o.CreatedAt
	}
	f.Holder, f.Recipient = people(o)
	for _, l := range o.Lines {
		if l.CurrentQuantity <= 0 {
			continue
		}
		item := messages.Item{
			ID: l.ID, Name: Line(l.Name), Price: unitPrice(l), ImageURL: WebURL(l.ImageURL), URL: WebURL(l.ProductURL),
			Quantity: l.CurrentQuantity, Attributes: r.Options.attributes(l.Vendor, l.Options),
		}
		if item.URL == "" { // The product is unpublished, deleted, or made up for the order.
			item.URL = Page(o, r.ShopURL)
		}
		f.Items = append(f.Items, item)
	}
	return messages.NewReceipt(f)
}

// Page returns the address of an order's page, or of the shop if there is none; empty if neither is an address of the web.
func Page(o retail.Order, shop string) string {
	if u := WebURL(o.StatusURL); u != "" {
		return u
	}
	return WebURL(shop)
}

// people returns who placed an order and who gets it.
func people(o retail.Order) (holder, recipient string) {
	if o.Billing != nil {
		holder = Line(o.Billing.Name)
	}
	if holder == "" {
		holder = Line(o.Customer.Name)
	}
	if o.Shipping != nil {
		recipient = Line(o.Shipping.Name)
	}
	if holder == "" {
		holder = recipient
	}
	if recipient == "" {
		recipient = holder
	}
	return holder, recipient
}

// paymentMethod returns how an order was paid: "Visa 4242 + Gift card", "None" if it was free, and nothing if it is not known.
func paymentMethod(o retail.Order) string {
	var ways []string
	for _, p := range o.Payments {
		way := Line(p.Gateway)
		if p.Company != "" && p.LastDigits != "" {
			way = Line(p.Company) + " " + Line(p.LastDigits)
		}
		if way != "" {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 && o.Current.Total.Minor == 0 {
		return "None"
	}
	return strings.Join(ways, " + ")
}

// attributes returns what the service shows of an item.
func (names Options) attributes(vendor string, options []retail.Option) messages.Attributes {
	a := messages.Attributes{Brand: Line(vendor)}
	for _, o := range options {
		value := Line(o.Value)
		switch {
		case among(names.Size, o.Name):
			a.Size = messages.Sized(value)
		case among(names.Color, o.Name):
			a.Color = value
		case among(names.Gender, o.Name):
			a.Gender = gender(value)
		}
	}
	return a
}

func among(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// gender returns the service's letter; nothing for words that are neutral or not known.
func gender(s string) string {
	switch {
	case among([]string{"m", "male", "man", "men", "mens", "men's", "boys"}, s):
		return "M"
	case among([]string{"f", "w", "female", "woman", "women", "womens", "women's", "girls"}, s):
		return "F"
	}
	return ""
}
