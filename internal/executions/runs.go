package executions

import (
	"context"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

// Explain returns the kind and the message of a workflow's failure, without Temporal's wrapping.
func Explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	f := FailureOf(err)
	return fmt.Errorf("%s: %s", f.Kind, f.Message)
}

// LastResult reads the result of the last run of a schedule that completed. It leaves out alone if there is none.
func (o *Reader) LastResult(ctx context.Context, schedule string, out any) error {
	last, err := o.LastRun(ctx, schedule, Statuses[Completed])
	if err != nil || last == nil {
		return err
	}
	return o.Result(ctx, last, out)
}

// PollResult reads the result of a poll.
func (o *Reader) PollResult(
	ctx context.Context, info *workflowpb.WorkflowExecutionInfo,
) (workflows.PollOrdersResult, error) {
	var result workflows.PollOrdersResult
	err := o.Result(ctx, info, &result)
	result.Latest = nil // Only the next poll needs it, and it is long.
	return result, err
}

// Result reads the result of a run that completed.
func (o *Reader) Result(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, out any) error {
	run := o.Client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
	if err := run.Get(ctx, out); err != nil {
		return fmt.Errorf("read the result of %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return nil
}

// LastRun returns the run of a schedule that closed last with one of the given statuses, or nil if there is none.
func (o *Reader) LastRun(
	ctx context.Context, schedule, statuses string,
) (*workflowpb.WorkflowExecutionInfo, error) {
	query := fmt.Sprintf("TemporalScheduledById = %s AND ExecutionStatus IN %s", Quote(schedule), statuses)
	var last *workflowpb.WorkflowExecutionInfo
	err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		last = info
		return false, nil
	})
	return last, err
}

// ScheduledRun is a run that was started on request.
type ScheduledRun struct {
	WorkflowID string             `json:"workflow_id"`
	RunID      string             `json:"run_id"`
	Link       string             `json:"link"`
	Run        client.WorkflowRun `json:"-"`
}

// ScheduledRun returns a run that a schedule started.
func (o *Reader) ScheduledRun(ctx context.Context, workflowID, runID string) ScheduledRun {
	return ScheduledRun{
		WorkflowID: workflowID, RunID: runID, Link: o.Link(workflowID, runID),
		Run: o.Client.GetWorkflow(ctx, workflowID, runID),
	}
}
