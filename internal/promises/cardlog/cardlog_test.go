package cardlog_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/workflows"
)

const code = "2900000000016"

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// history is the history of a card's workflow. Its events are a minute apart.
type history struct {
	client.Client
	*testing.T
	events historytest.Events
}

func (h *history) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	return &h.events
}

func (h *history) payloads(values ...any) *commonpb.Payloads {
	out, err := converter.GetDefaultDataConverter().ToPayloads(values...)
	require.NoError(h, err)
	return out
}

func (h *history) failure(err error) *failurepb.Failure {
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

func (h *history) add(e *historypb.HistoryEvent) int64 {
	e.EventTime = timestamppb.New(noon.Add(time.Duration(len(h.events)) * time.Minute))
	return h.events.Add(e)
}

func (h *history) started() {
	h.add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED})
}

func (h *history) schedules(activity string, in any) int64 {
	return h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: activity}, Input: h.payloads(in),
			},
		},
	})
}

func (h *history) completes(activity int64, out any) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
				ScheduledEventId: activity, Result: h.payloads(out),
			},
		},
	})
}

func (h *history) fails(activity int64, err error) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
			ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
				ScheduledEventId: activity, Failure: h.failure(err),
			},
		},
	})
}

func (h *history) timesOut(activity int64) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
		Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
			ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: activity},
		},
	})
}

func (h *history) callback(step issuer.Step, attempt int, named string) {
	h.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
			WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
				SignalName: workflows.CallbackSignal, Input: h.payloads(workflows.DeferredAnswer{
					Step: step, Attempt: attempt, Answer: issuer.Answer{OK: true, Code: issuer.Code(named)},
				}),
			},
		},
	})
}

func (h *history) generated() {
	h.completes(h.schedules("GenerateCard", deferred.GenerateCardInput{Attempt: 1}), deferred.GenerateCardResult{})
	h.callback(issuer.Generating, 1, code)
}

func (h *history) claimed(refused deferred.Refusal) {
	h.completes(h.schedules("ClaimCard", deferred.ClaimCardInput{}), deferred.ClaimCardResult{Refused: refused})
}

func (h *history) activates(attempt int) int64 {
	return h.schedules("ActivateCard", deferred.ActivateCardInput{Code: code, Attempt: attempt})
}

func (h *history) ends(of enumspb.EventType, err error) {
	e := &historypb.HistoryEvent{EventType: of}
	if err != nil {
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: h.failure(err)},
		}
	}
	h.add(e)
}

func declined(clean bool) error {
	return temporal.NewApplicationErrorWithOptions("order #1, card 1: no", string(giftcard.CardDeclined),
		temporal.ApplicationErrorOptions{Details: []any{workflows.DeferredCardFailure{Clean: clean, Code: code}}})
}

func TestStandings(t *testing.T) {
	t.Parallel()
	notSent := temporal.NewApplicationErrorWithOptions("no", string(giftcard.Unavailable),
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{deferred.NotSent{NotSent: true}}})
	for name, tt := range map[string]struct {
		happens func(h *history)
		state   cardlog.State
		// since is the number of the event that began the state, from 0.
		since                         int
		inDoubt, answered             bool
		conflicting, refused, attempt int
		says                          string
	}{
		"begun": {happens: func(h *history) { h.started() }, state: cardlog.Asked, says: "waiting for the issuer to generate it"},
		"generated": {
			happens: func(h *history) { h.started(); h.generated() }, state: cardlog.Asked, says: "(attempt 1)",
		},
		"claimed": {
			happens: func(h *history) { h.started(); h.generated(); h.claimed("") }, state: cardlog.Claimed, since: 5,
			says: "worth nothing yet",
		},
		"a card that cannot be used": {
			happens: func(h *history) { h.started(); h.generated(); h.claimed(deferred.Taken) }, state: cardlog.Asked, refused: 1,
			says: "1 named cards that cannot be used",
		},
		"two callbacks that differ": {
			happens: func(h *history) { h.started(); h.generated(); h.callback(issuer.Generating, 1, "2900000000023") },
			state:   cardlog.Asked, conflicting: 1, says: "1 callbacks that named another card",
		},
		"the same callback twice": {
			happens: func(h *history) { h.started(); h.generated(); h.callback(issuer.Generating, 1, code) }, state: cardlog.Asked,
		},
		"being activated": {
			happens: func(h *history) { h.started(); h.generated(); h.claimed(""); h.activates(1) }, state: cardlog.Claimed, since: 5,
			attempt: 1, says: "to be activated (attempt 1)",
		},
		"activation open": {
			happens: func(h *history) {
				h.started()
				h.generated()
				h.claimed("")
				h.completes(h.activates(1), deferred.ActivateCardResult{})
			},
			state: cardlog.Activating, since: 7, attempt: 1, inDoubt: true, says: "the issuer has not answered",
		},
		"activation answered": {
			happens: func(h *history) {
				h.started()
				h.generated()
				h.claimed("")
				h.completes(h.activates(1), deferred.ActivateCardResult{})
				h.callback(issuer.Activating, 1, "")
			},
			state: cardlog.Activating, since: 7, attempt: 1, inDoubt: true, answered: true, says: "does not show the result",
		},
		"activation not sent": {
			happens: func(h *history) { h.started(); h.generated(); h.claimed(""); h.fails(h.activates(1), notSent) },
			state:   cardlog.Claimed, since: 5, attempt: 1,
		},
		"activation cut off": {
			happens: func(h *history) { h.started(); h.generated(); h.claimed(""); h.timesOut(h.activates(1)) },
			state:   cardlog.Activating, since: 7, attempt: 1, inDoubt: true,
		},
		"failed, no card has a value": {
			happens: func(h *history) { h.started(); h.ends(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, declined(true)) },
			state:   cardlog.Failed, since: 1, says: "CardDeclined",
		},
		"failed, a card may have a value": {
			happens: func(h *history) { h.started(); h.ends(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, declined(false)) },
			state:   cardlog.Failed, since: 1, inDoubt: true, says: "a card may have a value",
		},
		"terminated": {
			happens: func(h *history) {
				h.started()
				h.completes(h.activates(1), deferred.ActivateCardResult{})
				h.ends(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, nil)
			},
			state: cardlog.Failed, since: 3, attempt: 1, inDoubt: true, says: "somebody terminated its workflow",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{T: t}
			tt.happens(h)
			s := cardlog.Standing{Unit: 1}
			require.NoError(t, s.Read(t.Context(), &executions.Reader{
				Client: h, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
			}, "card", "run"))
			require.Equal(t, tt.state, s.State)
			require.Equal(t, noon.Add(time.Duration(tt.since)*time.Minute), s.Since)
			require.Equal(t, tt.inDoubt, s.InDoubt())
			require.Equal(t, tt.answered, s.Answered)
			require.Equal(t, []int{tt.conflicting, tt.refused, tt.attempt}, []int{s.Conflicting, s.Refused, s.Activated})
			require.Contains(t, s.Says(), tt.says)
			require.NotContains(t, s.Says(), code)
			if tt.attempt > 0 {
				require.Equal(t, deferred.Code(code), s.Code())
			}
		})
	}
}
