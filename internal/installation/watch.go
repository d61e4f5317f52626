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

const (
	// WatchEvery is how often the shop is looked at.
	WatchEvery = time.Hour
	// watchCatchUp is how late a watch may start: the next one looks at the same.
	watchCatchUp = time.Minute
)

// watchSchedule returns the schedule of the watch over what orders depend on in the shop.
func (o *Installation) watchSchedule() schedule {
	return schedule{
		id: workflows.WatchScheduleID, workflow: workflows.WatchShopType,
		summary: "Look at the shop's gift-card products and webhook subscriptions",
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: WatchEvery}}},
		catchUp: watchCatchUp,
		input: workflows.WatchShopInput{
			SKUs: o.PollInput().SKUs, ReceiverURL: o.Configured().ReceiverURL,
		},
	}
}

// CompareWatchSchedule compares the schedule of the watch with the configuration.
func (o *Installation) CompareWatchSchedule(ctx context.Context) (ScheduleComparison, error) {
	return o.compare(ctx, o.watchSchedule())
}

// Watch is a watch that was started on request.
type Watch struct {
	executions.ScheduledRun
}

// Wait waits for the watch and returns its result.
func (w *Watch) Wait(ctx context.Context) (workflows.WatchShopResult, error) {
	var out workflows.WatchShopResult
	return out, executions.Explain(ctx, w.Run.Get(ctx, &out))
}

// WatchNow triggers the schedule of the watch. The watch starts at once, or right after one that is running.
func (o *Installation) WatchNow(ctx context.Context) (*Watch, error) {
	run, err := o.trigger(ctx, workflows.WatchScheduleID)
	return &Watch{run}, err
}

// TriggerWatch has the shop looked at now, or right after the watch that is running. It does not wait.
func (o *Installation) TriggerWatch(ctx context.Context) error {
	err := o.Client.ScheduleClient().GetHandle(ctx, workflows.WatchScheduleID).Trigger(ctx,
		client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return fmt.Errorf("trigger schedule %s: %w", workflows.WatchScheduleID, err)
	}
	return nil
}

// PollGap starts a poll of the orders that were updated in [since, until), and returns its workflow ID. While the intake
// is paused it starts none and returns "". It implements activities.Gaps.
func (o *Installation) PollGap(ctx context.Context, since, until time.Time) (string, error) {
	intake, err := o.Intake(ctx)
	if err != nil || intake.Paused() {
		return "", err
	}
	poll, err := o.ScheduledPollInput(ctx)
	if err != nil {
		return "", err
	}
	// Older orders are not taken in.
	if oldest := until.Add(-time.Duration(poll.MaxOrderAge)); since.Before(oldest) {
		since = oldest
	}
	run, err := o.PollWindow(ctx, since, until)
	if err != nil {
		return "", err
	}
	return run.WorkflowID, nil
}
