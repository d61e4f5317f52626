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

func TestPaceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPace(0)
	p.note("list_orders", Cost{Requested: 900, Maximum: 1000, RestoreRate: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.wait(ctx, "list_orders"), context.Canceled)
}
