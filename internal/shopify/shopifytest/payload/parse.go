package payload

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/parcel"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// restOrder is the payload of an orders/create webhook: an order in the format of the REST API, with times in the
// shop's zone and ids as numbers.
type restOrder struct {
	ID              int64     `json:"id"`
	Name            string    `json:"name"`
	Test            bool      `json:"test"`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	CancelledAt     time.Time `json:"cancelled_at"`
	ClosedAt        time.Time `json:"closed_at"`
	FinancialStatus string    `json:"financial_status"`
	Email           string    `json:"email"`
	ContactEmail    string    `json:"contact_email"`
	Currency        string    `json:"currency"`
	Customer        *struct {
		ID        int64  `json:"id"`
		Email     string `json:"email"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Phone     string `json:"phone"`
		Consent   struct {
			State string `json:"state"`
		} `json:"sms_marketing_consent"`
	} `json:"customer"`
	LineItems []restLine `json:"line_items"`

	restRetail
}

// restRetail is what customers see of an order.
type restRetail struct {
	ProcessedAt         time.Time `json:"processed_at"`
	Locale              string    `json:"customer_locale"`
	Phone               string    `json:"phone"`
	PresentmentCurrency string    `json:"presentment_currency"`
	TaxesIncluded       bool      `json:"taxes_included"`
	TotalTax            string    `json:"total_tax"`
	TotalPrice          struct {
		Shop        restMoney `json:"shop_money"`
		Presentment restMoney `json:"presentment_money"`
	} `json:"total_price_set"`
	ShippingLines []struct {
		Title           string `json:"title"`
		DiscountedPrice string `json:"discounted_price"`
	} `json:"shipping_lines"`
	ShippingAddress *parcel.Address `json:"shipping_address"`
	BillingAddress  *parcel.Address `json:"billing_address"`
	Gateways        []string        `json:"payment_gateway_names"`
}

type restMoney struct {
	Amount string `json:"amount"`
}

// into sets what customers see of an order.
func (r *restRetail) into(o *shop.Order) {
	o.ProcessedAt, o.Locale, o.Phone, o.TaxesIncluded = r.ProcessedAt.UTC(), r.Locale, r.Phone, r.TaxesIncluded
	o.ShippingAddress, o.BillingAddress = r.ShippingAddress, r.BillingAddress
	if paid, ok := new(big.Rat).SetString(r.TotalTax); ok && paid.Sign() > 0 {
		o.Tax = r.TotalTax
	}
	if len(r.ShippingLines) > 0 {
		o.ShippingMethod, o.Shipping = r.ShippingLines[0].Title, r.ShippingLines[0].DiscountedPrice
	}
	for _, name := range r.Gateways {
		o.Payments = append(o.Payments, parcel.Payment{Gateway: name})
	}
	ours, ok := new(big.Rat).SetString(r.TotalPrice.Shop.Amount)
	theirs, known := new(big.Rat).SetString(r.TotalPrice.Presentment.Amount)
	if r.PresentmentCurrency != "" && r.PresentmentCurrency != o.Currency && ok && known && ours.Sign() > 0 && theirs.Sign() > 0 {
		o.PresentmentCurrency, o.Rate = r.PresentmentCurrency, theirs.Quo(theirs, ours).RatString()
	}
}

type restLine struct {
	ID              int64  `json:"id"`
	SKU             string `json:"sku"`
	Title           string `json:"title"`
	GiftCard        bool   `json:"gift_card"`
	Quantity        int    `json:"quantity"`
	CurrentQuantity *int   `json:"current_quantity"`
	Price           string `json:"price"`
	Grams           int    `json:"grams"`
	Vendor          string `json:"vendor"`
	Ships           *bool  `json:"requires_shipping"`
	Properties      []struct {
		Name  string `json:"name"`
		Value any    `json:"value"`
	} `json:"properties"`
}

// FromWebhook parses the payload of an orders/create webhook.
func FromWebhook(payload []byte) (shop.Order, error) {
	var in restOrder
	if err := json.Unmarshal(payload, &in); err != nil {
		return shop.Order{}, fmt.Errorf("read orders/create payload: %w", err)
	}
	if in.ID <= 0 || in.CreatedAt.IsZero() || len(in.LineItems) == 0 {
		return shop.Order{}, errors.New("read orders/create payload: no order with id, created_at and line_items")
	}
	o := shop.Order{
		ID:              in.ID,
		Name:            in.Name,
		Test:            in.Test,
		CreatedAt:       in.CreatedAt.UTC(),
		UpdatedAt:       in.UpdatedAt.UTC(),
		CancelledAt:     in.CancelledAt.UTC(),
		ClosedAt:        in.ClosedAt.UTC(),
		FinancialStatus: strings.ToUpper(in.FinancialStatus),
		Email:           in.Email,
		Currency:        in.Currency,
	}
	in.into(&o)
	if in.UpdatedAt.IsZero() {
		o.UpdatedAt = o.CreatedAt
	}
	if o.Email == "" {
		o.Email = in.ContactEmail
	}
	if c := in.Customer; c != nil {
		o.Customer = &shop.Customer{
			ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email,
			Phone: c.Phone, Consent: strings.ToUpper(c.Consent.State),
		}
	}
	for _, l := range in.LineItems {
		line := shop.LineItem{
			ID: l.ID, SKU: l.SKU, Title: l.Title, GiftCard: l.GiftCard, Quantity: l.Quantity, UnitPrice: l.Price,
		}
		line.Grams, line.Vendor, line.Digital = l.Grams, l.Vendor, l.Ships != nil && !*l.Ships
		if l.CurrentQuantity != nil {
			line.Removed = l.Quantity - *l.CurrentQuantity
		}
		for _, p := range l.Properties {
			line.Attributes = append(line.Attributes, shop.Attribute{Key: p.Name, Value: propertyText(p.Value)})
		}
		o.Lines = append(o.Lines, line)
	}
	return o, nil
}

// propertyText returns a property's value as text, as GraphQL returns it. Apps may set a property to a number or a
// boolean.
func propertyText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return string(simulator.MustMarshal(v))
}
