package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/workflows"
)

func newTelemetry(t *testing.T) *Telemetry {
	t.Helper()
	tel, err := New(t.Context(), Options{
		Metrics: true, Version: "1.2.3", StaleAfter: 16 * time.Minute, OnError: func(err error) { t.Error(err) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tel.Stop()) })
	return tel
}

// scrape returns the lines of /metrics.
func scrape(t *testing.T, tel *Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

// requireLines requires that each line is present.
func requireLines(t *testing.T, tel *Telemetry, want ...string) {
	t.Helper()
	got := strings.Split(scrape(t, tel), "\n")
	for _, line := range want {
		require.True(t, slices.Contains(got, line), line)
	}
}

// A counter that does not exist before its first increase loses that increase, and an alert misses it.
func TestCountersBeginAtZero(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	requireLines(t, tel,
		`giftbridge_build_info{version="1.2.3"} 1`,
		`giftbridge_poll_stale_after_seconds 960`,
		`giftbridge_orders_started_total 0`,
		`giftbridge_orders_failed_total{kind="OutcomeUnknown"} 0`,
		`giftbridge_orders_left_out_total{reason="native_gift_card"} 0`,
		`giftbridge_cards_issued_total{outcome="existed"} 0`,
		`giftbridge_orders_written_back_total{outcome="failed"} 0`,
		`giftbridge_polls_finished_total{outcome="failed"} 0`,
		`giftbridge_digests_finished_total{outcome="failed"} 0`,
		`giftbridge_unknown_redemptions_total 0`,
		`giftbridge_cards_below_zero_total 0`,
	)
	require.NotContains(t, scrape(t, tel), "poll_watermark", "what is not known is not said")
}

func TestOff(t *testing.T) {
	t.Parallel()
	tel, err := New(t.Context(), Options{})
	require.NoError(t, err)
	require.Nil(t, tel)
	require.Nil(t, tel.Handler())
	var o client.Options
	tel.Instrument(&o)
	require.Nil(t, o.MetricsHandler)
	require.Empty(t, o.Interceptors)
	ctx, done := tel.Request(t.Context(), "CashStar", "create order")
	require.Equal(t, t.Context(), ctx)
	done(200, nil)
	tel.Points(0, 1)
	tel.Resume(t.Context(), workflows.PollOrdersResult{Watermark: time.Now()}, workflows.DailyDigestResult{})
	tel.SetOrders(&Orders{})
	require.Nil(t, tel.Pace(nil))
	require.NoError(t, tel.Stop())
}

// Names and units follow the conventions of Prometheus.
func TestNaming(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	tel.metrics.everything(t)
	problems, err := promlint.New(strings.NewReader(scrape(t, tel))).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

// everything counts each thing once.
func (m *metrics) everything(t *testing.T) {
	t.Helper()
	tel := &Telemetry{metrics: m}
	tel.Resume(t.Context(), workflows.PollOrdersResult{Watermark: time.Unix(5, 0)},
		workflows.DailyDigestResult{SendDigestResult: activities.SendDigestResult{Until: time.Unix(6, 0)}})
	m.ended(time.Unix(2, 0), workflows.GiftCardOrderInput{}, workflows.GiftCardOrderResult{}, nil)
	_, done := tel.Request(t.Context(), "CashStar", "create order")
	done(200, nil)
	tel.Points(1, 2)
	require.NoError(t, tel.Pace(turn{}).Wait(t.Context()))
	m.activityFailures.Add(t.Context(), 1, label(labelActivity, "IssueCard", labelKind, otherKind))
	m.addValue(t.Context(), activities.IssueCardResult{Amount: "1.00", Currency: "USD"})
	tel.SetOrders(&Orders{OldestFailed: time.Unix(7, 0)})
}

type turn struct{}

func (turn) Wait(context.Context) error { return nil }

// The results of workflows are counted.
func TestWorkflowsAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	m := tel.metrics
	failed := temporal.NewApplicationError("order #1001, looking up its merchant", string(giftcard.MerchantUnknown))

	order := workflows.GiftCardOrderInput{Order: giftcard.Order{Name: "#1001", CreatedAt: time.Unix(1000, 0)}}
	m.begun(order, order.Order.CreatedAt.Add(2*time.Second))
	announced := order
	announced.TakenInBy = workflows.ByWebhook
	m.begun(announced, order.Order.CreatedAt.Add(2*time.Second))
	m.ended(time.Unix(1100, 0), order, workflows.GiftCardOrderResult{}, nil)
	m.writtenBack(t.Context(), workflows.GiftCardOrderResult{WrittenBack: "tag"})
	m.writtenBack(t.Context(), workflows.GiftCardOrderResult{WriteBackFailed: &workflows.WriteBackFailure{}})
	m.writtenBack(t.Context(), workflows.GiftCardOrderResult{WriteBackFailed: &workflows.WriteBackFailure{}})
	m.ended(time.Unix(1100, 0), order, workflows.GiftCardOrderResult{}, failed)
	m.ended(time.Unix(1100, 0), order, workflows.GiftCardOrderResult{}, errors.New("anything"))

	poll := workflows.PollOrdersInput{}
	m.begun(poll, time.Time{})
	m.begun(workflows.PollOrdersInput{Progress: &workflows.PollProgress{}}, time.Time{})
	m.begun(workflows.PollOrdersInput{Since: time.Unix(1, 0)}, time.Time{})
	m.ended(time.Unix(1100, 0), poll, workflows.PollOrdersResult{
		Watermark: time.Unix(1234, 5e8), Unannounced: &workflows.UnannouncedOrders{Polled: 3, Orders: 9},
	}, nil)
	m.ended(time.Unix(1100, 0), poll, workflows.PollOrdersResult{}, failed)
	m.ended(time.Unix(1100, 0), workflows.PollOrdersInput{Since: time.Unix(1, 0)}, workflows.PollOrdersResult{}, nil)

	digest := func(sent bool, until int64) workflows.DailyDigestResult {
		return workflows.DailyDigestResult{
			SendDigestResult: activities.SendDigestResult{Sent: sent, Failed: 3, Until: time.Unix(until, 0)},
		}
	}
	m.ended(time.Unix(1100, 0), workflows.DailyDigestInput{}, digest(true, 77), nil)
	m.ended(time.Unix(1100, 0), workflows.DailyDigestInput{}, digest(false, 78), nil)
	m.ended(time.Unix(1100, 0), workflows.DailyDigestInput{}, workflows.DailyDigestResult{}, failed)

	requireLines(t, tel,
		`giftbridge_orders_started_total 2`,
		`giftbridge_order_start_delay_seconds_sum{by="poll"} 2`,
		`giftbridge_order_start_delay_seconds_sum{by="webhook"} 2`,
		`giftbridge_orders_unannounced_total 3`,
		`giftbridge_orders_completed_total 1`,
		`giftbridge_orders_failed_total{kind="MerchantUnknown"} 1`,
		`giftbridge_orders_failed_total{kind="Other"} 1`,
		`giftbridge_orders_written_back_total{outcome="completed"} 1`,
		`giftbridge_orders_written_back_total{outcome="failed"} 2`,
		`giftbridge_order_latency_seconds_sum 100`,
		`giftbridge_order_latency_seconds_count 1`,
		`giftbridge_polls_started_total 1`,
		`giftbridge_polls_finished_total{outcome="completed"} 1`,
		`giftbridge_polls_finished_total{outcome="failed"} 1`,
		`giftbridge_poll_watermark_timestamp_seconds 1234.5`,
		`giftbridge_digests_finished_total{outcome="sent"} 1`,
		`giftbridge_digests_finished_total{outcome="empty"} 1`,
		`giftbridge_digests_finished_total{outcome="failed"} 1`,
		`giftbridge_digest_until_timestamp_seconds 78`,
		`giftbridge_digest_failed_orders 3`,
	)
	for line := range strings.Lines(scrape(t, tel)) { // The process's own numbers may hold any digits.
		if strings.HasPrefix(line, "giftbridge_") {
			require.NotContains(t, line, "1001")
		}
	}
}

// A run is counted once when it starts and once when it ends. A cancellation does not count as an end.
func TestWorkflowsAreCountedOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want []string
	}{
		"completed": {nil, []string{`giftbridge_orders_completed_total 1`}},
		"failed": {
			temporal.NewApplicationError("", string(giftcard.Timeout)),
			[]string{`giftbridge_orders_completed_total 0`, `giftbridge_orders_failed_total{kind="Timeout"} 1`},
		},
		"canceled": {
			temporal.NewCanceledError(),
			[]string{`giftbridge_orders_completed_total 0`, `giftbridge_orders_failed_total{kind="Other"} 0`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tel := newTelemetry(t)
			var suite testsuite.WorkflowTestSuite
			counts := &accountant{metrics: tel.metrics}
			flow := func(workflow.Context, workflows.GiftCardOrderInput) (workflows.GiftCardOrderResult, error) {
				return workflows.GiftCardOrderResult{}, tt.err
			}
			for range 2 { // The same run twice: its task is retried.
				env := suite.NewTestWorkflowEnvironment()
				env.SetTestTimeout(time.Minute) // The machine may be busy.
				env.SetWorkerOptions(worker.Options{
					DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{counts},
				})
				env.RegisterWorkflowWithOptions(flow, workflow.RegisterOptions{Name: "flow"})
				env.ExecuteWorkflow("flow", workflows.GiftCardOrderInput{})
			}
			requireLines(t, tel, append(tt.want, `giftbridge_orders_started_total 1`)...)
		})
	}
}

// The results of activities are counted.
func TestActivitiesAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{&accountant{metrics: tel.metrics}},
	})
	register := func(name string, f any) { env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	register("list", func(context.Context) (activities.ListGiftCardOrdersResult, error) {
		return activities.ListGiftCardOrdersResult{
			Seen: 5, LeftOut: map[giftcard.Reason]int{giftcard.MixedOrder: 2},
		}, nil
	})
	register("issue", func(_ context.Context, existed bool, amount, currency string) (activities.IssueCardResult, error) {
		return activities.IssueCardResult{Existed: existed, Amount: amount, Currency: currency}, nil
	})
	register("fail", func(context.Context) (activities.IssueCardResult, error) {
		return activities.IssueCardResult{}, temporal.NewApplicationError("#1001", string(giftcard.Unavailable))
	})
	register("stop", func(context.Context) (activities.IssueCardResult, error) {
		return activities.IssueCardResult{}, context.Canceled
	})
	for range 2 {
		_, err := env.ExecuteActivity("list")
		require.NoError(t, err)
	}
	for _, card := range []struct {
		existed          bool
		amount, currency string
	}{
		{true, "1000.00", "USD"},
		{false, "25.10", "USD"},
		{false, "50", "USD"},
		{false, "5000.00", "JPY"},
		{false, "10.00", "anything"},
	} {
		_, err := env.ExecuteActivity("issue", card.existed, card.amount, card.currency)
		require.NoError(t, err)
	}
	for _, name := range []string{"fail", "stop"} {
		_, err := env.ExecuteActivity(name)
		require.Error(t, err)
	}
	requireLines(t, tel,
		`giftbridge_orders_seen_total 10`,
		`giftbridge_orders_left_out_total{reason="mixed"} 4`,
		`giftbridge_cards_issued_total{outcome="existed"} 1`,
		`giftbridge_cards_issued_total{outcome="new"} 4`,
		`giftbridge_cards_issued_value_total{currency="USD"} 75.1`,
		`giftbridge_cards_issued_value_total{currency="JPY"} 5000`,
		`giftbridge_activity_failures_total{activity="fail",kind="Unavailable"} 1`,
	)
	require.NotContains(t, scrape(t, tel), `activity="stop"`)
	require.NotContains(t, scrape(t, tel), "anything")
	for line := range strings.Lines(scrape(t, tel)) { // The process's own numbers may hold any digits.
		if strings.HasPrefix(line, "giftbridge_") {
			require.NotContains(t, line, "1001")
		}
	}
}

// Whatever a service answers, the label has a few hundred values at most.
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		err    error
		want   string
	}{
		{200, nil, "200"},
		{200, &rest.Error{Outcome: rest.Unreadable, Status: 200}, "unreadable_answer"},
		{503, &rest.Error{Outcome: rest.Refused, Status: 503}, "503"},
		{420, &rest.Error{Outcome: rest.Refused, Status: 420}, "4xx"},
		{999, &rest.Error{Outcome: rest.Refused, Status: 999}, "9xx"},
		{0, &rest.Error{Outcome: rest.TimedOut}, "timed_out"},
		{0, &rest.Error{Outcome: rest.NoAnswer}, "no_answer"},
		{0, errors.New("anything"), "no_answer"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, statusOf(tt.status, tt.err))
	}
	tel := newTelemetry(t)
	_, done := tel.Request(t.Context(), "CashStar", "create order")
	done(503, &rest.Error{Outcome: rest.Refused, Status: 503})
	tel.Points(900, 1000)
	require.NoError(t, tel.Pace(turn{}).Wait(t.Context()))
	requireLines(t, tel,
		`giftbridge_outside_requests_total{operation="create_order",service="cashstar",status="503"} 1`,
		`giftbridge_outside_request_duration_seconds_count{operation="create_order",service="cashstar"} 1`,
		`giftbridge_shopify_points_available 900`,
		`giftbridge_shopify_points_maximum 1000`,
		`giftbridge_rate_limit_wait_seconds_count 1`,
	)
}
