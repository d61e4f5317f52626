// Package changes takes the shop's notices that an order was cancelled or refunded, and has these orders looked at. What is
// lost here, the sweep over the orders' update times finds.
package changes

import (
	"context"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/named"
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
	*named.Queue
	check Checker
	// rules returns the rules; nil means that nobody looks for changed orders.
	rules func(context.Context) (*intake.ChangeRules, error)

	mu   sync.Mutex
	skus []string
}

// New returns an empty queue. The rules are asked for before each batch. lost is told how many orders could not be looked at.
func New(check Checker, rules func(context.Context) (*intake.ChangeRules, error), lost func(orders int, err error)) *Queue {
	q := &Queue{check: check, rules: rules}
	q.Queue = named.New(named.Options{
		Topics: []string{webhook.OrdersCancelled, webhook.RefundsCreate}, Look: q.look, Lost: lost,
		Max: maxWaiting, AtOnce: maxAtOnce,
	})
	return q
}

// Take implements [webhook.Consumer]. It ignores an order of which all lines are known, and none is a gift card. A refund
// does not have the lines of its order, which is then looked at.
func (q *Queue) Take(n webhook.Notice) webhook.Outcome {
	q.mu.Lock()
	skus := q.skus
	q.mu.Unlock()
	isCard := func(sku string) bool { return slices.Contains(skus, sku) }
	if n.LinesKnown && len(skus) > 0 && !slices.ContainsFunc(n.SKUs, isCard) {
		return webhook.Ignored
	}
	return q.Queue.Take(n)
}

// Run looks at the orders that wait until ctx ends.
func (q *Queue) Run(ctx context.Context) {
	_, _ = q.learn(ctx) // Until it succeeds, no notice is screened out.
	q.Queue.Run(ctx)
}

func (q *Queue) look(ctx context.Context, numbers []string) error {
	rules, err := q.learn(ctx)
	if err != nil || rules == nil {
		return err
	}
	_, err = q.check.Check(ctx, *rules, numbers)
	return err
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
