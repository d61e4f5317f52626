package cards_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health/cards"
)

// Cards that wait for long, or of which callbacks contradict each other, need somebody; others do not.
func TestMakingCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	made := func(name string, ago time.Duration) executions.MadeCard {
		return executions.MadeCard{Name: name, Since: now.Add(-ago)}
	}
	long := []executions.MadeCard{made("#1001", 2*time.Hour), made("#1002", 5*time.Hour)}
	for name, tt := range map[string]struct {
		making executions.Making
		status check.Status
		says   string
	}{
		"fresh":      {executions.Making{Cards: 3}, check.OK, "waiting for the issuer: 3, none for long"},
		"long":       {executions.Making{Cards: 3, Long: long}, check.Warn, "2 of 3 cards that wait for their issuer have waited for more than 1 hour, the first, of order #1002, for 5 hours"},
		"suspicious": {executions.Making{Cards: 3, Long: long, Suspicious: long[:1]}, check.Warn, "contradict each other, such as one of order #1001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cards.Making(tt.making, now)
			require.Equal(t, tt.status, c.Status)
			require.Contains(t, c.Found, tt.says)
			require.Equal(t, tt.status == check.OK, c.Fix == "")
		})
	}
}
