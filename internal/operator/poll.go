package operator

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

// Poll is a poll that was asked for.
type Poll struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Link       string `json:"link"`
	run        client.WorkflowRun
}

// Wait returns the poll's account when it is done, also over its continuations.
func (p *Poll) Wait(ctx context.Context) (workflows.PollOrdersResult, error) {
	var out workflows.PollOrdersResult
	err := p.run.Get(ctx, &out)
	if err != nil && ctx.Err() == nil {
		if f := failureOf(err); f != nil {
			err = fmt.Errorf("%s: %s", f.Kind, f.Message)
		}
	}
	return out, err
}

// lookEvery is how often the schedule is asked whether it has started what was asked for.
const lookEvery = 200 * time.Millisecond

// PollNow makes the schedule poll at once, or right after the poll that is running, and returns that poll. It moves the
// watermark as any poll of the schedule does.
func (o *Operator) PollNow(ctx context.Context) (*Poll, error) {
	schedule := o.client.ScheduleClient().GetHandle(ctx, workflows.PollScheduleID)
	before, err := o.describeSchedule(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		seen[startedRun(a)] = true
	}
	err = schedule.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return nil, fmt.Errorf("trigger schedule %s: %w", workflows.PollScheduleID, err)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		now, err := o.describeSchedule(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range now.Info.RecentActions {
			if r := startedRun(a); r != "" && !seen[r] {
				return o.poll(ctx, a.StartWorkflowResult.WorkflowID, r), nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the poll to start: %w", ctx.Err())
		case <-look.C:
		}
	}
}

func (o *Operator) describeSchedule(ctx context.Context) (*client.ScheduleDescription, error) {
	d, err := o.client.ScheduleClient().GetHandle(ctx, workflows.PollScheduleID).Describe(ctx)
	if isNotFound(err) {
		return nil, &NotFoundError{"schedule " + workflows.PollScheduleID + " does not exist; run: starter schedules"}
	}
	if err != nil {
		return nil, fmt.Errorf("describe schedule %s: %w", workflows.PollScheduleID, err)
	}
	return d, nil
}

func startedRun(a client.ScheduleActionResult) string {
	if a.StartWorkflowResult == nil {
		return ""
	}
	return a.StartWorkflowResult.FirstExecutionRunID
}

func (o *Operator) poll(ctx context.Context, workflowID, runID string) *Poll {
	return &Poll{
		WorkflowID: workflowID, RunID: runID, Link: o.Link(workflowID, runID),
		run: o.client.GetWorkflow(ctx, workflowID, runID),
	}
}

// PollWindow polls the orders that were updated in [since, until), whatever the watermark, and leaves the watermark
// alone. Orders that were handled are recognised by their workflows. Asked for the same window while such a poll runs,
// it returns that one.
func (o *Operator) PollWindow(ctx context.Context, since, until time.Time) (*Poll, error) {
	if !since.Before(until) {
		return nil, fmt.Errorf("the window is empty: since %s is not before until %s",
			since.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	in := o.PollInput()
	in.Since, in.Until = since.UTC(), until.UTC()
	run, err := o.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       workflows.PollByHandPrefix + in.Since.Format(time.RFC3339) + "/" + in.Until.Format(time.RFC3339),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Poll by hand",
	}, workflows.PollOrdersType, in)
	if err != nil {
		return nil, fmt.Errorf("start poll: %w", err)
	}
	return o.poll(ctx, run.GetID(), run.GetRunID()), nil
}
