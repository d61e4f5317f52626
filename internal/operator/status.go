package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/workflows"
)

// Status is where the system stands.
type Status struct {
	Schedule ScheduleStatus `json:"schedule"`
	// DigestSchedule does not exist where no mail server is configured.
	DigestSchedule ScheduleStatus `json:"digest_schedule"`
	// Watermark is up to which orders have been seen; zero if no poll has completed yet.
	Watermark time.Time `json:"watermark,omitzero"`
	// WatermarkUnreadable says why the watermark is not known though there is one.
	WatermarkUnreadable string `json:"watermark_unreadable,omitempty"`
	// WatermarkAge is how far it lies behind, in seconds.
	WatermarkAge float64 `json:"watermark_age_seconds,omitempty"`
	// Stale tells that the watermark is older than three intervals, the settle delay aside: polls are missing.
	Stale bool `json:"stale"`
	// LastPoll is the last poll of the schedule that completed.
	LastPoll *workflows.PollOrdersResult `json:"last_poll,omitempty"`
	// FailedPoll is the last poll of the schedule that failed, if none has completed since.
	FailedPoll *FailedRun `json:"failed_poll,omitempty"`
	// RefusedDigest says why the last digest that was sent did not reach everybody; empty if it did.
	RefusedDigest string `json:"refused_digest,omitempty"`
	// FailedDigest is the last digest of the schedule that failed, if none has been sent since.
	FailedDigest *FailedRun `json:"failed_digest,omitempty"`
	// SweepSchedule is the schedule of the sweep, LastSweep the last one that completed, and SweptAt when.
	SweepSchedule ScheduleStatus               `json:"sweep_schedule"`
	LastSweep     *workflows.SweepOrdersResult `json:"last_sweep,omitempty"`
	SweptAt       time.Time                    `json:"swept_at,omitzero"`
	// FailedSweep is the last sweep that failed, if none has completed since.
	FailedSweep *FailedRun `json:"failed_sweep,omitempty"`
	// MadeUp reports whether somebody has polled by hand since the rules were widened, or they were not.
	MadeUp bool `json:"made_up"`
	// Orders counts gift-card orders by state. Visibility keeps them as long as the namespace's retention.
	Orders map[State]int `json:"orders"`

	// input is what the poll's schedule goes by, nil where it cannot be read; failed are the runs of failed orders.
	input  *workflows.PollOrdersInput
	failed []*workflowpb.WorkflowExecutionInfo
}

// ScheduleStatus is how a schedule stands.
type ScheduleStatus struct {
	Exists bool      `json:"exists"`
	Paused bool      `json:"paused"`
	Note   string    `json:"note,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// CreatedAt is when it was made.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Interval is in seconds; 0 where a schedule goes by the calendar.
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
	var err error
	if out.Schedule, err = o.schedule(ctx, workflows.PollScheduleID, &out.input); err != nil {
		return nil, err
	}
	if out.DigestSchedule, err = o.schedule(ctx, workflows.DigestScheduleID, nil); err != nil {
		return nil, err
	}
	if err := o.addPolls(ctx, out); err != nil {
		return nil, err
	}
	if err := o.addDigest(ctx, out); err != nil {
		return nil, err
	}
	if err := o.addSweep(ctx, out); err != nil {
		return nil, err
	}
	if out.MadeUp, err = o.madeUp(ctx, out.input); err != nil {
		return nil, err
	}
	for _, s := range States {
		if s == Failed {
			continue
		}
		if out.Orders[s], err = o.countOrders(ctx, s); err != nil {
			return nil, err
		}
	}
	if out.failed, err = o.failedOrders(ctx); err != nil {
		return nil, err
	}
	out.Orders[Failed] = len(out.failed)
	return out, nil
}

// schedule tells how a schedule stands, and reads its input where that is asked for. It asks without the client's help,
// which fails where a payload cannot be read: whether a schedule runs can be seen without a key.
func (o *Operator) schedule(
	ctx context.Context, id string, input **workflows.PollOrdersInput,
) (out ScheduleStatus, err error) {
	d, err := o.client.WorkflowService().DescribeSchedule(ctx,
		&workflowservice.DescribeScheduleRequest{Namespace: o.namespace, ScheduleId: id})
	if isNotFound(err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("describe schedule %s: %w", id, err)
	}
	out = ScheduleStatus{
		Exists: true, CreatedAt: d.GetInfo().GetCreateTime().AsTime(),
		Paused: d.GetSchedule().GetState().GetPaused(), Note: d.GetSchedule().GetState().GetNotes(),
	}
	if next := d.GetInfo().GetFutureActionTimes(); len(next) > 0 {
		out.NextAt = next[0].AsTime()
	}
	if every := d.GetSchedule().GetSpec().GetInterval(); len(every) > 0 {
		out.Interval = every[0].GetInterval().AsDuration().Seconds()
	}
	var in workflows.PollOrdersInput
	args := d.GetSchedule().GetAction().GetStartWorkflow().GetInput().GetPayloads()
	if input != nil && len(args) == 1 && o.converter.FromPayload(args[0], &in) == nil {
		*input = &in
	}
	return out, nil
}

func (o *Operator) addPolls(ctx context.Context, out *Status) error {
	last, err := o.lastRun(ctx, workflows.PollScheduleID, statuses[Completed])
	if err != nil {
		return err
	}
	result, err := workflows.PollOrdersResult{}, error(nil)
	if last != nil {
		result, err = o.pollResult(ctx, last)
	}
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		out.WatermarkUnreadable, out.Stale = err.Error(), true
	case last != nil:
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
	if last != nil {
		var result workflows.DailyDigestResult
		if o.result(ctx, last, &result) == nil {
			out.RefusedDigest = result.Refused
		}
	}
	out.FailedDigest, err = o.failedSince(ctx, workflows.DigestScheduleID, last)
	return err
}

// madeUp reports whether a poll by hand has made up for the last widening of the rules.
func (o *Operator) madeUp(ctx context.Context, in *workflows.PollOrdersInput) (bool, error) {
	if in == nil || in.WidenedAt.IsZero() {
		return true, nil
	}
	count, err := o.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.namespace,
		Query: "WorkflowType = " + quote(workflows.PollOrdersType) + " AND WorkflowId STARTS_WITH " +
			quote(workflows.PollByHandPrefix) + " AND ExecutionStatus = 'Completed' AND StartTime >= " + quoteTime(in.WidenedAt),
	})
	if err != nil {
		return false, fmt.Errorf("count polls by hand: %w", err)
	}
	return count.GetCount() > 0, nil
}

// addSweep tells of the last sweep. One whose result cannot be read is none.
func (o *Operator) addSweep(ctx context.Context, out *Status) error {
	var err error
	if out.SweepSchedule, err = o.schedule(ctx, workflows.SweepScheduleID, nil); err != nil {
		return err
	}
	last, err := o.lastRun(ctx, workflows.SweepScheduleID, statuses[Completed])
	if err != nil {
		return err
	}
	if last != nil {
		out.SweptAt = last.GetCloseTime().AsTime()
		var result workflows.SweepOrdersResult
		if o.result(ctx, last, &result) == nil {
			out.LastSweep = &result
		}
	}
	out.FailedSweep, err = o.failedSince(ctx, workflows.SweepScheduleID, last)
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
func (o *Operator) stale(age time.Duration) bool { return age > StaleAfter(o.cfg.Poll) }

// StaleAfter is the age of a watermark from which polls are missing.
func StaleAfter(p config.Poll) time.Duration { return staleIntervals*p.Interval + p.SettleDelay }

// LastResults returns what the last poll and the last digest of the schedules that completed came to; the zero value
// where there is none. An error of the one leaves the other readable.
func (o *Operator) LastResults(
	ctx context.Context,
) (poll workflows.PollOrdersResult, digest workflows.DailyDigestResult, err error) {
	err = errors.Join(
		o.lastResult(ctx, workflows.PollScheduleID, &poll), o.lastResult(ctx, workflows.DigestScheduleID, &digest),
	)
	return poll, digest, err
}

func (o *Operator) lastResult(ctx context.Context, schedule string, out any) error {
	last, err := o.lastRun(ctx, schedule, statuses[Completed])
	if err != nil || last == nil {
		return err
	}
	return o.result(ctx, last, out)
}

func (o *Operator) pollResult(
	ctx context.Context, info *workflowpb.WorkflowExecutionInfo,
) (workflows.PollOrdersResult, error) {
	var result workflows.PollOrdersResult
	err := o.result(ctx, info, &result)
	result.Latest = nil // It is for the next poll, and long.
	return result, err
}

func (o *Operator) result(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, out any) error {
	run := o.client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
	if err := run.Get(ctx, out); err != nil {
		return fmt.Errorf("read the result of %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return nil
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

// failedOrders returns the newest runs of the orders that are failed. A count would include the runs that were reset and
// have succeeded since.
func (o *Operator) failedOrders(ctx context.Context) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var out []*workflowpb.WorkflowExecutionInfo
	seen := map[string]bool{}
	query := "WorkflowType = " + quote(workflows.GiftCardOrderType) + " AND ExecutionStatus IN " + statuses[Failed]
	err := o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if seen[id] {
			return true, nil
		}
		seen[id] = true
		newest, err := o.newest(ctx, info)
		if err == nil && stateOf(newest.GetStatus()) == Failed {
			out = append(out, newest)
		}
		return true, err
	})
	return out, err
}

func (o *Operator) countOrders(ctx context.Context, s State) (int, error) {
	query := "WorkflowType = " + quote(typeOf(s)) + " AND ExecutionStatus IN " + statuses[s]
	count, err := o.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.namespace, Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count %s orders: %w", s, err)
	}
	return int(count.GetCount()), nil
}
