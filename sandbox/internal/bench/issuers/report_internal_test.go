package issuers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// good is a round that holds all bars.
func good() Round {
	return Round{
		Bare: Times{P50: 40, P95: 50}, AtOnce: Times{P50: 50, P95: 80}, Pair: Times{P50: 100, P95: 150},
		Later: Times{P50: 150, P95: 400}, PairBurst: 10, LaterBurst: 14,
		Costs: Costs{AtOnceEvents: 17, AtOnceActions: 2, LaterEvents: 16, LaterActions: 2, CardEvents: 36, CardActions: 9},
	}
}

// Ratios are those of each round, and their median counts. Costs must not be higher in any round.
func TestSummarize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(rounds []Round)
		misses string
	}{
		"all are held":          {change: func([]Round) {}},
		"one slow round":        {change: func(r []Round) { r[2].AtOnce.P50, r[2].Later.P50, r[2].LaterBurst = 999, 999, 999 }},
		"slow cards at once":    {func(r []Round) { r[0].AtOnce.P50, r[1].AtOnce.P50 = 64, 64 }, "at once, p50 / bare workflow is 1.6,"},
		"slow last cards":       {func(r []Round) { r[0].AtOnce.P95, r[1].AtOnce.P95 = 110, 110 }, "at once, p95 / bare workflow is 2.2,"},
		"slow cards later":      {func(r []Round) { r[0].Later.P50, r[1].Later.P50 = 210, 210 }, "later, p50 / bare pair is 2.1,"},
		"slow last cards later": {change: func(r []Round) { r[0].Later.P95, r[1].Later.P95 = 999, 999 }},
		"a slow burst":          {func(r []Round) { r[0].LaterBurst, r[1].LaterBurst = 16, 16 }, "at once / bare pairs is 1.6,"},
		"long orders":           {func(r []Round) { r[1].Costs.AtOnceEvents = 18 }, "order, issued at once is 18,"},
		"long orders later":     {func(r []Round) { r[1].Costs.LaterEvents = 26 }, "order, made later is 26,"},
		"long cards":            {func(r []Round) { r[1].Costs.CardEvents = 46 }, "events of a card made later is 46,"},
		"dear cards":            {func(r []Round) { r[1].Costs.CardActions = 10 }, "actions of a card made later is 10,"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Report{Rounds: []Round{good(), good(), good()}}
			tt.change(r.Rounds)
			r.summarize()
			require.Len(t, r.Bars, 8)
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
		Figure: "many made later at once / bare pairs", Ratio: figures.NewSpread([]float64{1.4}),
		Is: figures.NewSpread([]float64{14_000}), Beside: figures.NewSpread([]float64{10_000}),
	}, r.Comparisons[4])
}
