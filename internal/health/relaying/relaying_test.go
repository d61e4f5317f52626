package relaying_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health/relaying"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// What the other system has not got is told, and how to go on.
func TestCheck(t *testing.T) {
	t.Parallel()
	open := relayed.EndpointStatus{Endpoint: "orders", State: relayqueue.Open}
	with := func(change func(*relayed.EndpointStatus)) relaying.Relaying {
		e := open
		change(&e)
		return relaying.Relaying{Endpoints: []relayed.EndpointStatus{e}}
	}
	wait := func(ago time.Duration) func(*relayed.EndpointStatus) {
		return func(e *relayed.EndpointStatus) { e.Waiting, e.OldestWaiting = 2, noon.Add(-ago) }
	}
	for name, tt := range map[string]struct {
		r          relaying.Relaying
		status     check.Status
		found, fix string
	}{
		"fine":    {with(func(*relayed.EndpointStatus) {}), check.OK, "events go to orders; none is refused", ""},
		"waiting": {with(wait(time.Minute)), check.OK, "events go to orders", ""},
		"long":    {with(wait(2 * time.Hour)), check.Warn, "2 orders or products have events that wait for orders", "relay list --endpoint orders"},
		"a day":   {with(wait(25 * time.Hour)), check.Fail, "2 orders or products", "relay list --endpoint orders"},
		"paused": {with(func(e *relayed.EndpointStatus) {
			wait(48 * time.Hour)(e)
			e.State, e.Reason = relayqueue.Paused, "service"
		}), check.Warn, "orders is paused (service)", "relay resume orders"},
		"slow": {with(func(e *relayed.EndpointStatus) { e.State = relayqueue.Probing }), check.Warn, "orders is slowed down", "relay test orders"},
		"refused": {
			with(func(e *relayed.EndpointStatus) { e.Undelivered = 3 }), check.Warn, "orders has refused 3 events", "relay list --failed",
		},
		"gap": {
			relaying.Relaying{Gaps: []relaygaps.Gap{{From: noon, Until: noon.Add(time.Hour), Topics: []string{"orders/create"}}}},
			check.Warn,
			"events may be missing from 2026-07-01T12:00:00Z to 2026-07-01T13:00:00Z: orders/create", "The ERP may lack events",
		},
		"open gap": {
			relaying.Relaying{Gaps: []relaygaps.Gap{{From: noon, Topics: []string{"orders/create"}}}},
			check.Warn,
			"events may be missing since 2026-07-01T12:00:00Z", "The ERP may lack events",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.r.Check(noon)
			require.Equal(t, tt.status, c.Status)
			require.Contains(t, c.Found, tt.found)
			require.Contains(t, c.Fix, tt.fix)
		})
	}
}

// Of an endpoint without a URL only what waits for it is told, also if the whole relay is off.
func TestRead(t *testing.T) {
	t.Parallel()
	temporal := &memory.Temporal{}
	r := executions.New(temporal, "default", new(codec.Codec), "")
	orders := relaying.Expected{Endpoints: []string{"orders"}, Topics: []string{"orders/create"}}
	off, err := relaying.Read(t.Context(), r, relaying.Expected{}, noon)
	require.NoError(t, err)
	require.Nil(t, off)
	on, err := relaying.Read(t.Context(), r, orders, noon)
	require.NoError(t, err)
	require.Equal(t, []relayed.EndpointStatus{{Endpoint: "orders", State: relayqueue.Open}}, on.Endpoints)

	temporal.Runs = append(temporal.Runs, memory.Run{
		Type: workflows.RelayType, ID: workflows.RelayID("products", "7"), RunID: "r", Started: noon.Add(-time.Minute),
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	})
	unset := relayed.EndpointStatus{
		Endpoint: "products", State: relayqueue.Open, Waiting: 1, OldestWaiting: noon.Add(-time.Minute), Unset: true,
	}
	off, err = relaying.Read(t.Context(), r, relaying.Expected{}, noon)
	require.NoError(t, err)
	require.Equal(t, []relayed.EndpointStatus{unset}, off.Endpoints)
	on, err = relaying.Read(t.Context(), r, orders, noon)
	require.NoError(t, err)
	require.Equal(t, unset, on.Endpoints[1])
	c := on.Check(noon)
	require.Equal(t, check.Warn, c.Status)
	require.Equal(t, "1 orders or products have events that wait for products, to which none goes, because RELAY_PRODUCTS_URL is not set", c.Found)
	require.Equal(t, "set RELAY_PRODUCTS_URL until they are delivered", c.Fix)
}
