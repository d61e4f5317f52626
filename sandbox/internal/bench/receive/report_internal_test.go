package receive

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// good is a round that holds all bars.
func good() Round {
	return Round{
		Bare: Answers{P99: 2}, Up: Answers{P99: 3}, BareAway: Answers{P99: 2}, Away: Answers{P99: 2},
		Floor: Cards{P50: 40, P95: 50}, Single: Cards{P50: 50, P95: 80}, Flooded: Cards{P50: 60, P95: 100},
		ByWebhook: Burst{Seconds: 60}, ByPoll: Burst{Seconds: 70}, PeakMemory: 40, Costs: Costs{Actions: 2.01, Events: 11},
	}
}

// Ratios are those of each round, and their median counts. What must never happen must not happen in any round.
func TestSummarize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(rounds []Round)
		misses string
	}{
		"all are held":         {change: func([]Round) {}},
		"one slow round":       {change: func(r []Round) { r[2].Up.P99, r[2].Single.P95, r[2].ByWebhook.Seconds = 99, 999, 999 }},
		"slow answers":         {func(r []Round) { r[0].Up.P99, r[1].Up.P99 = 6.2, 6.2 }, "Temporal up / bare handler is 3.1, need <= 3"},
		"slow without":         {func(r []Round) { r[0].Away.P99, r[1].Away.P99 = 8, 8 }, "Temporal away / bare handler is 4,"},
		"slow cards":           {func(r []Round) { r[0].Single.P50, r[1].Single.P50 = 64, 64 }, "card, p50 / bare workflow is 1.6,"},
		"slow last cards":      {func(r []Round) { r[0].Single.P95, r[1].Single.P95 = 110, 110 }, "card, p95 / bare workflow is 2.2,"},
		"slow in floods":       {func(r []Round) { r[0].Flooded.P50, r[1].Flooded.P50 = 150, 150 }, "flood, p50 / without is 3,"},
		"slow last in floods":  {func(r []Round) { r[0].Flooded.P95, r[1].Flooded.P95 = 240, 240 }, "flood, p95 / without is 3,"},
		"a slow burst":         {func(r []Round) { r[0].ByWebhook.Seconds, r[1].ByWebhook.Seconds = 77, 77 }, "by webhook / by poll is 1.1,"},
		"one refused":          {func(r []Round) { r[2].Up.Refused = 1 }, "not answered with 200, most of a round is 1,"},
		"one refused without":  {func(r []Round) { r[0].Away.Refused = 1 }, "not answered with 200, most of a round is 1,"},
		"one refused meantime": {func(r []Round) { r[1].During.Refused = 1 }, "not answered with 200, most of a round is 1,"},
		"much memory":          {func(r []Round) { r[1].PeakMemory = 101 }, "peak memory, MiB, most of a round is 101,"},
		"a throttled request":  {func(r []Round) { r[1].ByWebhook.Throttled = 1 }, "requests throttled in a burst, most of a round is 1,"},
		"dear orders":          {func(r []Round) { r[1].Costs.Actions = 3 }, "actions per order, polls included is 3,"},
		"long orders":          {func(r []Round) { r[1].Costs.Events = 17 }, "events of an order's history is 17,"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Report{Rounds: []Round{good(), good(), good()}}
			tt.change(r.Rounds)
			r.summarize()
			require.Len(t, r.Bars, 12)
			err := r.Check()
			var out strings.Builder
			require.NoError(t, r.Print(&out))
			require.Equal(t, tt.misses != "", strings.Contains(out.String(), "MISSED"))
			if tt.misses == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.misses)
			require.NotContains(t, err.Error(), ";", "one bar alone")
		})
	}
	r := Report{Rounds: []Round{good()}}
	r.summarize()
	require.Equal(t, figures.Comparison{
		Figure: "webhook to card, p50 / bare workflow", Ratio: figures.NewSpread([]float64{1.25}),
		Is: figures.NewSpread([]float64{50}), Beside: figures.NewSpread([]float64{40}),
	}, r.Comparisons[2])
	require.Len(t, r.Comparisons, 7)

	with := good()
	with.RaisedFloor, with.Raised = Cards{P50: 20, P95: 20}, Cards{P50: 30, P95: 40}
	r = Report{Options: Options{TransferPollRPS: 1000}, Rounds: []Round{with}}
	r.summarize()
	require.Len(t, r.Bars, 12, "it decides nothing")
	require.Len(t, r.Comparisons, 11)
	require.Equal(t, figures.Comparison{
		Figure: "webhook to card, p95, polls raised / default", Ratio: figures.NewSpread([]float64{0.5}),
		Is: figures.NewSpread([]float64{40}), Beside: figures.NewSpread([]float64{80}),
	}, r.Comparisons[10])
}

// A flood consists of what it says, signed, and counts what is refused.
func TestFlood(t *testing.T) {
	t.Parallel()
	s := newSender("bench.myshopify.com", "secret")
	others, err := s.irrelevant()
	require.NoError(t, err)
	require.Len(t, others, distinct)
	for _, m := range others {
		require.InDelta(t, bodySize, len(m.body), bodySize/20)
	}
	var mu sync.Mutex
	paths := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths[r.URL.Path]++
		if paths[r.URL.Path] == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	got, err := s.flood(t.Context(), server.URL, others, 100, nil)
	require.NoError(t, err)
	require.Equal(t, 100, got.Deliveries)
	require.Equal(t, 2, got.Refused)
	require.Equal(t, map[string]int{"/webhooks/shopify/orders": 300, "/webhooks/shopify/products": 300}, paths)

	stop := make(chan struct{})
	close(stop)
	got, err = s.flood(t.Context(), server.URL, others, 0, stop)
	require.NoError(t, err)
	require.LessOrEqual(t, got.Deliveries, 1)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.flood(ended, server.URL, others, 100, nil)
	require.ErrorIs(t, err, context.Canceled)
}
