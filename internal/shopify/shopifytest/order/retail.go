package order

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/big"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

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

func (a *Address) clone() *Address {
	if a == nil {
		return nil
	}
	c := *a
	return &c
}

// object returns the address as an object of one of the types that addresses have.
func (a *Address) object(typeName string) any {
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

func (p Payment) details() any {
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

// transactions returns the transactions of an order that was authorized when it was placed, and paid immediately or
// later. A capture shows the way of payment, but no details of it (assumed).
func (o shown) transactions() []graphql.Object {
	of := func(kind, status string, at time.Time, p Payment, details any) graphql.Object {
		return object.Fields{Name: "OrderTransaction", Values: map[string]any{
			"kind": kind, "status": status, "processedAt": at, "formattedGateway": object.OrNull(p.Gateway),
			"paymentDetails": details,
		}}
	}
	var all []graphql.Object
	payments := o.Payments
	if len(payments) == 0 {
		payments = []Payment{{}}
	}
	for _, p := range payments {
		if o.FinancialStatus == "PENDING" {
			all = append(all, of("SALE", "PENDING", o.CreatedAt, p, p.details()))
			continue
		}
		all = append(all, of("AUTHORIZATION", "SUCCESS", o.CreatedAt, p, p.details()))
		if o.Paid() {
			all = append(all, of("CAPTURE", "SUCCESS", timeOr(o.PaidAt, o.CreatedAt), p, nil))
		}
		if o.Refunded() {
			all = append(all, of("REFUND", "SUCCESS", o.UpdatedAt, p, nil))
		}
	}
	return all
}

func timeOr(t, instead time.Time) time.Time {
	if t.IsZero() {
		return instead
	}
	return t.UTC()
}

// orNever returns a time, null if it is zero.
func orNever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// retail returns what customers see of an order.
func (o shown) retail(name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "processedAt":
		return timeOr(o.ProcessedAt, o.CreatedAt), nil
	case "customerLocale":
		return object.OrNull(o.Locale), nil
	case "phone":
		return object.OrNull(o.Phone), nil
	case "presentmentCurrencyCode":
		return o.presentment(), nil
	case "taxesIncluded":
		return o.TaxesIncluded, nil
	case "dutiesIncluded":
		return o.DutiesIncluded, nil
	case "statusPageUrl":
		return o.statusPage(args), nil
	case "shippingAddress":
		return o.ShippingAddress.object("MailingAddress"), nil
	case "billingAddress":
		return o.BillingAddress.object("MailingAddress"), nil
	case "shippingLines":
		return o.shippingLines(args)
	case "fulfillments":
		return o.fulfillments(args), nil
	case "refunds":
		return o.refunds(args), nil
	}
	return o.sum(name), nil
}

// sum returns one of the sums of an order.
func (o shown) sum(name string) any {
	part := func(left bool, of func(sums) *big.Rat) any {
		return o.both(func(c conversion) *big.Rat { return of(o.sums(c, left)) })
	}
	switch name {
	case "subtotalPriceSet":
		return part(false, func(s sums) *big.Rat { return s.subtotal })
	case "totalTaxSet":
		return part(false, func(s sums) *big.Rat { return s.tax })
	case "totalPriceSet":
		return o.both(func(c conversion) *big.Rat { return o.total(c, false) })
	case "currentSubtotalPriceSet":
		return part(true, func(s sums) *big.Rat { return s.subtotal })
	case "currentShippingPriceSet":
		return part(true, func(s sums) *big.Rat { return s.shipping })
	case "currentTotalTaxSet":
		return part(true, func(s sums) *big.Rat { return s.tax })
	case "currentTotalPriceSet":
		return o.both(func(c conversion) *big.Rat { return o.total(c, true) })
	}
	if o.Duties == "" {
		return nil
	}
	return part(name == "currentTotalDutiesSet", func(s sums) *big.Rat { return s.duties })
}

// statusPage returns the address of the page that shows the order without a login.
func (o shown) statusPage(args map[string]any) string {
	h := fnv.New64a()
	fmt.Fprint(h, o.ID)
	page := fmt.Sprintf("https://%s/%d/orders/%x/authenticate?key=%x", o.view.Domain, o.view.ShopID, o.ID, h.Sum64())
	if args["notificationUsage"] == "SMS" {
		page += "&utm_medium=sms" // The form of the address is assumed.
	}
	return page
}

func (o shown) shippingLines(args map[string]any) (any, *graphql.Error) {
	if _, fail := object.First(args); fail != nil {
		return nil, fail
	}
	c := object.Connection{Name: "ShippingLineConnection", Nodes: []graphql.Object{}}
	if o.ShippingMethod != "" || o.Shipping != "" {
		c.Nodes = append(c.Nodes, object.Fields{Name: "ShippingLine", Values: map[string]any{
			"title": cmp.Or(o.ShippingMethod, "Shipping"), "discountedPriceSet": o.bag(cmp.Or(o.Shipping, "0.0")),
		}})
	}
	return c, nil
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }
