package told_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// records is a Temporal with runs, the newest first.
type records struct {
	client.Client
	runs   []*workflowpb.WorkflowExecutionInfo
	inputs map[string]workflows.UnsentMessageInput
	state  any
	away   error
	asked  []string

	outcome outcome
}

// outcome is the end of a workflow.
type outcome struct {
	client.WorkflowRun
	result workflows.BackInStockResult
	err    error
}

func (o outcome) Get(_ context.Context, out any) error {
	*out.(*workflows.BackInStockResult) = o.result
	return o.err
}

func (r *records) GetWorkflow(context.Context, string, string) client.WorkflowRun { return r.outcome }

// service is its lower-level interface.
type service struct {
	workflowservice.WorkflowServiceClient
}

// schedules are those of an installation that has none.
type schedules struct{ client.ScheduleClient }

type schedule struct{ client.ScheduleHandle }

func (schedules) GetHandle(context.Context, string) client.ScheduleHandle { return schedule{} }

func (schedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*records) ScheduleClient() client.ScheduleClient { return schedules{} }

func (*records) WorkflowService() workflowservice.WorkflowServiceClient { return service{} }

func (r *records) add(kind, id, name string, status enumspb.WorkflowExecutionStatus) *workflowpb.WorkflowExecutionInfo {
	at := noon.Add(time.Duration(len(r.runs)) * time.Minute)
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Type: &commonpb.WorkflowType{Name: kind},
		Status: status, StartTime: timestamppb.New(at), CloseTime: timestamppb.New(at),
	}
	if name != "" {
		p, _ := converter.GetDefaultDataConverter().ToPayload(name)
		info.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{workflows.ShopifyOrderName.GetName(): p}}
	}
	r.runs = append([]*workflowpb.WorkflowExecutionInfo{info}, r.runs...)
	return info
}

// ListWorkflow knows the types and the prefixes of a query.
func (r *records) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	r.asked = append(r.asked, in.GetQuery())
	types, _, _ := strings.Cut(in.GetQuery(), " AND ")
	_, prefix, _ := strings.Cut(in.GetQuery(), "STARTS_WITH '")
	prefix, _, _ = strings.Cut(prefix, "'")
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, info := range r.runs {
		if strings.Contains(types, "'"+info.GetType().GetName()+"'") &&
			strings.HasPrefix(info.GetExecution().GetWorkflowId(), prefix) {
			out.Executions = append(out.Executions, info)
		}
	}
	return out, r.away
}

func (r *records) CountWorkflow(
	context.Context, *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: 7}, r.away
}

func (r *records) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, info := range r.runs {
		if info.GetExecution().GetWorkflowId() == id {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, r.away
		}
	}
	return nil, serviceerror.NewNotFound("no workflow")
}

func (r *records) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if r.away != nil {
		return nil, r.away
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(r.state)
	return client.NewValue(payloads), err
}

func (r *records) GetWorkflowHistory(
	_ context.Context, id, _ string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	in := r.inputs[id]
	input, err := converter.GetDefaultDataConverter().ToPayloads(in)
	if err != nil {
		panic(err)
	}
	h := &historytest.Events{}
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
		},
	})
	failure := temporal.GetDefaultFailureConverter().ErrorToFailure(temporal.NewApplicationError(in.Message, string(in.Failure)))
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: failure},
		},
	})
	return h
}

func of(c client.Client) *told.Told {
	return told.New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{Shop: "shop"})))
}

const (
	running   = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	completed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	failed    = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
)

// An order is found by its number, by the name of whatever is on record about it, and at last by the shop.
func TestOfOrder(t *testing.T) {
	t.Parallel()
	r := &records{}
	r.add(workflows.OrderMessagesType, "order-messages/shop/5001", "", running)
	r.add(workflows.OrderMessagesType, "order-messages/shop/5002", "#1002", completed)
	r.add(workflows.OrderMessagesType, "order-messages/shop/5002", "#1002", running)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/5001/k", "#1001", failed)
	r.add(workflows.OrderMessagesType, "order-messages/shop/5003", "", running)
	r.add(workflows.GiftCardOrderType, "gift-card-order/shop/5003", "#1003", running)
	r.add(workflows.OrderMessagesType, "order-messages/shop/5004", "", running)
	o := of(r)
	for reference, want := range map[string]string{
		"5001": "5001", "#1001": "5001", "1002": "5002", "#1003": "5003",
		"https://admin.shopify.com/store/example/orders/5004": "5004",
	} {
		talk, err := o.OfOrder(t.Context(), reference, nil)
		require.NoError(t, err, reference)
		require.Equal(t, want, talk.Order, reference)
		require.Equal(t, executions.Running, talk.State)
	}
	var missing *executions.NotFoundError
	_, err := o.OfOrder(t.Context(), "#1004", nil)
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "use its number")
	shop := func(_ context.Context, ref orders.Reference) (string, error) {
		require.Equal(t, []string{"#1004"}, ref.Names())
		return "5004", nil
	}
	talk, err := o.OfOrder(t.Context(), "#1004", shop)
	require.NoError(t, err)
	require.Equal(t, "order 5004", talk.Called())
	_, err = o.OfOrder(t.Context(), "#1009", func(context.Context, orders.Reference) (string, error) { return "5009", nil })
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "giftbridge messages preview '#1009'")

	r.add(workflows.OrderMessagesType, "order-messages/shop/6002", "#1002", running)
	_, err = o.OfOrder(t.Context(), "#1002", nil)
	require.ErrorContains(t, err, "is the name of 2 orders")
	require.ErrorContains(t, err, "5002")
}

func TestOfNotice(t *testing.T) {
	t.Parallel()
	r := &records{}
	r.add(workflows.BackInStockType, "back-in-stock/shop/7", "", completed)
	r.add(workflows.BackInStockType, "back-in-stock/shop/product-8", "", completed)
	for called, about := range map[string]told.About{"variant 7": {Variant: "7"}, "product 8": {Product: "8"}} {
		talk, err := of(r).OfNotice(t.Context(), about)
		require.NoError(t, err)
		require.Equal(t, about, talk.About)
		require.Equal(t, called, talk.Called())
	}
	var missing *executions.NotFoundError
	_, err := of(r).OfNotice(t.Context(), told.About{Variant: "8"})
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "variant 8 is on record")
	require.ErrorContains(t, err, "told of products")
	_, err = of(r).OfNotice(t.Context(), told.About{Product: "7"})
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "told of variants")
}

// What was told about a variant is what its record shows, or has ended with.
func TestSays(t *testing.T) {
	t.Parallel()
	r := &records{state: &sdkpb.WorkflowMetadata{CurrentDetails: "Waiting whether it stays in stock."}}
	says, err := of(r).Says(t.Context(), told.Talk{State: executions.Running})
	require.NoError(t, err)
	require.Equal(t, "Waiting whether it stays in stock.", says)
	for want, out := range map[string]outcome{
		"Those who asked were told.":              {result: workflows.BackInStockResult{Notified: true}},
		"Nobody was told: no_image.":              {result: workflows.BackInStockResult{Why: "no_image"}},
		"It was stopped: somebody terminated it.": {err: &temporal.TerminatedError{}},
	} {
		r.outcome = out
		says, err := of(r).Says(t.Context(), told.Talk{State: executions.Completed})
		require.NoError(t, err)
		require.Equal(t, want, says)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	r := &records{state: &workflows.OrderMessagesState{Name: "#1001", Sent: 2}}
	talk := told.Talk{WorkflowID: "order-messages/shop/5001", About: told.About{Order: "5001"}}
	s, err := of(r).State(t.Context(), talk)
	require.NoError(t, err)
	require.Equal(t, 2, s.Sent)
	r.away = errors.New("no poller")
	_, err = of(r).State(t.Context(), talk)
	var unanswered *told.UnansweredError
	require.ErrorAs(t, err, &unanswered)
	require.ErrorContains(t, err, "needs a worker that runs")
	r.away = serviceerror.NewNotFound("gone")
	_, err = of(r).State(t.Context(), talk)
	require.ErrorContains(t, err, "not kept any more")
}

// A message is unsent as long as its newest run failed: not after it was sent after all, or was settled.
func TestUnsent(t *testing.T) {
	t.Parallel()
	r := &records{inputs: map[string]workflows.UnsentMessageInput{
		"unsent-message/shop/5001/k1":       {Kind: messages.KindReceipt, Failure: "MessageRefused", Message: "order #1001, no such number"},
		"unsent-message/shop/7/k3":          {Kind: messages.KindInStock, Failure: "MessageExpired", Message: "too late"},
		"unsent-message/shop/product-70/k4": {Kind: messages.KindInStock, Failure: "MessageRefused", Message: "no"},
		"unsent-message/shop/5002/look":     {Failure: giftcard.Unavailable, Message: "away"},
	}}
	r.add(workflows.UnsentMessageType, "unsent-message/shop/5001/k1", "#1001", failed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/5001/k2", "#1001", failed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/5001/k2", "#1001", completed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/7/k3", "", completed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/7/k3", "", failed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/product-70/k4", "", failed)
	r.add(workflows.UnsentMessageType, "unsent-message/shop/5002/look", "", failed)
	o := of(r)
	all, err := told.AllUnsent(t.Context(), o.Reader, told.Filter{})
	require.NoError(t, err)
	called := make([]string, len(all))
	for i, u := range all {
		called[i] = u.Called()
	}
	require.Equal(t, []string{"order 5002", "product 70", "variant 7", "order #1001"}, called)
	require.Equal(t, told.About{Product: "70"}, all[1].About)
	require.Empty(t, all[0].Kind)
	require.Equal(t, told.Unsent{
		Name: "#1001", Shop: "shop", About: told.About{Order: "5001"}, Key: "k1", Kind: messages.KindReceipt, FailedAt: noon,
		Failure:    &executions.Failure{Kind: "MessageRefused", Message: "order #1001, no such number"},
		WorkflowID: "unsent-message/shop/5001/k1", RunID: "run", Link: all[3].Link,
	}, all[3])

	some, err := told.AllUnsent(t.Context(), o.Reader, told.Filter{Shop: "shop", Number: "5001", Since: noon})
	require.NoError(t, err)
	require.Len(t, some, 1)
	require.Contains(t, r.asked[len(r.asked)-2], "StartTime >= '2026-07-10T12:00:00Z'")
	require.NotContains(t, r.asked[len(r.asked)-1], "StartTime", "what settles a message may be of any time")
	some, err = told.AllUnsent(t.Context(), o.Reader, told.Filter{Limit: 2})
	require.NoError(t, err)
	require.Len(t, some, 2)

	found, err := told.Failed(t.Context(), o.Reader, told.Filter{})
	require.NoError(t, err)
	require.Len(t, found, 4)
	require.Equal(t, noon, found.Oldest())
	require.True(t, told.Failures{}.Oldest().IsZero())
	r.away = errors.New("away")
	_, err = told.AllUnsent(t.Context(), o.Reader, told.Filter{})
	require.Error(t, err)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	r := &records{}
	r.add(workflows.OrderMessagesType, "order-messages/shop/5001", "#1001", running)
	r.add(workflows.BackInStockType, "back-in-stock/shop/7", "", running)
	open, err := of(r).Open(t.Context(), told.Filter{Shop: "shop", Number: "5001", Since: noon, Limit: 1})
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, "variant 7", open[0].Called())
	require.Contains(t, r.asked[0], "'order-messages/shop/5001','back-in-stock/shop/5001'")
	n, err := told.CountOpen(t.Context(), of(r).Reader)
	require.NoError(t, err)
	require.Equal(t, 7, n)
	r.away = errors.New("away")
	_, err = told.CountOpen(t.Context(), of(r).Reader)
	require.Error(t, err)
}
