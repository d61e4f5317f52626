package shopfront

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
)

// Item is a line of the cart.
type Item struct {
	Name  string
	Price Cents
}

// order is what a shopper buys. It is paid with a gift card, another way, or both.
type order struct {
	name, currency, endUser string

	mu    sync.Mutex
	items []Item
	// code is the code that the shopper has entered. It is forgotten once something was taken off the card.
	code string
	// notice is what the shopper is told, and offer what the card could pay of the order, if that is not all of it.
	notice notice
	offer  Cents
	// payment is the payment with the gift card; nil if there is none, and if it was refused.
	payment *payment
	// rest is set if the shopper has paid another way what the card did not.
	rest     bool
	canceled bool
	// settling is set while a job settles the payment. changed is closed at its next news.
	settling bool
	changed  chan struct{}
}

// notice is what a shopper is told. A bad one is about the code of the card, if it is set.
type notice struct {
	Text    string
	Bad     bool
	AtField bool
}

func (o *order) total() (sum Cents) {
	for _, i := range o.items {
		sum += i.Price
	}
	return sum
}

// sum returns an amount with the order's currency.
func (o *order) sum(c Cents) string { return c.String() + " " + o.currency }

// standing is where an order stands. The page shows each of them in its own way.
type standing string

const (
	choosing  standing = "choosing"
	waiting   standing = "waiting"
	unknown   standing = "unknown"
	partPaid  standing = "part_paid"
	paid      standing = "paid"
	canceling standing = "canceling"
	canceled  standing = "canceled"
	kept      standing = "kept"
)

// standing returns where the order stands, and what was taken off the card.
func (o *order) standing() (standing, Cents) {
	p := o.payment
	switch {
	case p == nil && o.canceled:
		return canceled, 0
	case p == nil && o.rest:
		return paid, 0
	case p == nil:
		return choosing, 0
	case p.open() && o.canceled:
		return canceling, 0
	case p.known.State == shopper.Unknown:
		return unknown, 0
	case p.open():
		return waiting, 0
	}
	taken, err := p.taken()
	switch {
	case err != nil:
		return unknown, 0
	case p.known.State == shopper.Reversed:
		return canceled, taken
	case p.kept:
		return kept, taken
	case o.canceled:
		return canceling, taken
	case o.rest || taken >= o.total():
		return paid, taken
	}
	return partPaid, taken
}

// open reports whether the shopper may still choose how to pay.
func (o *order) open() bool {
	now, _ := o.standing()
	return now == choosing
}

// next returns what to ask about the order; nil if nothing is open, and then no job settles it any more.
func (o *order) next() step {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ask step
	if o.payment != nil {
		ask = o.payment.next(o.canceled)
	}
	o.settling = ask != nil
	return ask
}

// learn takes in an answer. It returns how long to wait before the next request, and whether the answer brought nothing new.
func (o *order) learn(r *shopper.Redemption, err error) (wait time.Duration, nothing bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before, _ := o.standing()
	refused, wait := o.payment.learn(r, err)
	if refused != nil {
		o.payment = nil
		o.refuse(refused)
	} else if !o.payment.open() {
		o.code, o.payment.charge.Code = "", ""
	}
	after, _ := o.standing()
	if before == after {
		return wait, true
	}
	close(o.changed)
	o.changed = make(chan struct{})
	return wait, false
}

// refuse tells the shopper why a card was refused, in the shop's own words.
func (o *order) refuse(p *shopper.Problem) {
	o.offer = 0
	o.notice = notice{Text: "Gift cards cannot be taken at the moment. Pay another way, or try again later.", Bad: true}
	switch p.Type {
	case cardNotUsable, invalidRequest:
		o.notice = notice{Text: "This gift card cannot be used. Check its code.", Bad: true, AtField: true}
	case cardExpired:
		o.notice = notice{Text: "This gift card has expired.", Bad: true, AtField: true}
	case currencyMismatch:
		o.notice = notice{Text: "This gift card is not in " + o.currency + ", and the order is.", Bad: true, AtField: true}
	case partialUseNotAllowed:
		o.notice = notice{
			Text: "There is more on this gift card than the order costs, and it can only be spent as a whole.", Bad: true, AtField: true,
		}
	case cardBusy:
		o.notice = notice{Text: "Another payment with this gift card is being made. Try again in a moment.", Bad: true}
	case rateLimited:
		o.notice = notice{Text: fmt.Sprintf("These were too many attempts. Try again in %.0f seconds.", max(1, p.RetryAfter.Seconds())), Bad: true}
	case insufficientBalance:
		available, err := parseCents(p.Available)
		if err != nil {
			available = 0
		}
		o.suggest(available)
	}
}

// suggest tells a shopper that there is less on a card than the order costs.
func (o *order) suggest(available Cents) {
	if available == 0 {
		o.notice = notice{Text: "There is nothing left on this gift card.", Bad: true, AtField: true}
		return
	}
	o.offer = available
	o.notice = notice{Text: "There is less on this gift card than the order costs: " + o.sum(available) + " of " + o.sum(o.total()) + "."}
}

// show tells a shopper what is on a card.
func (o *order) show(b *shopper.Balance) {
	available, err := parseCents(cmp.Or(b.Available, b.Balance))
	o.offer = 0
	switch {
	case err != nil:
		o.refuse(&shopper.Problem{})
	case b.Currency != o.currency:
		o.refuse(&shopper.Problem{Type: currencyMismatch})
	case available < o.total():
		o.suggest(available)
	case available > o.total() && !b.InParts:
		o.refuse(&shopper.Problem{Type: partialUseNotAllowed})
	default:
		o.notice = notice{Text: "There are " + o.sum(available) + " on this gift card."}
	}
}
