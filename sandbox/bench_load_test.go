package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

func TestBenchCalls(t *testing.T) {
	t.Parallel()
	const orders = 30
	r := measured[bench.CallsReport](t, "calls", "--orders", "30", "--plan", "plus", "--json")
	require.Equal(t, orders, r.Orders)
	require.Equal(t, orders, r.Merchants)
	require.NotEmpty(t, r.Calls)
	count := map[string]int{}
	for _, c := range r.Calls {
		require.Equal(t, 200, c.Status)
		require.InDelta(t, float64(c.Count)*1000/orders, c.PerThousand, 1e-9)
		count[c.Service+" "+c.Endpoint] = c.Count
	}
	// A slow machine may take longer than a list of merchants stays valid.
	require.Positive(t, count["CashStar list_merchants"])
	delete(count, "CashStar list_merchants")
	require.Equal(t, map[string]int{"Shopify orders": 1, "CashStar create_order": orders}, count)
	require.InDelta(t, 20_000, r.Points.Bucket, 0)
	require.InDelta(t, 1_000, r.Points.Restored, 0)
	require.Positive(t, r.Points.Spent)
	require.Greater(t, r.Points.Bucket, r.Points.Least)
	require.Zero(t, r.Points.Throttled)
	require.Len(t, r.Bars, 1, "those for a thousand orders need a thousand")
}

func TestBenchBacklog(t *testing.T) {
	t.Parallel()
	r := measured[bench.BacklogReport](t, "backlog", "--orders", "600", "--gift-cards", "0.05", "--plan", "plus",
		"--outage-orders", "10", "--max-rps", "5", "--outage", "1s", "--backoff", "1s", "--workers", "2", "--json")
	w := r.Window
	require.Equal(t, 600, w.Orders)
	require.Equal(t, 30, w.GiftCards)
	require.Equal(t, 3, w.Pages)
	require.GreaterOrEqual(t, w.TotalTime, w.PollTime)
	require.Greater(t, w.WorkerRSS, 1.0)
	require.Positive(t, w.PendingLooks)
	require.LessOrEqual(t, w.MostPending, 30)
	runs := map[string]int{}
	for _, h := range w.Histories {
		runs[h.Type] = h.Runs
		require.Positive(t, h.MostEvents, h.Type)
		require.Positive(t, h.MostBytes, h.Type)
	}
	require.Equal(t, map[string]int{"GiftCardOrder": 30, "LeftOrder": 190, "PollOrders": 1}, runs)

	o := r.Outage
	require.Equal(t, 10, o.Orders)
	require.Equal(t, 2, o.Workers)
	require.GreaterOrEqual(t, o.Seconds, 1.0)
	require.Equal(t, 10, o.Drained, "nothing is issued while the issuer is away")
	require.Positive(t, o.InVain["create_order"])
	require.Positive(t, o.DrainSeconds)
	require.InDelta(t, 10/(5*o.DrainSeconds), o.Utilisation, 1e-9)
	require.Zero(t, o.Repeated)
	require.Greater(t, o.WorkerRSS, 1.0)
	require.Len(t, r.Bars, 3)
	require.Equal(t, "RSS of a worker, 600 orders in a window, 5% of them gift-card orders, and 10 in an outage",
		r.Bars[0].Figure)
	require.InDelta(t, max(w.WorkerRSS, o.WorkerRSS), r.Bars[0].Got, 0)
}

func TestBenchLoadUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"no orders":         {[]string{"calls", "--orders", "0"}, "--orders 0: need 1 to 100000"},
		"no such plan":      {[]string{"calls", "--plan", "basic"}, `"basic": need one of standard, advanced, plus, enterprise`},
		"too many cards":    {[]string{"backlog", "--gift-cards", "1.5"}, "--gift-cards 1.5: need 0 to 1"},
		"no share":          {[]string{"backlog", "--gift-cards", "NaN"}, "--gift-cards NaN: need 0 to 1"},
		"another plan":      {[]string{"backlog", "--plan", ""}, `--plan ""`},
		"no outage":         {[]string{"backlog", "--outage", "0"}, "--outage 0s: need at least 1s"},
		"no end":            {[]string{"backlog", "--outage", "59m"}, "--outage 59m0s with --backoff 1m0s: need less than 1h0m0s together"},
		"nobody in it":      {[]string{"backlog", "--outage-orders", "0"}, "--outage-orders 0: need 4 to 100000"},
		"half a second":     {[]string{"backlog", "--backoff", "1500ms"}, "--backoff 1.5s: need whole seconds"},
		"no rate":           {[]string{"backlog", "--max-rps", "0"}, "--max-rps 0: need 1 to 1000"},
		"nobody at work":    {[]string{"backlog", "--workers", "0"}, "--workers 0: need 1 to 8"},
		"a negative window": {[]string{"backlog", "--orders", "-1"}, "--orders -1: need 1 to 1000000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(append([]string{"bench"}, tt.args...)...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Empty(t, stdout)
		})
	}
}
