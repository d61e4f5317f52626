package executions

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

func read(h historytest.Events) runReader {
	r := newRunReader()
	for _, e := range h {
		r.read(e)
	}
	return r
}

// A failed run is reset to where the first failed activity was scheduled: what had succeeded by then stays.
func TestResetPoint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		history  func(*historytest.Events) int64 // history returns the reset point.
		attempts int
	}{
		"the look-up failed": {func(h *historytest.Events) int64 {
			task := h.Task()
			h.Fail(h.Schedule(task), 3)
			h.Task()
			h.End("unknown")
			return task
		}, 3},
		"two of three cards failed": {func(h *historytest.Events) int64 {
			lookUp := h.Schedule(h.Task())
			h.Complete(lookUp)
			task := h.Task()
			a, b, c := h.Schedule(task), h.Schedule(task), h.Schedule(task)
			h.Fail(b, 1)
			h.Complete(a)
			h.TimeOut(c, 4)
			h.Task()
			h.End("declined")
			return task
		}, 5},
		"cards of several tasks": {func(h *historytest.Events) int64 {
			first, second := h.Task(), h.Task()
			a, b, c := h.Schedule(first), h.Schedule(second), h.Schedule(second)
			h.Fail(c, 1)
			h.Complete(a)
			h.Fail(b, 1)
			third := h.Task()
			h.Fail(h.Schedule(third), 1)
			h.End("declined")
			return second
		}, 3},
		"terminated in the middle of two": {func(h *historytest.Events) int64 {
			first, second := h.Task(), h.Task()
			h.Complete(h.Schedule(first))
			h.Schedule(second)
			h.Start(h.Schedule(second), 7)
			h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED})
			return second
		}, 0},
		"nothing was asked for": {func(h *historytest.Events) int64 {
			task := h.Task()
			h.End("invalid")
			return task
		}, 0},
		"no task was done": {func(h *historytest.Events) int64 {
			h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED})
			h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED})
			return 0
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h historytest.Events
			h.Add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED})
			want := tt.history(&h)
			r := read(h)
			require.Equal(t, want, r.resetPoint())
			require.Equal(t, tt.attempts, r.tried)
			last := h[len(h)-1]
			require.Equal(t, last.GetEventType(), r.last)
			require.Equal(t, last.GetWorkflowExecutionFailedEventAttributes().GetFailure(), r.cause)
		})
	}
}

// An order has the failure kind of its worst card. Other cards of the order may still be issued.
func TestCurable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind  giftcard.Kind
		units []giftcard.Kind
		want  bool
	}{
		"no card was asked for":           {kind: giftcard.MerchantUnknown, want: true},
		"of a service that was away":      {giftcard.Unavailable, []giftcard.Kind{giftcard.Unavailable}, true},
		"refunded":                        {giftcard.OrderChanged, []giftcard.Kind{giftcard.OrderChanged}, false},
		"one refunded, one not asked for": {giftcard.OrderChanged, []giftcard.Kind{giftcard.Unavailable, giftcard.OrderChanged}, true},
		"one refused, one not asked for":  {giftcard.InvalidRequest, []giftcard.Kind{giftcard.InvalidRequest, giftcard.Timeout}, true},
		"one in doubt":                    {giftcard.OutcomeUnknown, []giftcard.Kind{giftcard.OutcomeUnknown, giftcard.Timeout}, false},
		"one that nobody understands":     {giftcard.UnexpectedResponse, []giftcard.Kind{giftcard.UnexpectedResponse, giftcard.Timeout}, false},
	} {
		run := FailedRun{Failure: Failure{Kind: string(tt.kind)}}
		if len(tt.units) > 0 {
			run.Units = &workflows.OrderFailure{}
			for _, k := range tt.units {
				run.Units.Failed = append(run.Units.Failed, workflows.UnitFailure{Kind: k})
			}
		}
		require.Equal(t, tt.want, run.Curable(), name)
	}
}

// Temporal ends a run that exceeds one of its limits, and says which. Nobody else has done it.
func TestWhoEnded(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*historypb.WorkflowExecutionTerminatedEventAttributes{
		"somebody terminated it":              {Identity: "ann@laptop"},
		"somebody terminated it: a duplicate": {Identity: "ann@laptop", Reason: "a duplicate"},
		"it was ended because it had become too large: BlobSizeExceedsLimit": {
			Identity: "history-service", Reason: "BlobSizeExceedsLimit",
		},
		"somebody terminated it: history-service did": {Identity: "ann", Reason: "history-service did"},
	} {
		require.Equal(t, want, whoEnded(e))
	}
}
