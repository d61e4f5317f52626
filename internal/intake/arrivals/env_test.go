package arrivals_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/arrivals"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

const shopName = "example.myshopify.com"

// world is what a queue stands between: a shop, Temporal, and what people see.
type world struct {
	mu sync.Mutex
	// orders are those of the shop; atOnce is how many it reads at once.
	orders map[string]*intake.Order
	atOnce int
	// shopAway is the error of all requests to the shop.
	shopAway error
	// unreadable are the errors of single orders.
	unreadable map[string]error
	// searchAway is the error of every search, unlisted are the orders that it does not show, and searchLags how old what it
	// shows is.
	searchAway error
	unlisted   map[string]bool
	searchLags time.Duration

	// rules and paused are those of the settings; deskAway is the error of every request for settings.
	rules    giftcard.Rules
	paused   bool
	deskAway error
	// exists are the orders that have a workflow.
	exists map[string]bool
	// startAway is the error of every start, slow how long a start takes, and startsNow how many run now.
	startAway error
	slow      time.Duration
	startsNow int

	log seen
}

// seen is what a queue has done.
type seen struct {
	// reads are the numbers of each request to the shop, and finds those of each search; asked is how often the settings were read.
	reads [][]string
	finds [][]string
	asked int
	// started are the orders that the queue has started, left those left to people.
	started []arrivals.Order
	left    map[string]giftcard.Reason
	// most is how many starts ran at once.
	most  int
	ended map[arrivals.Result]int
	lost  map[arrivals.Loss]int
	warns []string
}

// seen returns what the queue has done so far. The queue may do more while a test looks at it.
func (w *world) seen() seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.log
	s.reads, s.started, s.warns = slices.Clone(s.reads), slices.Clone(s.started), slices.Clone(s.warns)
	s.finds = slices.Clone(s.finds)
	s.left, s.ended, s.lost = maps.Clone(s.left), maps.Clone(s.ended), maps.Clone(s.lost)
	return s
}

func newWorld() *world {
	return &world{
		orders: map[string]*intake.Order{}, atOnce: 250, unreadable: map[string]error{},
		rules:  giftcard.Rules{SKUs: []string{"GIFT"}, MaxAge: 24 * time.Hour},
		exists: map[string]bool{},
		log: seen{
			left: map[string]giftcard.Reason{}, ended: map[arrivals.Result]int{}, lost: map[arrivals.Loss]int{},
		},
	}
}

func (w *world) options() arrivals.Options {
	return arrivals.Options{Shop: w, Desk: w, Meter: w, Log: w}
}

// place adds an order that a poll would take in, unless the changes say otherwise.
func (w *world) place(number string, changes ...func(*intake.Order)) *intake.Order {
	o := &intake.Order{UpdatedAt: time.Now()}
	o.Order = giftcard.Order{
		ID: number, Name: "#" + number, CreatedAt: time.Now(),
		Lines: []giftcard.Line{{SKU: "GIFT", Units: 1, Price: "50.00", Currency: "USD"}},
	}
	o.Paid = true
	for _, change := range changes {
		change(o)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orders[number] = o
	return o
}

func (w *world) ReadAllFor(_ context.Context, _ giftcard.Rules, numbers []string) (map[string]intake.Lookup, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.reads = append(w.log.reads, slices.Clone(numbers))
	if w.shopAway != nil {
		return nil, w.shopAway
	}
	out := map[string]intake.Lookup{}
	for _, n := range numbers {
		switch o := w.orders[n]; {
		case w.unreadable[n] != nil:
			out[n] = intake.Lookup{Err: w.unreadable[n]}
		case o == nil:
			out[n] = intake.Lookup{Err: intake.ErrNotFound}
		default:
			shown := *o
			out[n] = intake.Lookup{Order: &shown}
		}
	}
	return out, nil
}

func (w *world) AtOnce() int { return w.atOnce }

func (w *world) FindFor(_ context.Context, _ giftcard.Rules, numbers []string) (map[string]*intake.Order, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.finds = append(w.log.finds, slices.Clone(numbers))
	if w.searchAway != nil {
		return nil, w.searchAway
	}
	out := map[string]*intake.Order{}
	for _, n := range numbers {
		if o := w.orders[n]; o != nil && !w.unlisted[n] {
			shown := *o
			shown.UpdatedAt = shown.UpdatedAt.Add(-w.searchLags)
			out[n] = &shown
		}
	}
	return out, nil
}

func (w *world) FindAtOnce() int { return 250 }

func (w *world) Settings(context.Context) (arrivals.Settings, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.asked++
	if w.deskAway != nil {
		return nil, w.deskAway
	}
	return settings{w, w.rules, w.paused}, nil
}

type settings struct {
	w      *world
	rules  giftcard.Rules
	paused bool
}

func (s settings) Paused() bool                     { return s.paused }
func (s settings) Shop() string                     { return shopName }
func (s settings) RulesAt(time.Time) giftcard.Rules { return s.rules }
func (s settings) MatchBy() []string                { return nil }
func (s settings) NeedsAccount(o giftcard.Order) bool {
	return o.HasOtherThan([]string{"LATER"})
}

func (s settings) Start(ctx context.Context, o arrivals.Order) (bool, error) {
	w := s.w
	w.mu.Lock()
	w.startsNow++
	w.log.most = max(w.log.most, w.startsNow)
	slow := w.slow
	w.mu.Unlock()
	if slow > 0 {
		pass(slow)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.startsNow--
	switch {
	case w.startAway != nil:
		return false, w.startAway
	case w.exists[o.ID]:
		return false, ctx.Err()
	}
	w.exists[o.ID] = true
	w.log.started = append(w.log.started, o)
	return true, nil
}

func (s settings) Leave(_ context.Context, o giftcard.Order, reason giftcard.Reason) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.log.left[o.ID] = reason
	return nil
}

func (w *world) Read(int) {}

func (w *world) Ended(r arrivals.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.ended[r]++
}

func (w *world) Lost(why arrivals.Loss, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.lost[why] += n
}

func (w *world) Warn(message string, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.warns = append(w.log.warns, message)
}

func (w *world) Info(string) {}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// hold lets notices queue up, and then lets the queue work.
func (w *world) hold(t *testing.T, take func()) {
	t.Helper()
	w.set(func() { w.deskAway = errAway })
	take()
	w.set(func() { w.deskAway = nil })
	pass(time.Second)
	synctest.Wait()
}

// names are the names of the orders that were started.
func (w *world) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, o := range w.log.started {
		out = append(out, o.Name)
	}
	slices.Sort(out)
	return out
}

// run runs a test in a bubble, with a queue that is running.
func run(t *testing.T, w *world, change func(*arrivals.Options), test func(t *testing.T, q *arrivals.Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := w.options()
		if change != nil {
			change(&o)
		}
		q := arrivals.New(o)
		ctx, cancel := context.WithCancel(t.Context())
		go q.Run(ctx)
		test(t, q)
		cancel()
		synctest.Wait()
	})
}

func notice(number string, skus ...string) webhook.Notice {
	return webhook.Notice{Topic: "orders/create", Order: number, SKUs: skus, LinesKnown: skus != nil}
}

func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

var errAway = errors.New("away")

func throttled() error {
	return &giftcard.Error{Kind: giftcard.RateLimited, Message: "throttled"}
}

func requireStarted(t *testing.T, w *world, n int) {
	t.Helper()
	seen := map[string]bool{}
	for _, name := range w.names() {
		require.False(t, seen[name], "%s was started twice", name)
		seen[name] = true
	}
	require.Len(t, seen, n, fmt.Sprint(w.seen().lost))
}

// pass lets time pass in a bubble, where it takes none.
func pass(d time.Duration) { <-time.After(d) }
