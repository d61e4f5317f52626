package relaying_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/relaying"
)

// Whatever the seed, the ERP takes events before it goes away, and goes away while there are events.
func TestTheERPGoesAway(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for seed := range uint64(50) {
		r := relaying.New(seed, time.Minute, 75)
		require.Equal(t, r, relaying.New(seed, time.Minute, 75), "it is a function of its seed")
		require.True(t, r.On())
		require.GreaterOrEqual(t, r.At, 18*time.Second)
		require.Less(t, r.At, 25*time.Second)
		require.Equal(t, 288*time.Second, r.For, "six hours, 75 times faster")
		seen[r.At] = true
	}
	require.Greater(t, len(seen), 4)
	short := relaying.New(1, 30*time.Second, 75)
	require.Equal(t, 16*time.Second, short.For)
	require.Less(t, short.At, 20*time.Second)
	require.Contains(t, short.Troubles(160), happenings.RelayAway)
	require.Len(t, short.Troubles(160), len(happenings.RelayTroubles)+1)
	require.Empty(t, short.Troubles(60))
	require.Empty(t, relaying.Relaying{}.Troubles(160))
	require.Equal(t, "no ERP", relaying.Relaying{}.String())
}
