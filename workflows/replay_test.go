package workflows_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// histories returns the recorded histories by name. They are written by
//
//	go test ./sandbox/e2e -run TestHistories -update
//
// and only ever added to: a history that a release wrote may belong to a workflow that is still running somewhere.
func histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	const root = "testdata/history"
	out := map[string]*historypb.History{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		name, isHistory := strings.CutSuffix(filepath.ToSlash(path), ".json")
		if err != nil || !isHistory {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		out[strings.TrimPrefix(name, root+"/")], err = client.HistoryFromJSON(file, client.HistoryJSONOptions{})
		return err
	})
	require.NoError(t, err)
	return out
}

// Running workflows continue in the current code: it has to repeat what older code did, and reach the same end.
func TestReplay(t *testing.T) {
	t.Parallel()
	for name, h := range histories(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, replay(h, nil))
		})
	}
}

func lastEvent(h *historypb.History) *historypb.HistoryEvent {
	return h.GetEvents()[len(h.GetEvents())-1]
}

func typeOf(h *historypb.History) string {
	return h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

func closesWith(of enumspb.EventType) func(*historypb.History) bool {
	return func(h *historypb.History) bool { return lastEvent(h).GetEventType() == of }
}

func has(of enumspb.EventType, atLeast int) func(*historypb.History) bool {
	return func(h *historypb.History) bool {
		n := 0
		for _, e := range h.GetEvents() {
			if e.GetEventType() == of {
				n++
			}
		}
		return n >= atLeast
	}
}

// names is a registry that records the workflow types.
type names struct {
	worker.WorkflowRegistry
	types []string
}

func (n *names) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	n.types = append(n.types, o.Name)
}

// A new workflow type or kind of failure needs a recording: without a recording it is not checked.
func TestEveryPathIsRecorded(t *testing.T) {
	t.Parallel()
	recorded := slices.Collect(maps.Values(histories(t)))
	requireOne := func(what string, holds ...func(*historypb.History) bool) {
		t.Helper()
		require.True(t, slices.ContainsFunc(recorded, func(h *historypb.History) bool {
			return !slices.ContainsFunc(holds, func(f func(*historypb.History) bool) bool { return !f(h) })
		}), "no history of %s: add one to TestHistories in sandbox/e2e", what)
	}
	var registered names
	workflows.Register(&registered)
	require.NotEmpty(t, registered.types)
	const (
		completed = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
		failed    = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
		canceled  = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED
		continued = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
	)
	of := func(name string) func(*historypb.History) bool {
		return func(h *historypb.History) bool { return typeOf(h) == name }
	}
	for _, name := range registered.types {
		requireOne(name+" that completes", of(name), closesWith(completed))
	}
	order := of(workflows.GiftCardOrderType)
	for _, kind := range giftcard.Kinds {
		requireOne("an order that fails as "+string(kind), order, closesWith(failed), func(h *historypb.History) bool {
			failure := lastEvent(h).GetWorkflowExecutionFailedEventAttributes().GetFailure()
			return failure.GetApplicationFailureInfo().GetType() == string(kind)
		})
	}
	const (
		scheduled = enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
		failedTry = enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED // A reset is recorded as one.
	)
	requireOne("an order that is cancelled", order, closesWith(canceled))
	requireOne("an order that fails before any activity", order, closesWith(failed), func(h *historypb.History) bool {
		return !has(scheduled, 1)(h)
	})
	requireOne("an order of more cards than are issued at once", order, closesWith(completed), has(scheduled, 12))
	requireOne("an order that was reset", order, closesWith(completed), has(failedTry, 1))
	requireOne("an order that was tried more than once", order, closesWith(completed), retried)
	requireOne("an order whose worker was lost", order, closesWith(completed), timedOut)

	requireOne("an order that waits", order, closesWith(completed), has(enumspb.EVENT_TYPE_TIMER_FIRED, 1))
	requireOne("an order that changes while it waits", order, closesWith(failed), has(enumspb.EVENT_TYPE_TIMER_FIRED, 1))
	requireOne("a sweep that looks for disputes", of(workflows.SweepOrdersType), has(scheduled, 2))
	requireOne("an order that is marked in the shop", order, closesWith(completed), ending("written_back"))
	requireOne("an order whose mark the shop refuses", order, closesWith(completed), ending("write_back_failed"))

	poll := of(workflows.PollOrdersType)
	requireOne("a poll that fails", poll, closesWith(failed))
	requireOne("a poll that is continued", poll, not(isContinuation), closesWith(continued))
	requireOne("a poll that continues and is continued", poll, isContinuation, closesWith(continued))
	requireOne("a poll that ends a chain", poll, isContinuation, closesWith(completed))
	requireOne("a poll that starts orders", poll, has(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, 1))
	requireOne("a poll that finds known orders", poll, has(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, 1))
	requireOne("a poll with a watermark", poll, not(isContinuation), hasLastResult)

	digest := of(workflows.DailyDigestType)
	requireOne("a digest that fails", digest, closesWith(failed))
	requireOne("a digest that waits for re-runs", digest, has(enumspb.EVENT_TYPE_TIMER_FIRED, 2))
	requireOne("a digest whose re-run is refused", digest, has(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, 1))
	requireOne("a card whose cancelling fails", of(workflows.CancelCardType), closesWith(failed))

	requireOne("a card of which callbacks contradict each other", of(workflows.DeferredCardType), closesWith(completed),
		has(enumspb.EVENT_TYPE_MARKER_RECORDED, 1))
	requireOne("a card whose value is taken back", of(workflows.CancelCardType), closesWith(completed), asks("DrainCard"))
	requireOne("a card whose value is not taken back", of(workflows.CancelCardType), closesWith(failed), asks("DrainCard"))
	requireOne("a changed order of cards that were made later", of(workflows.ChangedOrderType), closesWith(completed),
		asks("LookAtBalance"))
	spent := of(workflows.SpendCardType)
	requireOne("a card that gives back what was taken", spent, asks("MoveAmount"), moves("reverse"))
	requireOne("a card of which an amount was unknown", spent, has(enumspb.EVENT_TYPE_MARKER_RECORDED, 3),
		has(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, 1), closesWith(canceled))
	requireOne("a card whose reset run hands over", spent, closesWith(continued))
	told := of(workflows.OrderMessagesType)
	requireOne("an order whose message is resent", told, has(scheduled, 3), has(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, 2))
	requireOne("messages that were reset", told, closesWith(continued), has(failedTry, 1), has(enumspb.EVENT_TYPE_MARKER_RECORDED, 1))
	requireOne("a message that failed", of(workflows.UnsentMessageType), closesWith(failed))
	requireOne("an order whose mail is refused", order, closesWith(failed), asks("DeliverCard"))
}

// asks selects the histories with an activity of a type.
func asks(activity string) func(*historypb.History) bool {
	return func(h *historypb.History) bool {
		return slices.ContainsFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool {
			return e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity
		})
	}
}

// moves selects the histories with an amount that is moved in a step.
func moves(step string) func(*historypb.History) bool {
	return func(h *historypb.History) bool {
		return slices.ContainsFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool {
			for _, p := range e.GetActivityTaskScheduledEventAttributes().GetInput().GetPayloads() {
				if strings.Contains(string(p.GetData()), `"step":"`+step+`"`) {
					return true
				}
			}
			return false
		})
	}
}

func not(f func(*historypb.History) bool) func(*historypb.History) bool {
	return func(h *historypb.History) bool { return !f(h) }
}

// ending selects the histories whose result has a field.
func ending(field string) func(*historypb.History) bool {
	return func(h *historypb.History) bool {
		payloads := lastEvent(h).GetWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads()
		var result map[string]any
		return len(payloads) == 1 && json.Unmarshal(payloads[0].GetData(), &result) == nil && result[field] != nil
	}
}

func isContinuation(h *historypb.History) bool {
	return h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != ""
}

func hasLastResult(h *historypb.History) bool {
	return h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetLastCompletionResult() != nil
}

func retried(h *historypb.History) bool {
	return slices.ContainsFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool {
		return e.GetActivityTaskStartedEventAttributes().GetAttempt() > 1
	})
}

func timedOut(h *historypb.History) bool {
	return slices.ContainsFunc(h.GetEvents(), func(e *historypb.HistoryEvent) bool {
		return e.GetActivityTaskStartedEventAttributes().GetLastFailure().GetTimeoutFailureInfo() != nil
	})
}

// Everybody who has the source can read the histories.
func TestHistoriesTellNothingOfTheirMachine(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	require.NoError(t, err)
	for name, h := range histories(t) {
		for _, e := range h.GetEvents() {
			text := e.String() // Unlike JSON, it leaves payloads readable.
			require.NotRegexp(t, `identity:\s*"[^"]*@`, text, name)
			require.NotRegexp(t, `stack_trace`, text, name)
			require.NotRegexp(t, `127\.0\.0\.1|localhost|/tmp/|/home/`, text, name)
			require.NotContains(t, text, `"`+host+`:`, name)
			require.NotContains(t, text, "@"+host, name)
		}
	}
}
