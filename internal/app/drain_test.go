package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/workflows"
)

// A stop does not cut off a request to the issuer, and takes no longer than the wait for a lost worker would.
func TestDrainOutlivesARequest(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{
		time.Second: 25 * time.Second, 30 * time.Second: 35 * time.Second, 40 * time.Second: 45 * time.Second,
	} {
		drain := app.DrainTimeout(config.Config{CashStar: config.CashStar{Timeout: timeout}})
		require.Equal(t, want, drain)
		require.Greater(t, drain, timeout)
		require.LessOrEqual(t, drain, workflows.MaxIssueTime)
	}
}
