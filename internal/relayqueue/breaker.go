package relayqueue

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// failuresInRow is the number of attempts in a row, at different resources, after which an endpoint counts as away.
	failuresInRow = 5
	// lookEvery is how often a worker looks whether an endpoint that takes events is still slowed down, and at most whether one that
	// fails still is.
	lookEvery = 10 * time.Second
)

// Control is what a [Breaker] needs of [Queues].
type Control interface {
	Status(ctx context.Context, endpoint string) (Status, error)
	Probe(ctx context.Context, endpoint, reason string) error
	Pause(ctx context.Context, endpoint, reason string) error
	Resume(ctx context.Context, endpoint, reason string) error
}

// Breaker slows an endpoint down that fails, and lets it go again as soon as it takes an event. Its memory is that of one worker.
// What it decides is kept by Temporal, so that any worker takes it back. It never changes what a person has paused.
type Breaker struct {
	control Control
	now     func() time.Time
	warn    func(message string, err error)

	mu        sync.Mutex
	endpoints map[string]*line
}

// line is what a worker knows of an endpoint.
type line struct {
	// failed are the resources at which attempts have failed since the last success, or since the endpoint was slowed down.
	failed map[string]bool
	slow   bool
	// looked is when a success led to the last look, and slowed when failures did.
	looked, slowed time.Time
}

// NewBreaker returns a breaker. warn is told of what could not be changed; the next attempt tries again.
func NewBreaker(control Control, now func() time.Time, warn func(message string, err error)) *Breaker {
	return &Breaker{control: control, now: now, warn: warn, endpoints: map[string]*line{}}
}

func (b *Breaker) of(endpoint string) *line {
	l := b.endpoints[endpoint]
	if l == nil {
		l = &line{failed: map[string]bool{}}
		b.endpoints[endpoint] = l
	}
	return l
}

// Succeeded implements the relay's flow: an endpoint that is slowed down goes on.
func (b *Breaker) Succeeded(ctx context.Context, endpoint string) {
	b.mu.Lock()
	l := b.of(endpoint)
	clear(l.failed)
	// Another worker may have slowed it down.
	look := l.slow || b.now().Sub(l.looked) >= lookEvery
	if look {
		l.looked = b.now()
	}
	b.mu.Unlock()
	if !look {
		return
	}
	status, err := b.control.Status(ctx, endpoint)
	if err == nil && status.State == Probing {
		err = b.control.Resume(ctx, endpoint, "the endpoint takes events again")
	}
	if err != nil {
		b.warn("an endpoint that takes events again may still get few", err)
		return
	}
	b.mu.Lock()
	l.slow = false
	b.mu.Unlock()
}

// Failed implements the relay's flow: an endpoint that fails again and again is slowed down. It is so again if it still fails after a
// person has let it go.
func (b *Breaker) Failed(ctx context.Context, endpoint, resource string) {
	b.mu.Lock()
	l := b.of(endpoint)
	l.failed[resource] = true
	slow := len(l.failed) >= failuresInRow && (!l.slow || b.now().Sub(l.slowed) >= lookEvery)
	if slow {
		l.slow, l.slowed = true, b.now()
		clear(l.failed)
	}
	b.mu.Unlock()
	if !slow {
		return
	}
	status, err := b.control.Status(ctx, endpoint)
	if err == nil && status.State == Open {
		err = b.control.Probe(ctx, endpoint, fmt.Sprintf("%d attempts in a row have failed", failuresInRow))
	}
	if err != nil {
		b.warn("an endpoint that fails could not be slowed down", err)
		b.mu.Lock()
		l.slow = false
		b.mu.Unlock()
	}
}

// Stop implements the relay's flow: the endpoint gets nothing until a person resumes it. If it is paused already, that stays on record as
// it is: attempts that were under way may end after a person has paused it.
func (b *Breaker) Stop(ctx context.Context, endpoint, reason string) error {
	status, err := b.control.Status(ctx, endpoint)
	if err != nil || status.State == Paused {
		return err //nolint:wrapcheck // The error says it all.
	}
	return b.control.Pause(ctx, endpoint, reason) //nolint:wrapcheck // The error says it all.
}
