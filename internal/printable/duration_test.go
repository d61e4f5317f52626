package printable_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/printable"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                                    "0 seconds",
		time.Second - 1:                      "0 seconds",
		time.Second:                          "1 second",
		90 * time.Second:                     "1 minute 30 seconds",
		time.Hour + 5*time.Second:            "1 hour",
		2 * time.Hour:                        "2 hours",
		36 * time.Hour:                       "1 day 12 hours",
		720 * time.Hour:                      "30 days",
		49*time.Hour + 30*time.Minute:        "2 days 1 hour",
		-time.Minute:                         "minus 1 minute",
		25*time.Hour - time.Minute:           "1 day",
		23*time.Hour + 59*time.Minute + 59e9: "23 hours 59 minutes",
	} {
		require.Equal(t, want, printable.Duration(d), d)
	}
}
