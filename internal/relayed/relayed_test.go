package relayed_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

const eventA, eventB = "evt_aaaaaaaaaaaaaaaa", "evt_bbbbbbbbbbbbbbbb"

func event(id, topic string) relaying.Event {
	return relaying.Event{ID: id, Topic: topic, Body: `{"id":7}`, TakenAt: noon, Order: "#1001"}
}

// away is a mailbox whose endpoint is away.
func away(resource string, since time.Time) memory.Run {
	return waits(resource, since, temporal.NewApplicationError("HTTP 503", "Unavailable"))
}

// waits is a mailbox in which an event waits for its next attempt after a failure.
func waits(resource string, since time.Time, err error) memory.Run {
	failure := temporal.GetDefaultFailureConverter().ErrorToFailure(err)
	return memory.Run{
		Type: workflows.RelayType, ID: workflows.RelayID("orders", resource), RunID: "r" + resource, Name: "#1001", Started: since,
		Status:  enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		Pending: &workflowpb.PendingActivityInfo{Attempt: 4, LastFailure: failure, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED},
	}
}

func of(t *memory.Temporal) *relayed.Relayed {
	return relayed.New(executions.New(t, "default", new(codec.Codec), ""), "ann")
}

// What waits is listed with the last answer, the longest first, and what was refused until it is settled.
func TestLists(t *testing.T) {
	t.Parallel()
	settled := memory.Refused("orders", "8", "2", noon.Add(time.Hour), event(eventB, "orders/create"))
	settled.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	o := of(&memory.Temporal{Runs: []memory.Run{
		away("9", noon), away("7", noon.Add(-time.Hour)),
		memory.Refused("orders", "7", "1", noon, event(eventA, "orders/create")),
		memory.Refused("orders", "8", "1", noon, event(eventB, "orders/create")), settled,
	}})
	waiting, all, err := o.Waiting(t.Context(), relayed.Filter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, 2, all)
	require.Len(t, waiting, 1)
	require.Equal(t, "7", waiting[0].Resource)
	require.Equal(t, 3, waiting[0].Failed)
	require.Equal(t, &executions.Failure{Kind: "Unavailable", Message: "HTTP 503"}, waiting[0].Failure)
	refused, all, err := o.Undelivered(t.Context(), relayed.Filter{Endpoint: "orders"})
	require.NoError(t, err)
	require.Equal(t, 1, all)
	require.Equal(t, executions.Failure{Kind: "InvalidRequest", Message: "HTTP 422"}, refused[0].Failure)
	require.Empty(t, refused[0].Event.Body, "lists have no bodies")
	require.Equal(t, len(`{"id":7}`), refused[0].Size)
	_, all, err = o.Undelivered(t.Context(), relayed.Filter{Endpoint: "products"})
	require.NoError(t, err)
	require.Zero(t, all)
}

// The state of an endpoint is that of its queue, and what waits there.
func TestStatus(t *testing.T) {
	t.Parallel()
	o := of(&memory.Temporal{
		Runs: []memory.Run{away("9", noon), away("7", noon.Add(-time.Hour))},
		Limits: map[string]*taskqueuepb.RateLimitConfig{workflows.RelayTaskQueue("orders"): {
			RateLimit: &taskqueuepb.RateLimit{}, Metadata: &taskqueuepb.ConfigMetadata{Reason: "service", UpdateIdentity: "ann"},
		}},
	})
	all, err := o.Statuses(t.Context(), []string{"orders", "products"})
	require.NoError(t, err)
	require.Equal(t, relayqueue.Paused, all[0].State)
	require.Equal(t, "service", all[0].Reason)
	require.Equal(t, 2, all[0].Waiting)
	require.Equal(t, noon.Add(-time.Hour), all[0].OldestWaiting)
	require.Equal(t, relayed.EndpointStatus{Endpoint: "products", State: relayqueue.Open}, all[1])
}

// An endpoint fails if it is slowed down, or if an event waits that it has not refused.
func TestFailing(t *testing.T) {
	t.Parallel()
	refuses := waits("1", noon, temporal.NewApplicationError("HTTP 422", "InvalidRequest"))
	timeout := waits("2", noon.Add(-time.Hour), temporal.NewApplicationError("no answer", "Timeout"))
	first := away("3", noon.Add(time.Hour))
	first.Pending.LastFailure = nil // It is being tried.
	slow := map[string]*taskqueuepb.RateLimitConfig{workflows.RelayTaskQueue("orders"): {
		RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: .2}, Metadata: &taskqueuepb.ConfigMetadata{Reason: "the endpoint has failed: often"},
	}}
	for name, c := range map[string]struct {
		temporal memory.Temporal
		want     bool
	}{
		"nothing waits":              {memory.Temporal{}, false},
		"what it refuses":            {memory.Temporal{Runs: []memory.Run{refuses, first}}, false},
		"what it does not answer":    {memory.Temporal{Runs: []memory.Run{refuses, timeout, first}}, true},
		"slowed down":                {memory.Temporal{Runs: []memory.Run{first}, Limits: slow}, true},
		"slowed down, nothing waits": {memory.Temporal{Limits: slow}, false},
	} {
		s, err := of(&c.temporal).Status(t.Context(), "orders")
		require.NoError(t, err, name)
		require.Equal(t, c.want, s.Failing, name)
	}
}

// A person names an order, a product, a number, an event, or what Temporal calls it.
func TestFind(t *testing.T) {
	t.Parallel()
	product := memory.Delivered("products", "5", "p", noon, event(eventB, "products/update"))
	o := of(&memory.Temporal{Runs: []memory.Run{
		away("7", noon), product, memory.Refused("orders", "7", "1", noon, event(eventA, "orders/create")),
	}})
	for text, want := range map[string]string{
		"#1001": "orders/7", "7": "orders/7", "orders/7": "orders/7", "relay/orders/7": "orders/7", "5": "products/5",
		"gid://shopify/Product/5": "products/5", "gid://shopify/Order/7": "orders/7", eventA: "orders/7", eventA[:16]: "orders/7",
		workflows.UndeliveredEventID("orders", "7", eventA): "orders/7",
	} {
		found, err := o.Find(t.Context(), text)
		require.NoError(t, err, text)
		require.Len(t, found, 1, text)
		require.Equal(t, want, found[0].String(), text)
	}
	for _, text := range []string{"#9", "9", "products/9", "evt_cccccccccccccccc", `#"`} {
		_, err := o.Find(t.Context(), text)
		require.Error(t, err, text)
	}
}

// One order is shown with what waits, was refused and was taken. Without a worker, what waits is not known.
func TestShow(t *testing.T) {
	t.Parallel()
	c := &memory.Temporal{Runs: []memory.Run{
		memory.Delivered("orders", "7", "old", noon.Add(-2*time.Hour), event(eventA, "orders/create"), event(eventB, "orders/paid")),
		away("7", noon),
	}}
	d, err := of(c).Show(t.Context(), relayed.Place{Endpoint: "orders", Resource: "7"})
	require.NoError(t, err)
	require.NotEmpty(t, d.Unread)
	require.Equal(t, "#1001", d.Name)
	require.Len(t, d.Taken, 2)
	require.Equal(t, eventB, d.Taken[0].Event.ID, "the last one first")
	require.Empty(t, d.Taken[0].Event.Body)
	c.Box = &workflows.Mailbox{Waiting: []relaying.Event{{ID: "evt_c"}}}
	d, err = of(c).Show(t.Context(), relayed.Place{Endpoint: "orders", Resource: "7"})
	require.NoError(t, err)
	require.Empty(t, d.Unread)
	require.Equal(t, "evt_c", d.Waiting.Events[0].ID)
}
