package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

func TestSettled(t *testing.T) {
	t.Parallel()
	const (
		changing = enumspb.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
		done     = enumspb.ROUTING_CONFIG_UPDATE_STATE_COMPLETED
		unknown  = enumspb.ROUTING_CONFIG_UPDATE_STATE_UNSPECIFIED
	)
	all, some := []string{"B", "B", "B"}, []string{"B", "A", "B"}
	for name, tt := range map[string]struct {
		state  enumspb.RoutingConfigUpdateState
		since  time.Duration
		routes []string
		want   bool
	}{
		"Temporal says so":                       {done, 0, some, true},
		"a server that does not say":             {unknown, 0, some, true},
		"a change under way":                     {changing, 0, all, false},
		"a queue does not know":                  {changing, time.Hour, some, false},
		"under way forever, but the queues know": {changing, time.Hour, all, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &Deployment{Current: "B", CurrentSince: time.Now().Add(-tt.since)}
			require.Equal(t, tt.want, settled(tt.state, d, tt.routes))
		})
	}
	t.Run("workers without a version", func(t *testing.T) {
		t.Parallel()
		d := &Deployment{CurrentSince: time.Now().Add(-time.Hour)}
		require.True(t, settled(changing, d, []string{"", "", ""}))
		require.False(t, settled(changing, d, []string{"", "A", ""}))
	})
}
