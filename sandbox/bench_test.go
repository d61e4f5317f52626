package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

// measured runs a benchmark and decodes its report, which must be its only output. Bars may be missed, because a test
// cannot require what a machine achieves.
func measured[R any](t *testing.T, args ...string) (report R) {
	t.Helper()
	code, stdout, stderr := execute(append([]string{"bench"}, args...)...)
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&report), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	return report
}

func TestBenchIdle(t *testing.T) {
	t.Parallel()
	r := measured[bench.IdleReport](t, "idle", "--for", "1s", "--starts", "2", "--json")
	require.Equal(t, "idle", r.Benchmark)
	require.Positive(t, r.Machine.Cores)
	require.GreaterOrEqual(t, r.Seconds, 1.0)
	require.Greater(t, r.RSSMiB, 1.0)
	require.GreaterOrEqual(t, r.PeakRSSMiB, r.RSSMiB)
	require.Greater(t, r.BinaryMiB, 1.0)
	require.Positive(t, r.StartupSeconds.Min)
	require.GreaterOrEqual(t, r.StartupSeconds.Max, r.StartupSeconds.Min)
	require.Zero(t, r.ShopRequests)
	require.Zero(t, r.IssuerRequests)
	require.Len(t, r.Bars, 3)
}

func TestBenchEngine(t *testing.T) {
	t.Parallel()
	const orders = 20
	r := measured[bench.EngineReport](t, "engine", "--orders", "20", "--rounds", "1", "--burst", "0", "--warm-up", "3", "--json")
	require.Equal(t, "engine", r.Benchmark)
	require.Equal(t, bench.EngineOptions{Rounds: 1, Orders: orders, WarmUp: 3}, r.Options)
	require.Len(t, r.Rounds, 3)
	by := map[bench.Variant]bench.Round{}
	for _, round := range r.Rounds {
		by[round.Variant] = round
		require.Equal(t, orders, round.Orders)
		require.InEpsilon(t, orders/round.Seconds, round.OrdersPerSecond, 1e-9)
		require.Positive(t, round.WorkerCPU+round.ServerCPU)
		require.LessOrEqual(t, round.Visible.P50, round.Visible.P99)
		require.LessOrEqual(t, round.Visible.P99, round.Seconds)
		require.Less(t, round.Started.P50, round.Visible.P99)
		// The parent starts all of them, with two events and two actions for each start.
		require.GreaterOrEqual(t, round.ParentHistory.Events, int64(2*orders))
		require.GreaterOrEqual(t, round.ParentHistory.Actions, int64(2*orders))
		h := round.OrderHistory
		require.Equal(t, orders, h.Runs, "the histories of all are read")
		require.LessOrEqual(t, h.Events, int64(h.Runs)*h.MaxEvents)
		actions := h.Actions + round.ParentHistory.Actions + round.NextHistory.Actions
		require.InEpsilon(t, float64(actions)/orders, round.ActionsPerOrder, 1e-9)
	}
	require.Len(t, by, 3)
	for _, v := range []bench.Variant{bench.Floor, bench.FloorDefaults} {
		require.GreaterOrEqual(t, by[v].OrderHistory.Events, int64(17*orders), v)
		require.GreaterOrEqual(t, by[v].OrderHistory.Actions, int64(2*orders), v)
	}
	mine, floor := by[bench.Ours], by[bench.Floor]
	require.Equal(t, 2, mine.NextHistory.Runs, "windows of ten minutes' overlap, five minutes apart")
	require.Positive(t, mine.NextHistory.Actions)
	require.Zero(t, floor.NextHistory.Runs)
	require.InEpsilon(t, float64(mine.OrderHistory.Events)/orders, r.EventsPerOrder, 1e-9)
	require.Greater(t, mine.OrderHistory.Bytes, floor.OrderHistory.Bytes, "ours says something")
	require.Len(t, r.Ratios, 2)
	require.InEpsilon(t, mine.OrdersPerSecond/floor.OrdersPerSecond, r.Ratios[0].OrdersPerSecond.Median, 1e-9)
	require.Len(t, r.Bars, 6)
}

func TestBenchScale(t *testing.T) {
	t.Parallel()
	r := measured[bench.ScaleReport](t, "scale", "--orders", "10", "--rounds", "1", "--warm-up", "0", "--json")
	require.Len(t, r.Rounds, 2)
	require.Equal(t, []int{1, 2}, []int{r.Rounds[0].Workers, r.Rounds[1].Workers})
	require.Len(t, r.Summaries, 2)
	require.InEpsilon(t, r.Rounds[1].OrdersPerSecond/r.Rounds[0].OrdersPerSecond, r.Ratios[1].Median, 1e-9)
}

func TestBenchUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"no such benchmark": {[]string{"everything"}, `"everything"`},
		"too short":         {[]string{"idle", "--for", "1ms"}, "--for 1ms: need 1s to 24h"},
		"never started":     {[]string{"idle", "--starts", "0"}, "--starts 0: need 1 to 100"},
		"no rounds":         {[]string{"engine", "--rounds", "0"}, "--rounds 0: need 1 to 100"},
		"no orders":         {[]string{"scale", "--orders", "0"}, "--orders 0: need 1 to 20000"},
		"a huge burst":      {[]string{"engine", "--burst", "20001"}, "--burst 20001: need 0 to 20000"},
		"a cold start":      {[]string{"scale", "--warm-up", "-1"}, "--warm-up -1: need 0 to 20000"},
		"an argument":       {[]string{"idle", "now"}, `"now"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(append([]string{"bench"}, tt.args...)...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Contains(t, stderr, "--help'.")
			require.Empty(t, stdout)
		})
	}
}
