package health

import (
	"context"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// window is a span of time, without its end.
type window struct{ since, until time.Time }

// any reports whether the window contains a time.
func (w window) any() bool { return w.since.Before(w.until) }

// pollsByHand returns the windows of the polls by hand that have completed and were started after the rules of polls
// were last widened. They are in the polls' workflow IDs.
func (o *Monitor) pollsByHand(ctx context.Context, in *workflows.PollOrdersInput) ([]window, error) {
	if in == nil || in.WidenedAt.IsZero() {
		return nil, nil
	}
	query := "WorkflowType = " + executions.Quote(workflows.PollOrdersType) + " AND WorkflowId STARTS_WITH " +
		executions.Quote(workflows.PollByHandPrefix) + " AND ExecutionStatus = 'Completed' AND StartTime >= " +
		executions.QuoteTime(in.WidenedAt)
	var out []window
	return out, o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		since, until, err := workflows.ParsePollByHandID(info.GetExecution().GetWorkflowId())
		if err == nil { // Somebody else chose another ID.
			out = append(out, window{since, until})
		}
		return true, nil
	})
}

// unread returns what polls by hand still have to make up for: the window, by the orders' update time, in which there may
// be orders that the rules excluded before they were widened, and that no such poll has read. Its end is not after its
// beginning if there is nothing left. An order is never updated before it is created, and one that has become too old
// is no longer taken in.
func (f facts) unread() window {
	if f.input == nil || f.input.WidenedAt.IsZero() {
		return window{}
	}
	left := window{f.now.Add(-f.maxOrderAge), f.input.WidenedAt}
	if f.input.CreatedAtMin.After(left.since) {
		left.since = f.input.CreatedAtMin
	}
	for _, w := range slices.SortedFunc(slices.Values(f.byHand), func(a, b window) int { return a.since.Compare(b.since) }) {
		if !w.since.After(left.since) && w.until.After(left.since) {
			left.since = w.until
		}
	}
	return left
}
