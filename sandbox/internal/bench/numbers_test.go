package bench_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []float64
		want   bench.Spread
	}{
		"none":      {nil, bench.Spread{}},
		"one":       {[]float64{3}, bench.Spread{Median: 3, Min: 3, Max: 3}},
		"an odd":    {[]float64{9, 1, 2}, bench.Spread{Median: 2, Min: 1, Max: 9}},
		"an even":   {[]float64{4, 1, 2, 9}, bench.Spread{Median: 3, Min: 1, Max: 9}},
		"negatives": {[]float64{-1, -5}, bench.Spread{Median: -3, Min: -5, Max: -1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, bench.NewSpread(tt.values))
		})
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[len(hundred)-1-i] = float64(i + 1)
	}
	require.Equal(t, bench.Percentiles{P50: 50, P95: 95, P99: 99}, bench.NewPercentiles(hundred))
	require.InDelta(t, 100.0, hundred[0], 0, "the values stay as they were")
	require.Equal(t, bench.Percentiles{P50: 1, P95: 2, P99: 2}, bench.NewPercentiles([]float64{2, 1}))
	require.Equal(t, bench.Percentiles{P50: 7, P95: 7, P99: 7}, bench.NewPercentiles([]float64{7}))
	require.Zero(t, bench.NewPercentiles(nil))
	require.InDelta(t, 1.0, bench.Percentile(hundred, 0), 0)
	require.InDelta(t, 100.0, bench.Percentile(hundred, 100), 0)
}

func TestRatio(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 1.5, bench.Ratio(3, 2), 0)
	require.Zero(t, bench.Ratio(3, 0))
}

func TestBars(t *testing.T) {
	t.Parallel()
	held := []bench.Bar{
		bench.AtLeast("speed", 0.9, 0.9, ""), bench.AtLeast("speed", 2, 0.9, ""),
		bench.AtMost("memory", 60, 60, "MiB"), bench.AtMost("memory", 1, 60, "MiB"),
	}
	require.NoError(t, bench.Check(held))
	require.NoError(t, bench.Check(nil))
	err := bench.Check(append(held, bench.AtLeast("speed", 0.89, 0.9, ""), bench.AtMost("memory", 60.5, 60, "MiB")))
	require.EqualError(t, err, "a bar is missed: speed is 0.89, need >= 0.9; memory is 60.5 MiB, need <= 60 MiB")
	var missed *bench.MissedError
	require.ErrorAs(t, err, &missed)
	require.Len(t, missed.Bars, 2)
}
