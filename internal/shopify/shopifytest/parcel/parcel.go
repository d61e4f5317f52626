// Package parcel has what comes with an order of a simulated shop: addresses, payments, parcels and refunds.
package parcel

import (
	"reflect"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

// The states of a [Fulfillment].
const (
	Succeeded = "SUCCESS"
	Cancelled = "CANCELLED"
	Delivered = "DELIVERED"
)

// Fulfillment is a parcel, or a delivery of another kind.
type Fulfillment struct {
	// ID is assigned when the order is stored, if it is not set.
	ID int64 `json:"id"`
	// Status is a FulfillmentStatus, by default SUCCESS, and DisplayStatus a FulfillmentDisplayStatus, null if it is empty.
	Status        string `json:"status,omitempty"`
	DisplayStatus string `json:"display_status,omitempty"`
	// CreatedAt and UpdatedAt default to now.
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	// Company is the carrier's name, null if it is empty.
	Company   string     `json:"company,omitempty"`
	Trackings []Tracking `json:"trackings,omitempty"`
	// Lines are the units of lines in it.
	Lines []Units `json:"lines"`
	// Origin is where it was sent from, and Location the address of the location that did. Both are null if they are nil.
	Origin   *Address `json:"origin,omitempty"`
	Location *Address `json:"location,omitempty"`
}

// Tracking is how a parcel is followed. Both are null if they are empty.
type Tracking struct {
	Number string `json:"number,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Units are units of a line, by the line's id.
type Units struct {
	Line     int64 `json:"line"`
	Quantity int   `json:"quantity"`
}

// Refund is money or units that were given back.
type Refund struct {
	// ID is assigned when the order is stored, if it is not set.
	ID int64 `json:"id"`
	// CreatedAt defaults to now.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Amount is in the order's currency, by default the price of the units.
	Amount string  `json:"amount,omitempty"`
	Lines  []Units `json:"lines,omitempty"`
}

// Changed returns the fulfillments that a change of an order added, and those that it changed: what the topics
// fulfillments/create and fulfillments/update report.
func Changed(before, after []Fulfillment) (added, changed []Fulfillment) {
	for _, f := range after {
		i := slices.IndexFunc(before, func(x Fulfillment) bool { return x.ID == f.ID })
		switch {
		case i < 0:
			added = append(added, f)
		case !reflect.DeepEqual(before[i], f):
			changed = append(changed, f)
		}
	}
	return added, changed
}

// Clone returns a copy that shares nothing with the fulfillment.
func (f Fulfillment) Clone() Fulfillment {
	f.Trackings, f.Lines = slices.Clone(f.Trackings), slices.Clone(f.Lines)
	f.Origin, f.Location = f.Origin.Clone(), f.Location.Clone()
	return f
}

// Address is a postal address. Fields are null if they are empty.
type Address struct {
	Name     string `json:"name,omitempty"`
	Address1 string `json:"address1,omitempty"`
	Address2 string `json:"address2,omitempty"`
	City     string `json:"city,omitempty"`
	// Province and Country are codes: "CA", "US".
	Province string `json:"province_code,omitempty"`
	Zip      string `json:"zip,omitempty"`
	Country  string `json:"country_code,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// Clone returns a copy, nil of nil.
func (a *Address) Clone() *Address {
	if a == nil {
		return nil
	}
	c := *a
	return &c
}

// Object returns the address as an object of one of the types that addresses have.
func (a *Address) Object(typeName string) any {
	if a == nil {
		return nil
	}
	country := "countryCode"
	if typeName == "MailingAddress" {
		country = "countryCodeV2"
	}
	return object.Fields{Name: typeName, Values: map[string]any{
		"name": object.OrNull(a.Name), "address1": object.OrNull(a.Address1), "address2": object.OrNull(a.Address2),
		"city": object.OrNull(a.City), "provinceCode": object.OrNull(a.Province), "zip": object.OrNull(a.Zip),
		country: object.OrNull(a.Country), "phone": object.OrNull(a.Phone),
	}}
}

// Payment is a way in which an order was paid.
type Payment struct {
	// Gateway is what people call it, null if it is empty.
	Gateway string `json:"gateway,omitempty"`
	// Company and Number are those of a card, such as "Visa" and "•••• •••• •••• 4242". Wallet is set for another kind of
	// account. Without any of them there are no details.
	Company string `json:"company,omitempty"`
	Number  string `json:"number,omitempty"`
	Wallet  bool   `json:"wallet,omitempty"`
}

// Details returns the details as the API shows them, null if there are none.
func (p Payment) Details() any {
	switch {
	case p.Wallet:
		return object.Fields{Name: "PaypalWalletPaymentDetails"}
	case p.Company != "" || p.Number != "":
		return object.Fields{Name: "CardPaymentDetails", Values: map[string]any{
			"company": object.OrNull(p.Company), "number": object.OrNull(p.Number),
		}}
	}
	return nil
}
