package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health/cards"
	"github.com/giftbridge/giftbridge/internal/health/relaying"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/health/telling"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Status is the state of the system.
type Status struct {
	Schedule installation.ScheduleStatus `json:"schedule"`
	// DigestSchedule does not exist if no mail server is configured.
	DigestSchedule installation.ScheduleStatus `json:"digest_schedule"`
	// Watermark is the time up to which orders have been seen; zero if no poll has completed yet.
	Watermark time.Time `json:"watermark,omitzero"`
	// WatermarkUnreadable is the error that prevented reading an existing watermark.
	WatermarkUnreadable string `json:"watermark_unreadable,omitempty"`
	// WatermarkAge is the age of the watermark in seconds.
	WatermarkAge float64 `json:"watermark_age_seconds,omitempty"`
	// Stale reports that the watermark is older than three intervals, not counting the settle delay: recent polls are
	// missing.
	Stale bool `json:"stale"`
	// LastPoll is the last poll of the schedule that completed.
	LastPoll *workflows.PollOrdersResult `json:"last_poll,omitempty"`
	// FailedPoll is the last poll of the schedule that failed, if none has completed since.
	FailedPoll *FailedRun `json:"failed_poll,omitempty"`
	// RefusedDigest is the reason why the last digest that was sent did not reach all recipients; empty if it did.
	RefusedDigest string `json:"refused_digest,omitempty"`
	// DigestWithoutLinks reports whether the worker that sent the last digest could make no links for it.
	DigestWithoutLinks bool `json:"digest_without_links,omitempty"`
	// FailedDigest is the last digest of the schedule that failed, if none has been sent since.
	FailedDigest *FailedRun `json:"failed_digest,omitempty"`
	// SweepSchedule is the schedule of the sweep. LastSweep is the last sweep that completed, and SweptAt the time at which
	// it did.
	SweepSchedule installation.ScheduleStatus  `json:"sweep_schedule"`
	LastSweep     *workflows.SweepOrdersResult `json:"last_sweep,omitempty"`
	SweptAt       time.Time                    `json:"swept_at,omitzero"`
	// FailedSweep is the last sweep that failed, if none has completed since.
	FailedSweep *FailedRun `json:"failed_sweep,omitempty"`
	// WatchSchedule is the schedule of the watch over the shop. LastWatch is the last watch that completed, and FailedWatch
	// the last one that failed, if none has completed since.
	WatchSchedule installation.ScheduleStatus `json:"watch_schedule"`
	LastWatch     *workflows.WatchShopResult  `json:"last_watch,omitempty"`
	FailedWatch   *FailedRun                  `json:"failed_watch,omitempty"`
	// MadeUp reports whether polls by hand have read all orders from before the rules were widened. It is true if the rules
	// were not widened.
	MadeUp bool `json:"made_up"`
	// Orders counts gift-card orders by state. Visibility keeps closed orders for the namespace's retention.
	Orders map[executions.State]int `json:"orders"`
	// Later are the running orders whose cards are asked for later, because of ISSUE_AFTER.
	Later executions.Later `json:"later"`
	// Making are the cards that their issuers make later and have not finished.
	Making executions.Making `json:"making"`
	// Redeeming are the amounts taken off cards at checkouts, as far as they need somebody.
	Redeeming cards.Redeeming `json:"redeeming"`
	// Messages are those to customers; nil if they are off.
	Messages *telling.Messages `json:"messages,omitempty"`
	// Relay is what goes on to another system, such as an ERP; nil if nothing does.
	Relay *relaying.Relaying `json:"relay,omitempty"`
	// FailedChanges is the number of orders whose cancellation or refund could not be acted on.
	FailedChanges int `json:"failed_changes"`

	// input is the input of the poll's schedule, nil if it cannot be read. failed are the runs of failed orders.
	input  *workflows.PollOrdersInput
	failed []*workflowpb.WorkflowExecutionInfo
	// byHand are the windows that polls by hand have read since the rules were widened.
	byHand []window
}

// FailedRun is a run of a schedule that failed.
type FailedRun struct {
	ClosedAt time.Time           `json:"closed_at"`
	Failure  *executions.Failure `json:"failure"`
	Link     string              `json:"link"`
}

// Status reads the state of the system from Temporal.
func (o *Monitor) Status(ctx context.Context) (*Status, error) {
	out := &Status{Orders: map[executions.State]int{}}
	var err error
	if out.Schedule, err = o.Schedule(ctx, workflows.PollScheduleID, &out.input); err != nil {
		return nil, err
	}
	if out.DigestSchedule, err = o.Schedule(ctx, workflows.DigestScheduleID, nil); err != nil {
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
	if err := o.addWatch(ctx, out); err != nil {
		return nil, err
	}
	if out.byHand, err = o.pollsByHand(ctx, out.input); err != nil {
		return nil, err
	}
	for _, s := range executions.States {
		if s == executions.Failed || executions.TypeOf(s) == workflows.LeftOrderType {
			continue
		}
		if out.Orders[s], err = o.countOrders(ctx, s); err != nil {
			return nil, err
		}
	}
	if out.failed, err = o.newestRuns(ctx, executions.Failed); err != nil {
		return nil, err
	}
	out.Orders[executions.Failed] = len(out.failed)
	if out.Later, err = o.Later(ctx, time.Now()); err != nil {
		return nil, err
	}
	if out.Making, err = o.Making(ctx, time.Now(), time.Now().Add(-cards.SuspiciousFor)); err != nil {
		return nil, err
	}
	if out.Redeeming, err = cards.Redemptions(ctx, redemptions.New(o.Reader, nil), time.Now()); err != nil {
		return nil, err
	}
	if out.Messages, err = telling.Look(ctx, o.Installation); err != nil {
		return nil, err
	}
	if out.Relay, err = relaying.Read(ctx, o.Reader, o.expected.Relay, time.Now()); err != nil {
		return nil, err
	}
	left, err := o.newestRuns(ctx, executions.Left)
	if err != nil {
		return nil, err
	}
	out.Orders[executions.Left], out.Orders[executions.Settled], out.Orders[executions.Redacted] = 0, 0, 0
	for _, run := range left {
		out.Orders[o.Order(run).State]++
	}
	return out, nil
}

func (o *Monitor) addPolls(ctx context.Context, out *Status) error {
	last, err := o.LastRun(ctx, workflows.PollScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	result, err := workflows.PollOrdersResult{}, error(nil)
	if last != nil {
		result, err = o.PollResult(ctx, last)
	}
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		out.WatermarkUnreadable, out.Stale = err.Error(), true
	case last != nil:
		age := time.Since(result.Watermark)
		out.LastPoll, out.Watermark, out.WatermarkAge = &result, result.Watermark, age.Seconds()
		out.Stale = o.Stale(age)
	}
	out.FailedPoll, err = o.failedSince(ctx, workflows.PollScheduleID, last)
	return err
}

// addDigest adds a digest that was not sent. Its recipients cannot notice a mail that does not arrive.
func (o *Monitor) addDigest(ctx context.Context, out *Status) error {
	last, err := o.LastRun(ctx, workflows.DigestScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	if last != nil {
		var result workflows.DailyDigestResult
		if o.Result(ctx, last, &result) == nil {
			out.RefusedDigest, out.DigestWithoutLinks = result.Refused, result.WithoutLinks
		}
	}
	out.FailedDigest, err = o.failedSince(ctx, workflows.DigestScheduleID, last)
	return err
}

// addSweep adds the last sweep. A sweep whose result cannot be read is ignored.
func (o *Monitor) addSweep(ctx context.Context, out *Status) error {
	var err error
	if out.SweepSchedule, err = o.Schedule(ctx, workflows.SweepScheduleID, nil); err != nil {
		return err
	}
	last, err := o.LastRun(ctx, workflows.SweepScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	if last != nil {
		out.SweptAt = last.GetCloseTime().AsTime()
		var result workflows.SweepOrdersResult
		if o.Result(ctx, last, &result) == nil {
			out.LastSweep = &result
		}
	}
	if out.FailedChanges, err = survey.FailedChanges(ctx, o.Installation); err != nil {
		return err
	}
	out.FailedSweep, err = o.failedSince(ctx, workflows.SweepScheduleID, last)
	return err
}

// failedSince returns the last failed run of a schedule, or nil if a run has completed since.
func (o *Monitor) failedSince(
	ctx context.Context, schedule string, completed *workflowpb.WorkflowExecutionInfo,
) (*FailedRun, error) {
	failed, err := o.LastRun(ctx, schedule, executions.Statuses[executions.Failed])
	if err != nil || failed == nil {
		return nil, err
	}
	if completed != nil && failed.GetCloseTime().AsTime().Before(completed.GetCloseTime().AsTime()) {
		return nil, nil
	}
	run := o.Client.GetWorkflow(ctx, failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId())
	return &FailedRun{
		ClosedAt: failed.GetCloseTime().AsTime(),
		Failure:  executions.FailureOf(run.Get(ctx, nil)),
		Link:     o.Link(failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId()),
	}, nil
}

// LastResults returns the results of the last completed poll and the last completed digest of the schedules, or zero values
// if there is none. If one result cannot be read, the other is still returned.
func (o *Monitor) LastResults(
	ctx context.Context,
) (poll workflows.PollOrdersResult, digest workflows.DailyDigestResult, err error) {
	err = errors.Join(
		o.LastResult(ctx, workflows.PollScheduleID, &poll), o.LastResult(ctx, workflows.DigestScheduleID, &digest),
	)
	return poll, digest, err
}

// LastWatch returns the result of the last completed watch over the shop, or the zero value if there is none.
func (o *Monitor) LastWatch(ctx context.Context) (last workflows.WatchShopResult, err error) {
	return last, o.LastResult(ctx, workflows.WatchScheduleID, &last)
}

// newestRuns returns the newest runs of the orders whose newest run has this state. A count in visibility would include
// failed runs of orders that were reset and have succeeded since, and orders that were released or settled.
func (o *Monitor) newestRuns(ctx context.Context, s executions.State) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var out []*workflowpb.WorkflowExecutionInfo
	query := "WorkflowType = " + executions.Quote(executions.TypeOf(s)) + " AND ExecutionStatus IN " + executions.Statuses[s]
	err := o.ScanNewest(ctx, query, func(newest *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if executions.OrderState(newest) == s {
			out = append(out, newest)
		}
		return true, nil
	})
	return out, err
}

func (o *Monitor) countOrders(ctx context.Context, s executions.State) (int, error) {
	query := "WorkflowType = " + executions.Quote(executions.TypeOf(s)) + " AND ExecutionStatus IN " + executions.Statuses[s]
	count, err := survey.Count(ctx, o.Installation, query)
	if err != nil {
		return 0, fmt.Errorf("count %s orders: %w", s, err)
	}
	return count, nil
}
