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

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[len(hundred)-1-i] = float64(i + 1)
	}
	require.InDelta(t, 95.0, bench.Percentile(hundred, 95), 0)
	require.InDelta(t, 100.0, hundred[0], 0, "the values stay as they were")
	require.InDelta(t, 1.0, bench.Percentile(hundred, 0), 0)
	require.InDelta(t, 1.0, bench.Percentile([]float64{2, 1}, 50), 0)
	require.InDelta(t, 2.0, bench.Percentile([]float64{2, 1}, 95), 0)
	require.Zero(t, bench.Percentile(nil, 95))
}

func TestRatio(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 1.5, bench.Ratio(3, 2), 0)
	require.Zero(t, bench.Ratio(3, 0))
}
