package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// measured starts a system whose worker serves metrics.
func measured(t *testing.T, o stack.Options) *system {
	t.Helper()
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Metrics.Addr = "127.0.0.1:0"
		if configure != nil {
			configure(c)
		}
	}
	return start(t, o)
}

// exposition holds the output of /metrics: the value of each series, as text.
type exposition map[string]string

// metrics reads the worker's metrics.
func (w *system) metrics() exposition {
	w.t.Helper()
	return w.scrape(w.MetricsURL())
}

// scrape reads the metrics of a process.
func (w *system) scrape(url string) exposition {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, url, nil)
	require.NoError(w.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	return readExposition(w.t, resp.Body)
}

func readExposition(t *testing.T, r io.Reader) exposition {
	t.Helper()
	out := exposition{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if i := strings.LastIndexByte(line, ' '); i > 0 && !strings.HasPrefix(line, "#") {
			out[line[:i]] = line[i+1:]
		}
	}
	require.NoError(t, lines.Err())
	return out
}

// names returns the names of the series.
func (x exposition) names() []string {
	var all []string
	for series := range x {
		name, _, _ := strings.Cut(series, "{")
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ofOurs returns the series of giftbridge and of the SDK, without the process's own.
func (x exposition) ofOurs() []string {
	var all []string
	for series := range x {
		if strings.HasPrefix(series, "giftbridge_") || strings.HasPrefix(series, "temporal_") {
			all = append(all, series)
		}
	}
	slices.Sort(all)
	return all
}

// value returns the value of a series, or 0 if it does not exist.
func (x exposition) value(t *testing.T, series string) float64 {
	t.Helper()
	if x[series] == "" {
		return 0
	}
	v, err := strconv.ParseFloat(x[series], 64)
	require.NoError(t, err, series)
	return v
}

// The worker's activity is counted, no personal data appears, and more orders do not add series.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := measured(t, stack.Options{Configure: func(c *config.Config) {
		c.CashStar.MaxRPS, c.Digest.Rerun = 50, false
	}})
	require.NotContains(t, w.metrics(), "giftbridge_poll_watermark_timestamp_seconds", "no poll has completed")
	placed := w.place(scenario.Single, scenario.UnknownMerchant, scenario.Mixed, scenario.Unpaid)
	first := w.poll()
	w.settle(2)
	_, _, err := w.tryDigest()
	require.NoError(t, err)
	require.Len(t, w.Issuer.Cards(), 1)
	value, err := strconv.ParseFloat(w.Issuer.Cards()[0].InitialBalance, 64)
	require.NoError(t, err)
	x := w.metrics()
	for series, want := range map[string]float64{
		`giftbridge_orders_seen_total`:                                                                 4,
		`giftbridge_orders_left_out_total{reason="mixed"}`:                                             1,
		`giftbridge_orders_left_out_total{reason="unpaid"}`:                                            1,
		`giftbridge_orders_started_total`:                                                              2,
		`giftbridge_orders_completed_total`:                                                            1,
		`giftbridge_orders_failed_total{kind="MerchantUnknown"}`:                                       1,
		`giftbridge_order_latency_seconds_count`:                                                       1,
		`giftbridge_cards_issued_total{outcome="new"}`:                                                 1,
		`giftbridge_polls_started_total`:                                                               1,
		`giftbridge_polls_finished_total{outcome="completed"}`:                                         1,
		`giftbridge_digests_finished_total{outcome="sent"}`:                                            1,
		`giftbridge_digest_failed_orders`:                                                              1,
		`giftbridge_cards_issued_value_total{currency="USD"}`:                                          value,
		`giftbridge_rate_limit_wait_seconds_count`:                                                     1,
		`giftbridge_poll_watermark_timestamp_seconds`:                                                  unixSeconds(first.Watermark),
		`giftbridge_activity_failures_total{activity="LookUpMerchant",kind="MerchantUnknown"}`:         1,
		`giftbridge_outside_requests_total{operation="create_order",service="cashstar",status="200"}`:  1,
		`giftbridge_outside_request_duration_seconds_count{operation="list_orders",service="shopify"}`: 1,
	} {
		require.InDelta(t, want, x.value(t, series), 0.001, series)
	}
	require.Positive(t, x.value(t, "giftbridge_shopify_points_available"))

	before := x.ofOurs()
	more := w.place(scenario.Single, scenario.UnknownMerchant, scenario.Mixed, scenario.Unpaid, scenario.Single, scenario.Single)
	second := w.poll()
	w.settle(6)
	x = w.metrics()
	require.InDelta(t, unixSeconds(second.Watermark), x.value(t, "giftbridge_poll_watermark_timestamp_seconds"), 0.001)
	// Series that the SDK first records late do not count as growth.
	require.LessOrEqual(t, len(x.ofOurs()), len(before)+len(before)/10)
	require.Less(t, len(x.ofOurs()), 2500)
	for series := range x {
		for _, p := range append(placed, more...) {
			require.NotContains(t, series, p.Name)
			require.NotContains(t, series, strconv.FormatInt(p.ID, 10))
		}
		require.NotContains(t, series, "@")
	}

	w.StopWorker()
	require.NoError(t, w.StartWorker(w.ctx))
	require.InDelta(t, unixSeconds(second.Watermark),
		w.metrics().value(t, "giftbridge_poll_watermark_timestamp_seconds"), 0.001, "a worker that begins asks Temporal")
}

// A worker reports how many orders are failed now, by their newest runs, and since when, whether or not a digest is sent.
func TestFailedOrdersNow(t *testing.T) {
	t.Parallel()
	w := measured(t, stack.Options{CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusServiceUnavailable}
	})})
	w.await("surveyed", func() bool { return w.metrics()["giftbridge_failed_orders"] == "0" })
	require.NotContains(t, w.metrics(), "giftbridge_failed_orders_oldest_timestamp_seconds")
	counts := func(at time.Time) survey.Counts {
		t.Helper()
		got, err := w.Operator.Survey(w.ctx, at)
		require.NoError(t, err)
		return got
	}

	begin := time.Now()
	placed := w.place(scenario.UnknownMerchant, scenario.UnknownMerchant, scenario.Single)
	w.poll()
	w.await("failed", func() bool { return counts(time.Now()).Failed == 2 })
	found := counts(time.Now())
	require.Zero(t, found.Expiring)
	require.Zero(t, found.RunningLong)
	require.WithinRange(t, found.OldestFailed, begin, time.Now())
	require.Equal(t, 1, counts(time.Now().Add(time.Hour)).RunningLong)
	retention, err := w.Operator.Retention(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 2, counts(time.Now().Add(retention-time.Hour)).Expiring)

	w.addMerchant(cashstartest.Merchant{Name: "Stranger 1", MerchantCode: "STRANGER", Currencies: []string{"USD"}})
	w.await("reported", func() bool { return w.metrics()["giftbridge_failed_orders"] == "2" })
	x := w.metrics()
	require.InDelta(t, unixSeconds(found.OldestFailed), x.value(t, "giftbridge_failed_orders_oldest_timestamp_seconds"), 0.001)
	require.Equal(t, "0", x["giftbridge_failed_orders_expiring"])
	require.Equal(t, "0", x["giftbridge_running_orders_long"])
	w.asked("", "orders", "retry", placed[1].Name, "--yes")
	w.await("failed again", func() bool {
		runs, err := w.plain.CountWorkflow(w.ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: w.Temporal.Namespace(), Query: "WorkflowType = 'GiftCardOrder' AND ExecutionStatus = 'Failed'",
		})
		require.NoError(t, err)
		return runs.GetCount() == 3
	})
	require.Equal(t, found, counts(time.Now()), "an order is as old as its first failure")
	w.asked("", "orders", "retry", placed[0].Name, "--yes")
	w.await("run again", func() bool { return counts(time.Now()).Failed == 1 })
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
