package replaying_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func event(id, topic string) relaying.Event {
	return relaying.Event{ID: id, Topic: topic, Body: relaying.Body(`{"of":"` + id + `"}`), TakenAt: noon}
}

// boxes are mailboxes in memory.
type boxes struct {
	put []relaying.Event
	err error
}

func (b *boxes) Put(_ context.Context, _, _ string, e relaying.Event) error {
	if b.err != nil {
		return b.err
	}
	b.put = append(b.put, e)
	return nil
}

func of(t *memory.Temporal) *relayed.Relayed {
	return relayed.New(executions.New(t, "default", new(codec.Codec), ""), "ann")
}

// some has an order with two events that were taken, one of them twice, and an event that was refused.
func some() *memory.Temporal {
	again := event("evt_a", "orders/create")
	again.Again = true
	return &memory.Temporal{Runs: []memory.Run{
		memory.Delivered("orders", "7", "one", noon, event("evt_a", "orders/create"), event("evt_b", "orders/paid")),
		memory.Delivered("orders", "7", "two", noon.Add(time.Hour), again),
		memory.Delivered("orders", "8", "three", noon.Add(90*time.Second), event("evt_c", "orders/create")),
		memory.Refused("orders", "9", "four", noon.Add(30*time.Second), event("evt_d", "orders/edited")),
	}}
}

func ids(items []replaying.Item) (out []string) {
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out
}

func quiet(int, int) {}

// Events are found by their time, topic, resource and ID, each once, in the order in which they were taken.
func TestPlan(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		s    replaying.Selection
		want []string
	}{
		"all":                  {replaying.Selection{}, []string{"evt_a", "evt_d", "evt_b", "evt_c"}},
		"a time":               {replaying.Selection{Since: noon.Add(time.Second), Until: noon.Add(90 * time.Second)}, []string{"evt_d", "evt_b"}},
		"its end is excluded":  {replaying.Selection{Since: noon, Until: noon.Add(time.Minute)}, []string{"evt_a", "evt_d"}},
		"a topic":              {replaying.Selection{Topic: "Orders/Create"}, []string{"evt_a", "evt_c"}},
		"an order":             {replaying.Selection{Endpoint: "orders", Resource: "8"}, []string{"evt_c"}},
		"another endpoint":     {replaying.Selection{Endpoint: "products"}, nil},
		"an undelivered event": {replaying.Selection{Event: "evt_d"}, []string{"evt_d"}},
		"a taken one":          {replaying.Selection{Event: "evt_b"}, nil},
		"a taken one, located": {replaying.Selection{Event: "evt_b", Endpoint: "orders", Resource: "7"}, []string{"evt_b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, err := replaying.New(of(some()), &boxes{}).Plan(t.Context(), tt.s, quiet)
			require.NoError(t, err)
			require.Equal(t, tt.want, ids(items))
		})
	}
}

// Events go out as they were, under their IDs or under new ones. Only what was refused ends a record.
func TestSend(t *testing.T) {
	t.Parallel()
	b := &boxes{}
	r := replaying.New(of(some()), b)
	items, err := r.Plan(t.Context(), replaying.Selection{}, quiet)
	require.NoError(t, err)
	n, err := r.Send(t.Context(), items, replaying.Options{PerSecond: 1000}, func(int) {})
	require.NoError(t, err)
	require.Equal(t, 4, n)
	want := event("evt_a", "orders/create")
	want.Again = true
	require.Equal(t, want, b.put[0])
	want = event("evt_d", "orders/edited")
	want.Again, want.Refused = true, true
	require.Equal(t, want, b.put[1])
	b.put = nil
	_, err = r.Send(t.Context(), items, replaying.Options{PerSecond: 1000, NewID: true}, func(int) {})
	require.NoError(t, err)
	require.NotEqual(t, "evt_a", b.put[0].ID)
	require.Equal(t, "evt_a", b.put[0].FirstID())
	require.Regexp(t, "^evt_[0-9a-f]{64}$", b.put[0].ID)
}

// A replay stops between two events, and says how many were put.
func TestSendStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &boxes{}
		r := replaying.New(of(some()), b)
		items, err := r.Plan(t.Context(), replaying.Selection{}, quiet)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		n, err := r.Send(ctx, items, replaying.Options{PerSecond: 2}, func(sent int) {
			if sent == 3 {
				cancel()
			}
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 3, n)
		require.Equal(t, time.Second, time.Since(began), "two a second")
		b.err = errors.New("away")
		n, err = r.Send(t.Context(), items, replaying.Options{PerSecond: 2}, func(int) {})
		require.ErrorIs(t, err, b.err)
		require.Zero(t, n)
	})
}

// What waits is tried now, in the mailboxes that run. What is being tried just now ends by itself.
func TestHurry(t *testing.T) {
	t.Parallel()
	c := some()
	for id, state := range map[string]enumspb.PendingActivityState{
		"relay/orders/5": enumspb.PENDING_ACTIVITY_STATE_SCHEDULED,
		"relay/orders/6": enumspb.PENDING_ACTIVITY_STATE_STARTED,
	} {
		c.Runs = append(c.Runs, memory.Run{
			Type: workflows.RelayType, ID: id, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
			Pending: &workflowpb.PendingActivityInfo{ActivityType: &commonpb.ActivityType{Name: relayed.DeliverType}, State: state},
		})
	}
	n, err := replaying.Hurry(t.Context(), of(c), "orders", func(int) {})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []string{"relay/orders/5"}, c.Reset)
}

// A record ends without its event, and says by whom and why.
func TestSettle(t *testing.T) {
	t.Parallel()
	c := some()
	o := of(c)
	u, err := o.Refused(t.Context(), "evt_d")
	require.NoError(t, err)
	require.NoError(t, replaying.Settle(t.Context(), o, *u, "ann", "by hand"))
	settled := event("evt_d", "orders/edited")
	settled.Body = ""
	require.Equal(t, []any{workflows.UndeliveredEventInput{
		Endpoint: "orders", Resource: "9", Event: settled, By: "ann", Reason: "by hand",
	}}, c.Started)
}
