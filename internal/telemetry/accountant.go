package telemetry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// accountant derives metrics from the inputs and results of activities and workflows.
type accountant struct {
	interceptor.InterceptorBase
	metrics      *metrics
	begun, ended recently
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (a *accountant) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &countedActivity{
		ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, metrics: a.metrics,
	}
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (a *accountant) InterceptWorkflow(
	_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	return &countedWorkflow{
		WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, accountant: a,
	}
}

// countedActivity counts the results of activity attempts.
type countedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	metrics *metrics
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (c *countedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	out, err := c.Next.ExecuteActivity(ctx, in)
	m := c.metrics
	if err != nil {
		if !stopped(err) {
			m.activityFailures.Add(ctx, 1,
				label(labelActivity, activity.GetInfo(ctx).ActivityType.Name, labelKind, kindOf(err)))
		}
		return out, err
	}
	switch out := out.(type) {
	case activities.ListGiftCardOrdersResult:
		m.ordersSeen.Add(ctx, int64(out.Seen))
		for reason, n := range out.LeftOut {
			m.ordersLeftOut.Add(ctx, int64(n), label(labelReason, string(reason)))
		}
	case activities.SweepResult:
		m.ordersSwept.Add(ctx, int64(out.Found))
	case activities.IssueCardResult:
		outcome := outcomeNew
		if out.Existed {
			outcome = outcomeExisted
		}
		m.cardsIssued.Add(ctx, 1, label(labelOutcome, outcome))
		if !out.Existed {
			m.addValue(ctx, out)
		}
	}
	return out, nil
}

// addValue adds the value of a new card. An amount that cannot be read is left out, and so its currency makes no label.
func (m *metrics) addValue(ctx context.Context, card activities.IssueCardResult) {
	if value, err := giftcard.ParseMoney(card.Amount, card.Currency); err == nil {
		m.cardsValue.Add(ctx, float64(value.Hundredths)/100, label(labelCurrency, value.Currency))
	}
}

// countedWorkflow counts the start and the end of a workflow, each once: not during a replay, and not again when a
// workflow task is retried.
type countedWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	accountant *accountant
}

// ExecuteWorkflow implements interceptor.WorkflowInboundInterceptor.
func (c *countedWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	var taken any
	if len(in.Args) > 0 {
		taken = in.Args[0]
	}
	a, info := c.accountant, workflow.GetInfo(ctx)
	runID := info.WorkflowExecution.RunID
	if !workflow.IsReplaying(ctx) && !reset(info) && a.begun.first(runID) {
		a.metrics.begun(taken, info.WorkflowStartTime)
	}
	out, err := c.Next.ExecuteWorkflow(ctx, in)
	if !workflow.IsReplaying(ctx) && !stopped(err) && !workflow.IsContinueAsNewError(err) && a.ended.first(runID) {
		a.metrics.ended(workflow.Now(ctx), taken, out, err)
	}
	return out, err
}

// reset reports whether the run was created by a reset. Its start was already counted in the original run.
func reset(info *workflow.Info) bool {
	return info.OriginalRunID != "" && info.OriginalRunID != info.WorkflowExecution.RunID
}

// begun counts the start of a workflow.
func (m *metrics) begun(in any, at time.Time) {
	ctx := context.Background()
	switch in := in.(type) {
	case workflows.PollOrdersInput:
		if ofSchedule(in) && in.Progress == nil {
			m.pollsStarted.Add(ctx, 1)
		}
	case workflows.GiftCardOrderInput:
		m.ordersStarted.Add(ctx, 1)
		m.orderStartDelay.Record(ctx, max(0, at.Sub(in.Order.CreatedAt)).Seconds(), label(labelBy, cmp.Or(in.TakenInBy, byPoll)))
	}
}

// ended counts the end of a workflow.
func (m *metrics) ended(now time.Time, in, out any, err error) {
	ctx := context.Background()
	switch in := in.(type) {
	case workflows.PollOrdersInput:
		if !ofSchedule(in) {
			return
		}
		m.pollsFinished.Add(ctx, 1, completedOr(err))
		if done, ok := out.(workflows.PollOrdersResult); ok && err == nil {
			m.setWatermark(ctx, done.Watermark)
			if done.Unannounced != nil {
				m.ordersUnannounced.Add(ctx, int64(done.Unannounced.Polled))
			}
		}
	case workflows.GiftCardOrderInput:
		if err != nil {
			m.ordersFailed.Add(ctx, 1, label(labelKind, kindOf(err)))
			return
		}
		m.ordersCompleted.Add(ctx, 1)
		m.orderLatency.Record(ctx, now.Sub(in.Order.CreatedAt).Seconds())
		m.writtenBack(ctx, out)
	case workflows.WatchShopInput:
		m.watchEnded(ctx, out, err)
	case workflows.DailyDigestInput:
		m.digestEnded(ctx, out, err)
	}
}

func (m *metrics) writtenBack(ctx context.Context, out any) {
	done, _ := out.(workflows.GiftCardOrderResult)
	switch {
	case done.WriteBackFailed != nil:
		m.ordersWrittenBack.Add(ctx, 1, label(labelOutcome, outcomeFailed))
	case done.WrittenBack != "":
		m.ordersWrittenBack.Add(ctx, 1, label(labelOutcome, outcomeCompleted))
	}
}

func (m *metrics) digestEnded(ctx context.Context, out any, err error) {
	done, ok := out.(workflows.DailyDigestResult)
	switch {
	case err != nil || !ok:
		m.digestsFinished.Add(ctx, 1, label(labelOutcome, outcomeFailed))
		return
	case done.Sent:
		m.digestsFinished.Add(ctx, 1, label(labelOutcome, outcomeSent))
	default:
		m.digestsFinished.Add(ctx, 1, label(labelOutcome, outcomeEmpty))
	}
	m.setDigest(ctx, done)
}

func (m *metrics) setWatermark(ctx context.Context, at time.Time) {
	if !at.IsZero() {
		m.watermark.Record(ctx, unixSeconds(at))
	}
}

func (m *metrics) setDigest(ctx context.Context, last workflows.DailyDigestResult) {
	if !last.Until.IsZero() {
		m.digestUntil.Record(ctx, unixSeconds(last.Until))
		m.digestFailed.Record(ctx, int64(last.Failed))
		m.digestExpiring.Record(ctx, int64(last.Expiring))
	}
}

// Resume sets the metrics to the results of the schedules' last runs before this worker started. Without it, the age of
// the watermark would be unknown between a restart and the next successful poll, which is when it matters.
func (t *Telemetry) Resume(ctx context.Context, poll workflows.PollOrdersResult, digest workflows.DailyDigestResult) {
	if t != nil && t.metrics != nil {
		t.metrics.setWatermark(ctx, poll.Watermark)
		t.metrics.setDigest(ctx, digest)
	}
}

// ofSchedule reports whether a poll was started by the schedule. A poll started by hand has a window and no watermark.
func ofSchedule(in workflows.PollOrdersInput) bool { return in.Since.IsZero() }

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func completedOr(err error) metric.MeasurementOption {
	if err != nil {
		return label(labelOutcome, outcomeFailed)
	}
	return label(labelOutcome, outcomeCompleted)
}

// stopped reports whether err is a cancellation, by a person or by the worker, rather than a failure.
func stopped(err error) bool {
	return temporal.IsCanceledError(err) || errors.Is(err, context.Canceled)
}

// kindOf returns the kind of a failure.
func kindOf(err error) string {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || !slices.Contains(giftcard.Kinds, giftcard.Kind(app.Type())) {
		return otherKind
	}
	return app.Type()
}
