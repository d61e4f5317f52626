package left

import (
	"context"
	"testing"
	"time"

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

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// laterOrder is a fake of Temporal that has one order, of cards that their issuer makes later, with the workflows of these
// cards, of their deliveries, and of what people have found out.
type laterOrder struct {
	client.Client
	in    workflows.GiftCardOrderInput
	cards map[string]*historypb.HistoryEvent
	sent  map[string]bool
	found map[string]workflows.CardResolution
}

const laterRun = "changed"

func payloads(value any) *commonpb.Payloads {
	out, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err)
	}
	return out
}

func (o *laterOrder) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (o *laterOrder) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	}
	_, card := o.cards[id]
	_, said := o.found[id]
	switch {
	case card, said:
	case o.sent[id]:
		memo := payloads(workflows.CardDelivery{SentAt: time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)}).Payloads[0]
		info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.DeliveryMemoKey: memo}}
	default:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (o *laterOrder) GetWorkflowHistory(
	_ context.Context, id, _ string, _ bool, _ enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	var h historytest.Events
	started := &historypb.WorkflowExecutionStartedEventAttributes{}
	end, card := o.cards[id]
	if !card {
		started.WorkflowType, started.Input = &commonpb.WorkflowType{Name: workflows.GiftCardOrderType}, payloads(o.in)
	}
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: started,
		},
	})
	if end != nil {
		h.Add(end)
	}
	return &h
}

func (o *laterOrder) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return finding{said: o.found[id]}
}

type finding struct {
	client.WorkflowRun
	said workflows.CardResolution
}

func (f finding) Get(_ context.Context, out any) error {
	*out.(*workflows.CardResolution) = f.said
	return nil
}

func completedCard() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{
				Result: payloads(workflows.DeferredCardResult{}),
			},
		},
	}
}

func failedCard(clean bool) *historypb.HistoryEvent {
	err := temporal.NewApplicationErrorWithOptions("order #1001, card 1: no", string(giftcard.CardDeclined),
		temporal.ApplicationErrorOptions{Details: []any{workflows.DeferredCardFailure{Clean: clean}}})
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(err),
			},
		},
	}
}

// A release knows the cards of every issuer. A card that its issuer makes later is left alone once it was sent, or if only a
// person can say whether it exists; one that was made and not sent, or is being made, is taken up.
func TestReleaseKnowsCardsMadeLater(t *testing.T) {
	t.Parallel()
	card := cardsOf(1)[0]
	id := workflows.DeferredCardID("acme", card, 1)
	for name, tt := range map[string]struct {
		begun        bool
		end          *historypb.HistoryEvent
		sent         bool
		found        *workflows.CardResolution
		exists, take bool
	}{
		"never begun":    {},
		"being made":     {begun: true, take: true},
		"made":           {begun: true, end: completedCard(), take: true},
		"made and sent":  {begun: true, end: completedCard(), sent: true, exists: true},
		"not made":       {begun: true, end: failedCard(true)},
		"perhaps made":   {begun: true, end: failedCard(false), exists: true},
		"made, a person": {begun: true, end: failedCard(false), found: &workflows.CardResolution{Card: id, Issued: true}, take: true},
		"not made, a person": {
			begun: true, end: failedCard(false), found: &workflows.CardResolution{Card: id},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, now := releaseOf(1)
			o := &laterOrder{
				in: workflows.GiftCardOrderInput{
					Order: r.Order, Deferred: map[string]workflows.DeferredItem{"GIFT-25": {Issuer: "acme", Item: "I25", Deliver: true}},
				},
				cards: map[string]*historypb.HistoryEvent{}, sent: map[string]bool{workflows.CardDeliveryID("acme", card): tt.sent},
				found: map[string]workflows.CardResolution{},
			}
			if tt.begun {
				o.cards[id] = tt.end
			}
			if tt.found != nil {
				o.found[workflows.ResolveCardID(r.Order.Shop, r.Order.ID, 1)] = *tt.found
			}
			l := New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: o, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
			}, settings.Configured{}))))
			known, err := l.madeCards(t.Context(), r.workflowID, laterRun, true)
			require.NoError(t, err)
			require.Equal(t, []bool{tt.exists, tt.take}, []bool{known.exists[card], known.begun[card]})

			// One card remains in the shop's order.
			err = r.choose(now, known)
			if tt.exists {
				var nothing *NothingToRelease
				require.ErrorAs(t, err, &nothing)
				return
			}
			require.NoError(t, err)
			require.Equal(t, cardsOf(1), r.AuditNumbers)
		})
	}
}
