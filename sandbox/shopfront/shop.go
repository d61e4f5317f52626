package shopfront

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
)

// Options are the options of a shop.
type Options struct {
	// Giftbridge is the address of giftbridge's receiver, and Key the shop's key there. Whoever has the key can spend cards, so it
	// stays on this server.
	Giftbridge, Key string
	// Currency is the currency in which the shop sells.
	Currency string
	// Samples returns cards that a visitor may try; it may be nil. No real shop has such a thing.
	Samples func() []Sample
	// Pause is how long the shop waits before it asks again about a payment, by default half a second. It grows.
	Pause time.Duration
}

// Sample is a card to try.
type Sample struct{ Code, Balance string }

// Shop is the server of a shop.
type Shop struct {
	options Options
	client  *shopper.Client
	handler http.Handler

	// jobs settle payments; stop ends them.
	jobs sync.WaitGroup
	ctx  context.Context //nolint:containedctx // It is that of the jobs, which outlive requests.
	stop context.CancelFunc

	mu     sync.Mutex
	orders map[string]*order // by the visitor's cookie
	recent []string
	sold   int
}

// New returns a shop. Close ends it.
func New(o Options) *Shop {
	const pause = 500 * time.Millisecond
	const timeout = 15 * time.Second // giftbridge waits for an issuer for up to 11 seconds before it answers "pending".
	o.Pause = cmp.Or(o.Pause, pause)
	s := &Shop{
		options: o, orders: map[string]*order{},
		client: &shopper.Client{BaseURL: o.Giftbridge, Key: o.Key, HTTP: &http.Client{Timeout: timeout}},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.handler = s.routes()
	return s
}

// Close ends the shop, and what it asks of giftbridge.
func (s *Shop) Close() error {
	s.stop()
	s.jobs.Wait()
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// visit is the name of the cookie that tells visitors apart. It has no meaning but that.
const visit = "shopfront"

// maxOrders limits the memory that visitors can use.
const maxOrders = 1000

// order returns the visitor's order, a new one if there is none.
func (s *Shop) order(w http.ResponseWriter, r *http.Request) *order {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, err := r.Cookie(visit); err == nil && s.orders[c.Value] != nil {
		return s.orders[c.Value]
	}
	id := rand.Text()
	//nolint:gosec // The sandbox has no TLS; a real shop's cookie is Secure.
	http.SetCookie(w, &http.Cookie{Name: visit, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	if len(s.recent) == maxOrders {
		delete(s.orders, s.recent[0])
		s.recent = s.recent[1:]
	}
	s.recent = append(s.recent, id)
	s.orders[id] = s.newOrder(rand.Text())
	return s.orders[id]
}

// newOrder returns an order of what the shop sells. The shop has only this.
func (s *Shop) newOrder(endUser string) *order {
	const first = 2001
	s.sold++
	return &order{
		name: fmt.Sprintf("#%d", first+s.sold-1), currency: s.options.Currency, endUser: endUser, changed: make(chan struct{}),
		items: []Item{{"Coffee grinder", 4900}, {"Two cups", 3100}},
	}
}

// again gives the visitor a new order.
func (s *Shop) again(r *http.Request, old *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, err := r.Cookie(visit); err == nil && s.orders[c.Value] == old {
		s.orders[c.Value] = s.newOrder(old.endUser)
	}
}

// settle has a job ask giftbridge until nothing is open about an order. A page that is closed does not end it. The caller holds
// the order's lock.
func (s *Shop) settle(o *order) {
	if o.settling {
		return
	}
	o.settling = true
	s.jobs.Go(func() {
		const longest = 30 * time.Second
		pause := s.options.Pause
		for ask := o.next(); ask != nil; ask = o.next() {
			wait, nothing := o.learn(ask(s.ctx, s.client))
			if !nothing {
				pause = s.options.Pause
				continue
			}
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(max(wait, pause)):
			}
			pause = min(2*pause, longest)
		}
	})
}

// patience is how long a browser waits for the first news of a payment before it gets a page that waits.
const patience = time.Second

// news waits for news of an order, for a moment.
func (o *order) news(ctx context.Context) {
	o.mu.Lock()
	changed, still := o.changed, o.settling
	o.mu.Unlock()
	if !still {
		return
	}
	select {
	case <-changed:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}

// pay begins a payment with a gift card. Whoever presses the button twice has one payment: there is one at a time, and its key
// exists before anything is sent.
func (s *Shop) pay(r *http.Request, o *order) {
	o.mu.Lock()
	defer o.news(r.Context())
	defer o.mu.Unlock()
	if !o.open() || !o.enter(r) {
		return
	}
	amount := o.total()
	if agreed := r.PostFormValue("amount"); agreed != "" {
		// The shopper agreed to this amount, so it is this amount or none.
		var err error
		if amount, err = parseCents(agreed); err != nil || amount <= 0 || amount > o.total() {
			return
		}
	}
	o.notice, o.offer = notice{}, 0
	o.payment = newPayment(shopper.Purchase{
		Code: o.code, Amount: amount.String(), Currency: o.currency, Order: o.name, EndUser: o.endUser,
	})
	s.settle(o)
}

// enter takes in the code that the form has. A form without a field for it is about the code that is known.
func (o *order) enter(r *http.Request) bool {
	if typed, ok := r.PostForm["code"]; ok {
		o.code = strings.Join(strings.Fields(typed[0]), "") // Cards show their codes in groups.
	}
	if o.code == "" {
		o.notice, o.offer = notice{Text: "Enter the code of a gift card.", Bad: true, AtField: true}, 0
	}
	return o.code != ""
}

// balance shows what is on a card.
func (s *Shop) balance(r *http.Request, o *order) {
	o.mu.Lock()
	ask := o.open() && o.enter(r)
	code := o.code
	o.mu.Unlock()
	if !ask {
		return
	}
	found, err := s.client.Balance(r.Context(), code, o.endUser)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.open() || o.code != code:
	case err == nil:
		o.show(found)
	default:
		o.refuse(cmp.Or(shopper.ProblemOf(err), &shopper.Problem{}))
	}
}

// another pays another way what no card pays. A real shop asks its payment provider here, and cancels what the card paid if that
// fails.
func (s *Shop) another(_ *http.Request, o *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now, _ := o.standing(); now == choosing || now == partPaid {
		o.rest, o.code, o.notice, o.offer = true, "", notice{}, 0
	}
}

// cancel cancels an order. What was taken off the card, or will have been, is given back.
func (s *Shop) cancel(r *http.Request, o *order) {
	o.mu.Lock()
	defer o.news(r.Context())
	defer o.mu.Unlock()
	if o.canceled {
		return
	}
	o.canceled, o.notice, o.offer = true, notice{}, 0
	if o.payment != nil {
		s.settle(o)
	} else {
		o.code = ""
	}
}

// remove removes a line of the cart, unless it is the last one.
func (s *Shop) remove(r *http.Request, o *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, err := strconv.Atoi(r.PostFormValue("item"))
	if err == nil && o.open() && len(o.items) > 1 && i >= 0 && i < len(o.items) {
		o.items = slices.Delete(o.items, i, i+1)
		o.notice, o.offer = notice{}, 0
	}
}

// try enters the code of a card to try.
func (s *Shop) try(r *http.Request, o *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open() && o.enter(r) {
		o.notice, o.offer = notice{Text: "The code is in the field below."}, 0
	}
}
