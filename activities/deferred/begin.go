package deferred

import (
	"context"

	"go.temporal.io/sdk/activity"
)

// Begun is where a card stands.
type Begun struct {
	// Card is set once the card exists and has its value. Until then its workflow is running.
	Card *Card `json:"card,omitempty"`
}

// BeginCard starts the workflow of a card, or finds the one that was started before, and returns where the card stands. It
// fails with the kind of the failure of that workflow. It does not wait.
func (c *Cards) BeginCard(ctx context.Context, u Unit) (Begun, error) {
	begun, err := c.begin(ctx, u)
	return begun, c.failed(ctx, u, "having it made", err)
}

func (c *Cards) begin(ctx context.Context, u Unit) (Begun, error) {
	if _, err := c.issuer(u.Issuer); err != nil {
		return Begun{}, err
	}
	if _, err := u.value(); err != nil {
		return Begun{}, err
	}
	return c.Temporal.Begin(ctx, u, activity.GetInfo(ctx).WorkflowExecution.RunID)
}
