package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// mailbox runs a Relay with an endpoint that is a function.
type mailbox struct {
	*env
	deliver     func(relaying.DeliverEventInput) (relaying.DeliverEventResult, error)
	delivered   []relaying.DeliverEventInput
	undelivered []workflows.UndeliveredEventInput
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	m := &mailbox{env: newEnv(t)}
	m.deliver = func(in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		return relaying.DeliverEventResult{Delivered: in.Event.UpdatedAt, Attempts: 1}, nil
	}
	m.RegisterActivityWithOptions(
		func(_ context.Context, in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
			note(m.env, &m.delivered, in)
			return m.deliver(in)
		}, activity.RegisterOptions{Name: "DeliverEvent"})
	m.RegisterWorkflowWithOptions(func(_ workflow.Context, in workflows.UndeliveredEventInput) error {
		note(m.env, &m.undelivered, in)
		return workflows.UndeliveredEvent(nil, in)
	}, workflow.RegisterOptions{Name: workflows.UndeliveredEventType})
	return m
}

// at has an event come after a time.
func (m *mailbox) at(after time.Duration, events ...relaying.Event) {
	m.RegisterDelayedCallback(func() {
		for _, e := range events {
			m.SignalWorkflow(workflows.EventSignal, e)
		}
	}, after)
}

func (m *mailbox) run(t *testing.T, endpoint string) workflows.RelayResult {
	t.Helper()
	m.ExecuteWorkflow(workflows.Relay, workflows.RelayInput{Endpoint: endpoint, Resource: "7"})
	require.True(t, m.IsWorkflowCompleted())
	require.NoError(t, m.GetWorkflowError())
	var out workflows.RelayResult
	require.NoError(t, m.GetWorkflowResult(&out))
	return out
}

// ids returns the events that were delivered, in their order.
func (m *mailbox) ids() string {
	var all []string
	for _, in := range m.delivered {
		all = append(all, in.Event.ID)
	}
	return strings.Join(all, " ")
}

func event(id, topic string, updated int) relaying.Event {
	return relaying.Event{
		ID: id, Topic: topic, Body: relaying.Body(fmt.Sprintf(`{"n":%d}`, updated)), TakenAt: noon,
		UpdatedAt: noon.Add(time.Duration(updated) * time.Second),
	}
}

// Events are delivered one after the other, as they have come. The same event again is delivered once.
func TestRelayInOrder(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.at(0, event("a", "orders/create", 1), event("b", "fulfillments/create", 3), event("a", "orders/create", 1),
		event("c", "fulfillments/update", 2))
	out := m.run(t, relaying.Orders)
	require.Equal(t, "a b c", m.ids())
	require.Equal(t, noon.Add(3*time.Second), m.delivered[2].Delivered, "the activity knows what is newer")
	require.Equal(t, workflows.RelayResult{Events: 3, Repeated: 1, Delivered: noon.Add(3 * time.Second)}, out)
}

// What was delivered of an order says nothing of its fulfilments, and the other way round.
func TestRelayTellsObjectsApart(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	parcel := func(id, object string, updated int) relaying.Event {
		e := event(id, "fulfillments/update", updated)
		e.Object = object
		return e
	}
	refund := event("r", "refunds/create", 0)
	refund.UpdatedAt = time.Time{}
	m.deliver = func(in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		newest := in.Delivered
		if in.Event.UpdatedAt.After(newest) {
			newest = in.Event.UpdatedAt
		}
		stale := !in.Event.UpdatedAt.IsZero() && in.Event.UpdatedAt.Before(in.Delivered)
		return relaying.DeliverEventResult{Delivered: newest, Stale: stale, Attempts: 1}, nil
	}
	m.at(0, parcel("a", "8", 5), parcel("b", "9", 3), event("late", "orders/create", 1), parcel("older", "8", 4), refund,
		event("c", "orders/paid", 2))
	out := m.run(t, relaying.Orders)
	require.Equal(t, "a b late older r c", m.ids())
	var known []time.Time
	for _, in := range m.delivered {
		known = append(known, in.Delivered)
	}
	second := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	require.Equal(t, []time.Time{{}, {}, {}, second(5), second(1), second(1)}, known)
	require.Equal(t, workflows.RelayResult{
		Events: 6, Stale: 1, Delivered: second(2),
		Objects: []workflows.ObjectState{{Object: "9", Delivered: second(3)}, {Object: "8", Delivered: second(5)}},
	}, out)
	require.Equal(t, second(2), out.Newest(""))
	require.Equal(t, second(3), out.Newest("9"))
	require.Zero(t, out.Newest("7"))
}

// A mailbox knows what an earlier run has delivered of each object, of the last ones.
func TestRelayHandsObjectsOver(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	in := workflows.RelayInput{Endpoint: relaying.Orders, Resource: "7", Delivered: noon}
	for i := range 200 {
		in.Objects = append(in.Objects, workflows.ObjectState{Object: strconv.Itoa(i), Delivered: noon})
	}
	first, next := event("a", "fulfillments/update", 1), event("b", "fulfillments/create", 2)
	first.Object, next.Object = "0", "new"
	in.Waiting = []relaying.Event{first, next}
	m.ExecuteWorkflow(workflows.Relay, in)
	require.NoError(t, m.GetWorkflowError())
	var out workflows.RelayResult
	require.NoError(t, m.GetWorkflowResult(&out))
	require.Equal(t, noon, m.delivered[0].Delivered)
	require.Len(t, out.Objects, 200)
	require.Zero(t, out.Newest("1"), "the one that was delivered longest ago is forgotten")
	require.Equal(t, noon, out.Newest("2"))
	require.Equal(t, noon.Add(time.Second), out.Newest("0"))
	require.Equal(t, noon.Add(2*time.Second), out.Newest("new"))
	require.Equal(t, noon, out.Newest(""))
}

// While an endpoint is away, updates of a product give way to the newest one. Nothing else does.
func TestRelayCoalescesProducts(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.deliver = func(in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		if m.Now().Before(noon.Add(time.Hour)) {
			return relaying.DeliverEventResult{}, temporal.NewApplicationErrorWithOptions("away", string(giftcard.Unavailable),
				temporal.ApplicationErrorOptions{NextRetryDelay: 10 * time.Minute})
		}
		return relaying.DeliverEventResult{Delivered: in.Event.UpdatedAt}, nil
	}
	m.at(0, event("created", "products/create", 1))
	for i := range 5 {
		m.at(time.Duration(i+1)*time.Minute, event(fmt.Sprint("u", i), "products/update", i+2))
	}
	m.at(7*time.Minute, event("late", "products/update", 1), event("deleted", "products/delete", 9))
	out := m.run(t, relaying.Products)
	// "late" shows an older state than u4, and cannot replace it.
	require.Equal(t, "created u4 late deleted", dedupe(m.ids()))
	require.Equal(t, 4, out.Coalesced)
	require.Equal(t, 4, out.Events)
}

// dedupe drops repetitions that follow one another: attempts.
func dedupe(ids string) string {
	var all []string
	for id := range strings.SplitSeq(ids, " ") {
		if len(all) == 0 || all[len(all)-1] != id {
			all = append(all, id)
		}
	}
	return strings.Join(all, " ")
}

// Orders are never coalesced, however long the endpoint is away.
func TestRelayKeepsEveryEventOfAnOrder(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	var sent []relaying.Event
	for i := range 60 {
		sent = append(sent, event(fmt.Sprint(i), "fulfillments/update", i))
	}
	m.at(0, sent...)
	out := m.run(t, relaying.Orders)
	require.Equal(t, 60, out.Events)
	require.Len(t, m.delivered, 60)
}

// An event that is refused for good is left to people, and the next one goes on.
func TestRelayLeavesARefusedEventToPeople(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.deliver = func(in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		if in.Event.ID == "a" {
			return relaying.DeliverEventResult{}, temporal.NewApplicationErrorWithOptions("status 422", string(giftcard.InvalidRequest),
				temporal.ApplicationErrorOptions{NonRetryable: true})
		}
		return relaying.DeliverEventResult{}, nil
	}
	m.at(0, event("a", "orders/create", 1), event("b", "fulfillments/create", 2))
	out := m.run(t, relaying.Orders)
	require.Equal(t, workflows.RelayResult{Events: 1, Refused: 1}, out)
	require.Equal(t, []workflows.UndeliveredEventInput{{
		Endpoint: "orders", Resource: "7", Event: event("a", "orders/create", 1), Kind: giftcard.InvalidRequest, Message: "status 422",
	}}, m.undelivered)
}

// An event that was refused is not dropped because its record cannot be made at once.
func TestRelayPutsARefusedEventOnRecord(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	refused := temporal.NewApplicationErrorWithOptions("status 422", string(giftcard.InvalidRequest), temporal.ApplicationErrorOptions{NonRetryable: true})
	m.deliver = func(relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		return relaying.DeliverEventResult{}, refused
	}
	m.OnWorkflow(workflows.UndeliveredEventType, mock.Anything, mock.Anything).Return(testsuite.ErrMockStartChildWorkflowFailed).Twice()
	m.OnWorkflow(workflows.UndeliveredEventType, mock.Anything, mock.Anything).Return(func(_ workflow.Context, in workflows.UndeliveredEventInput) error {
		m.undelivered = append(m.undelivered, in)
		return nil
	})
	m.at(0, event("a", "orders/create", 1))
	require.Equal(t, workflows.RelayResult{Refused: 1}, m.run(t, relaying.Orders))
	require.Len(t, m.undelivered, 1)
	require.WithinRange(t, m.Now(), noon.Add(20*time.Second), noon.Add(time.Minute))
}

// A person may have an event delivered again that was delivered before.
func TestRelayAgain(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	again := event("a", "orders/create", 1)
	again.Again = true
	m.at(0, event("a", "orders/create", 1), again)
	require.Equal(t, 2, m.run(t, relaying.Orders).Events)
}

// An event that was refused, and is delivered when a person sends it again, needs nobody any more. Its record is that of the first
// ID, whatever ID it has now.
func TestRelaySettlesWhatWasRefused(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	again := event("b", "orders/create", 1)
	again.Again, again.Refused, again.Repeats = true, true, "a"
	m.at(0, again)
	require.Equal(t, 1, m.run(t, relaying.Orders).Events)
	settled := again
	settled.Body = ""
	require.Equal(t, []workflows.UndeliveredEventInput{{Endpoint: "orders", Resource: "7", Event: settled}}, m.undelivered)
}

// The query shows what waits, without the bodies.
func TestRelayShowsWhatWaits(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.deliver = func(relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
		if m.Now().Before(noon.Add(time.Hour)) {
			return relaying.DeliverEventResult{}, temporal.NewApplicationErrorWithOptions("away", string(giftcard.Unavailable),
				temporal.ApplicationErrorOptions{NextRetryDelay: time.Hour})
		}
		return relaying.DeliverEventResult{}, nil
	}
	m.at(0, event("a", "orders/create", 1), event("b", "orders/paid", 2))
	asked := false
	m.RegisterDelayedCallback(func() {
		got, err := m.QueryWorkflow(workflows.MailboxQuery)
		require.NoError(t, err)
		var box workflows.Mailbox
		require.NoError(t, got.Get(&box))
		require.Len(t, box.Waiting, 2)
		require.Empty(t, box.Waiting[0].Body)
		asked = true
	}, time.Minute)
	m.run(t, relaying.Orders)
	require.True(t, asked)
}

func TestRelayIDs(t *testing.T) {
	t.Parallel()
	endpoint, resource, ok := workflows.ParseRelayID(workflows.RelayID(relaying.Orders, "820982911946154508"))
	require.True(t, ok)
	require.Equal(t, "orders 820982911946154508", endpoint+" "+resource)
	for _, bad := range []string{"", "relay/", "relay/orders", "relay/orders/", "relay//7", "card/orders/7"} {
		_, _, ok := workflows.ParseRelayID(bad)
		require.False(t, ok, bad)
	}
	endpoint, resource, event, ok := workflows.ParseUndeliveredEventID(workflows.UndeliveredEventID(relaying.Products, "7", "evt_1"))
	require.True(t, ok)
	require.Equal(t, "products 7 evt_1", endpoint+" "+resource+" "+event)
	for _, bad := range []string{"", "undelivered/", "undelivered/orders/7", "undelivered/orders/7/", "undelivered//7/e", "relay/orders/7/e"} {
		_, _, _, ok := workflows.ParseUndeliveredEventID(bad)
		require.False(t, ok, bad)
	}
}

// A mailbox whose history is full hands over what waits, also while an event is being tried. One with more than an input can hold
// goes on, until it has delivered as many as it takes, or until Temporal might end it: then it makes notices of the largest bodies.
func TestRelayContinuesAsNew(t *testing.T) {
	t.Parallel()
	const much = 600 << 10
	for name, c := range map[string]struct {
		first         int
		sizes         []int
		bytes, events int
		delivered     int   // How many events it has delivered before.
		notices       []int // The events that are notices in the next run.
	}{
		"little":                   {sizes: []int{1000, 10}},
		"much":                     {sizes: []int{much, much}, delivered: 2},
		"much, in a large history": {sizes: []int{1000, much, much + 1}, bytes: 25 << 20, notices: []int{3}},
		"more, in a large history": {sizes: []int{much, 1000, 2 * much}, bytes: 25 << 20, notices: []int{3}},
		"much, in a long history":  {sizes: []int{2 * much, much, 3 * much}, events: 25_000, notices: []int{1, 3}},
		"the first one":            {sizes: []int{1000, 10}, first: 2 * much, events: 25_000, notices: []int{1, 0}},
		"many, in a long history":  {sizes: slices.Repeat([]int{500}, 1100), events: 25_000, delivered: 73}, // Notices would not be smaller.
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t)
			m.deliver = func(relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
				if m.Now().Before(noon.Add(time.Hour)) {
					return relaying.DeliverEventResult{}, temporal.NewApplicationErrorWithOptions("away", string(giftcard.Unavailable),
						temporal.ApplicationErrorOptions{NextRetryDelay: time.Hour})
				}
				return relaying.DeliverEventResult{}, nil
			}
			want := []relaying.Event{event("e0", "orders/create", 1)}
			want[0].Body += relaying.Body(strings.Repeat(" ", c.first))
			for i, size := range c.sizes {
				e := event("e"+strconv.Itoa(i+1), "orders/paid", i+2)
				e.Body = relaying.Body(`{"id":8}` + strings.Repeat(" ", size))
				want = append(want, e)
			}
			m.at(0, want[0])
			const atOnce = 500 // The environment takes 1,000 at once.
			after, last := time.Minute, len(want)-1
			for some := range slices.Chunk(want[1:last], atOnce) {
				m.RegisterDelayedCallback(func() {
					for _, e := range some {
						m.SignalWorkflow(workflows.EventSignal, e)
					}
				}, after)
				after += time.Minute
			}
			m.RegisterDelayedCallback(func() {
				m.SetContinueAsNewSuggested(true)
				m.SetCurrentHistorySize(c.bytes)
				m.SetCurrentHistoryLength(c.events)
				m.SignalWorkflow(workflows.EventSignal, want[last])
			}, after)
			m.ExecuteWorkflow(workflows.Relay, workflows.RelayInput{Endpoint: relaying.Orders, Resource: "7"})
			require.True(t, m.IsWorkflowCompleted())
			var next *workflow.ContinueAsNewError
			require.ErrorAs(t, m.GetWorkflowError(), &next)
			var in workflows.RelayInput
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
			for _, i := range c.notices {
				want[i] = want[i].AsNotice("7")
			}
			require.Len(t, in.Waiting, len(want)-c.delivered)
			require.True(t, slices.Equal(want[c.delivered:], in.Waiting)) // Printed, they would fill the screen.
			require.Len(t, in.Taken, min(len(want), 50))
		})
	}
}

// The inputs and results of mailboxes are in histories: fields are added, never renamed or removed.
func TestRelayFieldsInHistories(t *testing.T) {
	t.Parallel()
	e := relaying.Event{
		ID: "evt_1", Topic: "orders/create", Order: "#1", Body: "{}", Size: 1, UpdatedAt: noon, TriggeredAt: noon, TakenAt: noon,
		APIVersion: "2026-07", Again: true, Object: "8",
	}
	const event = `{"id":"evt_1","topic":"orders/create","order":"#1","object":"8","body":"{}","size":1,"updated_at":"2026-07-10T12:00:00Z",` +
		`"triggered_at":"2026-07-10T12:00:00Z","taken_at":"2026-07-10T12:00:00Z","api_version":"2026-07","again":true}`
	const objects = `[{"object":"8","delivered":"2026-07-10T12:00:00Z"}]`
	states := []workflows.ObjectState{{Object: "8", Delivered: noon}}
	for want, in := range map[string]any{
		`{"endpoint":"orders","resource":"7","waiting":[` + event + `],"delivered":"2026-07-10T12:00:00Z","objects":` + objects + `,"taken":["evt_0"]}`: workflows.RelayInput{
			Endpoint: "orders", Resource: "7", Waiting: []relaying.Event{e}, Delivered: noon, Objects: states, Taken: []string{"evt_0"},
		},
		`{"delivered":"2026-07-10T12:00:00Z","objects":` + objects + `,"events":1,"stale":2,"coalesced":3,"repeated":4,"refused":5}`: workflows.RelayResult{
			Delivered: noon, Objects: states, Events: 1, Stale: 2, Coalesced: 3, Repeated: 4, Refused: 5,
		},
		`{"endpoint":"orders","resource":"7","event":` + event + `,"kind":"InvalidRequest","message":"m"}`: workflows.UndeliveredEventInput{
			Endpoint: "orders", Resource: "7", Event: e, Kind: giftcard.InvalidRequest, Message: "m",
		},
		`{"endpoint":"orders","resource":"7","event":` + event + `,"delivered":"2026-07-10T12:00:00Z"}`: relaying.DeliverEventInput{
			Endpoint: "orders", Resource: "7", Event: e, Delivered: noon,
		},
		`{"stale":true,"delivered":"2026-07-10T12:00:00Z","attempts":1}`: relaying.DeliverEventResult{Stale: true, Delivered: noon, Attempts: 1},
	} {
		got, err := json.Marshal(in)
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
}
