// Package plan decides everything about a run of the fault laboratory that is random: which orders customers place, what
// happens to the system, and when. A [Plan] is a function of a seed.
package plan

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/relaying"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Plan is everything about a run that is decided at random.
type Plan struct {
	Seed uint64
	// Length is how long orders are placed and faults happen.
	Length time.Duration
	// ClockOffset is how far the shop's clock is ahead of all other clocks; negative if it is behind.
	ClockOffset time.Duration
	// MaxRPS is the issuer's rate limit that the workers observe; 0 means none.
	MaxRPS float64
	Orders []Order
	// Events are ordered by time.
	Events []Event
	// Webhooks is what becomes of the shop's webhooks, and Deliveries what befalls them.
	Webhooks   Webhooks
	Deliveries deliveries.Deliveries
	// Later is the issuer that makes cards later.
	Later Later
	// Shopping is what is spent from cards.
	Shopping Shopping
	// Telling is what customers are told.
	Telling telling.Telling
	// Relaying is what becomes of the ERP that takes the shop's events.
	Relaying relaying.Relaying
}

// Limits of a plan.
const (
	MinLength = 15 * time.Second
	MaxLength = 24 * time.Hour
	MaxOrders = 20_000
)

// New returns the plan of a seed, without webhooks. The same arguments give the same plan.
func New(seed uint64, orders int, length time.Duration) Plan {
	random := rand.New(rand.NewPCG(seed, 0x6c6162))
	p := Plan{Seed: seed, Length: length, Webhooks: WebhooksOff}.WithLater(true, false)
	switch random.IntN(8) {
	case 0:
		p.ClockOffset = time.Duration(60+random.IntN(180)) * time.Second
	case 1, 2:
		p.ClockOffset = time.Duration(3+random.IntN(17)) * time.Second
	case 3, 4:
		p.ClockOffset = -time.Duration(2+random.IntN(7)) * time.Second
	}
	if random.IntN(3) == 0 {
		p.MaxRPS = 20
	}
	p.Orders = newOrders(random, orders, length)
	p.Events = newEvents(random, p)
	return p
}

// FarAhead reports whether the shop's clock is so far ahead that the schedule's polls see orders too late for a short
// run. Manual polls then find the orders.
func (p Plan) FarAhead() bool { return p.ClockOffset > 30*time.Second }

// Units returns the number of cards that the plan's orders should become.
func (p Plan) Units() int {
	n := 0
	for _, o := range p.Orders {
		if o.Kind.Issued() {
			n += o.units()
		}
	}
	return n
}

// Promised counts the planned events by name.
func (p Plan) Promised() map[What]int {
	counts := map[What]int{}
	for _, e := range p.Events {
		counts[e.What]++
	}
	return counts
}

// Print writes the plan in readable form.
func (p Plan) Print(w io.Writer) error {
	kinds := map[scenario.Kind]int{}
	for _, o := range p.Orders {
		kinds[o.Kind]++
	}
	_, err := fmt.Fprintf(w, "seed %d: %s of %d orders, %d units to be issued, and %d faults; the shop's clock is %s%s; webhooks %s; %s; %s; %s; %s\n",
		p.Seed, p.Length, len(p.Orders), p.Units(), len(p.Events), describeOffset(p.ClockOffset), describeLimit(p.MaxRPS),
		p.describeWebhooks(), p.Later, p.Shopping, p.Telling, p.Relaying)
	for _, k := range slices.Concat(scenario.Kinds(), scenario.LaterKinds()) {
		if err == nil && kinds[k] > 0 {
			_, err = fmt.Fprintf(w, "  %4d orders  %s\n", kinds[k], k)
		}
	}
	for _, e := range p.Events {
		if err == nil {
			_, err = fmt.Fprintf(w, "%7.1fs  %s\n", e.At.Seconds(), e)
		}
	}
	return err
}

func describeOffset(d time.Duration) string {
	switch {
	case d > 0:
		return d.String() + " ahead"
	case d < 0:
		return (-d).String() + " behind"
	}
	return "right"
}

func describeLimit(rps float64) string {
	if rps == 0 {
		return ""
	}
	return fmt.Sprintf("; at most %g requests a second to the issuer", rps)
}

// between returns a random time in [from, to).
func between(random *rand.Rand, from, to time.Duration) time.Duration {
	// Milliseconds are precise enough.
	span := int64((to - from) / time.Millisecond)
	return from + time.Duration(random.Int64N(max(span, 1)))*time.Millisecond
}

func sortByTime(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
}
