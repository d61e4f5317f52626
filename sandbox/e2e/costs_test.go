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
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// oneActivity lists the 11 events of a workflow that runs one activity and ends: an order of one card whose merchant
// came with it, or a poll that finds only known orders. Another activity after the first would add six events.
var oneActivity = []string{
	"WorkflowExecutionStarted",
	"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
	"ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted",
	"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
	"WorkflowExecutionCompleted",
}

// The cost of 100 orders of one card is the same on every machine: events, bytes, actions billed by Temporal Cloud, and
// requests. The bounds are the measured values; the bounds for bytes are a twentieth higher, because names and times
// vary in length.
func TestCosts(t *testing.T) {
	t.Parallel()
	const orders = 100
	tests := map[string]struct {
		configure  func(*config.Config)
		duplicates cashstartest.Duplicates
		// orderBytes is the size of an order's own history, pollBytes an order's share of the poll that takes it in.
		orderBytes, pollBytes int
		// notes is the number of heartbeats of all orders, which are actions that no history shows.
		notes int
	}{
		"again while unclear": {
			configure: func(*config.Config) {}, duplicates: cashstartest.RefuseDuplicates,
			orderBytes: 4400, pollBytes: 2500,
		},
		"at most once": {
			configure: func(c *config.Config) { c.Issue.Dedupes = false }, duplicates: cashstartest.IssueAgain,
			orderBytes: 4400, pollBytes: 2500,
			notes: orders, // One before each card is requested.
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := measured(t, stack.Options{
				Shopify: unlimited(), CashStar: cashstartest.Options{Duplicates: tt.duplicates},
				Configure: func(c *config.Config) {
					// The stack's two seconds are for interactive use. On a busy machine, a request might be repeated.
					c.CashStar.Timeout = config.Default().CashStar.Timeout
					tt.configure(c)
				},
			})
			placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single}, orders)...)
			poll, taken := w.costedPoll()
			require.Equal(t, []int{orders, orders, 0}, []int{taken.Seen, taken.Started, taken.Known})
			w.settle(orders)
			w.requireBalance()
			require.Equal(t, map[string]int{"orders": 1}, w.Shop.Stats().Requests, "a page is one query")
			requests := w.Issuer.Stats().Requests
			// A system that another test has left running may send requests to a port that now belongs to this issuer.
			delete(requests[cashstartest.Unknown], http.StatusUnauthorized)
			maps.DeleteFunc(requests, func(_ cashstartest.Operation, by map[int]int) bool { return len(by) == 0 })
			require.Equal(t, map[cashstartest.Operation]map[int]int{
				cashstartest.CreateOrder:   {200: orders},
				cashstartest.ListMerchants: {200: 1},
			}, requests)

			// In production the windows of the next polls overlap this one, so these polls are part of the cost.
			usual := config.Default().Poll
			again := int(usual.Overlap / usual.Interval)
			var polls billing.Cost
			require.NoError(t, polls.AddRun(w.ctx, w.plain, poll.WorkflowID, poll.RunID))
			for range again {
				next, found := w.costedPoll()
				require.Equal(t, []int{orders, 0, orders}, []int{found.Seen, found.Started, found.Known})
				require.NoError(t, polls.AddRun(w.ctx, w.plain, next.WorkflowID, next.RunID))
				require.Equal(t, oneActivity, types(undelayed(w.history(next.WorkflowID, next.RunID))))
			}
			require.Equal(t, map[string]int{"orders": 1 + again}, w.Shop.Stats().Requests)
			asked := w.Issuer.Stats().Requests
			require.Equal(t, map[int]int{200: orders}, asked[cashstartest.CreateOrder])
			// A list is valid for a minute. How many of the polls find it too old depends on the machine.
			require.LessOrEqual(t, asked[cashstartest.ListMerchants][200], 1+again)

			var own billing.Cost
			largest := 0
			for _, p := range placed {
				require.NoError(t, own.AddRun(w.ctx, w.plain, orderID(p), ""))
				events := undelayed(w.history(orderID(p), ""))
				require.Equal(t, oneActivity, types(events), p.Name)
				largest = max(largest, size(t, events))
			}
			require.Equal(t, orders, own.Runs)
			require.LessOrEqual(t, largest, tt.orderBytes)
			asks := w.requireEventsOfPoll(poll, orders)
			require.LessOrEqual(t, size(t, asks)/orders, tt.pollBytes)

			// An order is 3 actions: 2 for its start, which are in the history of its parent poll, and 1 for its card. A poll is
			// 4 actions: 3 for its start by the schedule, and 1 for its page.
			require.EqualValues(t, orders, own.Actions)
			require.EqualValues(t, 2*orders+4*(1+again), polls.Actions)
			require.Equal(t, tt.notes, w.heartbeats())
			t.Logf("an order: %d bytes (Temporal: %d); in the poll: %d bytes (in all %d), %.2f events; actions: %.2f",
				largest, own.MaxBytes, size(t, asks)/orders, polls.MaxBytes/orders, float64(polls.MaxEvents)/orders,
				float64(own.Actions+polls.Actions+int64(tt.notes))/orders)
		})
	}
}

// costedPoll triggers a poll of the schedule, and returns that poll and its result.
func (w *system) costedPoll() (*installation.Poll, workflows.PollOrdersResult) {
	w.t.Helper()
	p, err := w.Operator.PollNow(w.ctx)
	require.NoError(w.t, err)
	out, err := p.Wait(w.ctx)
	require.NoError(w.t, err)
	return p, out
}

// requireEventsOfPoll checks the poll that has taken in the given number of orders from one page, and returns the
// events that it caused itself. The poll is woken for each order separately or for many at once, and ends before or
// after some of them. Workflow tasks and the ends of children are left out, because they depend on the machine.
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

// heartbeats returns the number of heartbeats that the worker has sent.
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

// undelayed returns the events of a history without workflow tasks that timed out. If a machine is so busy that a
// worker does not take a task in time, Temporal schedules it again, which is not caused by the workflow.
func undelayed(h *historypb.History) []*historypb.HistoryEvent {
	late := map[int64]bool{}
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowTaskTimedOutEventAttributes(); a != nil {
			late[e.GetEventId()], late[a.GetScheduledEventId()], late[a.GetStartedEventId()] = true, true, true
		}
	}
	return slices.DeleteFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool { return late[e.GetEventId()] })
}

// types returns the names of the events' types.
func types(events []*historypb.HistoryEvent) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.GetEventType().String()
	}
	return out
}

// size returns the size of the events as they are sent and stored, without the machine's name. Workers identify
// themselves with that name, and this test does not control its length.
func size(t *testing.T, events []*historypb.HistoryEvent) int {
	t.Helper()
	kept, err := proto.Marshal(&historypb.History{Events: events})
	require.NoError(t, err)
	machine, err := os.Hostname()
	require.NoError(t, err)
	return len(kept) - len(machine)*bytes.Count(kept, []byte(machine))
}
