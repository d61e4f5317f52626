package lab_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/lab"
)

// The same seed gives the same plan, including orders and faults. Another seed gives another plan.
func TestPlanIsAFunctionOfItsSeed(t *testing.T) {
	t.Parallel()
	seen := map[string]uint64{}
	for seed := range uint64(50) {
		plan := lab.NewPlan(seed, 160, time.Minute)
		require.Equal(t, plan, lab.NewPlan(seed, 160, time.Minute))
		var text bytes.Buffer
		require.NoError(t, plan.Print(&text))
		other, known := seen[text.String()]
		require.False(t, known, "seeds %d and %d", seed, other)
		seen[text.String()] = seed
	}
	require.NotEqual(t, lab.NewPlan(1, 160, time.Minute).Orders, lab.NewPlan(2, 160, time.Minute).Orders)
	require.NotEqual(t, lab.NewPlan(1, 160, time.Minute).Events, lab.NewPlan(1, 160, 2*time.Minute).Events)
}

// Whatever the seed, a plan of the usual size has 300 cards and contains every event.
func TestPlanHoldsEverything(t *testing.T) {
	t.Parallel()
	offsets := map[string]int{}
	for seed := range uint64(200) {
		plan := lab.NewPlan(seed, 160, time.Minute)
		require.GreaterOrEqual(t, plan.Units(), 300, "seed %d", seed)
		require.Len(t, plan.Orders, 160)
		kinds, ids := map[lab.OrderKind]int{}, map[int64]bool{}
		for _, o := range plan.Orders {
			kinds[o.Kind]++
			require.False(t, ids[o.Order.ID], "two orders with one number")
			ids[o.Order.ID] = true
			require.Less(t, o.At, plan.Length)
		}
		for _, kind := range lab.OrderKinds {
			require.GreaterOrEqual(t, kinds[kind], 3, "seed %d: %s", seed, kind)
		}
		promised := plan.Promised()
		for _, what := range lab.Happenings {
			require.Positive(t, promised[what], "seed %d: %s", seed, what)
		}
		require.Len(t, promised, len(lab.Happenings))
		for i, e := range plan.Events {
			require.True(t, e.At >= 0 && e.At < plan.Length)
			require.True(t, i == 0 || plan.Events[i-1].At <= e.At, "in order")
		}
		switch {
		case plan.ClockOffset > time.Minute:
			offsets["minutes ahead"]++
		case plan.ClockOffset > 0:
			offsets["seconds ahead"]++
		case plan.ClockOffset < 0:
			offsets["behind"]++
		default:
			offsets["right"]++
		}
	}
	require.Len(t, offsets, 4, "of 200 seeds, some have a clock that is off")
}

// A longer run does not spread the same few faults over more time.
func TestLongPlanHasMoreFaults(t *testing.T) {
	t.Parallel()
	short, long := lab.NewPlan(1, 160, time.Minute), lab.NewPlan(1, 160, 5*time.Minute)
	require.Equal(t, 5*short.Promised()[lab.TemporalKilled], long.Promised()[lab.TemporalKilled])
	require.Greater(t, len(long.Events), 4*len(short.Events))
}
