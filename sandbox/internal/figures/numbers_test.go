package figures_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []float64
		want   figures.Spread
	}{
		"none":      {nil, figures.Spread{}},
		"one":       {[]float64{3}, figures.Spread{Median: 3, Min: 3, Max: 3}},
		"an odd":    {[]float64{9, 1, 2}, figures.Spread{Median: 2, Min: 1, Max: 9}},
		"an even":   {[]float64{4, 1, 2, 9}, figures.Spread{Median: 3, Min: 1, Max: 9}},
		"negatives": {[]float64{-1, -5}, figures.Spread{Median: -3, Min: -5, Max: -1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, figures.NewSpread(tt.values))
		})
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[len(hundred)-1-i] = float64(i + 1)
	}
	require.InDelta(t, 95.0, figures.Percentile(hundred, 95), 0)
	require.InDelta(t, 100.0, hundred[0], 0, "the values stay as they were")
	require.InDelta(t, 1.0, figures.Percentile(hundred, 0), 0)
	require.InDelta(t, 1.0, figures.Percentile([]float64{2, 1}, 50), 0)
	require.InDelta(t, 2.0, figures.Percentile([]float64{2, 1}, 95), 0)
	require.Zero(t, figures.Percentile(nil, 95))
}

func TestRatio(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 1.5, figures.Ratio(3, 2), 0)
	require.Zero(t, figures.Ratio(3, 0))
}
