package installation

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Poll is a poll that was started on request.
type Poll struct {
	executions.ScheduledRun
}

// Wait waits for the poll, including the runs that continue it, and returns its result.
func (p *Poll) Wait(ctx context.Context) (workflows.PollOrdersResult, error) {
	var out workflows.PollOrdersResult
	return out, executions.Explain(ctx, p.Run.Get(ctx, &out))
}

// PollNow triggers the poll's schedule and returns the poll. The poll starts at once, or right after one that is
// running. It moves the watermark as any scheduled poll does.
func (o *Installation) PollNow(ctx context.Context) (*Poll, error) {
	run, err := o.trigger(ctx, workflows.PollScheduleID)
	return &Poll{run}, err
}

// Sweep is a sweep that was started on request.
type Sweep struct {
	executions.ScheduledRun
}

// Wait waits for the sweep and returns its result.
func (s *Sweep) Wait(ctx context.Context) (workflows.SweepOrdersResult, error) {
	var out workflows.SweepOrdersResult
	return out, executions.Explain(ctx, s.Run.Get(ctx, &out))
}

// SweepNow starts a sweep that looks for orders that polls have missed: among those of the last two days or, if whole
// is set, among all orders that may still be taken in. While such a sweep runs, SweepNow returns that one.
func (o *Installation) SweepNow(ctx context.Context, whole bool) (*Sweep, error) {
	poll, err := o.ScheduledPollInput(ctx)
	if err != nil {
		return nil, err
	}
	in := o.sweepInput(poll)
	in.Every, in.Whole = 0, whole
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       workflows.SweepByHandID,
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowRunTimeout:       sweepByHandTimeout,
		StaticSummary:            "Manual sweep",
	}, workflows.SweepOrdersType, in)
	if err != nil {
		return nil, fmt.Errorf("start sweep: %w", err)
	}
	return &Sweep{o.ScheduledRun(ctx, run.GetID(), run.GetRunID())}, nil
}

// byHandTimeout and sweepByHandTimeout end a run that was started by hand and that no worker can continue. They are longer
// than the longest poll and the longest sweep, which reads at a fifth of Shopify's pace and has six hours.
const (
	byHandTimeout      = workflows.RerunTimeout
	sweepByHandTimeout = 8 * time.Hour
)

// PollWindow polls the orders that were updated in [since, until), regardless of the watermark, which it does not move.
// Orders that were handled are recognised by their workflows. While a poll of the same window runs, PollWindow returns
// that one.
func (o *Installation) PollWindow(ctx context.Context, since, until time.Time) (*Poll, error) {
	if !since.Before(until) {
		return nil, fmt.Errorf("the window is empty: since %s is not before until %s",
			since.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	in, err := o.ScheduledPollInput(ctx)
	if err != nil {
		return nil, err
	}
	in.Since, in.Until = since.UTC(), until.UTC()
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       workflows.PollByHandID(in.Since, in.Until),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowRunTimeout:       byHandTimeout,
		StaticSummary:            "Manual poll",
	}, workflows.PollOrdersType, in)
	if err != nil {
		return nil, fmt.Errorf("start poll: %w", err)
	}
	return &Poll{o.ScheduledRun(ctx, run.GetID(), run.GetRunID())}, nil
}
