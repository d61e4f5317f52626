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

// Poll is a poll that was asked for.
type Poll struct {
	executions.ScheduledRun
}

// Wait returns the poll's account when it is done, also over its continuations.
func (p *Poll) Wait(ctx context.Context) (workflows.PollOrdersResult, error) {
	var out workflows.PollOrdersResult
	return out, executions.Explain(ctx, p.Run.Get(ctx, &out))
}

// PollNow makes the schedule poll at once, or right after the poll that is running, and returns that poll. It moves the
// watermark as any poll of the schedule does.
func (o *Installation) PollNow(ctx context.Context) (*Poll, error) {
	run, err := o.trigger(ctx, workflows.PollScheduleID)
	return &Poll{run}, err
}

// Sweep is a sweep that was asked for.
type Sweep struct {
	executions.ScheduledRun
}

// Wait returns the sweep's account when it is done.
func (s *Sweep) Wait(ctx context.Context) (workflows.SweepOrdersResult, error) {
	var out workflows.SweepOrdersResult
	return out, executions.Explain(ctx, s.Run.Get(ctx, &out))
}

// SweepNow looks at once whether polls have missed an order: of the last two days, or, if whole is set, of all that may still
// be taken in. Asked for while such a sweep runs, it returns that one.
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
		StaticSummary:            "Sweep by hand",
	}, workflows.SweepOrdersType, in)
	if err != nil {
		return nil, fmt.Errorf("start sweep: %w", err)
	}
	return &Sweep{o.ScheduledRun(ctx, run.GetID(), run.GetRunID())}, nil
}

// byHandTimeout ends a run that somebody has started and no worker can go on with. It is many times what the largest takes.
const byHandTimeout = workflows.RerunTimeout

// PollWindow polls the orders that were updated in [since, until), whatever the watermark, and leaves the watermark
// alone. Orders that were handled are recognised by their workflows. Asked for the same window while such a poll runs,
// it returns that one.
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
		ID:                       workflows.PollByHandPrefix + in.Since.Format(time.RFC3339) + "/" + in.Until.Format(time.RFC3339),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowRunTimeout:       byHandTimeout,
		StaticSummary:            "Poll by hand",
	}, workflows.PollOrdersType, in)
	if err != nil {
		return nil, fmt.Errorf("start poll: %w", err)
	}
	return &Poll{o.ScheduledRun(ctx, run.GetID(), run.GetRunID())}, nil
}
