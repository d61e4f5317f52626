package workflows_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// digestEnv runs DailyDigest, or RerunOrders, with functions as activities.
type digestEnv struct {
	*env
	// rerun returns the pages of a rerun; running holds the counts of running orders, the last of which repeats.
	rerun   func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error)
	running []int
	send    func(activities.SendDigestInput) (activities.SendDigestResult, error)

	pages  []activities.RerunFailedOrdersInput
	counts []activities.CountRunningOrdersInput
	sent   []activities.SendDigestInput
	// sentAt is when the digest was sent.
	sentAt time.Time
}

var digestDone = activities.SendDigestResult{
	Until: noon.Add(time.Minute), Sent: true, Failed: 5, FailedNew: 2, Recovered: 3, Retrying: 1, Mixed: 4,
}

func newDigestEnv(t *testing.T) *digestEnv {
	t.Helper()
	e := &digestEnv{env: newEnv(t), running: []int{0}}
	e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		return activities.RerunFailedOrdersResult{}, nil
	}
	e.send = func(activities.SendDigestInput) (activities.SendDigestResult, error) { return digestDone, nil }
	e.RegisterWorkflowWithOptions(workflows.RerunOrders, workflow.RegisterOptions{Name: workflows.RerunOrdersType})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
			note(e.env, &e.pages, in)
			return e.rerun(in)
		}, activity.RegisterOptions{Name: "RerunFailedOrders"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.CountRunningOrdersInput) (activities.CountRunningOrdersResult, error) {
			note(e.env, &e.counts, in)
			n := e.running[min(len(e.counts), len(e.running))-1]
			if n < 0 {
				return activities.CountRunningOrdersResult{}, final(giftcard.Unavailable, "nobody counts")
			}
			return activities.CountRunningOrdersResult{Running: n}, nil
		}, activity.RegisterOptions{Name: "CountRunningOrders"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.SendDigestInput) (activities.SendDigestResult, error) {
			note(e.env, &e.sent, in)
			e.sentAt = e.Now()
			return e.send(in)
		}, activity.RegisterOptions{Name: "SendDigest"})
	return e
}

// reruns makes n orders run again.
func (e *digestEnv) reruns(n int) {
	e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		return activities.RerunFailedOrdersResult{Rerun: n, LeftAlone: 1}, nil
	}
}

func (e *digestEnv) digest(t *testing.T, in workflows.DailyDigestInput) workflows.DailyDigestResult {
	t.Helper()
	e.ExecuteWorkflow(workflows.DailyDigest, in)
	require.True(t, e.IsWorkflowCompleted())
	require.NoError(t, e.GetWorkflowError())
	var out workflows.DailyDigestResult
	require.NoError(t, e.GetWorkflowResult(&out))
	return out
}

// full is the digest's configuration in the tests.
var full = workflows.DailyDigestInput{Rerun: true, RerunWait: workflows.Duration(10 * time.Minute)}

func TestDailyDigest(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	e.reruns(3)
	e.running = []int{3, 1, 0}
	out := e.digest(t, full)
	require.Equal(t, workflows.DailyDigestResult{SendDigestResult: digestDone, Rerun: 3}, out)
	require.Equal(t, []string{workflows.RerunOrdersID, "CountRunningOrders", "CountRunningOrders", "CountRunningOrders", "SendDigest"},
		e.calls.whats())
	require.Equal(t, []activities.RerunFailedOrdersInput{{Reason: "daily digest of 2026-07-10T12:00:00Z", Since: noon}}, e.pages)
	require.Equal(t, []activities.SendDigestInput{{At: noon, Since: noon.AddDate(0, 0, -1), RerunSince: noon}}, e.sent)
	for _, c := range e.counts {
		require.Equal(t, noon, c.Since)
	}
	require.Equal(t, noon.Add((12+2*15+12)*time.Second), e.sentAt.UTC(), "the lag, two looks more, the lag")
}

// A digest's period begins where the last digest that was sent ended.
func TestDailyDigestPeriod(t *testing.T) {
	t.Parallel()
	scheduled := noon.Add(-3*time.Minute + 500*time.Millisecond)
	tests := []struct {
		name      string
		last      any
		scheduled bool
		at, since time.Time
	}{
		{name: "first, by hand", at: noon, since: noon.AddDate(0, 0, -1)},
		{name: "first", scheduled: true, at: noon.Add(-3 * time.Minute), since: noon.Add(-24*time.Hour - 3*time.Minute)},
		{
			name: "after another", scheduled: true, at: noon.Add(-3 * time.Minute), since: noon.AddDate(0, 0, -2),
			last: workflows.DailyDigestResult{SendDigestResult: activities.SendDigestResult{Until: noon.AddDate(0, 0, -2)}},
		},
		{
			name: "after one that knew no end", at: noon, since: noon.AddDate(0, 0, -1), last: workflows.DailyDigestResult{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newDigestEnv(t)
			if tt.scheduled {
				require.NoError(t, e.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
					temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime").ValueSet(scheduled))))
			}
			if tt.last != nil {
				e.SetLastCompletionResult(tt.last)
			}
			e.digest(t, workflows.DailyDigestInput{SendEmpty: true})
			require.Equal(t, []activities.SendDigestInput{{At: tt.at, Since: tt.since, SendEmpty: true}}, e.sent)
			require.Empty(t, e.pages, "it was not to run orders again")
		})
	}
	t.Run("a result that is not one", func(t *testing.T) {
		t.Parallel()
		e := newDigestEnv(t)
		e.SetLastCompletionResult("not a result")
		e.ExecuteWorkflow(workflows.DailyDigest, full)
		var failed *temporal.ApplicationError
		require.ErrorAs(t, e.GetWorkflowError(), &failed)
		require.Equal(t, string(giftcard.UnexpectedResponse), failed.Type())
		require.Empty(t, e.sent)
	})
}

// The digest waits for orders that run again: not at all if there are none, and never longer than configured.
func TestDailyDigestWaits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		rerun   int
		running []int
		wait    time.Duration
		waited  time.Duration
		looks   int
		problem string
	}{
		{name: "nothing was run again", waited: 0},
		{name: "done at once", rerun: 2, running: []int{0}, waited: 24 * time.Second, looks: 1},
		{name: "never done", rerun: 2, running: []int{2}, waited: 10*time.Minute + 24*time.Second, looks: 40},
		{name: "no patience", rerun: 2, running: []int{2}, wait: time.Second, waited: 24 * time.Second},
		{
			name: "nobody counts", rerun: 2, running: []int{2, -1}, waited: 27 * time.Second, looks: 2, problem: "nobody counts",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newDigestEnv(t)
			e.reruns(tt.rerun)
			if tt.running != nil {
				e.running = tt.running
			}
			in := full
			if tt.wait != 0 {
				in.RerunWait = workflows.Duration(tt.wait)
			}
			out := e.digest(t, in)
			require.Equal(t, workflows.DailyDigestResult{
				SendDigestResult: digestDone, Rerun: tt.rerun, RerunProblem: tt.problem,
			}, out)
			require.Equal(t, tt.waited, e.sentAt.Sub(noon))
			require.Len(t, e.counts, tt.looks)
		})
	}
}

// A failed rerun does not stop the mail.
func TestDailyDigestWithoutRerun(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		e := newDigestEnv(t)
		e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
			return activities.RerunFailedOrdersResult{}, final(giftcard.Unavailable, "running failed orders again: no")
		}
		out := e.digest(t, full)
		require.Equal(t, "running failed orders again: no", out.RerunProblem)
		require.Equal(t, digestDone, out.SendDigestResult)
		require.Equal(t, noon, e.sent[0].RerunSince)
	})
	t.Run("somebody does it already", func(t *testing.T) {
		t.Parallel()
		e := newDigestEnv(t)
		e.RegisterWorkflowWithOptions(func(ctx workflow.Context) (workflows.DailyDigestResult, error) {
			busy := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: workflows.RerunOrdersID})
			rerun := workflow.ExecuteChildWorkflow(busy, "Busy")
			if err := rerun.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
				return workflows.DailyDigestResult{}, err
			}
			return workflows.DailyDigest(ctx, full)
		}, workflow.RegisterOptions{Name: "Both"})
		e.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) },
			workflow.RegisterOptions{Name: "Busy"})
		e.ExecuteWorkflow("Both")
		require.NoError(t, e.GetWorkflowError())
		var out workflows.DailyDigestResult
		require.NoError(t, e.GetWorkflowResult(&out))
		require.Equal(t, "somebody was running failed orders again (workflow rerun-orders)", out.RerunProblem)
		require.True(t, out.Sent)
		require.Empty(t, e.pages)
	})
}

// A mail that cannot be sent fails the digest, with the reason as people and the next digest should see it.
func TestDailyDigestFails(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	e.send = func(activities.SendDigestInput) (activities.SendDigestResult, error) {
		return activities.SendDigestResult{}, final(giftcard.Unauthorized, "sending the digest: 535 no")
	}
	e.ExecuteWorkflow(workflows.DailyDigest, full)
	e.requireFailure(t, giftcard.Unauthorized, "sending the digest: 535 no")
	require.Len(t, e.sent, 1)
}

// A mail server that is down for an evening delays the digest; the digest gives up before the next one is due.
func TestDailyDigestIsPatient(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	failures := 6
	e.send = func(activities.SendDigestInput) (activities.SendDigestResult, error) {
		if failures--; failures >= 0 {
			return activities.SendDigestResult{}, transient("sending the digest: connection refused")
		}
		return digestDone, nil
	}
	require.True(t, e.digest(t, full).Sent)
	require.Len(t, e.sent, 7)
	for _, in := range e.sent {
		require.Equal(t, e.sent[0], in)
	}
	options := e.calls.of("SendDigest")[0].activity
	require.Equal(t, 8*time.Hour, options.ScheduleToCloseTimeout)
	require.Zero(t, options.RetryPolicy.MaximumAttempts)
	require.LessOrEqual(t, options.RetryPolicy.MaximumInterval, 10*time.Minute)
	require.Greater(t, options.StartToCloseTimeout, 10*time.Minute, "how long a mail server may take for its last answer")
	require.Less(t, options.HeartbeatTimeout, time.Minute, "how long a worker's death may cost")
}

// A digest that is cancelled at any of its steps ends as cancelled, and sends nothing.
func TestDailyDigestIsCancelled(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{time.Second, 20 * time.Second, 2 * time.Minute} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			e := newDigestEnv(t)
			if after == time.Second {
				e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
					return activities.RerunFailedOrdersResult{}, transient("not now")
				}
			} else {
				e.reruns(1)
				e.running = []int{1}
			}
			e.RegisterDelayedCallback(e.CancelWorkflow, after)
			e.ExecuteWorkflow(workflows.DailyDigest, full)
			require.True(t, e.IsWorkflowCompleted())
			require.True(t, temporal.IsCanceledError(e.GetWorkflowError()), "%v", e.GetWorkflowError())
			require.Empty(t, e.sent)
		})
	}
	e := newDigestEnv(t)
	e.send = func(activities.SendDigestInput) (activities.SendDigestResult, error) {
		return activities.SendDigestResult{}, transient("connection refused")
	}
	e.RegisterDelayedCallback(e.CancelWorkflow, 20*time.Second)
	e.ExecuteWorkflow(workflows.DailyDigest, workflows.DailyDigestInput{})
	require.True(t, temporal.IsCanceledError(e.GetWorkflowError()), "%v", e.GetWorkflowError())
}

// The inputs and results of digests, reruns and cancelled cards are in histories and in the schedule: fields are added,
// never renamed or removed.
func TestFieldsInDigestHistories(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"daily-digest", "rerun-orders", "cancel-card/example.myshopify.com/5001/2"}, []string{
		workflows.DigestScheduleID, workflows.RerunOrdersID, workflows.CancelCardID(shop, "5001", 2),
	})
	rerun := workflows.RerunOrdersResult{
		Rerun: 2, LeftAlone: 1, Orders: []activities.RerunOrder{{WorkflowID: "w", RunID: "r", LeftAlone: "l"}},
	}
	const rerunJSON = `{"rerun": 2, "left_alone": 1, "orders": [{"workflow_id": "w", "run_id": "r", "left_alone": "l"}]}`
	for want, value := range map[string]any{
		`{"rerun": true, "rerun_wait": "10m0s", "send_empty": true}`: workflows.DailyDigestInput{
			Rerun: true, RerunWait: full.RerunWait, SendEmpty: true,
		},
		`{"until": "2026-07-10T12:01:00Z", "sent": true, "failed": 5, "failed_new": 2, "recovered": 3, "retrying": 1,
			"mixed": 4, "rerun": 6, "rerun_problem": "p"}`: workflows.DailyDigestResult{
			SendDigestResult: digestDone, Rerun: 6, RerunProblem: "p",
		},
		`{"orders": ["o"], "kinds": ["Timeout"], "force": true, "reason": "r", "progress": {
			"since": "2026-07-10T12:00:00Z", "page_token": "dG9rZW4=", "result": ` + rerunJSON + `}}`: workflows.RerunOrdersInput{
			Orders: []string{"o"}, Kinds: []giftcard.Kind{giftcard.Timeout}, Force: true, Reason: "r",
			Progress: &workflows.RerunProgress{Since: noon, PageToken: []byte("token"), Result: rerun},
		},
		rerunJSON: rerun,
		`{"order_name": "#1", "unit": 2, "merchant_code": "m", "egc_code": "e", "by": "b", "reason": "r"}`: workflows.CancelCardInput{
			CancelCardInput: activities.CancelCardInput{OrderName: "#1", Unit: 2, MerchantCode: "m", EGCCode: "e"},
			By:              "b", Reason: "r",
		},
		`{"status": "CANCELLED"}`: activities.CancelCardResult{Status: "CANCELLED"},
		`{"at": "2026-07-10T12:00:00Z", "since": "2026-07-10T12:00:00Z", "rerun_since": "2026-07-10T12:00:00Z",
			"send_empty": true}`: activities.SendDigestInput{At: noon, Since: noon, RerunSince: noon, SendEmpty: true},
		`{"at": "2026-07-10T12:00:00Z", "since": "2026-07-10T12:00:00Z"}`: activities.SendDigestInput{At: noon, Since: noon},
		`{"orders": ["o"], "kinds": ["Timeout"], "force": true, "reason": "r", "since": "2026-07-10T12:00:00Z",
			"page_token": "dG9rZW4="}`: activities.RerunFailedOrdersInput{
			Orders: []string{"o"}, Kinds: []giftcard.Kind{giftcard.Timeout}, Force: true, Reason: "r", Since: noon,
			PageToken: []byte("token"),
		},
		`{"rerun": 1, "left_alone": 2, "page_token": "dG9rZW4="}`: activities.RerunFailedOrdersResult{
			Rerun: 1, LeftAlone: 2, PageToken: []byte("token"),
		},
		`{"since": "2026-07-10T12:00:00Z"}`: activities.CountRunningOrdersInput{Since: noon},
		`{"running": 3}`:                    activities.CountRunningOrdersResult{Running: 3},
	} {
		written, err := json.Marshal(value)
		require.NoError(t, err)
		require.JSONEq(t, want, string(written))
		read := reflect.New(reflect.TypeOf(value))
		require.NoError(t, json.Unmarshal(written, read.Interface()))
		require.Equal(t, value, read.Elem().Interface())
	}
}

// The histories of these workflows are among those that the replay test reads.
func TestDigestsAreReplayed(t *testing.T) {
	t.Parallel()
	recorded := histories(t)
	for _, name := range []string{
		"DailyDigest/nothing-to-say", "DailyDigest/with-reruns", "RerunOrders/pages", "CancelCard/cancelled",
	} {
		require.Contains(t, recorded, name)
	}
}
