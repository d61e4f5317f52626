package resending_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/resending"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// sentAt is when a card was sent once more.
var sentAt = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// temporalOf is a Temporal with the record of one order.
type temporalOf struct {
	client.Client
	input workflows.GiftCardOrderInput
	// refuses is the error of a start, unreadable that of looking at what is stored, and failed how the workflow ends.
	refuses, unreadable, failed error

	started []client.StartWorkflowOptions
	with    []workflows.ResendCardInput
}

// service is its lower-level interface.
type service struct {
	workflowservice.WorkflowServiceClient
	unreadable error
}

func (s service) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	if s.unreadable != nil {
		return nil, s.unreadable
	}
	return nil, serviceerror.NewNotFound("no schedule")
}

func (c *temporalOf) WorkflowService() workflowservice.WorkflowServiceClient {
	return service{unreadable: c.unreadable}
}

func (*temporalOf) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (c *temporalOf) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	input, err := converter.GetDefaultDataConverter().ToPayloads(c.input)
	if err != nil {
		panic(err)
	}
	return &historytest.Events{{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
		},
	}}
}

func (c *temporalOf) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	if c.refuses != nil {
		return nil, c.refuses
	}
	if workflow != workflows.ResendCardType {
		return nil, errors.New("another workflow was started")
	}
	c.started, c.with = append(c.started, o), append(c.with, args[0].(workflows.ResendCardInput))
	return result{failed: c.failed}, nil
}

// result is the end of a workflow that sends a card once more.
type result struct {
	client.WorkflowRun
	failed error
}

func (r result) Get(_ context.Context, out any) error {
	if r.failed == nil {
		out.(*delivery.ResendCardResult).SentAt = sentAt
	}
	return r.failed
}

func resendingOf(c client.Client) *resending.Resending {
	return resending.New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{})))
}

// input is an order of two cards that giftbridge mails, one that its issuer mails, and one that was issued at once.
func input() workflows.GiftCardOrderInput {
	in := workflows.GiftCardOrderInput{
		Order: giftcard.Order{Shop: "shop", ID: "5001", Name: "#1001"},
		Deferred: map[string]workflows.DeferredItem{
			"MAILED": {Issuer: "acme", Item: "I30", Deliver: true}, "THEIRS": {Issuer: "acme", Item: "I50"},
		},
	}
	for i, sku := range []string{"MAILED", "THEIRS", "AT-ONCE"} {
		units := 1
		if i == 0 {
			units = 2
		}
		in.Order.Lines = append(in.Order.Lines, giftcard.Line{
			ID: string(rune('1' + i)), SKU: sku, Units: units, Price: "30.0", Currency: "EUR",
			Recipient: giftcard.Recipient{Email: "grace@example.com"},
		})
	}
	return in
}

// shown is the order as people see it: all its cards exist, except those that failed.
func shown(failed ...workflows.UnitFailure) *orders.OrderDetails {
	d := &orders.OrderDetails{Order: executions.Order{
		Name: "#1001", Shop: "shop", ID: "5001", WorkflowID: workflows.GiftCardOrderID("shop", "5001"), State: executions.Completed,
	}}
	var cards []workflows.IssuedCard
	for unit := 1; unit <= 4; unit++ {
		exists := true
		for _, f := range failed {
			exists = exists && f.Unit != unit
		}
		if exists {
			cards = append(cards, workflows.IssuedCard{Unit: unit, IssueCardResult: activities.IssueCardResult{Amount: "30.0", Currency: "EUR"}})
		}
	}
	if len(failed) == 0 {
		d.Result = &workflows.GiftCardOrderResult{Cards: cards}
		return d
	}
	d.State, d.Units = executions.Failed, &workflows.OrderFailure{Issued: cards, Failed: failed}
	return d
}

// Only a card that giftbridge has mailed can be sent once more. Otherwise the error names the card, and says what to do.
func TestResendableCard(t *testing.T) {
	t.Parallel()
	running := shown()
	running.State, running.Result = executions.Running, nil
	refused := shown(workflows.UnitFailure{Unit: 2, Kind: giftcard.InvalidRequest})
	unsure := shown(workflows.UnitFailure{Unit: 2, Kind: giftcard.OutcomeUnknown})
	for name, tt := range map[string]struct {
		order *orders.OrderDetails
		unit  int
		says  string
	}{
		"mailed":                         {order: shown(), unit: 2},
		"mailed, and another has failed": {order: refused, unit: 1},
		"sent by its issuer":             {order: shown(), unit: 3, says: "card 3 of order #1001 was sent by its issuer: only the issuer can send it again"},
		"issued at once":                 {order: shown(), unit: 4, says: "card 4 of order #1001 was sent by its issuer"},
		"its mail was refused":           {order: refused, unit: 2, says: "card 2 of order #1001 was not sent: correct its address by orders fix"},
		"failed otherwise":               {order: unsure, unit: 2, says: "card 2 of order #1001 was not sent: it failed as OutcomeUnknown; orders show says what to do"},
		"being made":                     {order: running, unit: 1, says: "order #1001 is running: its cards are not all sent yet"},
		"not in the order":               {order: shown(), unit: 5, says: "order #1001 has no card 5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			card, err := resendingOf(&temporalOf{input: input()}).ResendableCard(t.Context(), tt.order, tt.unit)
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				require.NotContains(t, err.Error(), "grace@example.com")
				require.Zero(t, card)
				return
			}
			require.NoError(t, err)
			require.Equal(t, deferred.Unit{
				Issuer: "acme", Key: giftcard.AuditNumber("", "shop", "5001", "1", tt.unit), OrderName: "#1001",
				OrderWorkflowID: workflows.GiftCardOrderID("shop", "5001"), Number: tt.unit, Item: "I30", Price: "30.0", Currency: "EUR",
			}, card)
		})
	}
}

// A run that released some of an order's cards leaves out those that exist: they can be sent once more all the same.
func TestResendableCardOfARelease(t *testing.T) {
	t.Parallel()
	in := input()
	in.Release = &workflows.Release{AuditNumbers: []string{giftcard.AuditNumber("", "shop", "5001", "1", 2)}}
	card, err := resendingOf(&temporalOf{input: in}).ResendableCard(t.Context(), shown(), 1)
	require.NoError(t, err)
	require.Equal(t, giftcard.AuditNumber("", "shop", "5001", "1", 1), card.Key)
}

// The record says who wanted it and why. One card is sent by one workflow at a time, and no error shows the address.
func TestResendCard(t *testing.T) {
	t.Parallel()
	const address = "ada@example.com"
	card := deferred.Unit{Issuer: "acme", Key: "k", OrderName: "#1001", Number: 2}
	for name, tt := range map[string]struct {
		temporal temporalOf
		says     string
	}{
		"sent": {},
		"it is being sent": {
			temporalOf{refuses: serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "")},
			"card 2 of order #1001 is being sent once more at the moment",
		},
		"Temporal refuses": {temporalOf{refuses: errors.New("frontend is away")}, "send card 2 of order #1001 once more: frontend is away"},
		"keys of another":  {temporalOf{unreadable: errors.New("no such key")}, "nothing was started"},
		"the mail fails": {
			temporalOf{failed: temporal.NewApplicationError("no mail server", string(giftcard.Unauthorized))}, "Unauthorized: no mail server",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &tt.temporal
			out, err := resendingOf(c).ResendCard(t.Context(), shown(), card, address, "ann@desk", "ticket 4711")
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				require.NotContains(t, err.Error(), address)
				require.Zero(t, out)
				return
			}
			require.NoError(t, err)
			require.Equal(t, sentAt, out.SentAt)
			require.Len(t, c.started, 1)
			require.Equal(t, workflows.ResendCardID("shop", "5001", 2), c.started[0].ID)
			require.NotContains(t, c.started[0].StaticSummary+c.started[0].StaticDetails, address)
			require.Empty(t, c.started[0].Memo)
			require.Equal(t, workflows.ResendCardInput{
				ResendCardInput: delivery.ResendCardInput{Unit: card, Email: address}, By: "ann@desk", Reason: "ticket 4711",
			}, c.with[0])
		})
	}
}
