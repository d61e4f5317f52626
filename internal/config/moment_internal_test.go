package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One hour of tolerance allows for clock differences, and for an operator who takes over at the full hour.
func TestCreatedAtMinIsNotInTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		at      time.Time
		refused bool
	}{
		{"never", time.Time{}, false},
		{"a month ago", now.AddDate(0, -1, 0), false},
		{"now", now, false},
		{"in an hour", now.Add(time.Hour), false},
		{"in an hour, elsewhere", now.Add(time.Hour).In(time.FixedZone("", 7200)), false},
		{"in more than an hour", now.Add(time.Hour + time.Second), true},
		{"in another century", now.AddDate(100, 0, 0), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ps := schema.Problems()
			Orders{CreatedAtMin: tt.at}.future(ps, now)
			require.Equal(t, tt.refused, ps.Err() != nil)
		})
	}
}
