package relaying

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// good is a round that holds all bars, and goodAway what follows.
func good() Round {
	return Round{
		Bare:   Measured{Full: Full{PerSecond: 50}, Steady: Steady{P50: 40, P99: 50}},
		Ours:   Measured{Full: Full{PerSecond: 47}, Steady: Steady{P50: 50, P99: 80, HistoryEvents: 12, Actions: 3}},
		Memory: Memory{Receiver: 60, Worker: 120},
	}
}

func goodAway() Away {
	return Away{Orders: 20, Products: 19, Coalesced: 4000, MostOfProduct: 2, Memory: Memory{Receiver: 60, Worker: 150}}
}

// Ratios are those of each round, and their median counts. What must never happen must not happen in any round.
func TestSummarize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(r *Report)
		misses string
	}{
		"all are held":    {change: func(*Report) {}},
		"one slow round":  {change: func(r *Report) { r.Rounds[2].Ours.Full.PerSecond, r.Rounds[2].Ours.Steady.P99 = 1, 999 }},
		"slow":            {func(r *Report) { r.Rounds[0].Ours.Full.PerSecond, r.Rounds[1].Ours.Full.PerSecond = 40, 40 }, "relay / bare mailbox is 0.8,"},
		"slow medians":    {change: func(r *Report) { r.Rounds[0].Ours.Steady.P50, r.Rounds[1].Ours.Steady.P50 = 999, 999 }},
		"slow last ones":  {func(r *Report) { r.Rounds[0].Ours.Steady.P99, r.Rounds[1].Ours.Steady.P99 = 110, 110 }, "p99 / bare mailbox is 2.2,"},
		"refused at full": {change: func(r *Report) { r.Rounds[1].Ours.Full.Refused = 1 }},
		"refused":         {func(r *Report) { r.Rounds[1].Ours.Steady.Refused = 1 }, "not answered with 200 at half of that rate is 1,"},
		"bare ones refuse": {change: func(r *Report) {
			r.Rounds[1].Bare.Full.Refused, r.Rounds[1].Bare.Steady.Refused = 1, 1
		}},
		"long histories":      {func(r *Report) { r.Rounds[1].Ours.Steady.HistoryEvents = 13 }, "history per delivery is 13,"},
		"dear":                {func(r *Report) { r.Rounds[1].Ours.Steady.Actions = 4 }, "actions per delivery is 4,"},
		"a large receiver":    {func(r *Report) { r.Rounds[1].Memory.Receiver = 151 }, "receiver's peak memory, MiB is 151,"},
		"a large worker":      {func(r *Report) { r.Rounds[1].Memory.Worker = 151 }, "worker's peak memory, MiB is 151,"},
		"a large one, away":   {func(r *Report) { r.Away.Memory.Worker = 151 }, "worker's peak memory, MiB is 151,"},
		"too slow, back":      {func(r *Report) { r.Away.Products = 17 }, "its limit, least is 0.85,"},
		"too fast, back":      {func(r *Report) { r.Away.Orders = 23 }, "its limit, most is 1.15,"},
		"lost":                {func(r *Report) { r.Away.Lost = 1 }, "events lost is 1,"},
		"doubles":             {change: func(r *Report) { r.Away.Doubles = 1 }},
		"out of order":        {func(r *Report) { r.Away.Unordered = 1 }, "without a mark is 1,"},
		"too many of product": {func(r *Report) { r.Away.MostOfProduct = 3 }, "waited and arrived is 3,"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Report{Options: Options{Pace: 20}, Rounds: []Round{good(), good(), good()}, Away: goodAway()}
			tt.change(&r)
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
	r := Report{Options: Options{Pace: 20}, Rounds: []Round{good()}, Away: goodAway()}
	r.summarize()
	require.Equal(t, Rates{
		Ratio: figures.NewSpread([]float64{0.94}), Ours: figures.NewSpread([]float64{47}), Bare: figures.NewSpread([]float64{50}),
	}, r.Rates)
	require.Equal(t, figures.Comparison{
		Figure: "webhook to ERP, p99 / bare mailbox", Ratio: figures.NewSpread([]float64{1.6}),
		Is: figures.NewSpread([]float64{80}), Beside: figures.NewSpread([]float64{50}),
	}, r.Comparisons[1])
}
