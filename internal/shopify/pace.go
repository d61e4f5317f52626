package shopify

import (
	"context"
	"sync"
	"time"
)

// maxPace bounds how long a query waits for points. Who shares the bucket may have taken more than expected, and then
// Shopify is better asked.
const maxPace = 10 * time.Second

// pace lets a query wait until the bucket holds what it asks for. Shopify would refuse it: a large window then costs an
// attempt, and its back-off, for every few pages.
type pace struct {
	now func() time.Time

	mu sync.Mutex
	// last is what the last answer said, and at is when.
	last Cost
	at   time.Time
	// requested is what each operation asked for. That is fixed by the query and the number of its ids, unlike what it takes.
	requested map[string]float64
}

func newPace() *pace { return &pace{now: time.Now, requested: map[string]float64{}} }

// wait returns when it is the operation's turn, or when ctx ends.
func (p *pace) wait(ctx context.Context, op string) error {
	d := p.delay(op)
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pace) delay(op string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	expected := p.last
	expected.Requested = p.requested[op]
	expected.Available = min(expected.Maximum, expected.Available+expected.RestoreRate*p.now().Sub(p.at).Seconds())
	return min(expected.wait(), maxPace)
}

// note learns from an answer.
func (p *pace) note(op string, c Cost) {
	if c == (Cost{}) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at = c, p.now()
	p.requested[op] = c.Requested
}
