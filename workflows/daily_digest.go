package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
)

// DailyDigestInput is the configuration of the digest: the schedule's input.
type DailyDigestInput struct {
	// Rerun reruns failed orders first, and RerunWait is how long the digest waits for them.
	Rerun     bool     `json:"rerun"`
	RerunWait Duration `json:"rerun_wait"`
	// SendEmpty sends a mail even if there is nothing to report.
	SendEmpty bool `json:"send_empty,omitempty"`
}

// DailyDigestResult is the outcome of a digest. As the schedule's last completion result it tells the next digest where
// to begin.
type DailyDigestResult struct {
	activities.SendDigestResult
	// Rerun is the number of orders that were rerun.
	Rerun int `json:"rerun"`
	// RerunProblem says why failed orders were not rerun although they should have been.
	RerunProblem string `json:"rerun_problem,omitempty"`
}

// DailyDigest reruns failed orders, waits for them, and mails what is still failing. A digest that cannot be sent fails
// visibly. The next one begins where the last sent digest ended, so nothing is lost.
func DailyDigest(ctx workflow.Context, in DailyDigestInput) (DailyDigestResult, error) {
	at, last, err := digestPeriod(ctx)
	if err != nil {
		return DailyDigestResult{}, err
	}
	var out DailyDigestResult
	send := activities.SendDigestInput{At: at, Since: DigestSince(at, last), SendEmpty: in.SendEmpty}
	send.LastRefused = last.Refused
	if in.Rerun {
		send.RerunSince = workflow.Now(ctx).UTC()
		out.Rerun, err = rerunForDigest(ctx, at, time.Duration(in.RerunWait))
		if temporal.IsCanceledError(err) {
			return DailyDigestResult{}, err
		}
		if err != nil {
			// The mail matters more than the reruns, and reports that the orders are still failing.
			out.RerunProblem = rerunProblem(err)
			workflow.GetLogger(ctx).Warn("failed orders were not run again", "error", err)
		}
	}
	workflow.SetCurrentDetails(ctx, "Creating and sending the report.")
	out.SendDigestResult, err = call(mailing(ctx), digests.SendDigest, send).get(ctx)
	if err != nil {
		return DailyDigestResult{}, ended(err)
	}
	return out, nil
}

func rerunProblem(err error) string {
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return "somebody was running failed orders again (workflow " + RerunOrdersID + ")"
	}
	_, message := cause(err)
	return message
}

// firstPeriod is the period that the first digest covers.
const firstPeriod = 24 * time.Hour

// digestPeriod returns the time for which the digest was scheduled, and the result of the last digest.
func digestPeriod(ctx workflow.Context) (at time.Time, last DailyDigestResult, err error) {
	at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledStartTime)
	if !ok {
		at = workflow.Now(ctx)
	}
	at = at.UTC().Truncate(time.Second)
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return at, last, lastResultUnreadable(err)
		}
	}
	return at, last, nil
}

// DigestSince returns the start of the period that a digest at the given time covers. last is the last digest that was
// sent, or the zero value if there is none.
func DigestSince(at time.Time, last DailyDigestResult) time.Time {
	if last.Until.IsZero() {
		return at.Add(-firstPeriod)
	}
	return last.Until
}

// rerunForDigest reruns all failed orders that a rerun may cure, and waits a bounded time for them.
func rerunForDigest(ctx workflow.Context, at time.Time, wait time.Duration) (int, error) {
	workflow.SetCurrentDetails(ctx, "Running failed orders again.")
	began := workflow.Now(ctx).UTC()
	var rerun RerunOrdersResult
	err := child(rerunOptions(ctx), RerunOrders, RerunOrdersInput{
		Reason: "daily digest of " + at.Format(time.RFC3339),
	}).Get(ctx, &rerun)
	if err != nil || rerun.Rerun == 0 {
		return rerun.Rerun, err
	}
	workflow.SetCurrentDetails(ctx, "Waiting for the orders that were rerun.")
	deadline := workflow.Now(ctx).Add(wait)
	// Visibility lags: an order that was just reset may not be counted as running yet.
	if err := workflow.Sleep(ctx, visibilityLag); err != nil {
		return rerun.Rerun, err
	}
	for workflow.Now(ctx).Before(deadline) {
		count, err := call(counting(ctx), reruns.CountRunningOrders, activities.CountRunningOrdersInput{Since: began}).get(ctx)
		if err != nil {
			return rerun.Rerun, err
		}
		if count.Running == 0 {
			break
		}
		if err := workflow.Sleep(ctx, rerunLookEvery); err != nil {
			return rerun.Rerun, err
		}
	}
	// An order that has just finished lies beyond the end of the report's window for a while.
	return rerun.Rerun, workflow.Sleep(ctx, visibilityLag)
}
