package activities

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

const (
	// unannouncedAfter is how long after its last change an order must have been taken in by its webhook. A shop that
	// delivers later than that has to be looked at.
	unannouncedAfter = time.Minute
	// knownTimeout bounds the question which orders have a workflow: a poll does not wait for the answer for long.
	knownTimeout = 10 * time.Second
)

// dropKnown removes from a page the orders that have a workflow, and returns those of the orders left to people that have
// none. Starting an order that has a workflow would do nothing, but costs two actions and two events. The poll does not
// depend on visibility: if that is away, or lags, the orders are started as if they were not known.
func (o *Orders) dropKnown(ctx context.Context, shop string, page *ListGiftCardOrdersResult, left []LeftOrder) []LeftOrder {
	if o.Intake == nil || len(page.Orders)+len(left) == 0 {
		return left
	}
	id := func(number string) string { return OrderWorkflowPrefix + shop + "/" + number }
	var ids []string
	for _, order := range page.Orders {
		ids = append(ids, id(order.ID))
	}
	for _, order := range left {
		if !o.claimed.has(order.ID) {
			ids = append(ids, id(order.ID))
		}
	}
	asking, cancel := context.WithTimeout(ctx, knownTimeout)
	defer cancel()
	known, err := o.Intake.Known(asking, ids)
	if err != nil {
		activity.GetLogger(ctx).Warn("cannot find out which orders were taken in before: all are taken in again, which does "+
			"nothing but costs actions", "error", err)
		return left
	}
	page.Orders = slices.DeleteFunc(page.Orders, func(order giftcard.Order) bool {
		if known[id(order.ID)] {
			page.Known = append(page.Known, order.ID)
		}
		return known[id(order.ID)]
	})
	page.Unannounced = slices.DeleteFunc(page.Unannounced, func(number string) bool { return known[id(number)] })
	return slices.DeleteFunc(left, func(order LeftOrder) bool { return known[id(order.ID)] })
}
