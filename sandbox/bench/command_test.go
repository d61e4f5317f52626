package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/checkout"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/issuers"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/receive"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench/relaying"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// TestMain also runs the Temporal server of benchmarks, which start this program for it.
func TestMain(m *testing.M) {
	roles.RunMain()
	os.Exit(m.Run())
}

// execute runs the command as main does.
func execute(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	code = cli.Execute(c, &errs)
	return code, out.String(), errs.String()
}

// The report is the only output. Bars may be missed, because a test cannot require what a machine achieves.
func TestBench(t *testing.T) {
	t.Parallel()
	const orders = 20
	code, stdout, stderr := execute("--orders", "20", "--rounds", "1", "--warm-up", "3", "--json")
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	var r bench.Report
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&r), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	require.Equal(t, bench.Options{Rounds: 1, Orders: orders, WarmUp: 3}, r.Options)
	require.Len(t, r.Rounds, 3)
	by := map[bench.Variant]bench.Round{}
	for _, round := range r.Rounds {
		by[round.Variant] = round
		require.Equal(t, orders, round.Orders)
		require.Positive(t, round.WorkerCPU+round.ServerCPU)
		require.Positive(t, round.P95)
		require.LessOrEqual(t, round.P95, round.Seconds)
	}
	require.Len(t, by, 3)
	require.Len(t, r.Ratios, 2)
	require.InEpsilon(t, by[bench.Ours].OrdersPerSecond/by[bench.Floor].OrdersPerSecond,
		r.Ratios[0].OrdersPerSecond.Median, 1e-9)
	require.Len(t, r.Bars, 4)
}

// All that is measured is measured in one round. Counts do not depend on the machine, and their bars must be held.
func TestBenchReceiver(t *testing.T) {
	t.Parallel()
	const orders = 150 // With fewer, the polls that see them weigh too much.
	code, stdout, stderr := execute("receiver", "--rounds", "1", "--seconds", "1", "--singles", "3", "--burst", "150", "--json")
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	var r receive.Report
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&r), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	require.Equal(t, receive.Options{Rounds: 1, Seconds: 1, Singles: 3, Burst: orders}, r.Options)
	require.Len(t, r.Rounds, 1)
	round := r.Rounds[0]
	for _, a := range []receive.Answers{round.Bare, round.Up, round.BareAway, round.Away} {
		require.Equal(t, 500, a.Deliveries)
		require.Positive(t, a.P99)
	}
	for _, c := range []receive.Cards{round.Floor, round.Single, round.Flooded} {
		require.GreaterOrEqual(t, c.P50, 20.0, "the issuer takes so long")
		require.LessOrEqual(t, c.P50, c.P95)
	}
	for _, b := range []receive.Burst{round.ByWebhook, round.ByPoll} {
		require.Positive(t, b.Seconds)
		require.Positive(t, b.PointsLeast)
		require.Zero(t, b.Throttled)
	}
	require.Positive(t, round.PeakMemory)
	require.LessOrEqual(t, round.Costs.Actions, 2.1)
	require.InDelta(t, 11.0, round.Costs.Events, 0)
	require.Len(t, r.Bars, 12)
}

// All that is measured is measured in one round. Counts do not depend on the machine, and their bars must be held.
func TestBenchIssuers(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute("issuers", "--rounds", "1", "--singles", "3", "--burst", "10", "--json")
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	var r issuers.Report
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&r), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	require.Equal(t, issuers.Options{Rounds: 1, Singles: 3, Burst: 10}, r.Options)
	require.Len(t, r.Rounds, 1)
	round := r.Rounds[0]
	for _, x := range []issuers.Times{round.Bare, round.AtOnce, round.Pair, round.Later} {
		require.Positive(t, x.P50)
		require.LessOrEqual(t, x.P50, x.P95)
	}
	require.GreaterOrEqual(t, round.Bare.P50, 20.0, "its activity takes so long")
	const queue = 2 * 3
	require.GreaterOrEqual(t, round.PairBurst, float64(queue))
	require.GreaterOrEqual(t, round.LaterBurst, float64(queue))
	require.Len(t, r.Bars, 8)
	for _, b := range r.Bars[4:] {
		require.True(t, b.Held, b)
	}
}

// All that is measured is measured in one round. Counts of what must never happen do not depend on the machine.
func TestBenchCheckout(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute("checkout", "--rounds", "1", "--seconds", "1", "--long", "100", "--json")
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	var r checkout.Report
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&r), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	require.Equal(t, checkout.Options{Rounds: 1, Seconds: 1, Long: 100}, r.Options)
	require.Len(t, r.Rounds, 1)
	round := r.Rounds[0]
	for _, x := range []checkout.Redemptions{round.Bare, round.Ours} {
		require.Equal(t, 10, x.Count)
		require.GreaterOrEqual(t, x.P50, 20.0, "the issuer's queue takes so long")
		require.LessOrEqual(t, x.P50, x.P99)
		require.Positive(t, x.ServerCPU)
	}
	require.Equal(t, 50, round.Crowd.Succeeded+round.Crowd.Busy)
	require.Positive(t, round.Crowd.Together)
	require.LessOrEqual(t, round.Crowd.Together, 10)
	require.Zero(t, round.Crowd.Disordered)
	require.Zero(t, round.Crowd.Untold)
	require.Equal(t, 1000, round.Full.Kept)
	require.Greater(t, round.Full.Runs, 1)
	require.Equal(t, 100, r.Long.Redemptions)
	require.Len(t, r.Bars, 17)
}

// All that is measured is measured in one round. What must never happen, and counts, do not depend on the machine.
func TestBenchRelay(t *testing.T) {
	t.Parallel()
	const waiting = 40
	code, stdout, stderr := execute("relay", "--rounds", "1", "--seconds", "1", "--waiting", "40", "--away", "1s", "--pace", "10", "--json")
	require.Contains(t, []int{cli.ExitOK, cli.ExitFailure}, code, stderr)
	var r relaying.Report
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&r), stderr)
	require.False(t, decoder.More(), "one object and nothing else")
	require.Equal(t, code == cli.ExitFailure, strings.Contains(stderr, "a bar is missed"), stderr)
	require.Equal(t, relaying.Options{
		Rounds: 1, Seconds: 1, Waiting: waiting, Away: simulator.Duration(time.Second), Pace: 10,
	}, r.Options)
	require.Len(t, r.Rounds, 1)
	round := r.Rounds[0]
	for _, x := range []relaying.Measured{round.Bare, round.Ours} {
		require.Positive(t, x.Full.Events)
		require.Positive(t, x.Full.ServerCPU)
		require.Positive(t, x.Steady.P50)
		require.LessOrEqual(t, x.Steady.P50, x.Steady.P99)
		require.InDelta(t, 12.0, x.Steady.HistoryEvents, 0)
		require.InDelta(t, 3.0, x.Steady.Actions, 0)
	}
	require.Positive(t, round.Memory.Worker)
	require.Equal(t, waiting, r.Away.Kept)
	require.Equal(t, 12, r.Away.Mailboxes)
	require.Zero(t, r.Away.Lost)
	require.Zero(t, r.Away.Unordered)
	require.Positive(t, r.Away.Attempts)
	require.LessOrEqual(t, r.Away.MostOfProduct, 2)
	require.Equal(t, waiting, r.Away.Arrived+r.Away.Coalesced)
	require.Len(t, r.Bars, 12)
}

func TestBenchUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"no rounds":              {[]string{"--rounds", "0"}, "--rounds 0: need 1 to 100"},
		"no orders":              {[]string{"--orders", "0"}, "--orders 0: need 1 to 20000"},
		"too many orders":        {[]string{"--orders", "20001"}, "--orders 20001: need 1 to 20000"},
		"a cold start":           {[]string{"--warm-up", "-1"}, "--warm-up -1: need 0 to 20000"},
		"no such worker":         {[]string{"--beside", "no/such/worker"}, "--beside: "},
		"no seconds":             {[]string{"receiver", "--seconds", "0"}, "--seconds 0: need 1 to 600"},
		"no singles":             {[]string{"receiver", "--singles", "0"}, "--singles 0: need 1 to 20000"},
		"no burst":               {[]string{"receiver", "--burst", "0"}, "--burst 0: need 1 to 10000"},
		"a negative rate":        {[]string{"receiver", "--transfer-poll-rps", "-1"}, "--transfer-poll-rps -1: need 0 to 100000"},
		"no orders of an issuer": {[]string{"issuers", "--singles", "0"}, "--singles 0: need 1 to 1000"},
		"no orders at once":      {[]string{"issuers", "--burst", "10001"}, "--burst 10001: need 1 to 10000"},
		"no rounds of issuers":   {[]string{"issuers", "--rounds", "0"}, "--rounds 0: need 1 to 100"},
		"no rounds of checkouts": {[]string{"checkout", "--rounds", "0"}, "--rounds 0: need 1 to 100"},
		"no checkouts":           {[]string{"checkout", "--seconds", "0"}, "--seconds 0: need 1 to 600"},
		"no long card":           {[]string{"checkout", "--long", "0"}, "--long 0: need 1 to 100000"},
		"no rounds of relays":    {[]string{"relay", "--rounds", "0"}, "--rounds 0: need 1 to 100"},
		"no seconds of relays":   {[]string{"relay", "--seconds", "0"}, "--seconds 0: need 1 to 600"},
		"nothing waits":          {[]string{"relay", "--waiting", "19"}, "--waiting 19: need 20 to 100000"},
		"no pace":                {[]string{"relay", "--pace", "0"}, "--pace 0: need 1 to 10000"},
		"away in the past":       {[]string{"relay", "--away", "-1s"}, "--away -1s: need 0s to 72h0m0s"},
		"an argument":            {[]string{"everything"}, `"everything"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(tt.args...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Regexp(t, `See 'bench( receiver| issuers| checkout| relay)? --help'\.`, stderr)
			require.Empty(t, stdout)
		})
	}
}
