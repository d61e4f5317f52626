// Package order has the orders of a simulated shop, what happens to them, and how the API shows them.
package order

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/dispute"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

// Order is an order of the simulated shop. In the JSON of the control routes, its fields have the same names in lower
// case, with underscores.
type Order struct {
	// ID is the legacy id; one is assigned if it is not set.
	ID int64 `json:"id"`
	// Name defaults to "#1001" and so on.
	Name string `json:"name"`
	Test bool   `json:"test,omitempty"`
	// CreatedAt and UpdatedAt default to now; if only one is set, the other defaults to it.
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// CancelledAt and ClosedAt are zero unless the order is cancelled or closed.
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`
	// FinancialStatus is an OrderDisplayFinancialStatus, by default PAID.
	FinancialStatus string `json:"financial_status"`
	Email           string `json:"email"`
	// Currency defaults to the shop's currency.
	Currency string `json:"currency"`
	// PresentmentCurrency is the one that the customer paid in, by default Currency, and Rate the units of it that a unit of
	// Currency costs, by default "1". All amounts of an order are in Currency.
	PresentmentCurrency string `json:"presentment_currency,omitempty"`
	Rate                string `json:"rate,omitempty"`
	// NetPayment is the amount paid less the amount refunded. It defaults to the cost of the remaining units, or to
	// zero for an order that is not paid.
	NetPayment string `json:"net_payment,omitempty"`
	// PaidAt is when a paid order was paid, by default CreatedAt.
	PaidAt time.Time `json:"paid_at,omitzero"`
	// ProcessedAt is when the order was placed, by default CreatedAt.
	ProcessedAt time.Time `json:"processed_at,omitzero"`
	// Locale is the customer's language, and Phone the number that came with the order. Both are null if they are empty.
	Locale string `json:"locale,omitempty"`
	Phone  string `json:"phone,omitempty"`
	// Shipping, Tax and Duties are added to the cost of the lines, by default nothing. TaxesIncluded and DutiesIncluded are
	// set if they are in the prices instead.
	Shipping       string `json:"shipping,omitempty"`
	Tax            string `json:"tax,omitempty"`
	Duties         string `json:"duties,omitempty"`
	TaxesIncluded  bool   `json:"taxes_included,omitempty"`
	DutiesIncluded bool   `json:"duties_included,omitempty"`
	// ShippingMethod is the title of the shipping line; there is none without it.
	ShippingMethod string `json:"shipping_method,omitempty"`
	// ShippingAddress and BillingAddress are null if they are nil.
	ShippingAddress *Address `json:"shipping_address,omitempty"`
	BillingAddress  *Address `json:"billing_address,omitempty"`
	// Payments are the ways in which the order was paid, by default one without details.
	Payments []Payment `json:"payments,omitempty"`
	// Fulfillments and Refunds are added by what fulfils and refunds lines, and may be set.
	Fulfillments []Fulfillment `json:"fulfillments,omitempty"`
	Refunds      []Refund      `json:"refunds,omitempty"`
	// Tips is the sum of the tips, by default "0.0".
	Tips string `json:"tips,omitempty"`
	// Note and Tags are what the shop's staff see beside the order.
	Note string   `json:"note,omitempty"`
	Tags []string `json:"tags,omitempty"`
	// OnHold is set if nothing of the order may be fulfilled for now.
	OnHold bool `json:"on_hold,omitempty"`
	// Recommendation is an OrderRiskRecommendationResult, by default NONE: Shopify has not judged the order.
	Recommendation string `json:"recommendation,omitempty"`
	// Disputes are the customer's disputes about the payment.
	Disputes []dispute.Dispute `json:"disputes,omitempty"`
	// Notified counts the messages that fulfilments sent to the customer.
	Notified int `json:"notified,omitempty"`
	// Customer is nil for guests.
	Customer *Customer `json:"customer,omitempty"`
	// Company is set if a company placed the order.
	Company *Company   `json:"company,omitempty"`
	Lines   []LineItem `json:"lines"`
}

// Customer is the person who placed an order. DisplayName falls back to the other names, then to the email address.
type Customer struct {
	ID          int64  `json:"id"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
	// Phone is the number in the account, null if it is empty, and Consent a CustomerSmsMarketingState, by default
	// NOT_SUBSCRIBED.
	Phone   string `json:"phone,omitempty"`
	Consent string `json:"consent,omitempty"`
}

// Company is a B2B company. An empty ExternalID is null.
type Company struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
}

// LineItem is a line of an order.
type LineItem struct {
	// ID is assigned when the order is stored, if it is not set.
	ID int64 `json:"id"`
	// SKU is null if it is empty.
	SKU   string `json:"sku"`
	Title string `json:"title"`
	// Vendor is null if it is empty, as for tips and custom items.
	Vendor   string `json:"vendor,omitempty"`
	GiftCard bool   `json:"gift_card,omitempty"`
	Quantity int    `json:"quantity"`
	// Removed is the number of units that have been refunded or removed.
	Removed int `json:"removed,omitempty"`
	// Fulfilled is the number of units that have been fulfilled.
	Fulfilled int `json:"fulfilled,omitempty"`
	// UnitPrice is a decimal amount in the order's currency, by default "0.00".
	UnitPrice string `json:"unit_price"`
	// DiscountedPrice is the price of a unit after all discounts, by default UnitPrice.
	DiscountedPrice string `json:"discounted_price,omitempty"`
	// Digital is set for what is not sent as a parcel. Native gift cards are not either.
	Digital bool `json:"digital,omitempty"`
	// Grams is the weight of a unit; 0 if it is not known.
	Grams      int         `json:"grams,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Attribute is a custom attribute of a line.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Clone returns a copy that shares nothing with the order.
func (o *Order) Clone() *Order {
	c := *o
	if o.Customer != nil {
		customer := *o.Customer
		c.Customer = &customer
	}
	if o.Company != nil {
		company := *o.Company
		c.Company = &company
	}
	c.ShippingAddress, c.BillingAddress = o.ShippingAddress.clone(), o.BillingAddress.clone()
	c.Payments = slices.Clone(o.Payments)
	c.Fulfillments, c.Refunds = slices.Clone(o.Fulfillments), slices.Clone(o.Refunds)
	for i := range c.Fulfillments {
		f := &c.Fulfillments[i]
		f.Trackings, f.Lines = slices.Clone(f.Trackings), slices.Clone(f.Lines)
		f.Origin, f.Location = f.Origin.clone(), f.Location.clone()
	}
	for i := range c.Refunds {
		c.Refunds[i].Lines = slices.Clone(c.Refunds[i].Lines)
	}
	c.Tags, c.Disputes = slices.Clone(o.Tags), slices.Clone(o.Disputes)
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].Attributes = slices.Clone(c.Lines[i].Attributes)
	}
	return &c
}

func (c *Customer) displayName() string {
	for _, name := range []string{c.DisplayName, strings.TrimSpace(c.FirstName + " " + c.LastName), c.Email} {
		if name != "" {
			return name
		}
	}
	return "Customer " + strconv.FormatInt(c.ID, 10)
}

// Paid reports whether the order was paid, whatever was given back since.
func (o *Order) Paid() bool {
	return slices.Contains([]string{"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}, o.FinancialStatus)
}

// Refunded reports whether money was given back.
func (o *Order) Refunded() bool {
	return o.FinancialStatus == "REFUNDED" || o.FinancialStatus == "PARTIALLY_REFUNDED"
}

// netPayment returns the amount paid less the amount refunded. An invalid price counts as zero.
func (o *Order) netPayment() string {
	if o.NetPayment != "" {
		return o.NetPayment
	}
	sum := new(big.Rat)
	if o.Paid() && o.FinancialStatus != "REFUNDED" {
		for _, l := range o.Lines {
			if price, ok := new(big.Rat).SetString(l.discounted()); ok {
				sum.Add(sum, price.Mul(price, big.NewRat(int64(l.Quantity-l.Removed), 1)))
			}
		}
	}
	return sum.FloatString(2)
}

func (l *LineItem) discounted() string { return cmp.Or(l.DiscountedPrice, l.UnitPrice) }

func (o *Order) cancelled() bool { return !o.CancelledAt.IsZero() }

// Entry returns what the search index knows of the order.
func (o *Order) Entry() index.Entry {
	e := index.Entry{
		ID: o.ID, Name: o.Name, Email: o.Email, FinancialStatus: o.FinancialStatus,
		Test: o.Test, Closed: !o.ClosedAt.IsZero(), Cancelled: o.cancelled(),
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	if c := o.Customer; c != nil {
		e.Customer = c.displayName()
		e.People = []string{c.FirstName, c.LastName, e.Customer, c.Email}
	}
	for _, d := range o.Disputes {
		e.Chargebacks = append(e.Chargebacks, d.Status)
	}
	for _, l := range o.Lines {
		e.SKUs = append(e.SKUs, l.SKU)
	}
	return e
}
