package adminapi

import (
	"context"
	"sync"
	"time"
)

// maxPace is the longest time that a query waits for points. Another client that shares the bucket may have taken more
// than expected; beyond this time it is better to ask Shopify.
const maxPace = 10 * time.Second

// pace delays a query until the bucket should hold the points that it requests. Otherwise Shopify would refuse the
// query, and a large window would cost one attempt, with its backoff, for every few pages.
type pace struct {
	now func() time.Time
	// keep is the share of the bucket that is left to other clients.
	keep float64

	mu sync.Mutex
	// last is the cost in the latest response; at is the time of that response.
	last Cost
	at   time.Time
	// requested is the requested cost of each operation. Unlike the actual cost, it is fixed by the query and its
	// number of ids.
	requested map[string]float64
}

func newPace(keep float64) *pace {
	return &pace{now: time.Now, keep: keep, requested: map[string]float64{}}
}

// wait blocks until the operation may run or ctx ends.
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
	if expected.Requested > 0 { // A full bucket is enough for any query that it can hold.
		expected.Requested = max(expected.Requested, min(expected.Requested+p.keep*expected.Maximum, expected.Maximum))
	}
	return min(expected.wait(), maxPace)
}

// note records the cost in a response.
func (p *pace) note(op string, c Cost) {
	if c == (Cost{}) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at = c, p.now()
	p.requested[op] = c.Requested
}
