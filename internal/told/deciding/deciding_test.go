package deciding_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/internal/told/deciding"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// desk is a Temporal that records what it is asked to do.
type desk struct {
	client.Client
	signal  string
	with    any
	started client.StartWorkflowOptions
	state   workflows.OrderMessagesState
	err     error
}

type service struct {
	workflowservice.WorkflowServiceClient
}

func (service) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*desk) WorkflowService() workflowservice.WorkflowServiceClient { return service{} }

func (*desk) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (d *desk) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	d.signal, d.with = id+" "+name, arg
	return d.err
}

func (d *desk) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(d.state)
	return client.NewValue(payloads), errors.Join(err, d.err)
}

func (d *desk) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	d.started, d.with = o, args[0]
	return done{}, d.err
}

type done struct{ client.WorkflowRun }

func (done) Get(context.Context, any) error { return nil }

func of(c client.Client) *told.Told {
	return told.New(orders.New(settings.New(&executions.Reader{Client: c, Converter: converter.GetDefaultDataConverter()}, settings.Configured{})))
}

var talk = told.Talk{Name: "#1001", About: told.About{Order: "5001"}, State: executions.Running, WorkflowID: "order-messages/shop/5001"}

func kept(key string, s workflows.MessageState) workflows.KeptMessage {
	return workflows.KeptMessage{
		Key: key, Kind: messages.KindReceipt, State: s, At: noon, Message: &messages.Message{Key: key, Text: "Thanks"},
	}
}

// A key may be cut, as long as it fits one message alone.
func TestFind(t *testing.T) {
	t.Parallel()
	s := workflows.OrderMessagesState{Messages: []workflows.KeptMessage{
		kept("abcd1", workflows.MessageSent), kept("abcd2", workflows.MessageSent), kept("abcd", workflows.MessageFailed), kept("ffff1", workflows.MessageSent),
	}}
	for key, want := range map[string]string{"abcd1": "abcd1", "abcd": "abcd", "ffff": "ffff1"} {
		k, err := deciding.Find(s, key)
		require.NoError(t, err)
		require.Equal(t, want, k.Key)
	}
	for key, says := range map[string]string{"eeee": "no message", "abc": "at least 4"} {
		_, err := deciding.Find(s, key)
		require.ErrorContains(t, err, says)
	}
	s.Messages = s.Messages[:2]
	_, err := deciding.Find(s, "abcd")
	require.ErrorContains(t, err, "2 messages")
}

func TestResendable(t *testing.T) {
	t.Parallel()
	var state workflows.OrderMessagesState
	require.NoError(t, deciding.Resendable(talk, state, kept("k", workflows.MessageFailed), false))
	require.NoError(t, deciding.Resendable(talk, state, kept("k", workflows.MessageSent), true))
	require.ErrorContains(t, deciding.Resendable(talk, state, kept("k", workflows.MessageSent), false),
		"the receipt of order #1001 was sent at 2026-07-10T12:00:00Z: the customer would get it twice")
	require.ErrorContains(t, deciding.Resendable(talk, state, kept("k", workflows.MessageUnsubscribed), true), "unsubscribed")
	dropped := kept("k", workflows.MessageDropped)
	dropped.Dropped = "no_phone"
	require.ErrorContains(t, deciding.Resendable(talk, state, dropped, true), "no_phone")
	old := kept("k", workflows.MessageSent)
	old.Message = nil
	require.ErrorContains(t, deciding.Resendable(talk, state, old, true), "not kept any more")
	closed := talk
	closed.State = executions.Completed
	require.ErrorContains(t, deciding.Resendable(closed, state, kept("k", workflows.MessageFailed), true), "its record is closed")
	state.Told.Unsubscribed = true
	require.ErrorContains(t, deciding.Resendable(talk, state, kept("k", workflows.MessageFailed), true), "unsubscribed")

	doubt := kept("k", workflows.MessageFailed)
	require.False(t, deciding.InDoubt(doubt))
	doubt.Failure = "MessageInDoubt"
	require.True(t, deciding.InDoubt(doubt))
}

func TestResend(t *testing.T) {
	t.Parallel()
	d := &desk{}
	require.NoError(t, deciding.Resend(t.Context(), of(d), talk, "k", "ann@desk", "ticket 4711"))
	require.Equal(t, "order-messages/shop/5001 resend", d.signal)
	require.Equal(t, workflows.ResendMessage{Key: "k", By: "ann@desk", Reason: "ticket 4711"}, d.with)
	require.NoError(t, deciding.Look(t.Context(), of(d), talk))
	require.Equal(t, "order-messages/shop/5001 look", d.signal)
	require.Equal(t, workflows.Look{}, d.with)
	d.err = serviceerror.NewNotFound("closed")
	require.ErrorContains(t, deciding.Look(t.Context(), of(d), talk), "closed just now")
	d.err = errors.New("away")
	require.ErrorContains(t, deciding.Resend(t.Context(), of(d), talk, "k", "", ""), "away")
}

func TestAwait(t *testing.T) {
	t.Parallel()
	before := kept("k", workflows.MessageFailed)
	after := kept("k", workflows.MessageSent)
	after.Resent = noon
	d := &desk{state: workflows.OrderMessagesState{Messages: []workflows.KeptMessage{before}}}
	_, done, err := deciding.Await(t.Context(), of(d), talk, time.Millisecond, deciding.Resent(before))
	require.NoError(t, err)
	require.False(t, done)
	d.state.Messages[0] = after
	s, done, err := deciding.Await(t.Context(), of(d), talk, time.Hour, deciding.Resent(before))
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, workflows.MessageSent, s.Messages[0].State)
	d.err = errors.New("no poller")
	_, done, err = deciding.Await(t.Context(), of(d), talk, time.Millisecond, deciding.Resent(before))
	require.NoError(t, err, "a worker may come")
	require.False(t, done)
}

func TestSettle(t *testing.T) {
	t.Parallel()
	d := &desk{}
	u := told.Unsent{Name: "#1001", About: told.About{Order: "5001"}, Kind: messages.KindReceipt, WorkflowID: "unsent-message/shop/5001/k"}
	require.NoError(t, deciding.Settle(t.Context(), of(d).Reader, u, "ann@desk", "called"))
	require.Equal(t, u.WorkflowID, d.started.ID)
	require.Equal(t, workflows.UnsentMessageInput{
		Shop: "shop", Order: "5001", Name: "#1001", Key: "k", Kind: messages.KindReceipt,
		Settled: &workflows.MessageSettled{By: "ann@desk", Note: "called"},
	}, d.with)
	u.WorkflowID = "other"
	require.Error(t, deciding.Settle(t.Context(), of(d).Reader, u, "", ""))
	u.WorkflowID, d.err = "unsent-message/shop/5001/k", errors.New("away")
	require.ErrorContains(t, deciding.Settle(t.Context(), of(d).Reader, u, "", ""), "settle a message of order #1001: away")
}
