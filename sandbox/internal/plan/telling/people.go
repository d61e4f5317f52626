package telling

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// number returns the mobile number of the nth customer, and how people may write it.
func number(n int) (e164, written string) {
	const room = 10_000
	e164 = fmt.Sprintf("+1415%03d%04d", 555+n/room, n%room)
	switch n % 3 {
	case 0:
		return e164, e164
	case 1:
		return e164, fmt.Sprintf("(415) %03d-%04d", 555+n/room, n%room)
	}
	return e164, fmt.Sprintf(" 415.%03d.%04d ", 555+n/room, n%room)
}

func home(n int) *shopifytest.Address {
	return &shopifytest.Address{
		Name: fmt.Sprintf("Buyer %d", n), Address1: fmt.Sprintf("%d Taylor Street", n), City: "San Francisco", Province: "CA", Zip: "94133",
		Country: "US",
	}
}

// homeAbroad returns an address without a state.
func homeAbroad(n int) *shopifytest.Address {
	return &shopifytest.Address{
		Name: fmt.Sprintf("Buyer %d", n), Address1: fmt.Sprintf("Marktplatz %d", n), City: "Jena", Zip: "07743", Country: "DE",
	}
}

// turn is the number of customers after which their habits repeat, and subscribing that for what the service knows of them.
const (
	turn        = 10
	subscribing = 11
)

// customer gives the nth order of a run a customer: the number is with the order, with its address, or in the account alone, or it
// is none.
func customer(o *shopifytest.Order, n int) Person {
	for i := range o.Lines { // A text names lines by their names alone.
		o.Lines[i].Title = fmt.Sprintf("%s %d", o.Lines[i].Title, i+1)
	}
	o.ShippingAddress, o.ShippingMethod = home(n), "UPS"
	o.Payments = []shopifytest.Payment{{Company: "Visa", Number: "•••• •••• •••• 4242"}}
	e164, written := number(n)
	p := Person{Number: e164}
	switch n % turn {
	case 5, 6:
		o.ShippingAddress.Phone = written
	case 7:
		if o.Customer != nil {
			o.Customer.Phone, o.Customer.Consent = e164, "SUBSCRIBED"
			return Person{Why: NoConsent}
		}
		return Person{Why: NoPhone}
	case 4, 8:
		return without(o, 2*(n/turn)+n%turn/8)
	case 9:
		o.ShippingAddress, p.Abroad = homeAbroad(n), true
		o.Phone = e164
	default:
		o.Phone = written
	}
	switch n % subscribing {
	case 3:
		p.Unsubscribed = true
	case 1, 5, 8:
		p.Unreachable = true
	}
	return p
}

// without gives an order no number that a text can go to.
func without(o *shopifytest.Order, n int) Person {
	switch n % 3 {
	case 0:
		return Person{Why: NoPhone}
	case 1:
		o.Phone = "12345"
		return Person{Why: BadPhone}
	}
	o.Phone, o.ShippingAddress = "+49 3641 1234567", homeAbroad(n)
	return Person{Why: Landline}
}

// firstBuyer is beyond the numbers of all other customers.
const firstBuyer = 30_000

// buyer gives the nth order of ordinary goods a customer. Some stop messages between two changes of their orders.
func buyer(o *Order, n int) Person {
	// Each script has another habit in each round.
	const habits, shift = 9, 2
	round := n / len(scripts)
	e164, written := number(firstBuyer + n)
	o.Order.ShippingAddress, o.Order.ShippingMethod, o.Order.Phone = home(firstBuyer+n), "UPS", written
	p := Person{Number: e164}
	switch (n%len(scripts) + shift*round) % habits {
	case 0, 3, 6:
		p.Leaves = o.lastTold().At - leavesBefore
	case 5:
		o.Order.ShippingAddress, p.Abroad, o.Order.Phone = homeAbroad(n), true, e164
	case 7:
		o.Order.Phone = ""
		o.Order.Customer.Phone, o.Order.Customer.Consent = e164, "SUBSCRIBED"
		return Person{Why: NoConsent}
	}
	return p
}
