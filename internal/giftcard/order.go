package giftcard

import (
	"math"
	"slices"
	"time"
)

// Order is a gift-card order as it enters a workflow. It is stored in Temporal's histories, so fields are only ever
// added, and it contains no more about the customer than issuing needs.
type Order struct {
	// Shop is the shop's domain, "example.myshopify.com".
	Shop string `json:"shop"`
	// ID is Shopify's number of the order, decimal digits. It is the order's identity.
	ID string `json:"id"`
	// Name is what people call the order ("#1001"). It can change and need not be unique.
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	Customer  Customer  `json:"customer"`
	// Lines are the order's lines that have units left.
	Lines []Line `json:"lines"`
}

// Customer is the buyer, reduced to what is needed to find the issuer's merchant. All fields are empty for a guest.
type Customer struct {
	// ID is Shopify's number of the customer, decimal digits.
	ID string `json:"id,omitempty"`
	// DisplayName is the customer's name as Shopify shows it.
	DisplayName string `json:"display_name,omitempty"`
	// CompanyName and CompanyExternalID are those of the B2B company that the customer bought for.
	CompanyName       string `json:"company_name,omitempty"`
	CompanyExternalID string `json:"company_external_id,omitempty"`
}

// Guest reports whether there is nothing by which a merchant could be found.
func (c Customer) Guest() bool {
	return c.DisplayName == "" && c.CompanyName == "" && c.CompanyExternalID == ""
}

// Line is one line of an order: one or more cards of the same value for the same recipient.
type Line struct {
	// ID is Shopify's number of the line, decimal digits.
	ID  string `json:"id"`
	SKU string `json:"sku"`
	// Units is the number of cards: units neither refunded nor removed.
	Units int `json:"units"`
	// Price and Currency are a unit's undiscounted price, as Shopify wrote it: an invalid one fails the order, not the
	// poll.
	Price     string    `json:"price"`
	Currency  string    `json:"currency"`
	Recipient Recipient `json:"recipient"`
}

// Recipient is who gets the cards of a line. The values are a buyer's input, unchecked.
type Recipient struct {
	Email   string `json:"email,omitempty"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message,omitempty"`
	// SendOn is the day of delivery, yyyy-mm-dd; empty means at once.
	SendOn string `json:"send_on,omitempty"`
	// Offset is the buyer's offset from UTC in minutes, positive behind UTC, as JavaScript's getTimezoneOffset returns
	// it; empty means unknown.
	Offset string `json:"offset,omitempty"`
	// From is the giver's name; set only if there is a message.
	From string `json:"from,omitempty"`
}

// Units returns the number of cards of the order. It saturates at math.MaxInt.
func (o Order) Units() int {
	n := 0
	for _, l := range o.Lines {
		if l.Units > math.MaxInt-n {
			return math.MaxInt
		}
		n += l.Units
	}
	return n
}

// Value returns the total value of the order's cards.
func (o Order) Value() (Money, error) {
	var sum Money
	for _, l := range o.Lines {
		price, err := ParseMoney(l.Price, l.Currency)
		if err != nil {
			return Money{}, err
		}
		if sum, err = sum.Add(price, l.Units); err != nil {
			return Money{}, err
		}
	}
	return sum, nil
}

// HasOtherThan reports whether the order has a line of another SKU than these.
func (o Order) HasOtherThan(skus []string) bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return !slices.Contains(skus, l.SKU) })
}

// SKUs returns the gift-card SKUs of the order, each once, in the order of its lines.
func (o Order) SKUs() []string {
	var skus []string
	seen := map[string]bool{}
	for _, l := range o.Lines {
		if !seen[l.SKU] {
			seen[l.SKU] = true
			skus = append(skus, l.SKU)
		}
	}
	return skus
}
