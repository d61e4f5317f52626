package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// waitsUntil returns when the cards of the order are asked for at the earliest, or zero if the order does not wait. The time
// counts from the order's creation, so that a poll that comes late makes nobody wait longer. A person who has released or
// corrected the order has decided not to wait.
func (in GiftCardOrderInput) waitsUntil() time.Time {
	if in.IssueAfter <= 0 || in.Release != nil || in.Order.CreatedAt.IsZero() {
		return time.Time{}
	}
	return in.Order.CreatedAt.Add(time.Duration(in.IssueAfter)).UTC()
}

// wait waits until the order's cards may be asked for, and reports whether it did. A shop whose clock is ahead makes no order
// wait longer than IssueAfter.
func (in GiftCardOrderInput) wait(ctx workflow.Context) (bool, error) {
	until := in.waitsUntil()
	wait := min(until.Sub(workflow.Now(ctx)), time.Duration(in.IssueAfter))
	if until.IsZero() || wait <= 0 {
		return false, nil
	}
	workflow.SetCurrentDetails(ctx, "Waits until "+until.Format(time.RFC3339)+" (ISSUE_AFTER). No card was asked for yet.")
	err := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: "ISSUE_AFTER"}).Get(ctx, nil)
	return err == nil, err
}
