package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

// measured runs a benchmark and reads its report, which is all that it prints. Bars may be missed: what a machine
// achieves is nothing to test.
func measured[R any](t *testing.T, args ...string) (report R) {
	t.Helper()
	code, stdout, stderr := execute(append([]string{"bench"}, args...)...)
	require.Contains(t, []int{app.ExitOK, app.ExitFailure}, code, stderr)
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&report), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == app.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
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

func TestBenchUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"no such benchmark": {[]string{"everything"}, `"everything"`},
		"too short":         {[]string{"idle", "--for", "1ms"}, "--for 1ms: need 1s to 24h"},
		"never started":     {[]string{"idle", "--starts", "0"}, "--starts 0: need 1 to 100"},
		"an argument":       {[]string{"idle", "now"}, `"now"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(append([]string{"bench"}, tt.args...)...)
			require.Equal(t, app.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Contains(t, stderr, "--help'.")
			require.Empty(t, stdout)
		})
	}
}
