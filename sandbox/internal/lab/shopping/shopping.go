// Package shopping runs shoppers who spend cards beside the faults of a laboratory, and compares their books.
package shopping

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/leaks"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
	"github.com/giftbridge/giftbridge/sandbox/internal/crowd"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
	"github.com/giftbridge/giftbridge/sandbox/internal/resolver"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Options are what shoppers need.
type Options struct {
	// Plan is what they do.
	Plan    plan.Shopping
	Control storm.Control
	// Operator finds unknown redemptions, which a person resolves once nothing has happened for the time Quiet.
	Operator *operator.Operator
	Quiet    time.Duration
	// Receivers are the ports of the receivers, and Key is the shop's key.
	Receivers []int
	Key       string
	Say       output.Say
}

// Checkout is the shoppers who spend cards, and the person who finds out what has become of unknown redemptions.
type Checkout struct {
	Options

	crowd  *crowd.Crowd
	person resolver.Spends
	tally  spends.Tally
	closed bool
}

// New prepares the shoppers, who ask the receivers themselves.
func New(ctx context.Context, o Options) (*Checkout, error) {
	c := &Checkout{Options: o}
	cards, err := c.cards(ctx)
	if err != nil {
		return nil, err
	}
	var codes, receivers []string
	for _, card := range cards {
		codes = append(codes, card.Barcode)
	}
	for _, port := range o.Receivers {
		receivers = append(receivers, "http://"+site.Loopback(port))
	}
	c.crowd = crowd.New(crowd.Options{
		Shopping: o.Plan, Codes: codes, Receivers: receivers, Key: o.Key,
		Later: o.Control.Later, Name: strings.ToLower(rand.Text()),
	})
	c.person = resolver.Spends{Operator: o.Operator, Control: o.Control, Quiet: o.Quiet}
	return c, nil
}

// cards returns the cards in the issuer's ledger that are spent.
func (c *Checkout) cards(ctx context.Context) ([]spends.Card, error) {
	var all []spends.Card
	if err := storm.Send(ctx, http.MethodGet, c.Control.Later+"cards", nil, &all); err != nil {
		return nil, err
	}
	// A forger of cards may have made some, which were never worth anything.
	return slices.DeleteFunc(all, func(card spends.Card) bool {
		return card.ItemCode != scenario.SpentItem().Code || len(card.Movements) == 0
	}), nil
}

// Run has the shoppers spend, and returns when they are done.
func (c *Checkout) Run(ctx context.Context) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	var watching sync.WaitGroup
	watching.Go(func() { c.person.Watch(ctx) })
	c.crowd.Run(ctx)
	done()
	watching.Wait()
}

// unseenFor is longer than the issuer hides what it has done.
const unseenFor = 5 * time.Second

// Close compares the books, once the shoppers are done.
func (c *Checkout) Close(ctx context.Context) error {
	shown, err := c.person.Finish(ctx)
	if err != nil {
		return err
	}
	books, err := c.crowd.Books(ctx)
	if err != nil {
		return err
	}
	if books.Cards, err = c.cards(ctx); err != nil {
		return err
	}
	books.Shown, books.Unseen = shown, unseenFor
	c.tally, c.closed = books.Judge(), true
	c.Say("the shoppers are done: %d redemptions with %d keys", c.tally.Redemptions, c.tally.Keys)
	return nil
}

// Report adds what became of the shoppers' plan. The logs are of the processes that are handed secrets: those of the shop.
func (c *Checkout) Report(ctx context.Context, r *report.Report, logs ...string) error {
	r.Shoppers, r.Tally, r.Shopping = c.Plan.Shoppers, c.tally, c.crowd.Did()
	if !c.closed {
		r.Problem("the shoppers did not come to an end, and their books were not compared")
	}
	var befallen map[plan.What]int
	if err := storm.Send(ctx, http.MethodGet, c.Control.Later+"spends-befallen", nil, &befallen); err != nil {
		return err
	}
	maps.Copy(r.Shopping, befallen)
	unknown, resolved := c.person.Seen()
	r.RedemptionsResolved = resolved
	maps.Copy(r.Shopping, map[plan.What]int{
		happenings.RedemptionSucceeded: c.tally.Succeeded + c.tally.Reversed, happenings.RedemptionReversed: c.tally.Reversed,
		happenings.RedemptionInsufficient: c.tally.Insufficient, happenings.RedemptionBusy: c.tally.Busy, happenings.RedemptionUnknown: unknown,
	})
	minimal := c.Plan.Minimal()
	for _, what := range slices.Sorted(maps.Keys(minimal)) {
		if n := r.Shopping[what]; n < minimal[what] {
			r.NotSeen = append(r.NotSeen, what)
			r.Problem("too little of %s: it has happened %d times, and %d are needed", what, n, minimal[what])
		}
	}
	for _, p := range c.tally.Wrong {
		r.Problem("%s", p)
	}
	found, err := leaks.Find(c.crowd.Secrets(), logs...)
	if err != nil {
		return fmt.Errorf("look for secrets in logs: %w", err)
	}
	for _, where := range found {
		r.Problem("a log holds a secret: %s", where)
	}
	return nil
}
