// Package privacy finds and removes the histories that hold the data of a person.
package privacy

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Person is whose data is looked for. An order holds the data of a person who bought it or receives a card of it.
type Person struct {
	// CustomerID is Shopify's number of the customer; empty if it is not known.
	CustomerID string
	// Email is the address to which cards are sent; empty if it is not known. A history has the buyer's own address only
	// for cards that are not for somebody else.
	Email string
}

const (
	// maxReference bounds what is read as a reference to a customer, in bytes.
	maxReference = 2048
	// maxNumber is the number of digits of the largest number that Shopify can assign.
	maxNumber = 20
	// globalID precedes the number in Shopify's global IDs of customers.
	globalID = "gid://shopify/Customer/"
)

// ParseCustomer returns Shopify's number of a customer, from that number, a global ID, or an address in Shopify's
// admin.
func ParseCustomer(text string) (string, error) {
	text = strings.TrimSpace(text)
	number, ok := strings.CutPrefix(text, globalID)
	if !ok && len(text) <= maxReference && strings.Contains(text, "/") {
		if !strings.Contains(text, "://") {
			text = "https://" + text
		}
		if u, err := url.Parse(text); err == nil {
			parts := strings.Split(u.Path, "/")
			if i := slices.Index(parts, "customers"); i >= 0 && i+1 < len(parts) {
				number = parts[i+1]
			}
		}
	}
	if number == "" || len(number) > maxNumber || strings.Trim(number, "0123456789") != "" {
		return "", fmt.Errorf("is no customer: use the number, %s… or the address in Shopify's admin", globalID)
	}
	return number, nil
}

// ParseEmail returns an address. The error does not repeat the text.
func ParseEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return "", errors.New("is no plain e-mail address, such as ann@example.com")
	}
	return text, nil
}

// In reports whether an order holds data of the person. Addresses are compared without regard to case: for erasure, a
// wrong hit costs less than a miss.
func (p Person) In(o giftcard.Order) bool {
	if p.CustomerID != "" && o.Customer.ID == p.CustomerID {
		return true
	}
	return p.Email != "" && slices.ContainsFunc(o.Lines, func(l giftcard.Line) bool {
		return strings.EqualFold(strings.TrimSpace(l.Recipient.Email), p.Email)
	})
}
