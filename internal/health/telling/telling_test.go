package telling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/health/telling"
	"github.com/giftbridge/giftbridge/internal/installation"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	there := installation.ScheduleStatus{Exists: true}
	for name, tt := range map[string]struct {
		messages telling.Messages
		status   check.Status
		found    string
		fix      string
	}{
		"all well":  {telling.Messages{Open: 7, Sweep: there}, check.OK, "7 orders are open, nothing is unsent", ""},
		"unsent":    {telling.Messages{Open: 7, Unsent: 2, Sweep: there}, check.Warn, "2 could not be sent", "giftbridge messages list --failed"},
		"no sweep":  {telling.Messages{Unsent: 2}, check.Warn, "does not exist", "giftbridge schedules"},
		"no sweeps": {telling.Messages{Sweep: installation.ScheduleStatus{Exists: true, Paused: true}}, check.Warn, "PAUSED", "schedule sweep-messages"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.messages.Check()
			require.Equal(t, tt.status, c.Status)
			require.Contains(t, c.Found, tt.found)
			require.Contains(t, c.Fix, tt.fix)
		})
	}
}
