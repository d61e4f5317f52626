package recovery

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
)

// OpenCards returns the audit numbers of the cards that a run is requesting now, or will request again because the
// outcome of an attempt is unknown. It implements activities.Runs.
func (o *Recovery) OpenCards(ctx context.Context, workflowID, runID string) (map[string]bool, error) {
	run, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return nil, fmt.Errorf("read the pending activities of %s: %w", workflowID, err)
	}
	open := map[string]bool{}
	for _, p := range run.GetPendingActivities() {
		if p.GetActivityType().GetName() == activities.IssueCardType && o.mayHaveAsked(p) {
			open[p.GetActivityId()] = true
		}
	}
	out := map[string]bool{}
	if len(open) == 0 {
		return out, nil
	}
	cards, err := o.cardsOfRun(ctx, workflowID, runID)
	for _, c := range cards {
		if open[c.activity] {
			out[c.audit] = true
		}
	}
	return out, err
}

// mayHaveAsked reports whether an attempt of an activity that is not over may have issued its card: the one that is
// running, or an earlier one whose outcome is unknown.
func (o *Recovery) mayHaveAsked(p *workflowpb.PendingActivityInfo) bool {
	switch p.GetState() {
	case enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, enumspb.PENDING_ACTIVITY_STATE_PAUSED:
	default:
		return true
	}
	made := p.GetAttempt() - 1
	var note activities.AttemptNote
	if p.GetHeartbeatDetails() != nil && o.Converter.FromPayloads(p.GetHeartbeatDetails(), &note) != nil {
		return true
	}
	return note.ClearUntil < made
}
