package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/relay/schedule"
)

func still() float64 { return 0 }

// The published schedule, and how long it takes in all.
func TestPauses(t *testing.T) {
	t.Parallel()
	s := schedule.Schedule{Random: still}
	var got []string
	var whole time.Duration
	for attempt := 1; ; attempt++ {
		pause, again := s.After(attempt, 0)
		if !again {
			require.Equal(t, schedule.Attempts, attempt)
			require.Equal(t, 24*time.Hour, pause, "events that are sent until they arrive go on once a day")
			break
		}
		got = append(got, pause.String())
		whole += pause
	}
	require.Equal(t, []string{"5s", "5m0s", "30m0s", "2h0m0s", "5h0m0s", "10h0m0s", "14h0m0s", "20h0m0s", "24h0m0s"}, got)
	require.Equal(t, 75*time.Hour+35*time.Minute+5*time.Second, whole)
}

// In an installation in which everything runs faster, pauses are shorter in the same proportions. An endpoint gets what it asks for.
func TestHurry(t *testing.T) {
	t.Parallel()
	s := schedule.Schedule{Random: still, Hurry: 60}
	pause, again := s.After(2, 0)
	require.True(t, again)
	require.Equal(t, 5*time.Second, pause)
	pause, _ = s.After(2, time.Minute)
	require.Equal(t, time.Minute, pause)
}

// Whatever an endpoint asks for, a pause keeps to the schedule, and to what was asked within bounds.
func TestAfterKeepsItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.IntRange(-3, 40).Draw(t, "attempt")
		asked := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(1000*time.Hour)).Draw(t, "asked"))
		random := rapid.Float64Range(0, 0.999).Draw(t, "random")
		s := schedule.Schedule{Random: func() float64 { return random }}
		bare, _ := schedule.Schedule{Random: still}.After(attempt, 0)

		pause, again := s.After(attempt, asked)

		require.Equal(t, attempt < schedule.Attempts, again)
		least := max(bare, min(asked, schedule.MaxAsked))
		require.GreaterOrEqual(t, pause, least)
		require.LessOrEqual(t, pause, least+least/10)
		next, _ := schedule.Schedule{Random: still}.After(attempt+1, 0)
		require.GreaterOrEqual(t, next, bare, "pauses never become shorter")
	})
}

// Without a source of its own, the jitter is drawn at random: events that failed together do not come back together.
func TestAfterJittersByItself(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 20 {
		pause, _ := schedule.Schedule{}.After(5, 0)
		seen[pause] = true
	}
	require.Greater(t, len(seen), 1)
}
