package promises_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	order   = "gift-card-order/example.myshopify.com/5001"
	day     = 24 * time.Hour
	keeps   = 30 * day
	thisRun = "run-2"
)

var unit = deferred.Unit{Issuer: "acme", Key: "5001-A", OrderName: "#1001", OrderWorkflowID: order, Number: 1}

// card is what has become of the workflow of a card.
type card struct {
	status enumspb.WorkflowExecutionStatus
	result workflows.DeferredCardResult
	err    error
	// said is what a person has found out, if this is the record of that.
	said workflows.CardResolution
}

// records are the records of Temporal, as far as promises read them.
type records struct {
	client.Client

	cards map[string]card
	// age is how long ago the first run of the order began. Its record may be gone.
	age  time.Duration
	gone bool
	// mailed is the key of the card that the order's run was about to mail; empty if none was.
	mailed string
	// faster is another process that starts what this one is about to start.
	faster  bool
	started []string
}

func (*records) WorkflowService() workflowservice.WorkflowServiceClient { return namespace{} }

// namespace is the namespace of the records.
type namespace struct {
	workflowservice.WorkflowServiceClient
}

func (namespace) DescribeNamespace(
	context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption,
) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(keeps)},
	}, nil
}

func (r *records) DescribeWorkflowExecution(
	_ context.Context, id, run string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	info := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}}
	c, known := r.cards[id]
	switch {
	case id == order && run == "": // It was reset just now.
		info.Execution.RunId, info.FirstRunId, info.StartTime = thisRun, "run-1", timestamppb.Now()
	case id == order && !r.gone:
		info.StartTime = timestamppb.New(time.Now().Add(-r.age))
	case known:
		info.Status = c.status
	default:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (r *records) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	if r.faster {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("there is one", "", "")
	}
	r.started = append(r.started, o.ID)
	return nil, nil
}

func (r *records) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return ended{card: r.cards[id]}
}

type ended struct {
	client.WorkflowRun
	card card
}

func (e ended) Get(_ context.Context, out any) error {
	switch into := out.(type) {
	case *workflows.DeferredCardResult:
		*into = e.card.result
	case *workflows.CardResolution:
		*into = e.card.said
	}
	if e.card.err == nil {
		return nil
	}
	return errors.Join(&temporal.WorkflowExecutionError{}, e.card.err) // As the SDK has it for a workflow that has ended.
}

// says is what a person has found out about a card.
func says(issued bool, about string) card {
	return card{status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, said: workflows.CardResolution{Issued: issued, Card: about}}
}

// ListWorkflow lists the runs of the order that are on record.
func (r *records) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if in.GetQuery() != "WorkflowId = "+executions.Quote(order) {
		return nil, errors.New("an unexpected query: " + in.GetQuery())
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: order, RunId: thisRun}},
	}}, nil
}

// GetWorkflowHistory returns the end of a card whose workflow has failed, or what the order's run was about to mail.
func (r *records) GetWorkflowHistory(
	_ context.Context, id, _ string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	var h historytest.Events
	if id == order {
		h.Task()
		if r.mailed != "" {
			h.Add(mailing(r.mailed))
		}
		return &h
	}
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(r.cards[id].err),
			},
		},
	})
	return &h
}

// mailing is the event by which an order has a card mailed.
func mailing(key string) *historypb.HistoryEvent {
	about := unit
	about.Key = key
	input, err := converter.GetDefaultDataConverter().ToPayloads(delivery.DeliverCardInput{
		Unit: about, Card: deferred.Card{Code: "2900000000016"},
	})
	if err != nil {
		panic(err)
	}
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: delivery.DeliverCardType}, Input: input,
			},
		},
	}
}

// failed is a card that was not made, or that may have been.
func failed(clean bool, run string) card {
	return card{status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, err: temporal.NewApplicationErrorWithOptions(
		"order #1001, card 1: declined", string(giftcard.CardDeclined),
		temporal.ApplicationErrorOptions{Details: []any{workflows.DeferredCardFailure{
			Clean: clean, OrderRunID: run, Code: "2900000000016",
		}}})}
}

// A card is started once, found again, and made anew only if it certainly was not made, by another run of the order.
func TestBegin(t *testing.T) {
	t.Parallel()
	id := func(n int) string { return workflows.DeferredCardID("acme", "5001-A", n) }
	found := workflows.ResolveCardID("example.myshopify.com", "5001", 1)
	tests := map[string]struct {
		records records
		// starts are the numbers of what is started. kind and says are those of the error.
		starts []int
		made   bool
		kind   giftcard.Kind
		says   string
	}{
		"new":                      {starts: []int{1}},
		"another process started":  {records: records{faster: true}},
		"running":                  {records: records{cards: map[string]card{id(1): {status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}}}},
		"made":                     {records: records{cards: map[string]card{id(1): {status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}}}, made: true},
		"not made, for this run":   {records: records{cards: map[string]card{id(1): failed(true, thisRun)}}, kind: giftcard.CardDeclined, says: "declined"},
		"not made, for an earlier": {records: records{cards: map[string]card{id(1): failed(true, "run-1")}}, starts: []int{2}},
		"perhaps made":             {records: records{cards: map[string]card{id(1): failed(false, "run-1")}}, kind: giftcard.CardDeclined, says: "declined"},
		"not made twice": {
			records: records{cards: map[string]card{id(1): failed(true, "run-0"), id(2): failed(true, "run-1")}}, starts: []int{3},
		},
		"not made, then made": {
			records: records{cards: map[string]card{
				id(1): failed(true, "run-1"), id(2): {status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED},
			}}, made: true,
		},
		"ended by a person": {
			records: records{cards: map[string]card{id(1): {
				status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, err: &temporal.TerminatedError{},
			}}}, kind: giftcard.OutcomeUnknown, says: "before it was known",
		},
		"a person says that it is worth nothing": {
			records: records{cards: map[string]card{id(1): failed(false, "run-1"), found: says(false, id(1))}}, starts: []int{2},
		},
		"a person says that it has its value": {
			records: records{cards: map[string]card{id(1): failed(false, "run-1"), found: says(true, id(1))}}, made: true,
		},
		"a person has spoken of another card": {
			records: records{cards: map[string]card{id(1): failed(false, "run-1"), found: says(false, id(2))}},
			kind:    giftcard.CardDeclined, says: "declined",
		},
		"what a person said of the first is not said of the second": {
			records: records{cards: map[string]card{
				id(1): failed(false, "run-0"), id(2): failed(false, "run-1"), found: says(false, id(1)),
			}}, kind: giftcard.CardDeclined, says: "declined",
		},
		"a person has spoken of both": {
			records: records{cards: map[string]card{
				id(1): failed(false, "run-0"), id(2): failed(false, "run-1"), found: says(false, id(2)),
			}}, starts: []int{3},
		},
		"a person says that one has a value that nobody activated": {
			records: records{cards: map[string]card{id(1): {
				status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, err: &temporal.TerminatedError{},
			}, found: says(true, id(1))}}, kind: giftcard.OutcomeUnknown, says: "before it was known",
		},
		"just in time":        {records: records{age: keeps - day - time.Hour}, starts: []int{1}},
		"records may be gone": {records: records{age: keeps - day + time.Hour}, kind: giftcard.OutcomeUnknown, says: "longer ago"},
		"records are gone":    {records: records{gone: true}, kind: giftcard.OutcomeUnknown, says: "longer ago"},
		"records are gone, and the order was about to mail it": {records: records{gone: true, mailed: "5001-A"}, made: true},
		"records are gone, and the order was about to mail another": {
			records: records{gone: true, mailed: "5001-B"}, kind: giftcard.OutcomeUnknown, says: "longer ago",
		},
		"records are gone, and the card's are not": {
			records: records{gone: true, cards: map[string]card{id(1): {status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}}}, made: true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, c := range tt.records.cards {
				c.result.Code = "2900000000016"
				tt.records.cards[n] = c
			}
			r := &tt.records
			p := promises.New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: r, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
			}, settings.Configured{}))))
			made, err := p.Begin(t.Context(), unit, thisRun)
			var started []string
			for _, n := range tt.starts {
				started = append(started, id(n))
			}
			require.Equal(t, started, r.started)
			if tt.kind != "" {
				kind, _ := giftcard.KindOf(err)
				require.Equal(t, tt.kind, kind)
				require.ErrorContains(t, err, tt.says)
				require.NotContains(t, err.Error(), "#1001", "who reports it names the order")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.made, made != nil)
			if tt.made {
				require.EqualValues(t, "2900000000016", made.Code)
			}
		})
	}
}
