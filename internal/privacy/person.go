// Package privacy finds and removes the histories that hold the data of a person.
package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Person is whose data is looked for. An order holds the data of a person who bought it or receives a card of it.
type Person struct {
	// CustomerID is Shopify's number of the customer; empty if it is not known.
	CustomerID string
	// Email is the address to which cards are sent; empty if it is not known. A history has the buyer's own address only
	// for cards that are not for somebody else.
	Email string
	// Phone has the digits of a number with its country code: "14155550100"; empty if it is not known.
	Phone string
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

// ParsePhone returns the digits of a number with its country code. The error does not repeat the text.
func ParsePhone(text string) (string, error) {
	const fewest, most = 7, 15 // E.164 allows 15.
	text = strings.TrimSpace(text)
	number := digits(text)
	if len(number) < fewest || len(number) > most || !strings.HasPrefix(text, "+") {
		return "", errors.New("is no number with its country code, such as +14155550100")
	}
	return number, nil
}

// digits returns the digits of a phone number; empty for what has other characters than people write in one.
func digits(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case !strings.ContainsRune("+-./()  ", r):
			return ""
		}
	}
	return out.String()
}

// Named reports whether a JSON document names the person: the address in any text, the number as a text of its own, or the customer. Texts
// that are JSON documents themselves, such as the bodies of webhooks, are looked into.
func (p Person) Named(document []byte) bool {
	in := json.NewDecoder(bytes.NewReader(document))
	in.UseNumber()
	var value any
	return in.Decode(&value) == nil && p.named(value)
}

func (p Person) named(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		if customer, ok := v["customer"].(map[string]any); ok && p.CustomerID != "" && fmt.Sprint(customer["id"]) == p.CustomerID {
			return true
		}
		for _, part := range v {
			if p.named(part) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, p.named)
	case string:
		text := strings.TrimSpace(v)
		if body, err := relaying.Body(text).Bytes(); err == nil && bytes.HasPrefix(body, []byte("{")) && p.Named(body) {
			return true
		}
		return p.addressed(text) || p.Phone != "" && digits(text) == p.Phone ||
			p.CustomerID != "" && text == globalID+p.CustomerID
	}
	return false
}

// addressed reports whether a text has the address, and no letter or digit beside it that makes it another one.
func (p Person) addressed(text string) bool {
	if p.Email == "" {
		return false
	}
	text, email := strings.ToLower(text), strings.ToLower(p.Email)
	for {
		before, after, found := strings.Cut(text, email)
		if !found {
			return false
		}
		if !strings.ContainsAny(last(before), inAddress) && !strings.ContainsAny(first(after), inAddress) {
			return true
		}
		text = after
	}
}

// inAddress are the characters that make an address another one when they stand beside it.
const inAddress = "abcdefghijklmnopqrstuvwxyz0123456789_%+-@"

func first(text string) string { return text[:min(1, len(text))] }
func last(text string) string  { return text[max(0, len(text)-1):] }

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
