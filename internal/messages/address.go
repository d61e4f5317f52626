package messages

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// AddressRules say what becomes of an address that is not one of the United States, which the documented form is made for.
type AddressRules int

const (
	// Strict refuses an address whose state does not have two letters, or whose postal code does not have five digits.
	Strict AddressRules = iota
	// Lenient leaves such parts empty. Assumed: the service takes empty ones.
	Lenient
)

// Address is a postal address as the service takes it. The zero value is no address.
type Address struct{ w addressWire }

type addressWire struct {
	Street1    string `json:"street_1"`
	Street2    string `json:"street_2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// NewAddress returns an address where something is sent to.
func NewAddress(a retail.Address, rules AddressRules) (Address, error) {
	if err := required("street_1", a.Street1); err != nil {
		return Address{}, err
	}
	return NewOrigin(a, rules)
}

// NewOrigin returns an address where something comes from. It needs no street.
func NewOrigin(a retail.Address, rules AddressRules) (Address, error) {
	w := addressWire{
		Street1: a.Street1, Street2: a.Street2, City: a.City, State: strings.ToUpper(a.Province), PostalCode: a.PostalCode,
		Country: strings.ToUpper(a.Country),
	}
	if w.Country == "US" && len(w.PostalCode) > 5 && strings.ContainsRune(" -", rune(w.PostalCode[5])) {
		w.PostalCode = w.PostalCode[:5] // ZIP+4
	}
	if rules == Lenient {
		if !letters(w.State) {
			w.State = ""
		}
		if !zip(w.PostalCode) {
			w.PostalCode = ""
		}
	} else if err := first(required("state", w.State), required("postal_code", w.PostalCode)); err != nil {
		return Address{}, err
	}
	return Address{w}, w.check()
}

func letters(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func zip(s string) bool { return len(s) == 5 && strings.Trim(s, "0123456789") == "" }

// check is what holds by any rules.
func (w addressWire) check() error {
	switch {
	case strings.TrimSpace(w.City) == "":
		return faulty("city", "is missing")
	case w.State != "" && !letters(w.State):
		return faulty("state", "does not have two letters")
	case w.PostalCode != "" && !zip(w.PostalCode):
		return faulty("postal_code", "does not have five digits")
	case !letters(w.Country):
		return faulty("country", "is not a code of two letters")
	}
	return nil
}

// receiptAddress leaves out what is empty and not required, as the sample of a receipt does.
type receiptAddress struct {
	Street1    string `json:"street_1"`
	Street2    string `json:"street_2,omitempty"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}
