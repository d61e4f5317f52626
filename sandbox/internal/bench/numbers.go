package bench

import (
	"math"
	"slices"
)

// Spread summarizes a figure over several rounds.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// NewSpread summarizes values. Without values, it returns the zero Spread.
func NewSpread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	median := sorted[mid]
	if len(sorted)%2 == 0 {
		median = (sorted[mid-1] + sorted[mid]) / 2
	}
	return Spread{Median: median, Min: sorted[0], Max: sorted[len(sorted)-1]}
}

// Percentile returns the smallest of the values that is greater than or equal to at least p percent of them (the
// nearest rank). Without values, it returns zero.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Percentiles holds percentiles of a latency, in seconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// NewPercentiles returns the percentiles of values.
func NewPercentiles(values []float64) Percentiles {
	return Percentiles{P50: Percentile(values, 50), P95: Percentile(values, 95), P99: Percentile(values, 99)}
}

// Ratio returns a divided by b, or zero if b is zero.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
