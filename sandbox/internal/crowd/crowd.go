// Package crowd plays shoppers who spend a few cards at the same time, as a plan says: they pay, ask again with the same key,
// lose requests and answers, have what was taken given back, and look. It keeps their books: with each key, what they asked for
// and what they were answered.
package crowd

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
)

// Options configure a crowd. All are needed.
type Options struct {
	Shopping plan.Shopping
	// Codes are the codes of the cards.
	Codes []string
	// Receivers are the addresses of the receivers. Shoppers ask them in turn.
	Receivers []string
	// Key is the bearer key of the shop.
	Key string
	// Later controls the issuer of the cards.
	Later string
	// Name distinguishes the keys of this crowd from all others.
	Name string
}

// Crowd are the shoppers. It is safe for concurrent use.
type Crowd struct {
	options Options
	client  *http.Client
	next    atomic.Uint64
	keys    atomic.Uint64

	mu       sync.Mutex
	books    []*spends.Key
	statuses map[int]int
	mute     int
	tills    map[string]int64
	did      map[plan.What]int
}

// timeout is longer than a checkout takes to answer.
const timeout = 15 * time.Second

// New returns a crowd that has not asked for anything.
func New(o Options) *Crowd {
	c := &Crowd{options: o, statuses: map[int]int{}, tills: map[string]int64{}, did: map[plan.What]int{}}
	c.client = &http.Client{Timeout: timeout, Transport: &network{real: &http.Transport{}}}
	return c
}

// Run has all shoppers do what they plan, and tills of other shops spend meanwhile. It returns when every shopper knows what
// has become of each payment, or a person has to find out. Each shopper does one thing after the other.
func (c *Crowd) Run(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	began := time.Now()
	visits := map[int][]plan.Visit{}
	for _, v := range c.options.Shopping.Visits {
		visits[v.Shopper] = append(visits[v.Shopper], v)
	}
	var all sync.WaitGroup
	for _, n := range slices.Sorted(maps.Keys(visits)) {
		all.Go(func() {
			for _, v := range visits[n] {
				wait(ctx, time.Until(began.Add(v.At)))
				if ctx.Err() == nil {
					c.visit(ctx, v)
				}
			}
		})
	}
	all.Go(func() {
		for _, t := range c.options.Shopping.Tills {
			wait(ctx, time.Until(began.Add(t.At)))
			c.elsewhere(ctx, t)
		}
	})
	all.Wait()
}

// elsewhere has a till of another shop take an amount. If there is too little on the card, it takes nothing.
func (c *Crowd) elsewhere(ctx context.Context, t plan.Till) {
	code := c.options.Codes[t.Card]
	err := storm.Send(ctx, http.MethodPost, c.options.Later+"till", map[string]string{"barcode": code, "amount": decimal(t.Amount)}, nil)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tills[code] += t.Amount
	c.did[plan.TillElsewhere]++
}

// Did returns what has happened so far, and how often.
func (c *Crowd) Did() map[plan.What]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.did)
}

func (c *Crowd) happened(what plan.What) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.did[what]++
}

// Secrets are what no log may hold: the codes, the shop's key and the idempotency keys, and who the shoppers are.
func (c *Crowd) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	secrets := slices.Concat(c.options.Codes, []string{c.options.Key})
	for _, k := range c.books {
		secrets = append(secrets, k.Name)
	}
	for n := range c.options.Shopping.Shoppers {
		secrets = append(secrets, c.endUser(n))
	}
	return secrets
}

// endUser is who a shopper is, in the words of the shop.
func (c *Crowd) endUser(n int) string { return fmt.Sprintf("%s-shopper-%03d", c.options.Name, n+1) }

// Books returns the books of the shoppers, with what the checkout says in the end of each redemption. It asks until there is an
// answer.
func (c *Crowd) Books(ctx context.Context) (spends.Books, error) {
	c.mu.Lock()
	b := spends.Books{Redemptions: map[string]spends.Redemption{}, Tills: maps.Clone(c.tills)}
	for _, k := range c.books {
		one := *k
		one.Answers = slices.Clone(k.Answers)
		b.Keys = append(b.Keys, one)
	}
	c.mu.Unlock()
	for _, k := range b.Keys {
		for _, a := range k.Answers {
			if _, known := b.Redemptions[a.ID]; known || a.ID == "" {
				continue
			}
			r, ok := c.look(ctx, a.ID)
			if ctx.Err() != nil {
				return b, fmt.Errorf("ask for what has become of redemptions: %w", context.Cause(ctx))
			}
			if ok {
				b.Redemptions[a.ID] = r
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b.Statuses, b.Mute = maps.Clone(c.statuses), c.mute
	return b, nil
}

// look asks what has become of a redemption; false if the checkout does not know it.
func (c *Crowd) look(ctx context.Context, id string) (out spends.Redemption, known bool) {
	r, p := c.insist(ctx, nil, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
		return s.Redemption(ctx, id)
	}, func(spends.Answer) {})
	if r == nil || p != nil {
		return out, false
	}
	out = spends.Redemption{State: r.State, Amount: r.Amount, Taken: r.Taken, AcceptedAt: r.AcceptedAt, SettledAt: r.SettledAt}
	if r.Problem != nil {
		out.Problem = r.Problem.Type
	}
	if r.Reversal != nil {
		out.Reversal = r.Reversal.State
	}
	return out, true
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// decimal returns an amount of hundredths.
func decimal(hundredths int64) string {
	const hundred = 100
	return fmt.Sprintf("%d.%02d", hundredths/hundred, hundredths%hundred)
}
