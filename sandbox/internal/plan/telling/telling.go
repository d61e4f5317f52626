// Package telling says which customers are told about their orders in a run of the laboratory, and what happens to these orders: they
// leave in parcels, are edited, given back and cancelled, and products sell out and return.
package telling

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// Telling is what customers are told about in a run. Without people, nobody is told anything.
type Telling struct {
	// People are who placed the orders, by the shop's ID of the order.
	People map[int64]Person
	// Orders are of ordinary goods, in the order of their times.
	Orders []Order
	// Products are those that sell out and return.
	Products []Product
	// Refusals are when the service refuses everybody, in the order of their times.
	Refusals []Refusal
}

// On reports whether anybody is told anything.
func (t Telling) On() bool { return len(t.People) > 0 }

// String describes it in a few words.
func (t Telling) String() string {
	if !t.On() {
		return "no messages"
	}
	return fmt.Sprintf("messages to %d customers, of whom %d bought ordinary goods", len(t.People), len(t.Orders))
}

// Enough reports whether there are enough people for each trouble to befall some of them for certain.
func (t Telling) Enough() bool { return len(t.People) >= enough }

// enough is the number of people in a run of the usual size.
const enough = 180

// Reason is why no message about an order can reach its customer, in the words of docs/messages.md.
type Reason string

// The reasons.
const (
	NoPhone   Reason = "no_phone"
	BadPhone  Reason = "bad_phone"
	Landline  Reason = "not_mobile"
	NoConsent Reason = "no_consent"
)

// Person is who placed an order.
type Person struct {
	// Number is the only one that messages may go to, in E.164 form; empty if there is none. Why says why not then.
	Number string
	Why    Reason
	// Unsubscribed is set if the person wanted no messages before the run, and Unreachable if the service cannot reach the number.
	Unsubscribed, Unreachable bool
	// Leaves is when the person stops messages; zero if that does not happen.
	Leaves time.Duration
	// Abroad is set if the address does not fit into a structure, so that all messages are texts.
	Abroad bool
}

// Order is an order of ordinary goods, and what happens to it.
type Order struct {
	At     time.Duration
	Script Script
	Order  shopifytest.Order
	Steps  []Step
}

// Step is a change of an order: a request to the control routes of the shop.
type Step struct {
	At            time.Duration
	Change        Change
	Method, Route string
	Body          any
}

// Change is what a step changes.
type Change string

// The changes.
const (
	Paid       Change = "paid"
	Sent       Change = "sent"
	Tracked    Change = "tracked"
	Delivered  Change = "delivered"
	TakenBack  Change = "taken_back"
	Quantities Change = "quantities"
	Added      Change = "added"
	MoneyBack  Change = "money_back"
	Cancelled  Change = "cancelled"
)

// Product is a product that sells out and returns.
type Product struct {
	Variant shopifytest.Variant
	// Returns are when it returns. It sells out before each of them, and stays if Stays is set, or else sells out at once.
	Returns []time.Duration
	Stays   bool
	// Notices reports whether those who asked for it must be told.
	Notices bool
}

// Refusal is a time in which the service refuses all requests.
type Refusal struct {
	At, For time.Duration
	// Account is set if it refuses the account, and not the token.
	Account bool
}

// New returns what is told in a run of a length with a seed. The orders are those of the run, without those of ordinary goods: they
// get people, addresses and numbers, and are not changed otherwise.
func New(seed uint64, orders []*shopifytest.Order, length time.Duration) Telling {
	random := rand.New(rand.NewPCG(seed, 0x74656c6c))
	t := Telling{People: map[int64]Person{}}
	for i, o := range orders {
		t.People[o.ID] = customer(o, i)
	}
	rounds := max(1, (len(orders)+perRound/2)/perRound)
	for i := range rounds * len(scripts) {
		o := goods(random, i, length)
		t.People[o.Order.ID] = buyer(&o, i)
		t.Orders = append(t.Orders, o)
	}
	slices.SortStableFunc(t.Orders, func(a, b Order) int { return cmp.Compare(a.At, b.At) })
	t.Products = products(random, length)
	const percent = 100
	for i, at := range []time.Duration{24, 47} {
		t.Refusals = append(t.Refusals, Refusal{At: length * at / percent, For: length * 6 / percent, Account: i == 1})
	}
	return t
}

// perRound is the number of other orders for each round of orders of ordinary goods, in which each script comes once.
const perRound = 40

// between returns a random time in [from, to).
func between(random *rand.Rand, from, to time.Duration) time.Duration {
	span := int64((to - from) / time.Millisecond)
	return from + time.Duration(random.Int64N(max(span, 1)))*time.Millisecond
}
