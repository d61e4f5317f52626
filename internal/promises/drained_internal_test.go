package promises

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// drains are the runs that have claimed to take the value of a card back, in the order of their claims, by what is in their
// histories. The history of a nil run has expired.
type drains struct {
	client.Client
	runs []historytest.Events
}

func (d drains) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for i := range d.runs {
		if id != workflows.DrainClaimID("acme", "5001-A", i+1) {
			continue
		}
		memo := encoded(workflows.CodeClaim{Key: "cancel-card/shop/5001/1 " + string(rune('0'+i))}).GetPayloads()[0]
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.ClaimMemoKey: memo}},
		}}, nil
	}
	return nil, serviceerror.NewNotFound("no such workflow")
}

func (d drains) GetWorkflowHistory(
	_ context.Context, id, run string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	events := d.runs[run[0]-'0']
	if id != "cancel-card/shop/5001/1" || events == nil {
		return expired{}
	}
	return &events
}

// expired is a history that Temporal no longer has.
type expired struct{}

func (expired) HasNext() bool { return true }

func (expired) Next() (*historypb.HistoryEvent, error) {
	return nil, serviceerror.NewNotFound("expired")
}

func encoded(value any) *commonpb.Payloads {
	out, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err)
	}
	return out
}

// drainRun returns the history of a run that has asked once to take a value back, with what became of the request, and what
// the issuer has said since.
func drainRun(outcome any, said ...workflows.DeferredAnswer) historytest.Events {
	h := historytest.Events{}
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: deferred.DrainCardType},
			},
		},
	})
	switch outcome := outcome.(type) {
	case deferred.DrainCardResult:
		h.Add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
			Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
					ScheduledEventId: 1, Result: encoded(outcome),
				},
			},
		})
	case error:
		h.Add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
			Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
				ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
					ScheduledEventId: 1, Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(outcome),
				},
			},
		})
	}
	for _, a := range said {
		h.Add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
				WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
					SignalName: workflows.CallbackSignal, Input: encoded(a),
				},
			},
		})
	}
	return h
}

// An empty card counts as emptied by us only if the issuer has taken our request, or says that it has done what it was asked.
func TestDrained(t *testing.T) {
	t.Parallel()
	accepted, unclear := deferred.DrainCardResult{Attempt: 1}, deferred.DrainCardResult{Attempt: 1, Unclear: "reset"}
	unsent := temporal.NewApplicationErrorWithOptions("refused", string(giftcard.CardDeclined),
		temporal.ApplicationErrorOptions{Details: []any{deferred.NotSent{NotSent: true}}})
	says := func(ok bool, step issuer.Step, attempt int) workflows.DeferredAnswer {
		return workflows.DeferredAnswer{Step: step, Attempt: attempt, Answer: issuer.Answer{OK: ok}}
	}
	for name, tt := range map[string]struct {
		runs []historytest.Events
		want deferred.Drained
	}{
		"nobody has asked":            {want: deferred.NotDrained},
		"refused at once":             {[]historytest.Events{drainRun(unsent)}, deferred.NotDrained},
		"accepted":                    {[]historytest.Events{drainRun(accepted)}, deferred.SurelyDrained},
		"accepted, and done":          {[]historytest.Events{drainRun(accepted, says(true, issuer.Draining, 1))}, deferred.SurelyDrained},
		"accepted, and then refused":  {[]historytest.Events{drainRun(accepted, says(false, issuer.Draining, 1))}, deferred.NotDrained},
		"accepted, another refused":   {[]historytest.Events{drainRun(accepted, says(false, issuer.Draining, 2))}, deferred.SurelyDrained},
		"answer lost":                 {[]historytest.Events{drainRun(unclear)}, deferred.PerhapsDrained},
		"answer lost, and done":       {[]historytest.Events{drainRun(unclear, says(true, issuer.Draining, 1))}, deferred.SurelyDrained},
		"answer lost, other callback": {[]historytest.Events{drainRun(unclear, says(true, issuer.Activating, 1))}, deferred.PerhapsDrained},
		"worker died":                 {[]historytest.Events{drainRun(errors.New("panic"))}, deferred.PerhapsDrained},
		"no outcome yet":              {[]historytest.Events{drainRun(nil)}, deferred.PerhapsDrained},
		"left to another":             {[]historytest.Events{drainRun(deferred.DrainCardResult{Before: true})}, deferred.NotDrained},
		"expired":                     {[]historytest.Events{nil}, deferred.PerhapsDrained},
		"refused, then answer lost":   {[]historytest.Events{drainRun(unsent), drainRun(unclear)}, deferred.PerhapsDrained},
		"expired, then accepted":      {[]historytest.Events{nil, drainRun(accepted)}, deferred.SurelyDrained},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: drains{runs: tt.runs}, Converter: converter.GetDefaultDataConverter(),
				Failures: temporal.GetDefaultFailureConverter(),
			}, settings.Configured{}))))
			got, err := p.Drained(t.Context(), deferred.Unit{Issuer: "acme", Key: "5001-A"})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}
