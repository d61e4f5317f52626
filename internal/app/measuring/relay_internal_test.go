package measuring

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// Attempts are counted by words that are known beforehand, and an event takes as long as it was on its way.
func TestDeliveriesAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	r, err := NewRelay(tel.Meter(), []string{relaying.Orders, relaying.Products}, nil)
	require.NoError(t, err)
	r.clock = func() time.Time { return noon }
	const prefix = "giftbridge_relay_deliveries_total"
	series := func(endpoint, outcome string) string {
		return prefix + `{endpoint="` + endpoint + `",outcome="` + outcome + `"}`
	}
	require.Len(t, scrape(t, tel, prefix), 2*len(deliveryOutcomes))

	posting := relaying.Posting{Endpoint: relaying.Orders, Event: relaying.Event{TakenAt: noon.Add(-40 * time.Second)}}
	r.Posted(posting, nil)
	posting.Event.Again = true
	r.Posted(posting, nil)
	r.Posted(posting, &relaying.Refusal{Kind: giftcard.InvalidRequest})
	r.Posted(posting, &relaying.Refusal{Kind: giftcard.MerchantUnknown})
	posting.Endpoint = relaying.Products
	r.Posted(posting, errors.New("it was cancelled"))
	got := scrape(t, tel, prefix)
	for name, want := range map[string]string{
		series(relaying.Orders, delivered): "2", series(relaying.Orders, string(giftcard.InvalidRequest)): "1",
		series(relaying.Orders, other): "1", series(relaying.Products, other): "1", series(relaying.Products, delivered): "0",
	} {
		require.Equal(t, want, got[name], name)
	}
	require.Len(t, got, 2*len(deliveryOutcomes), "no attempt makes a series")
	took := scrape(t, tel, "giftbridge_relay_delivery_seconds")
	require.Equal(t, "1", took[`giftbridge_relay_delivery_seconds_count{endpoint="orders"}`], "what was sent once more took no time")
	require.Equal(t, "0", took[`giftbridge_relay_delivery_seconds_bucket{endpoint="orders",le="30"}`])
	require.Equal(t, "1", took[`giftbridge_relay_delivery_seconds_bucket{endpoint="orders",le="60"}`])
}

// An event whose body was too large is counted once it was delivered.
func TestNoticesAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	r, err := NewRelay(tel.Meter(), []string{relaying.Orders, relaying.Products}, nil)
	require.NoError(t, err)
	const prefix = "giftbridge_relay_notices_total"
	orders, products := prefix+`{endpoint="orders"}`, prefix+`{endpoint="products"}`
	require.Equal(t, map[string]string{orders: "0", products: "0"}, scrape(t, tel, prefix))
	whole := relaying.Posting{Endpoint: relaying.Orders}
	notice := relaying.Posting{Endpoint: relaying.Orders, Event: relaying.Event{Size: 5_000_000}}
	r.Posted(whole, nil)
	r.Posted(notice, &relaying.Refusal{Kind: giftcard.Unavailable})
	r.Posted(notice, nil)
	require.Equal(t, map[string]string{orders: "1", products: "0"}, scrape(t, tel, prefix))
}

// lists has endpoints, and runs that cannot be read.
type lists struct {
	endpoints []relayed.EndpointStatus
	err       error
	scans     int
}

func (l *lists) Statuses(context.Context, []string) ([]relayed.EndpointStatus, error) {
	return l.endpoints, l.err
}

func (l *lists) Scan(context.Context, string, func(*workflowpb.WorkflowExecutionInfo) (bool, error)) error {
	l.scans++
	return nil
}

func (l *lists) Result(context.Context, *workflowpb.WorkflowExecutionInfo, any) error { return nil }

func TestRelayOfToday(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	r, err := NewRelay(tel.Meter(), []string{relaying.Orders, relaying.Products}, []string{"orders/create"})
	require.NoError(t, err)
	now := noon
	r.clock = func() time.Time { return now }
	gauges := []string{"giftbridge_relay_waiting", "giftbridge_relay_undelivered", "giftbridge_relay_paused", "giftbridge_relay_gaps", "giftbridge_relay_failing"}
	for _, name := range gauges {
		require.Empty(t, scrape(t, tel, name), "nothing is known")
	}
	l := &lists{endpoints: []relayed.EndpointStatus{
		{Endpoint: relaying.Orders, State: relayqueue.Paused, Waiting: 3, Undelivered: 2},
		{Endpoint: relaying.Products, State: relayqueue.Probing, Failing: true},
	}}
	seen, err := r.look(t.Context(), l, l)
	require.NoError(t, err)
	r.now.Store(seen)
	for name, want := range map[string][2]string{
		gauges[0]: {"3", "0"}, gauges[1]: {"2", "0"}, gauges[2]: {"1", "0"}, gauges[4]: {"0", "1"},
	} {
		require.Equal(t, map[string]string{
			name + `{endpoint="orders"}`: want[0], name + `{endpoint="products"}`: want[1],
		}, scrape(t, tel, name))
	}
	require.Equal(t, "0", scrape(t, tel, gauges[3])[gauges[3]])

	_, err = r.look(t.Context(), l, l)
	require.NoError(t, err)
	require.Equal(t, 1, l.scans, "gaps are looked for every ten minutes")
	now = now.Add(gapsEvery)
	_, err = r.look(t.Context(), l, l)
	require.NoError(t, err)
	require.Equal(t, 2, l.scans)

	l.err = errors.New("away")
	_, err = r.look(t.Context(), l, l)
	require.ErrorContains(t, err, "away")
}

func TestNoMetricsOfTheRelay(t *testing.T) {
	t.Parallel()
	var r *Relay
	require.NotPanics(t, func() {
		r.Posted(relaying.Posting{}, nil)
		r.Survey(nil, zerolog.Nop())()
	})
}
