package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// Status is where the system stands.
type Status struct {
	Schedule ScheduleStatus `json:"schedule"`
	// Watermark is up to which orders have been seen; zero if no poll has completed yet.
	Watermark time.Time `json:"watermark,omitzero"`
	// WatermarkAge is how far it lies behind, in seconds.
	WatermarkAge float64 `json:"watermark_age_seconds,omitempty"`
	// Stale tells that the watermark is older than three intervals, the settle delay aside: polls are missing.
	Stale bool `json:"stale"`
	// LastPoll is the last poll of the schedule that completed.
	LastPoll *workflows.PollOrdersResult `json:"last_poll,omitempty"`
	// FailedPoll is the last poll of the schedule that failed, if none has completed since.
	FailedPoll *FailedRun `json:"failed_poll,omitempty"`
	// FailedDigest is the last digest of the schedule that failed, if none has been sent since.
	FailedDigest *FailedRun `json:"failed_digest,omitempty"`
	// Orders counts gift-card orders by state. Visibility keeps them as long as the namespace's retention.
	Orders map[State]int `json:"orders"`
}

// ScheduleStatus is how the poll's schedule stands.
type ScheduleStatus struct {
	Exists bool      `json:"exists"`
	Paused bool      `json:"paused"`
	Note   string    `json:"note,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// Interval is in seconds.
	Interval float64 `json:"interval_seconds,omitempty"`
}

// FailedRun is a run of a schedule that failed.
type FailedRun struct {
	ClosedAt time.Time `json:"closed_at"`
	Failure  *Failure  `json:"failure"`
	Link     string    `json:"link"`
}

// staleIntervals is how many intervals a watermark may lie behind.
const staleIntervals = 3

// Status asks Temporal where the system stands.
func (o *Operator) Status(ctx context.Context) (*Status, error) {
	out := &Status{Orders: map[State]int{}}
	if err := o.addSchedule(ctx, out); err != nil {
		return nil, err
	}
	if err := o.addPolls(ctx, out); err != nil {
		return nil, err
	}
	if err := o.addDigest(ctx, out); err != nil {
		return nil, err
	}
	for _, s := range States {
		n, err := o.countOrders(ctx, s)
		if err != nil {
			return nil, err
		}
		out.Orders[s] = n
	}
	return out, nil
}

func (o *Operator) addSchedule(ctx context.Context, out *Status) error {
	d, err := o.describeSchedule(ctx, workflows.PollScheduleID)
	if _, ok := errors.AsType[*NotFoundError](err); ok {
		return nil
	}
	if err != nil {
		return err
	}
	out.Schedule.Exists = true
	if d.Schedule.State != nil {
		out.Schedule.Paused, out.Schedule.Note = d.Schedule.State.Paused, d.Schedule.State.Note
	}
	if len(d.Info.NextActionTimes) > 0 {
		out.Schedule.NextAt = d.Info.NextActionTimes[0]
	}
	if d.Schedule.Spec != nil && len(d.Schedule.Spec.Intervals) > 0 {
		out.Schedule.Interval = d.Schedule.Spec.Intervals[0].Every.Seconds()
	}
	return nil
}

func (o *Operator) addPolls(ctx context.Context, out *Status) error {
	last, err := o.lastRun(ctx, workflows.PollScheduleID, statuses[Completed])
	if err != nil {
		return err
	}
	if last != nil {
		result, err := o.pollResult(ctx, last)
		if err != nil {
			return err
		}
		age := time.Since(result.Watermark)
		out.LastPoll, out.Watermark, out.WatermarkAge = &result, result.Watermark, age.Seconds()
		out.Stale = o.stale(age)
	}
	out.FailedPoll, err = o.failedSince(ctx, workflows.PollScheduleID, last)
	return err
}

// addDigest tells of a digest that was not sent: people who wait for a mail cannot know.
func (o *Operator) addDigest(ctx context.Context, out *Status) error {
	last, err := o.lastRun(ctx, workflows.DigestScheduleID, statuses[Completed])
	if err != nil {
		return err
	}
	out.FailedDigest, err = o.failedSince(ctx, workflows.DigestScheduleID, last)
	return err
}

// failedSince returns the last run of a schedule that failed, nil if one has completed since.
func (o *Operator) failedSince(
	ctx context.Context, schedule string, completed *workflowpb.WorkflowExecutionInfo,
) (*FailedRun, error) {
	failed, err := o.lastRun(ctx, schedule, statuses[Failed])
	if err != nil || failed == nil {
		return nil, err
	}
	if completed != nil && failed.GetCloseTime().AsTime().Before(completed.GetCloseTime().AsTime()) {
		return nil, nil
	}
	run := o.client.GetWorkflow(ctx, failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId())
	return &FailedRun{
		ClosedAt: failed.GetCloseTime().AsTime(),
		Failure:  failureOf(run.Get(ctx, nil)),
		Link:     o.Link(failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId()),
	}, nil
}

// stale tells whether a watermark of that age means that polls are missing.
func (o *Operator) stale(age time.Duration) bool {
	return age > staleIntervals*o.cfg.Poll.Interval+o.cfg.Poll.SettleDelay
}

func (o *Operator) pollResult(
	ctx context.Context, info *workflowpb.WorkflowExecutionInfo,
) (workflows.PollOrdersResult, error) {
	var result workflows.PollOrdersResult
	run := o.client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
	if err := run.Get(ctx, &result); err != nil {
		return result, fmt.Errorf("read the result of %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return result, nil
}

// lastRun returns the run of a schedule with one of the statuses that closed last, nil if there is none.
func (o *Operator) lastRun(
	ctx context.Context, schedule, statuses string,
) (*workflowpb.WorkflowExecutionInfo, error) {
	query := fmt.Sprintf("TemporalScheduledById = %s AND ExecutionStatus IN %s", quote(schedule), statuses)
	var last *workflowpb.WorkflowExecutionInfo
	err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		last = info
		return false, nil
	})
	return last, err
}

func (o *Operator) countOrders(ctx context.Context, s State) (int, error) {
	query := "WorkflowType = " + quote(workflows.GiftCardOrderType) + " AND ExecutionStatus IN " + statuses[s]
	if s == Failed {
		// A count would include the runs that were reset and have succeeded since.
		failed := map[string]bool{}
		err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			id := info.GetExecution().GetWorkflowId()
			if failed[id] {
				return true, nil
			}
			newest, err := o.newest(ctx, info)
			if err == nil && stateOf(newest.GetStatus()) == Failed {
				failed[id] = true
			}
			return true, err
		})
		return len(failed), err
	}
	count, err := o.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.namespace, Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count %s orders: %w", s, err)
	}
	return int(count.GetCount()), nil
}
