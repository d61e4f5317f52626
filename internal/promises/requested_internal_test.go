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
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// run is the workflow of a card in a fake Temporal.
type run struct {
	client.WorkflowRun
	status enumspb.WorkflowExecutionStatus
	failed error
	reset  bool
	events historytest.Events
	// said is the result, if a person has found something out.
	said workflows.CardResolution
}

func (r run) Get(_ context.Context, out any) error {
	if into, ok := out.(*workflows.CardResolution); ok {
		*into = r.said
	}
	return r.failed
}

// fakeTemporal has the workflows of cards, by ID.
type fakeTemporal struct {
	client.Client
	runs map[string]run
}

func (f fakeTemporal) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	r, ok := f.runs[id]
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, FirstRunId: "run", Status: r.status,
	}
	if r.reset {
		info.FirstRunId = "the run before it"
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (f fakeTemporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return f.runs[id]
}

func (f fakeTemporal) GetWorkflowHistory(
	_ context.Context, id, _ string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	left := f.runs[id].events
	return &left
}

func promisesOf(c client.Client) *Promises {
	return New(recovery.New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{}))))
}

// activity schedules an activity of a card's workflow.
func activity(h *historytest.Events, name string) int64 {
	event := h.Schedule(h.Task())
	(*h)[event-1].GetActivityTaskScheduledEventAttributes().ActivityType = &commonpb.ActivityType{Name: name}
	return event
}

// failWith fails an activity.
func failWith(h *historytest.Events, event int64, err error) {
	h.Fail(event, 1)
	(*h)[len(*h)-1].GetActivityTaskFailedEventAttributes().Failure = temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

// ended is what the SDK returns for a workflow that has not completed.
func ended(err error) error { return errors.Join(&temporal.WorkflowExecutionError{}, err) }

func cardFailed(clean bool) error {
	return ended(temporal.NewApplicationError("no", string(giftcard.CardDeclined), workflows.DeferredCardFailure{Clean: clean}))
}

func key(unit int) string { return giftcard.AuditNumber("", "shop", "5001", "901", unit) }

// ordered is the start of an order of two cards.
func ordered(t *testing.T) *historypb.HistoryEvent {
	t.Helper()
	input, err := converter.GetDefaultDataConverter().ToPayloads(workflows.GiftCardOrderInput{
		Order: giftcard.Order{Shop: "shop", ID: "5001", Lines: []giftcard.Line{{
			ID: "901", SKU: "LATER", Units: 2, Price: "50.00", Currency: "EUR",
		}}},
		Deferred: map[string]workflows.DeferredItem{"LATER": {Issuer: "acme", Item: "I50"}},
	})
	require.NoError(t, err)
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
	}}
}

// What counts of a card for the other cards of its line: only one that exists, or that may get its value any moment.
func TestRequested(t *testing.T) {
	t.Parallel()
	const (
		running    = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		completed  = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
		failed     = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		terminated = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
		activating = deferred.ActivateCardType
	)
	notSent := temporal.NewApplicationError("busy", string(giftcard.Unavailable), deferred.NotSent{NotSent: true})
	var generating, sending, sent, unsent, cutOff, unclear, again historytest.Events
	generating.Complete(activity(&generating, "GenerateCard"))
	activity(&sending, activating)
	sent.Complete(activity(&sent, activating))
	failWith(&unsent, activity(&unsent, activating), notSent)
	cutOff.TimeOut(activity(&cutOff, activating), 1)
	failWith(&unclear, activity(&unclear, activating), temporal.NewApplicationError("panic", "PanicError"))
	failWith(&again, activity(&again, activating), notSent)
	activity(&again, activating)
	for name, tt := range map[string]struct {
		runs         []run
		said         *workflows.CardResolution
		issued, open bool
		err          string
	}{
		"was never begun":                {},
		"is being generated":             {runs: []run{{status: running, events: generating}}},
		"is being activated":             {runs: []run{{status: running, events: sending}}, open: true},
		"was activated, and is not seen": {runs: []run{{status: running, events: sent}}, open: true},
		"was cut off":                    {runs: []run{{status: running, events: cutOff}}, open: true},
		"failed, nobody knows how":       {runs: []run{{status: running, events: unclear}}, open: true},
		"waits after a request not sent": {runs: []run{{status: running, events: unsent}}},
		"is asked for again":             {runs: []run{{status: running, events: again}}, open: true},
		"was reset":                      {runs: []run{{status: running, reset: true}}, open: true},
		"has its value":                  {runs: []run{{status: completed}}, issued: true},
		"failed without a card":          {runs: []run{{status: failed, failed: cardFailed(true)}}},
		"may have its value":             {runs: []run{{status: failed, failed: cardFailed(false)}}, issued: true},
		"may have its value, a person says": {
			runs: []run{{status: failed, failed: cardFailed(false)}}, issued: true,
			said: &workflows.CardResolution{Card: workflows.DeferredCardID("acme", key(1), 1), Issued: true},
		},
		"has no value, a person says": {
			runs: []run{{status: failed, failed: cardFailed(false)}},
			said: &workflows.CardResolution{Card: workflows.DeferredCardID("acme", key(1), 1)},
		},
		"a person has spoken of an earlier card": {
			runs: []run{{status: failed, failed: cardFailed(false)}, {status: failed, failed: cardFailed(false)}}, issued: true,
			said: &workflows.CardResolution{Card: workflows.DeferredCardID("acme", key(1), 1)},
		},
		"was ended by a person":            {runs: []run{{status: terminated, failed: ended(errors.New("terminated"))}}, issued: true},
		"was made anew":                    {runs: []run{{status: failed, failed: cardFailed(true)}, {status: completed}}, issued: true},
		"is made anew":                     {runs: []run{{status: failed, failed: cardFailed(true)}, {status: running, events: sending}}, open: true},
		"cannot be read":                   {runs: []run{{status: failed, failed: errors.New("frontend is away")}}, err: "frontend is away"},
		"was made anew and failed cleanly": {runs: []run{{status: failed, failed: cardFailed(true)}, {status: failed, failed: cardFailed(true)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := workflows.GiftCardOrderID("shop", "5001")
			f := fakeTemporal{runs: map[string]run{order: {status: running, events: historytest.Events{ordered(t)}}}}
			for i, r := range tt.runs {
				f.runs[workflows.DeferredCardID("acme", key(1), i+1)] = r
			}
			if tt.said != nil {
				f.runs[workflows.ResolveCardID("shop", "5001", 1)] = run{status: completed, said: *tt.said}
			}
			of := deferred.Unit{Issuer: "acme", Key: key(2), OrderWorkflowID: order}
			got, err := promisesOf(f).Requested(t.Context(), of, []string{key(1), key(2)})
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.issued, got.Issued[key(1)])
			require.Equal(t, tt.open, got.Open[key(1)])
			require.False(t, got.Issued[key(2)] || got.Open[key(2)])
		})
	}
}
