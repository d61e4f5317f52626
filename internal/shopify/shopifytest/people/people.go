// Package people has the customers and companies of a simulated shop, and what they enter.
package people

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

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

// Attribute is a custom attribute of a line.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Shown returns the name by which people see the customer.
func (c *Customer) Shown() string {
	for _, name := range []string{c.DisplayName, strings.TrimSpace(c.FirstName + " " + c.LastName), c.Email} {
		if name != "" {
			return name
		}
	}
	return "Customer " + strconv.FormatInt(c.ID, 10)
}

// Purchaser returns who bought: the company, if there is one, else the customer; null for a guest.
func Purchaser(c *Company, of *Customer) any {
	switch {
	case c != nil:
		return object.Fields{Name: "PurchasingCompany", Values: map[string]any{"company": object.Fields{
			Name: "Company", Values: map[string]any{
				"id": object.GID("Company", c.ID), "name": c.Name, "externalId": object.OrNull(c.ExternalID),
			},
		}}}
	case of != nil:
		return of.Object()
	}
	return nil
}

// Object returns the customer as the API shows it.
func (c *Customer) Object() graphql.Object { return customerObject{c} }

// Object returns the attribute as the API shows it.
func (a *Attribute) Object() graphql.Object { return attributeObject{a} }

type customerObject struct{ *Customer }

func (customerObject) TypeName() string { return "Customer" }

func (c customerObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "legacyResourceId":
		return strconv.FormatInt(c.ID, 10), nil
	case "displayName":
		return c.Shown(), nil
	case "firstName":
		return object.OrNull(c.FirstName), nil
	case "lastName":
		return object.OrNull(c.LastName), nil
	case "defaultPhoneNumber":
		if c.Phone != "" {
			return object.Fields{Name: "CustomerPhoneNumber", Values: map[string]any{
				"phoneNumber": c.Phone, "marketingState": cmp.Or(c.Consent, "NOT_SUBSCRIBED"),
			}}, nil
		}
	case "defaultEmailAddress":
		if c.Email != "" {
			return object.Fields{Name: "CustomerEmailAddress", Values: map[string]any{"emailAddress": c.Email}}, nil
		}
	}
	return nil, nil
}

type attributeObject struct{ *Attribute }

func (attributeObject) TypeName() string { return "Attribute" }

func (a attributeObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "key" {
		return a.Key, nil
	}
	return a.Value, nil
}
