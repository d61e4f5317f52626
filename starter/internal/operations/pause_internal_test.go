package operations

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLater(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 7, 10, 3, 0, 0, 0, berlin)
	for s, want := range map[string]string{
		"4h": "2026-07-10T05:00:00Z", "06:00": "2026-07-10T04:00:00Z", "03:00": "2026-07-11T01:00:00Z",
		"02:59": "2026-07-11T00:59:00Z", "2026-07-10T06:00:00+02:00": "2026-07-10T04:00:00Z",
	} {
		at, err := later(s, now)
		require.NoError(t, err, s)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), s)
	}
	for s, says := range map[string]string{
		"": "neither a time", "soon": "neither a time", "25:00": "neither a time", "0s": "not in the future", "-1h": "not in the future",
		"2026-07-10T00:00:00Z": "not in the future", "0001-01-01T00:00:00Z": "not in the future",
	} {
		_, err := later(s, now)
		require.ErrorContains(t, err, says, s)
	}
}
