package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// ChangeRules decide what becomes of changed orders. They are pinned in the input of a schedule.
type ChangeRules struct {
	// Shop is the shop in the identity of the orders.
	Shop string
	// SKUs are the SKUs of gift cards.
	SKUs []string
	// Cancel cancels cards that are no longer owed; otherwise they are reported.
	Cancel bool
}

// ChangedOrders starts what acts on changed orders.
type ChangedOrders interface {
	// Issued returns, by the number of the order, how many cards the orders have that were taken in. It omits the others.
	Issued(ctx context.Context, shop string, numbers []string) (map[string]int, error)
	// StartChanges starts a workflow for each of the changes that has none, and returns how many it started.
	StartChanges(ctx context.Context, changes []Change, cancel bool) (int, error)
}

// ChangeCheck looks for orders whose cards exist although they are no longer owed.
type ChangeCheck struct {
	Source Source
	Orders ChangedOrders
}

// readAtOnce is the number of orders that are read by one request.
const readAtOnce = 50

// Checked is the outcome of a check.
type Checked struct {
	// Started is the number of changes that were started.
	Started int
	// TooLarge are the numbers of orders that are too large to be read. Each is started as a change: it fails, so that people
	// learn of the order.
	TooLarge []string
}

// Check looks at orders that may have changed, by the shop's numbers. Most orders end at the first question: they were
// never taken in. An order that cannot be read does not stop the others.
func (c *ChangeCheck) Check(ctx context.Context, rules ChangeRules, numbers []string) (out Checked, err error) {
	issued, err := c.Orders.Issued(ctx, rules.Shop, numbers)
	if err != nil {
		return out, err
	}
	numbers = slices.DeleteFunc(slices.Clone(numbers), func(number string) bool { return issued[number] == 0 })
	var failed []error
	for some := range slices.Chunk(numbers, readAtOnce) {
		found, err := c.Source.ReadAll(ctx, some)
		var changes []Change
		for _, number := range some {
			lookup, ok := found[number]
			switch {
			case !ok:
				failed = append(failed, fmt.Errorf("read order %s: %w", number, orNoAnswer(err)))
				continue
			case errors.Is(lookup.Err, ErrNotFound):
				continue
			case tooLarge(lookup.Err):
				out.TooLarge = append(out.TooLarge, number)
				changes = append(changes, unread(rules.Shop, number))
				continue
			case lookup.Err != nil:
				failed = append(failed, fmt.Errorf("read order %s: %w", number, lookup.Err))
				continue
			}
			if change := ChangeOf(rules.Shop, lookup.Order, rules.SKUs); !change.None() && change.Left < issued[number] {
				changes = append(changes, change)
			}
		}
		n, err := c.Orders.StartChanges(ctx, changes, rules.Cancel)
		out.Started += n
		failed = append(failed, err)
	}
	return out, errors.Join(failed...)
}

func tooLarge(err error) bool {
	_, ok := errors.AsType[*rest.TooLargeError](err)
	return ok
}

func orNoAnswer(err error) error {
	if err == nil {
		return errors.New("the shop returned no result for it")
	}
	return err
}
