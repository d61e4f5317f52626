package operator

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// scheduledRun is a run that was asked for.
type scheduledRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Link       string `json:"link"`
	run        client.WorkflowRun
}

func (o *Operator) scheduledRun(ctx context.Context, workflowID, runID string) scheduledRun {
	return scheduledRun{
		WorkflowID: workflowID, RunID: runID, Link: o.Link(workflowID, runID),
		run: o.client.GetWorkflow(ctx, workflowID, runID),
	}
}

// lookEvery is how often the schedule is asked whether it has started what was asked for.
const lookEvery = 200 * time.Millisecond

// trigger makes a schedule run now, or right after the run that is under way, and returns that run.
func (o *Operator) trigger(ctx context.Context, id string) (scheduledRun, error) {
	before, err := o.describeSchedule(ctx, id)
	if err != nil {
		return scheduledRun{}, err
	}
	seen := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		seen[startedRun(a)] = true
	}
	err = o.client.ScheduleClient().GetHandle(ctx, id).Trigger(ctx,
		client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return scheduledRun{}, fmt.Errorf("trigger schedule %s: %w", id, err)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		now, err := o.describeSchedule(ctx, id)
		if err != nil {
			return scheduledRun{}, err
		}
		for _, a := range now.Info.RecentActions {
			if r := startedRun(a); r != "" && !seen[r] {
				return o.scheduledRun(ctx, a.StartWorkflowResult.WorkflowID, r), nil
			}
		}
		select {
		case <-ctx.Done():
			return scheduledRun{}, fmt.Errorf("wait for schedule %s to start a run: %w", id, ctx.Err())
		case <-look.C:
		}
	}
}

func startedRun(a client.ScheduleActionResult) string {
	if a.StartWorkflowResult == nil {
		return ""
	}
	return a.StartWorkflowResult.FirstExecutionRunID
}

func (o *Operator) describeSchedule(ctx context.Context, id string) (*client.ScheduleDescription, error) {
	d, err := o.client.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	if isNotFound(err) {
		return nil, &NotFoundError{"schedule " + id + " does not exist; run: starter schedules"}
	}
	if err != nil {
		return nil, fmt.Errorf("describe schedule %s: %w", id, err)
	}
	return d, nil
}
