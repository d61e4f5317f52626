package simulator

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Draws decides which requests fail. F is a kind of fault that a simulator defines. A queued fault happens to the next
// requests that it applies to; the other requests fail at random. It is safe for concurrent use.
type Draws[F any] struct {
	mu     sync.Mutex
	queue  []queued[F]
	shares []Share[F]
	random *rand.Rand
}

// Share is a fault that happens to a share of the requests. A Rate of 1 means all of them.
type Share[F any] struct {
	Fault F
	Rate  float64
}

type queued[F any] struct {
	fault F
	times int
}

// NewDraws returns draws without faults. The same seed reproduces them for sequential requests.
func NewDraws[F any](seed uint64) *Draws[F] {
	d := &Draws[F]{}
	d.Seed(seed)
	return d
}

// Seed makes the random draws start again.
func (d *Draws[F]) Seed(seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.random = rand.New(rand.NewPCG(seed, 0))
}

// Queue queues a fault for a number of requests, at least one.
func (d *Draws[F]) Queue(fault F, times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, queued[F]{fault, max(times, 1)})
}

// SetShares replaces the faults that happen at random. Each is drawn for itself, in the given order.
func (d *Draws[F]) SetShares(shares ...Share[F]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shares = slices.Clone(shares)
}

// Clear removes the queued and the random faults.
func (d *Draws[F]) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue, d.shares = nil, nil
}

// Draw returns the fault of a request, if any. Applies reports whether a fault can happen to this request; nil means
// that each can.
func (d *Draws[F]) Draw(applies func(F) bool) (fault F, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.queue {
		q := &d.queue[i]
		if applies != nil && !applies(q.fault) {
			continue
		}
		fault = q.fault
		if q.times--; q.times == 0 {
			d.queue = slices.Delete(d.queue, i, i+1)
		}
		return fault, true
	}
	for _, s := range d.shares {
		if (applies == nil || applies(s.Fault)) && d.random.Float64() < s.Rate {
			return s.Fault, true
		}
	}
	return fault, false
}
