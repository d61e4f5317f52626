package deferred

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// BeginCardInput is a card to have made.
type BeginCardInput struct {
	Unit

	// SendTo is where the card is mailed to; nil if that is not to be checked. What is wrong with it is found before the card
	// is made, and not weeks later.
	SendTo *SendTo `json:"send_to,omitempty"`
}

// SendTo is where and when a card is mailed. The values are a buyer's input, unchecked.
type SendTo struct {
	Email string `json:"email,omitempty"`
	// SendOn and Offset are as in [giftcard.Recipient].
	SendOn string `json:"send_on,omitempty"`
	Offset string `json:"offset,omitempty"`
	// At is the time at which the order was judged. It decides whether the day of delivery lies ahead.
	At time.Time `json:"at"`
}

// BeginCardResult is where a card stands.
type BeginCardResult struct {
	// Card is set once the card exists and has its value. Until then its workflow is running.
	Card *Card `json:"card,omitempty"`
	// SendOn is the beginning of the day on which the card is mailed; zero if that is at once, or was not asked.
	SendOn time.Time `json:"send_on,omitzero"`
}

// BeginCard starts the workflow of a card, or finds the one that was started before, and returns where the card stands. It
// fails with the kind of the failure of that workflow. It does not wait.
func (c *Cards) BeginCard(ctx context.Context, in BeginCardInput) (out BeginCardResult, err error) {
	if out.SendOn, err = in.SendTo.check(); err == nil {
		out.Card, err = c.begin(ctx, in.Unit)
	}
	if err != nil {
		return BeginCardResult{}, c.failed(ctx, in.Unit, "having it made", err)
	}
	return out, nil
}

// check returns when the card is mailed, or what keeps it from being mailed.
func (to *SendTo) check() (time.Time, error) {
	if to == nil {
		return time.Time{}, nil
	}
	if _, err := intake.Address(to.Email); err != nil {
		return time.Time{}, err
	}
	return intake.SendOn(giftcard.Recipient{SendOn: to.SendOn, Offset: to.Offset}, to.At)
}

func (c *Cards) begin(ctx context.Context, u Unit) (*Card, error) {
	if _, err := c.issuer(u.Issuer); err != nil {
		return nil, err
	}
	if _, err := u.value(); err != nil {
		return nil, err
	}
	return c.Temporal.Begin(ctx, u, activity.GetInfo(ctx).WorkflowExecution.RunID)
}
