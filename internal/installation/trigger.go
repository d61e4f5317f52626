package installation

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// lookEvery is how often trigger checks whether the schedule has started the requested run.
const lookEvery = 200 * time.Millisecond

// trigger triggers a schedule and returns the run, which starts at once or right after one that is running.
func (o *Installation) trigger(ctx context.Context, id string) (executions.ScheduledRun, error) {
	before, err := o.describeSchedule(ctx, id)
	if err != nil {
		return executions.ScheduledRun{}, err
	}
	seen := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		seen[startedRun(a)] = true
	}
	err = o.Client.ScheduleClient().GetHandle(ctx, id).Trigger(ctx,
		client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return executions.ScheduledRun{}, fmt.Errorf("trigger schedule %s: %w", id, err)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		now, err := o.describeSchedule(ctx, id)
		if err != nil {
			return executions.ScheduledRun{}, err
		}
		for _, a := range now.Info.RecentActions {
			if r := startedRun(a); r != "" && !seen[r] {
				return o.ScheduledRun(ctx, a.StartWorkflowResult.WorkflowID, r), nil
			}
		}
		select {
		case <-ctx.Done():
			return executions.ScheduledRun{}, fmt.Errorf("wait for schedule %s to start a run: %w", id, ctx.Err())
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

func (o *Installation) describeSchedule(ctx context.Context, id string) (*client.ScheduleDescription, error) {
	d, err := o.Client.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	if executions.IsNotFound(err) {
		return nil, &executions.NotFoundError{
			What: "schedule " + id + " does not exist; run: " + buildinfo.Program + " schedules",
		}
	}
	if err != nil {
		return nil, fmt.Errorf("describe schedule %s: %w", id, err)
	}
	return d, nil
}
