package deferred

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// OrderCheck finds out whether cards are still owed, by the same rules as for cards that are issued at once. It implements
// [Orders].
type OrderCheck struct {
	// Reader reads orders again.
	Reader *intake.Reader
	// Cards knows which cards of a line exist.
	Cards RequestedCards
}

// RequestedCards knows what has become of cards. promises.Promises implements it.
type RequestedCards interface {
	// Requested returns which of the cards with the given keys, of the same line as u, exist, or may exist, and which are
	// being given their value.
	Requested(ctx context.Context, u Unit, keys []string) (intake.Requested, error)
}

// Owed implements [Orders]. It reads the order again, unless it was read a moment ago.
//
// All cards of a line are made by the same issuer: an order keeps the issuers with which it was taken in.
func (o *OrderCheck) Owed(ctx context.Context, u Unit, attempt int) error {
	if o.fresh(activity.GetInfo(ctx).StartedTime, u, attempt) {
		return nil
	}
	shop, number, ok := activities.OrderOf(u.OrderWorkflowID)
	if !ok {
		return giftcard.Errorf(giftcard.InvalidRequest, "a card can be made only for an order")
	}
	reader := o.Reader
	if u.HoldRisky {
		reader = reader.WithRisk()
	}
	order, err := reader.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("read the order again: %w", err)
	}
	why := intake.Changed(order)
	if why == "" {
		card := intake.Card{
			AuditNumber: u.Key, Price: u.Price, Currency: u.Currency, PaidFor: u.PaidFor, HoldRisky: u.HoldRisky,
		}
		// The order was read first: a card that gets its value after it was looked at here is checked against an order that
		// was read no earlier, unless it is still fresh.
		why, err = intake.CardChanged(shop, order, card, func(keys []string) (intake.Requested, error) {
			return o.Cards.Requested(ctx, u, keys)
		})
		if err != nil {
			return err
		}
	}
	if why != "" {
		return giftcard.Errorf(giftcard.OrderChanged, "%s", why)
	}
	return nil
}

// fresh reports whether a card gets its value soon enough that its order need not be read again. Both times are the
// server's.
func (o *OrderCheck) fresh(now time.Time, u Unit, attempt int) bool {
	return attempt <= 1 && !u.Again && !u.Waited && !u.ReadAt.IsZero() && now.Sub(u.ReadAt) <= o.Reader.Believed()
}
