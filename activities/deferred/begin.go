package deferred

import (
	"context"

	"go.temporal.io/sdk/activity"
)

// BeginCardInput is a card to have made.
type BeginCardInput struct {
	Unit
}

// BeginCardResult is where a card stands.
type BeginCardResult struct {
	// Card is set once the card exists and has its value. Until then its workflow is running.
	Card *Card `json:"card,omitempty"`
}

// BeginCard starts the workflow of a card, or finds the one that was started before, and returns where the card stands. It
// fails with the kind of the failure of that workflow. It does not wait.
func (c *Cards) BeginCard(ctx context.Context, in BeginCardInput) (BeginCardResult, error) {
	card, err := c.begin(ctx, in.Unit)
	return BeginCardResult{card}, c.failed(ctx, in.Unit, "having it made", err)
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
