package health

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Survey counts the orders that may need somebody.
type Survey struct {
	// Failed is the number of orders whose newest run failed.
	Failed int
	// OldestFailed is the time at which the first of these orders failed for the first time, zero if there are none.
	OldestFailed time.Time
	// Expiring is how many of them can be run again only for a short time.
	Expiring int
	// RunningLong is the number of orders that have been running for longer than [LongAfter]: they are being retried, or
	// wait for their turn.
	RunningLong int
	// FailedChanges is the number of orders whose cancellation or refund could not be acted on.
	FailedChanges int
}

// LongAfter is how long an order may run before a survey counts it. Most orders take seconds.
const LongAfter = 15 * time.Minute

const (
	// maxSurveyed is the maximum number of failed runs that a survey looks at. It counts the rest as failed orders.
	maxSurveyed = 2000
	// maxAsked is the number of workflows that one query names.
	maxAsked = 100
)

// failing are the failed runs of one order, as far as they are known.
type failing struct{ first, last, started time.Time }

// Survey counts from Temporal's visibility alone. It is cheaper than a [Status], which describes each failed order: three
// counts if nothing has failed, and a few lists for every hundred failed runs.
func (o *Monitor) Survey(ctx context.Context, now time.Time) (Survey, error) {
	var out Survey
	var err error
	orders := "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) + " AND ExecutionStatus"
	out.RunningLong, err = o.count(ctx, orders+" = 'Running' AND StartTime < "+executions.QuoteTime(now.Add(-LongAfter)))
	if err != nil {
		return Survey{}, err
	}
	if out.FailedChanges, err = o.failedChanges(ctx); err != nil {
		return Survey{}, err
	}
	query := orders + " IN " + executions.Statuses[executions.Failed]
	runs, err := o.count(ctx, query)
	if err != nil || runs == 0 {
		return out, err
	}
	found, seen, err := o.failedRuns(ctx, query)
	if err != nil {
		return Survey{}, err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(found)), maxAsked) {
		if err := o.forgetNewer(ctx, found, ids); err != nil {
			return Survey{}, err
		}
	}
	retention, err := o.Retention(ctx)
	if err != nil {
		return Survey{}, err
	}
	out.Failed = len(found) + max(runs-seen, 0)
	for _, f := range found {
		if out.OldestFailed.IsZero() || f.first.Before(out.OldestFailed) {
			out.OldestFailed = f.first
		}
		if expires(f.last, retention, now) {
			out.Expiring++
		}
	}
	return out, nil
}

// failedChanges counts the changes of orders whose newest run failed. It costs one count if none has.
func (o *Monitor) failedChanges(ctx context.Context) (int, error) {
	query := "WorkflowType = " + executions.Quote(workflows.ChangedOrderType) + " AND ExecutionStatus IN " +
		executions.Statuses[executions.Failed]
	runs, err := o.count(ctx, query)
	if err != nil || runs == 0 {
		return 0, err
	}
	found, seen, err := o.failedRuns(ctx, query)
	if err != nil {
		return 0, err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(found)), maxAsked) {
		if err := o.forgetNewer(ctx, found, ids); err != nil {
			return 0, err
		}
	}
	return len(found) + max(runs-seen, 0), nil
}

// failedRuns returns what is known of each workflow with failed runs, by its ID, and the number of runs.
func (o *Monitor) failedRuns(ctx context.Context, query string) (found map[string]failing, seen int, err error) {
	found = map[string]failing{}
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id, closed, started := info.GetExecution().GetWorkflowId(), info.GetCloseTime().AsTime(), info.GetStartTime().AsTime()
		f, again := found[id]
		if !again || closed.Before(f.first) {
			f.first = closed
		}
		if !again || started.After(f.started) {
			f.last, f.started = closed, started
		}
		found[id] = f
		seen++
		return seen < maxSurveyed, nil
	})
	return found, seen, err
}

// forgetNewer removes the workflows that have a newer run, which did not fail. A failed run stays failed in visibility,
// even after the order was run again and has its cards.
func (o *Monitor) forgetNewer(ctx context.Context, found map[string]failing, ids []string) error {
	query := "ExecutionStatus IN ('Running','Completed','Canceled') AND WorkflowId IN (" + executions.QuoteAll(ids) + ")"
	return o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if f, ok := found[id]; ok && info.GetStartTime().AsTime().After(f.started) {
			delete(found, id)
		}
		return true, nil
	})
}

func (o *Monitor) count(ctx context.Context, query string) (int, error) {
	answer, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.Namespace(), Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	return int(answer.GetCount()), nil
}
