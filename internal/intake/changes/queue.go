// Package changes takes the shop's notices that an order was cancelled or refunded, and has these orders looked at: a notice
// names an order, and nothing else of it counts. What is lost here, because too many notices wait, the shop cannot be
// reached, or the process ends, the sweep over the orders' update times finds.
package changes

import (
	"context"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

const (
	// maxWaiting is the number of orders that wait at most.
	maxWaiting = 10_000
	// maxAtOnce is the number of orders that are looked at together.
	maxAtOnce = 250
)

// Checker looks at orders. [intake.ChangeCheck] is one.
type Checker interface {
	Check(ctx context.Context, rules intake.ChangeRules, numbers []string) (intake.Checked, error)
}

// Queue holds the orders that notices have named, each once, until they are looked at. It implements [webhook.Consumer].
type Queue struct {
	check Checker
	// rules returns the rules; nil means that nobody looks for changed orders.
	rules func(context.Context) (*intake.ChangeRules, error)
	// report is told of each batch: how many orders it had, and the error that lost them, if any.
	report func(orders int, checked intake.Checked, err error)

	mu      sync.Mutex
	waiting []string
	known   map[string]bool
	skus    []string
	closed  bool
	// some has an element while orders wait.
	some chan struct{}
}

// New returns an empty queue. The rules are asked for before each batch.
func New(
	check Checker, rules func(context.Context) (*intake.ChangeRules, error),
	report func(orders int, checked intake.Checked, err error),
) *Queue {
	return &Queue{check: check, rules: rules, report: report, known: map[string]bool{}, some: make(chan struct{}, 1)}
}

// Topics implements [webhook.Consumer].
func (q *Queue) Topics() []string { return []string{"orders/cancelled", "refunds/create"} }

// Take implements [webhook.Consumer]. It ignores an order of which all lines are known, and none is a gift card. A refund
// does not have the lines of its order, which is then looked at.
func (q *Queue) Take(n webhook.Notice) webhook.Outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	isCard := func(sku string) bool { return slices.Contains(q.skus, sku) }
	switch {
	case n.Order == "", n.LinesKnown && len(q.skus) > 0 && !slices.ContainsFunc(n.SKUs, isCard):
		return webhook.Ignored
	case q.known[n.Order]:
		return webhook.Queued
	case q.closed || len(q.waiting) >= maxWaiting:
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

// Run looks at the orders that wait, those that wait at the same moment together, until ctx ends.
func (q *Queue) Run(ctx context.Context) {
	_, _ = q.learn(ctx) // Until it succeeds, no notice is screened out.
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.some:
			q.look(ctx)
		}
	}
}

// Drain takes no more orders, and looks at those that wait, until ctx ends.
func (q *Queue) Drain(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	for ctx.Err() == nil && q.look(ctx) {
	}
}

// look looks at a batch of the orders that wait, and reports whether there was one.
func (q *Queue) look(ctx context.Context) bool {
	numbers := q.next()
	if len(numbers) == 0 {
		return false
	}
	rules, err := q.learn(ctx)
	var checked intake.Checked
	if err == nil && rules != nil {
		checked, err = q.check.Check(ctx, *rules, numbers)
	}
	q.report(len(numbers), checked, err)
	return true
}

// learn asks for the rules, and keeps what the screen needs of them.
func (q *Queue) learn(ctx context.Context) (*intake.ChangeRules, error) {
	rules, err := q.rules(ctx)
	if err == nil && rules != nil {
		q.mu.Lock()
		q.skus = rules.SKUs
		q.mu.Unlock()
	}
	return rules, err
}

// next takes a batch out of the queue. An order whose next notice comes from now on is looked at again.
func (q *Queue) next() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxAtOnce)
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
