// Package disputes takes the notices of new disputes. A notice is a hint: it names an order, whose disputes are read from the
// shop and recorded. What is lost here, the hourly sweep finds.
package disputes

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

const (
	// waiting is the number of notices that wait at most. Shops have few disputes.
	waiting = 256
	// recordFor bounds one record.
	recordFor = time.Minute
)

// Recorder reads the disputes of an order from the shop, and records them.
type Recorder func(ctx context.Context, order string) error

// Queue records the disputes of the orders that notices name, one after the other. It implements [webhook.Consumer].
type Queue struct {
	record Recorder
	failed func(order string, err error)
	orders chan string
}

// New returns a queue, which calls failed for an order whose disputes could not be recorded: the hourly sweep will find them.
// Somebody has to call [Queue.Run].
func New(record Recorder, failed func(order string, err error)) *Queue {
	return &Queue{record: record, failed: failed, orders: make(chan string, waiting)}
}

// Topics implements [webhook.Consumer].
func (q *Queue) Topics() []string { return []string{"disputes/create"} }

// Take implements [webhook.Consumer].
func (q *Queue) Take(n webhook.Notice) webhook.Outcome {
	if n.Order == "" { // A dispute about a payment without an order.
		return webhook.Ignored
	}
	select {
	case q.orders <- n.Order:
		return webhook.Queued
	default:
		return webhook.Full
	}
}

// Run records until the context ends. What waits then is left to the hourly sweep.
func (q *Queue) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case order := <-q.orders:
			within, cancel := context.WithTimeout(ctx, recordFor)
			if err := q.record(within, order); err != nil {
				q.failed(order, err)
			}
			cancel()
		}
	}
}
