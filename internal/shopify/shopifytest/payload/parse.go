package payload

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

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
	} `json:"customer"`
	LineItems []restLine `json:"line_items"`
}

type restLine struct {
	ID              int64  `json:"id"`
	SKU             string `json:"sku"`
	Title           string `json:"title"`
	GiftCard        bool   `json:"gift_card"`
	Quantity        int    `json:"quantity"`
	CurrentQuantity *int   `json:"current_quantity"`
	Price           string `json:"price"`
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
	if in.UpdatedAt.IsZero() {
		o.UpdatedAt = o.CreatedAt
	}
	if o.Email == "" {
		o.Email = in.ContactEmail
	}
	if c := in.Customer; c != nil {
		o.Customer = &shop.Customer{ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email}
	}
	for _, l := range in.LineItems {
		line := shop.LineItem{
			ID: l.ID, SKU: l.SKU, Title: l.Title, GiftCard: l.GiftCard, Quantity: l.Quantity, UnitPrice: l.Price,
		}
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
