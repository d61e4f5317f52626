package board

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// State is where an order stands.
type State string

// The states. Of a Waiting order nothing has been seen since it was placed. A LeftOut order is none that polls take in, a
// Left one is left to people, and of a Redacted one the histories were removed.
const (
	Waiting  State = "waiting"
	Running  State = "running"
	Retrying State = "retrying"
	Issued   State = "issued"
	Failed   State = "failed"
	Canceled State = "canceled"
	Left     State = "left to people"
	Settled  State = "settled"
	Redacted State = "redacted"
	LeftOut  State = "left out"
)

// Order is what is known about an order.
type Order struct {
	// ID is the shop's number of the order, and Name its name, such as "#1001".
	ID, Name string
	// Kind says what the customer did; it is empty for an order that was not placed by one of the sandbox's customers.
	Kind string
	// Cards is the number of cards that the order is to become, 0 if it is not known.
	Cards int
	// NoGiftCards reports that polls leave the order out. Intended reports that the order was made to fail.
	NoGiftCards, Intended bool
	// Placed is when it was placed.
	Placed time.Time
	State  State
	// Reason is the kind of failure for which it failed or is retried, or why it is left to people.
	Reason string
	// Attempt and Message are the next attempt of an order that is retried, and the error of the last one.
	Attempt int
	Message string
	// Issued are its cards.
	Issued []Card
	// Link is the address of its workflow in Temporal's Web UI, empty as long as there is none.
	Link string

	// failedFor is the kind of failure of an earlier run.
	failedFor string
	// told is the news that was last returned.
	told string
}

// Card is a card that the issuer has issued.
type Card struct{ AuditNumber, Merchant, Amount, Currency string }

// Sighting is what Temporal knows about an order.
type Sighting struct {
	ID, Name, Link string
	Cards          int
	State          State
	Reason         string
	Attempt        int
	Message        string
	// Brief says that whether a Running order is being retried is not known.
	Brief bool
}

// Look is what one look at the system has found.
type Look struct {
	At time.Time
	// Seen is the time up to which polls have seen all orders.
	Seen      time.Time
	Sightings []Sighting
	// Cards are the cards that were issued since the last look.
	Cards []Card
}

// Board keeps the orders. It may be used by several goroutines.
type Board struct {
	// address returns where the workflow of an order is found, by the shop's number of the order.
	address func(id string) string

	mu     sync.Mutex
	orders map[string]*Order
	ids    []string
}

// New returns an empty board. address returns the address in Temporal's Web UI of the workflow of an order, by the shop's
// number of the order.
func New(address func(id string) string) *Board {
	return &Board{address: address, orders: map[string]*Order{}}
}

// Place adds an order that a customer has placed.
func (b *Board) Place(o Order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.order(o.ID)
	known.Name, known.Kind, known.Cards, known.Placed = o.Name, o.Kind, o.Cards, o.Placed
	known.NoGiftCards, known.Intended = o.NoGiftCards, o.Intended
}

func (b *Board) order(id string) *Order {
	o, ok := b.orders[id]
	if !ok {
		o = &Order{ID: id, State: Waiting}
		b.orders[id] = o
		b.ids = append(b.ids, id)
	}
	return o
}

// Update takes in what a look has found, and returns the orders about which there is something new to tell. An order
// that is being retried is told again when the reason changes, and when its attempts have doubled.
func (b *Board) Update(l Look) []Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range l.Cards {
		o := b.order(OrderOf(c.AuditNumber))
		o.Issued = append(o.Issued, c)
		// An order that has completed is not among the sightings, and need not have been before.
		o.Link = cmp.Or(o.Link, b.address(o.ID))
	}
	for _, s := range l.Sightings {
		b.order(s.ID).see(s)
	}
	var news []Order
	for _, id := range b.ids {
		o := b.orders[id]
		o.settle(l)
		if now := o.news(l.At); now != "" && now != o.told {
			o.told = now
			news = append(news, o.clone())
		}
	}
	return news
}

// OrderOf returns the shop's number of the order of a card, which is in the audit number between a prefix of letters and
// a dash.
func OrderOf(auditNumber string) string {
	number, _, _ := strings.Cut(auditNumber, "-")
	return strings.TrimLeftFunc(number, func(r rune) bool { return !unicode.IsDigit(r) })
}

// see takes in a sighting. Visibility lags, so it may be about the past of an order whose cards exist. Nothing follows
// after an order was redacted.
func (o *Order) see(s Sighting) {
	o.Name, o.Link = cmp.Or(o.Name, s.Name), cmp.Or(s.Link, o.Link)
	o.Cards = cmp.Or(o.Cards, s.Cards)
	if o.State == Redacted || (o.State == Issued && s.State != Redacted) || (s.Brief && o.State == Retrying) {
		return
	}
	if o.State == Failed && s.State != Failed {
		o.failedFor = o.Reason
	}
	o.State, o.Reason, o.Attempt, o.Message = s.State, s.Reason, s.Attempt, s.Message
}

// slack is how much later than an order a poll must have looked for an order to be left out. By then, the workflow of an
// order that is left to people can be seen.
const slack = 3 * time.Second

// settle decides what follows from the cards and from the polls.
func (o *Order) settle(l Look) {
	switch o.State {
	case Waiting, Running, Retrying, Failed:
		if len(o.Issued) > 0 && len(o.Issued) >= o.Cards {
			if o.State == Failed {
				o.failedFor = o.Reason
			}
			o.State, o.Reason, o.Attempt, o.Message = Issued, "", 0, ""
			return
		}
		if o.State == Waiting && o.NoGiftCards && l.Seen.After(o.Placed.Add(slack)) {
			o.State = LeftOut
		}
	}
}

// patience is how long an order may wait until that is news.
const patience = 15 * time.Second

// news identifies what there is to tell about an order; it is empty if there is nothing.
func (o *Order) news(now time.Time) string {
	switch o.State {
	case Running:
		return ""
	case Waiting:
		if now.Sub(o.Placed) < patience || o.Placed.IsZero() {
			return ""
		}
		return string(Waiting)
	case Retrying:
		return fmt.Sprint(Retrying, o.Reason, bits.Len(uint(max(o.Attempt, 0))))
	}
	return string(o.State) + o.Reason
}

func (o *Order) clone() Order {
	out := *o
	out.Issued = slices.Clone(o.Issued)
	return out
}

// Counts are the numbers of orders by state.
type Counts struct {
	Placed int `json:"orders_placed"`
	// Issued includes the redacted orders that have cards.
	Issued int `json:"orders_issued"`
	// Failed includes canceled orders.
	Failed int `json:"orders_failed"`
	// Waiting includes the orders that are Retrying.
	Waiting  int `json:"orders_waiting"`
	Retrying int `json:"orders_retrying"`
	// LeftOut includes orders that are left to people or settled, and the redacted ones without cards.
	LeftOut int `json:"orders_left_out"`
	Cards   int `json:"cards_issued"`
}

// Counts counts the orders.
func (b *Board) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := Counts{Placed: len(b.ids)}
	for _, o := range b.orders {
		c.Cards += len(o.Issued)
		switch o.State {
		case Issued:
			c.Issued++
		case Redacted:
			if len(o.Issued) > 0 {
				c.Issued++
			} else {
				c.LeftOut++
			}
		case Failed, Canceled:
			c.Failed++
		case Left, Settled, LeftOut:
			c.LeftOut++
		case Retrying:
			c.Retrying++
			c.Waiting++
		default:
			c.Waiting++
		}
	}
	return c
}

// Latest returns the most recent n orders, newest first.
func (b *Board) Latest(n int) []Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Order{}
	for _, id := range slices.Backward(b.ids) {
		if len(out) == n {
			break
		}
		out = append(out, b.orders[id].clone())
	}
	return out
}

// Link returns the address in the Web UI of the order whose name without # or whose number is given.
func (b *Board) Link(order string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.ids {
		if o := b.orders[id]; id == order || strings.TrimPrefix(o.Name, "#") == order {
			return o.Link
		}
	}
	return ""
}
