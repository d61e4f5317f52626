package operations

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 12, 0, 0, 999, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d).Truncate(time.Second) }
	july := func(day, hour int) time.Time { return time.Date(2026, 7, day, hour, 0, 0, 0, time.UTC) }
	tests := map[string]struct {
		since, until string
		from, to     time.Time
		err          string
	}{
		"none":          {},
		"how long ago":  {since: "48h", from: ago(48 * time.Hour), to: ago(0)},
		"both long ago": {since: "2h", until: "1h", from: ago(2 * time.Hour), to: ago(time.Hour)},
		"times": {
			since: "2026-07-01T00:00:00Z", until: "2026-07-02T00:00:00+02:00", from: july(1, 0), to: july(1, 22),
		},
		"until alone":     {until: "1h", err: "--until needs --since"},
		"the wrong way":   {since: "1h", until: "2h", err: "is not before --until"},
		"nothing between": {since: "1h", until: "1h", err: "is not before --until"},
		"from the future": {since: "2026-07-11T00:00:00Z", err: "is not before --until"},
		"a negative time": {since: "-1h", err: `--since "-1h" is neither a time`},
		"no time at all":  {since: "yesterday", err: `--since "yesterday" is neither a time`},
		"a day":           {since: "2026-07-01", until: "2026-07-02", from: july(1, 0), to: july(2, 0)},
		"days ago":        {since: "2d", until: "1d", from: ago(48 * time.Hour), to: ago(24 * time.Hour)},
		"no day":          {since: "2026-07-32", err: `--since "2026-07-32" is neither a time`},
		"the zero time":   {since: "0001-01-01T00:00:00Z", err: `--since "0001-01-01T00:00:00Z" is neither a time`},
		"no end at all":   {since: "1h", until: "tomorrow", err: `--until "tomorrow" is neither a time`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, err := window(tt.since, tt.until, now)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.True(t, tt.from.Equal(from), from)
			require.True(t, tt.to.Equal(to), to)
		})
	}
}
