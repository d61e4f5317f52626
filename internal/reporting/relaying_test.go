package reporting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/workflows"
)

// A report tells of refused events and of endpoints that get none.
func TestReportOfTheRelay(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	c := &memory.Temporal{
		Runs: []memory.Run{memory.Refused("orders", "7", "1", now, relaying.Event{
			ID: "evt_aaaaaaaaaaaaaaaa", Topic: "orders/create", Order: "#1001",
		})},
		Limits: map[string]*taskqueuepb.RateLimitConfig{workflows.RelayTaskQueue("products"): {
			RateLimit: &taskqueuepb.RateLimit{}, Metadata: &taskqueuepb.ConfigMetadata{Reason: "service", UpdateIdentity: "ann"},
		}},
	}
	told, err := reporting.Relayed(t.Context(), executions.New(c, "default", new(codec.Codec), ""), []string{"orders", "products"}, []string{"orders/create"}, now.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, told.Total)
	require.Equal(t, "evt_aaaaaaaaaaaa", told.Undelivered[0].ID)
	require.Equal(t, "#1001", told.Undelivered[0].Name)
	require.Equal(t, "HTTP 422", told.Undelivered[0].Message)
	require.Equal(t, "products", told.Halted[0].Endpoint)
	require.False(t, told.Halted[0].Slow)
	off, err := reporting.Relayed(t.Context(), nil, nil, nil, now)
	require.NoError(t, err)
	require.True(t, off.Empty())
}
