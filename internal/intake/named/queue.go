// Package named holds the orders that the shop's notices have named, each once, until they are looked at. A notice is a hint:
// it names an order, and nothing else of it counts. What is lost here, because too many orders wait, the shop or Temporal
// cannot be reached, or the process ends, an hourly look finds.
package named

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// Options say what becomes of the orders.
type Options struct {
	// Topics are the topics whose notices count.
	Topics []string
	// Look looks at orders, by the shop's numbers.
	Look func(ctx context.Context, numbers []string) error
	// Lost is called with the number of orders that could not be looked at.
	Lost func(orders int, err error)
	// Max is the number of orders that wait at most, and AtOnce that of those that are looked at together.
	Max, AtOnce int
}

// lookFor bounds one look.
const lookFor = time.Minute

// Queue holds the orders. It implements [webhook.Consumer].
type Queue struct {
	o Options
	// some has an element while orders wait, and looking while some are looked at.
	some, looking chan struct{}

	mu      sync.Mutex
	waiting []string
	known   map[string]bool
	closed  bool
}

// New returns an empty queue. Somebody has to call [Queue.Run].
func New(o Options) *Queue {
	return &Queue{o: o, known: map[string]bool{}, some: make(chan struct{}, 1), looking: make(chan struct{}, 1)}
}

// Topics implements [webhook.Consumer].
func (q *Queue) Topics() []string { return q.o.Topics }

// Take implements [webhook.Consumer].
func (q *Queue) Take(n webhook.Notice) webhook.Outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case n.Order == "":
		return webhook.Ignored
	case q.known[n.Order]:
		return webhook.Queued
	case q.closed || len(q.waiting) >= q.o.Max:
		return webhook.Full
	}
	q.known[n.Order] = true
	q.waiting = append(q.waiting, n.Order)
	q.wake()
	return webhook.Queued
}

func (q *Queue) wake() {
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// Run looks at the orders that wait, those that wait at the same moment together, until ctx ends. What was being looked at
// then waits again.
func (q *Queue) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.some:
			_, _ = q.look(ctx)
		}
	}
}

// Drain takes no more orders, and looks at those that wait, until ctx ends or a look fails: whatever is away then is away for
// the others too. It returns the number of orders that were not looked at. [Queue.Run] may still run, or have ended.
func (q *Queue) Drain(ctx context.Context) int {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	lost := 0
	for {
		n, err := q.look(ctx)
		if err != nil {
			lost += n
		}
		if n == 0 || err != nil {
			break
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return lost + len(q.waiting)
}

// look looks at a batch of the orders that wait, and returns how many it had.
func (q *Queue) look(ctx context.Context) (int, error) {
	select {
	case q.looking <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-q.looking }()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	numbers := q.next()
	if len(numbers) == 0 {
		return 0, nil
	}
	bounded, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	err := q.o.Look(bounded, numbers)
	switch {
	case err == nil:
		return len(numbers), nil
	case ctx.Err() != nil:
		q.back(numbers)
		return 0, err
	}
	q.o.Lost(len(numbers), err)
	return len(numbers), err
}

// next takes a batch out of the queue. An order whose next notice comes from now on is looked at again.
func (q *Queue) next() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), q.o.AtOnce)
	out := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	for _, number := range out {
		delete(q.known, number)
	}
	if len(q.waiting) > 0 {
		q.wake()
	}
	return out
}

// back has orders wait again.
func (q *Queue) back(numbers []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	numbers = slices.DeleteFunc(slices.Clone(numbers), func(number string) bool { return q.known[number] })
	for _, number := range numbers {
		q.known[number] = true
	}
	q.waiting = append(numbers, q.waiting...)
}
