package bench

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// Each round of ours is compared with the floor's round of the same number, and the median counts.
func TestSummarize(t *testing.T) {
	t.Parallel()
	var r Report
	for i, mine := range []float64{30, 45, 20} {
		r.Rounds = append(r.Rounds,
			Round{Variant: FloorDefaults, Round: i + 1, OrdersPerSecond: 25, P95: 8, WorkerCPU: 6, ServerCPU: 40},
			Round{Variant: Ours, Round: i + 1, OrdersPerSecond: mine, P95: 2, WorkerCPU: 9, ServerCPU: 44},
			Round{Variant: Floor, Round: i + 1, OrdersPerSecond: 30, P95: 4, WorkerCPU: 5, ServerCPU: 40})
	}
	r.summarize()
	require.Equal(t, []Variant{Ours, Floor, FloorDefaults},
		[]Variant{r.Summaries[0].Variant, r.Summaries[1].Variant, r.Summaries[2].Variant})
	require.Equal(t, figures.Spread{Median: 30, Min: 20, Max: 45}, r.Summaries[0].OrdersPerSecond)
	require.Equal(t, Floor, r.Ratios[0].Variant)
	require.InEpsilon(t, 1.0, r.Ratios[0].OrdersPerSecond.Median, 1e-9)
	require.InEpsilon(t, 1.5, r.Ratios[0].OrdersPerSecond.Max, 1e-9)
	require.InEpsilon(t, 1.2, r.Ratios[1].OrdersPerSecond.Median, 1e-9)
	require.InEpsilon(t, 0.5, r.Ratios[0].P95.Median, 1e-9)
	require.EqualError(t, r.Check(), "a bar is missed: worker CPU, ours / floor is 1.8, need <= 1.6")
	require.Len(t, r.Bars, 4)
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "MISSED")
	for i := range r.Rounds {
		if r.Rounds[i].Variant == Ours {
			r.Rounds[i].WorkerCPU = 8
		}
	}
	r.Summaries, r.Ratios = nil, nil
	r.summarize()
	require.NoError(t, r.Check(), "a bar that is just held")
}

// Beside another release nothing but that release is compared with ours.
func TestSummarizeBeside(t *testing.T) {
	t.Parallel()
	r := Report{Options: Options{Beside: "older"}, Rounds: []Round{
		{Variant: Ours, Round: 1, OrdersPerSecond: 94}, {Variant: Other, Round: 1, OrdersPerSecond: 100},
	}}
	r.summarize()
	require.Len(t, r.Summaries, 2)
	require.Len(t, r.Ratios, 1)
	require.EqualError(t, r.Check(), "a bar is missed: orders/s, ours / other is 0.94, need >= 0.95")
}
