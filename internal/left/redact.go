package left

import (
	"context"
	"fmt"
	"maps"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Redactable returns nil if the histories of an order in this state may be removed: nothing is owed, and nobody needs them
// to find out what exists. Otherwise the error says what has to happen first.
func Redactable(order executions.Order) error {
	switch order.State {
	case executions.Completed, executions.Settled, executions.Redacted:
		return nil
	case executions.Running:
		return fmt.Errorf("order %s is being issued: wait until it has finished", order.Name)
	default:
		return fmt.Errorf("order %s is not finished: see that its cards are issued, or settle it", order.Name)
	}
}

// Redact removes all histories of a finished order, and returns how many. First it records, as the newest run of the
// order's workflow, that this was done: the record claims the order's number, so nothing issues the order again. If Redact
// is interrupted, a second call removes what is left.
func (o *Left) Redact(ctx context.Context, workflowID, by string) (removed int, err error) {
	order, err := o.newest(ctx, workflowID)
	if err != nil {
		return 0, err
	}
	if err := Redactable(order); err != nil {
		return 0, err
	}
	if order.State != executions.Redacted {
		exists, err := o.IssuedCards(ctx, workflowID, order.RunID)
		if err != nil {
			return 0, err
		}
		_, err = o.record(ctx, workflowID, activities.LeftOrder{
			Shop: order.Shop, ID: order.ID, Name: order.Name, Reason: giftcard.Redacted, By: by, RunID: order.RunID,
			Was: string(order.State), Cards: order.Cards, Amount: order.Amount, Currency: order.Currency,
			AuditNumbers: slices.Sorted(maps.Keys(exists)),
		})
		if err != nil {
			return 0, err
		}
	}
	if removed, err = o.removeRuns(ctx, workflowID, order.RunID); err != nil {
		return removed, err
	}
	resent, err := o.removeResent(ctx, order)
	return removed + resent, err
}

// removeResent removes the records of cards of an order that were sent once more, which may hold an address.
func (o *Left) removeResent(ctx context.Context, order executions.Order) (removed int, err error) {
	var runs []*commonpb.WorkflowExecution
	ids := executions.Quote(workflows.ResendCardIDs(order.Shop, order.ID))
	err = o.Scan(ctx, "WorkflowId STARTS_WITH "+ids, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		runs = append(runs, info.GetExecution())
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	for _, run := range runs {
		if err := o.Remove(ctx, run.GetWorkflowId(), run.GetRunId()); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// newest returns an order as its newest run says, not as visibility says, which lags.
func (o *Left) newest(ctx context.Context, workflowID string) (executions.Order, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return executions.Order{}, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	return o.Order(d.GetWorkflowExecutionInfo()), nil
}

// removeRuns removes the runs that precede the record of a redacted order. last is the newest run before the record, which
// visibility may not show yet, or the record.
func (o *Left) removeRuns(ctx context.Context, workflowID, last string) (removed int, err error) {
	record, err := o.newest(ctx, workflowID)
	if err != nil {
		return 0, err
	}
	if record.State != executions.Redacted {
		return 0, fmt.Errorf("order %s was started meanwhile: %s", record.Name, record.Link)
	}
	runs := map[string]bool{last: true}
	err = o.Scan(ctx, "WorkflowId = "+executions.Quote(workflowID), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		// A record of somebody who redacts the order at the same moment may be newer than this one: the newest stays.
		if info.GetStartTime().AsTime().Before(record.StartedAt) {
			runs[info.GetExecution().GetRunId()] = true
		}
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	delete(runs, record.RunID)
	for runID := range runs {
		if err := o.Remove(ctx, workflowID, runID); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// Remove removes the history of one run that has closed. A run that does not exist any more is no error. Temporal removes
// it in the background, which can take minutes.
func (o *Left) Remove(ctx context.Context, workflowID, runID string) error {
	_, err := o.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace:         o.Namespace(),
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
	})
	if err != nil && !executions.IsNotFound(err) {
		return fmt.Errorf("remove a history of %s: %w", workflowID, err)
	}
	return nil
}
