package adminapi

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPace(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	standard := Cost{Requested: 343, Actual: 61, Available: 300, Maximum: 2000, RestoreRate: 100}
	for name, tt := range map[string]struct {
		noted Cost
		op    string
		later time.Duration
		want  time.Duration
	}{
		"nothing is known":        {Cost{}, "list_orders", 0, 0},
		"points are missing":      {standard, "list_orders", 0, 430 * time.Millisecond},
		"some have come back":     {standard, "list_orders", 400 * time.Millisecond, 30 * time.Millisecond},
		"all have come back":      {standard, "list_orders", 430 * time.Millisecond, 0},
		"an unknown operation":    {standard, "get_shop", 0, 0},
		"the bucket is too small": {Cost{Requested: 900, Available: 1, Maximum: 500, RestoreRate: 100}, "list_orders", time.Hour, 4 * time.Second},
		"it would take long":      {Cost{Requested: 900, Maximum: 1000, RestoreRate: 1}, "list_orders", 0, maxPace},
		"nothing comes back":      {Cost{Requested: 900, Maximum: 1000}, "list_orders", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := begin
			p := newPace(0)
			p.now = func() time.Time { return now }
			p.note("list_orders", tt.noted)
			p.note("list_orders", Cost{}) // A response without a cost changes nothing.
			now = begin.Add(tt.later)
			require.InDelta(t, tt.want, p.delay(tt.op), float64(time.Millisecond))
		})
	}
}

// A client that leaves a share of the points to others waits until the bucket holds this share besides what it requests. A
// full bucket is enough.
func TestPaceLeavesPoints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		requested, available float64
		want                 time.Duration
	}{
		"enough for both":      {500, 1500, 0},
		"enough for one":       {500, 600, 9 * time.Second},
		"more than the rest":   {1500, 1900, time.Second},
		"a full bucket":        {1500, 2000, 0},
		"more than the bucket": {2500, 2000, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
			p := newPace(0.5)
			p.now = func() time.Time { return now }
			p.note("get_orders", Cost{Requested: tt.requested, Available: tt.available, Maximum: 2000, RestoreRate: 100})
			require.Equal(t, tt.want, p.delay("get_orders"))
		})
	}
}

func TestPaceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPace(0)
	p.note("list_orders", Cost{Requested: 900, Maximum: 1000, RestoreRate: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.wait(ctx, "list_orders"), context.Canceled)
}
