package e2e_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/giftbridge/giftbridge/internal/installation"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/internal/bench"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// oneActivity are the 11 events of a workflow that runs one activity and ends: an order of one card whose merchant came
// with it, and a poll that finds only what it knows. Another activity, one after the other, would be six more.
var oneActivity = []string{
	"WorkflowExecutionStarted",
	"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
	"ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted",
	"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
	"WorkflowExecutionCompleted",
}

// What 100 orders of one card cost is the same on every machine: events, bytes, actions that Temporal Cloud bills, and
// requests. The bounds are what was measured, bytes with a twentieth on top, since names and times differ in length.
func TestCosts(t *testing.T) {
	t.Parallel()
	const orders = 100
	tests := map[string]struct {
		configure  func(*config.Config)
		duplicates cashstartest.Duplicates
		// orderBytes are of an order's own history, pollBytes of an order's share of the poll that takes it in.
		orderBytes, pollBytes int
		// notes are the heartbeats of all orders: actions that no history shows.
		notes int
	}{
		"again while unclear": {
			configure: func(*config.Config) {}, duplicates: cashstartest.RefuseDuplicates,
			orderBytes: 3600, pollBytes: 1850,
		},
		"at most once": {
			configure: func(c *config.Config) { c.Issue.Dedupes = false }, duplicates: cashstartest.IssueAgain,
			orderBytes: 3600, pollBytes: 1850,
			notes: orders, // Each before its card is asked for.
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := measured(t, stack.Options{
				Shopify: unlimited(), CashStar: cashstartest.Options{Duplicates: tt.duplicates},
				Configure: func(c *config.Config) {
					// The stack's two seconds are for people who watch: a busy machine might ask twice.
					c.CashStar.Timeout = config.Default().CashStar.Timeout
					tt.configure(c)
				},
			})
			placed := w.place(slices.Repeat([]stack.Kind{stack.Single}, orders)...)
			poll, taken := w.costedPoll()
			require.Equal(t, []int{orders, orders, 0}, []int{taken.Seen, taken.Started, taken.Known})
			w.settle(orders)
			w.requireBalance()
			require.Equal(t, map[string]int{"orders": 1}, w.Shop.Stats().Requests, "a page is one query")
			requests := w.Issuer.Stats().Requests
			// What a system that another test has stopped left running may ask at a port that is this issuer's now.
			delete(requests[cashstartest.Unknown], http.StatusUnauthorized)
			maps.DeleteFunc(requests, func(_ cashstartest.Operation, by map[int]int) bool { return len(by) == 0 })
			require.Equal(t, map[cashstartest.Operation]map[int]int{
				cashstartest.CreateOrder:   {200: orders},
				cashstartest.ListMerchants: {200: 1},
			}, requests)

			// In production the windows of the next polls overlap this one. They are part of the price.
			usual := config.Default().Poll
			again := int(usual.Overlap / usual.Interval)
			var polls bench.HistoryCost
			require.NoError(t, polls.Read(w.ctx, w.plain, poll.WorkflowID, poll.RunID))
			for range again {
				next, found := w.costedPoll()
				require.Equal(t, []int{orders, 0, orders}, []int{found.Seen, found.Started, found.Known})
				require.NoError(t, polls.Read(w.ctx, w.plain, next.WorkflowID, next.RunID))
				require.Equal(t, oneActivity, types(undelayed(w.history(next.WorkflowID, next.RunID))))
			}
			require.Equal(t, map[string]int{"orders": 1 + again}, w.Shop.Stats().Requests)
			asked := w.Issuer.Stats().Requests
			require.Equal(t, map[int]int{200: orders}, asked[cashstartest.CreateOrder])
			// A list is good for a minute: how many of the polls find it too old depends on the machine.
			require.LessOrEqual(t, asked[cashstartest.ListMerchants][200], 1+again)

			var own bench.HistoryCost
			largest := 0
			for _, p := range placed {
				require.NoError(t, own.Read(w.ctx, w.plain, orderID(p), ""))
				events := undelayed(w.history(orderID(p), ""))
				require.Equal(t, oneActivity, types(events), p.Name)
				largest = max(largest, size(t, events))
			}
			require.Equal(t, orders, own.Runs)
			require.LessOrEqual(t, largest, tt.orderBytes)
			asks := w.requireEventsOfPoll(poll, orders)
			require.LessOrEqual(t, size(t, asks)/orders, tt.pollBytes)

			// An order is 3: its start is 2, in the history of the poll whose child it is, and its card 1. A poll is 4:
			// its start by the schedule is 3, its page 1.
			require.EqualValues(t, orders, own.Actions)
			require.EqualValues(t, 2*orders+4*(1+again), polls.Actions)
			require.Equal(t, tt.notes, w.heartbeats())
			t.Logf("an order: %d bytes (Temporal: %d); in the poll: %d bytes (in all %d), %.2f events; actions: %.2f",
				largest, own.MaxBytes, size(t, asks)/orders, polls.MaxBytes/orders, float64(polls.MaxEvents)/orders,
				float64(own.Actions+polls.Actions+int64(tt.notes))/orders)
		})
	}
}

// costedPoll makes the schedule poll, and returns that poll and its account.
func (w *system) costedPoll() (*installation.Poll, workflows.PollOrdersResult) {
	w.t.Helper()
	p, err := w.Operator.PollNow(w.ctx)
	require.NoError(w.t, err)
	out, err := p.Wait(w.ctx)
	require.NoError(w.t, err)
	return p, out
}

// requireEventsOfPoll looks at the poll that has taken in so many orders of one page, and returns the events of its own
// doing. It is woken for each order on its own or for many at once, and ends before some of them or after: workflow
// tasks and the ends of children are left out, since they tell of the machine.
func (w *system) requireEventsOfPoll(poll *installation.Poll, orders int) []*historypb.HistoryEvent {
	w.t.Helper()
	events := w.history(poll.WorkflowID, poll.RunID).GetEvents()
	events = slices.DeleteFunc(events, func(e *historypb.HistoryEvent) bool {
		of := e.GetEventType().String()
		return strings.HasPrefix(of, "WorkflowTask") || of == "ChildWorkflowExecutionCompleted"
	})
	found := map[string]int{}
	for _, of := range types(events) {
		found[of]++
	}
	require.Equal(w.t, map[string]int{
		"WorkflowExecutionStarted": 1,
		"ActivityTaskScheduled":    1, "ActivityTaskStarted": 1, "ActivityTaskCompleted": 1,
		"StartChildWorkflowExecutionInitiated": orders, "ChildWorkflowExecutionStarted": orders,
		"WorkflowExecutionCompleted": 1,
	}, found)
	return events
}

// heartbeats are those that the worker has sent.
func (w *system) heartbeats() int {
	w.t.Helper()
	x, sent := w.metrics(), 0.0
	for series := range x {
		if strings.HasPrefix(series, "temporal_request_total{") &&
			strings.Contains(series, `operation="RecordActivityTaskHeartbeat"`) {
			sent += x.value(w.t, series)
		}
	}
	return int(sent)
}

// undelayed returns the events of a history without the workflow tasks that timed out. Where a machine is so busy that
// a worker does not take one in time, Temporal offers it again: that is no doing of the workflow's.
func undelayed(h *historypb.History) []*historypb.HistoryEvent {
	late := map[int64]bool{}
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowTaskTimedOutEventAttributes(); a != nil {
			late[e.GetEventId()], late[a.GetScheduledEventId()], late[a.GetStartedEventId()] = true, true, true
		}
	}
	return slices.DeleteFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool { return late[e.GetEventId()] })
}

// types names events.
func types(events []*historypb.HistoryEvent) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.GetEventType().String()
	}
	return out
}

// size is that of events as they are sent and kept, less the machine's name: workers sign with it, and its length is
// not ours to answer for.
func size(t *testing.T, events []*historypb.HistoryEvent) int {
	t.Helper()
	kept, err := proto.Marshal(&historypb.History{Events: events})
	require.NoError(t, err)
	machine, err := os.Hostname()
	require.NoError(t, err)
	return len(kept) - len(machine)*bytes.Count(kept, []byte(machine))
}
