package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
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
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	key   = "3f2a6c1e9d0b4a57886f1c2d"
	other = "77706c1e9d0b4a57886f1c2d"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// desk is a Temporal with one order. A signal is worked off by takes; nil takes none.
type desk struct {
	client.Client
	state  workflows.OrderMessagesState
	unsent []string
	signal any
	takes  func(*workflows.OrderMessagesState)
}

type service struct {
	workflowservice.WorkflowServiceClient
}

func (service) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

type schedules struct{ client.ScheduleClient }

type schedule struct{ client.ScheduleHandle }

func (schedules) GetHandle(context.Context, string) client.ScheduleHandle { return schedule{} }

func (schedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*desk) WorkflowService() workflowservice.WorkflowServiceClient { return service{} }

func (*desk) ScheduleClient() client.ScheduleClient { return schedules{} }

func info(kind, id string, status enumspb.WorkflowExecutionStatus) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Type: &commonpb.WorkflowType{Name: kind},
		Status: status, StartTime: timestamppb.New(noon), CloseTime: timestamppb.New(noon),
	}
}

func (d *desk) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if strings.HasPrefix(in.GetQuery(), "WorkflowType = 'UnsentMessage'") {
		for _, k := range d.unsent {
			out.Executions = append(out.Executions,
				info(workflows.UnsentMessageType, workflows.UnsentMessageID("shop", "5001", k), enumspb.WORKFLOW_EXECUTION_STATUS_FAILED))
		}
	}
	if strings.HasPrefix(in.GetQuery(), "WorkflowType IN ('OrderMessages','BackInStock')") {
		out.Executions = append(out.Executions,
			info(workflows.OrderMessagesType, "order-messages/shop/5001", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING))
	}
	return out, nil
}

func (d *desk) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if id != "order-messages/shop/5001" {
		return nil, serviceerror.NewNotFound("no workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: info(workflows.OrderMessagesType, id, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING),
	}, nil
}

func (d *desk) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	input, err := converter.GetDefaultDataConverter().ToPayloads(workflows.UnsentMessageInput{
		Kind: messages.KindReceipt, Failure: "MessageRefused", Message: "order #1001, sending its receipt: no such number",
	})
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

func (d *desk) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(d.state)
	return client.NewValue(payloads), err
}

func (d *desk) SignalWorkflow(_ context.Context, _, _, _ string, arg any) error {
	d.signal = arg
	if d.takes != nil {
		d.takes(&d.state)
	}
	return nil
}

func (d *desk) told() *told.Told {
	return told.New(orders.New(settings.New(&executions.Reader{
		Client: d, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{Shop: "shop"})))
}

// newDesk has an order whose receipt was refused, and whose update was sent.
func newDesk() *desk {
	said := func(k string) *messages.Message {
		return &messages.Message{
			Key: k, To: "+14155550199", Text: "Shoes & Co: thank you, Grace", Type: messages.TypeReceipt, Data: json.RawMessage(`{"name":"Grace"}`),
		}
	}
	return &desk{unsent: []string{key}, state: workflows.OrderMessagesState{
		Name: "#1001", Sent: 1, Failed: 1, Dropped: 1, Waits: composing.ReasonNoTracking, AgainAt: noon.Add(time.Hour), EndsAt: noon.Add(48 * time.Hour),
		Messages: []workflows.KeptMessage{
			{
				Key: key, Kind: messages.KindReceipt, State: workflows.MessageFailed, At: noon, Why: "The order was placed and paid.",
				Failure: "MessageRefused", Error: "order #1001, sending its receipt: no such number", Message: said(key),
			},
			{Key: "aaaa", Kind: messages.KindShipment, State: workflows.MessageDropped, At: noon, Dropped: composing.ReasonDelivered},
			{Key: other, Kind: messages.KindUpdate, State: workflows.MessageSent, At: noon, Resent: noon, By: "ann@desk", Message: said(other)},
		},
	}}
}

func command(stdin string) (*cobra.Command, *bytes.Buffer) {
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetContext(context.Background())
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	return cmd, &out
}

// What is shown of an order holds nothing of what was said, unless that was asked for, and never a whole number.
func TestShow(t *testing.T) {
	t.Parallel()
	d := newDesk()
	talk, err := d.told().OfOrder(t.Context(), "5001", nil)
	require.NoError(t, err)
	r, err := read(t.Context(), d.told(), talk, false)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, r.print(&out))
	require.Equal(t, `order      #1001 (5001)
messages   1 sent, 1 not sent, 1 failed
waits      no_tracking
next look  2026-07-10T13:00:00Z
ends       2026-07-12T12:00:00Z
web UI     /namespaces//workflows/order-messages%2Fshop%2F5001/run/history

AT                    MESSAGE   STATE                    TO   KEY                       WHY
2026-07-10T12:00:00Z  receipt   failed (MessageRefused)  …99  3f2a6c1e9d0b4a57886f1c2d  The order was placed and paid. order #1001, sending its receipt: no such number.
2026-07-10T12:00:00Z  shipment  not sent (delivered)          aaaa                      
2026-07-10T12:00:00Z  update    sent                     …99  77706c1e9d0b4a57886f1c2d  Sent once more at 2026-07-10T12:00:00Z by ann@desk.

what to do  once the cause is gone, run: giftbridge messages resend 5001 --key 3f2a6c1e --reason WHY; or once nothing is left to do, run: giftbridge messages settle 5001 --key 3f2a6c1e --note WHY
`, out.String())
	data, err := json.Marshal(r)
	require.NoError(t, err)
	for _, secret := range []string{"Grace", "4155550199"} {
		require.NotContains(t, out.String()+string(data), secret)
	}

	r, err = read(t.Context(), d.told(), talk, true)
	require.NoError(t, err)
	out.Reset()
	require.NoError(t, r.print(&out))
	require.Contains(t, out.String(), "text: Shoes & Co: thank you, Grace")
	require.Contains(t, out.String(), `"name": "Grace"`)
	require.NotContains(t, out.String(), "4155550199")
}

func TestShowSaysWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.state.Told.Unsubscribed, d.state.LookFailed = true, "Unauthorized"
	r, err := read(t.Context(), d.told(), told.Talk{Shop: "shop", About: told.About{Order: "5001"}, State: executions.Running}, false)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, r.print(&out))
	require.Contains(t, out.String(), "has unsubscribed: nothing more is sent")
	require.Contains(t, out.String(), "LAST LOOK FAILED  Unauthorized")
	require.Contains(t, out.String(), "MessageRefused: order #1001, sending its receipt: no such number; once nothing is left to do")
	require.NotContains(t, out.String(), "messages resend")
	for want, m := range map[string]message{
		"not delivered (unsubscribed)": {State: workflows.MessageUnsubscribed}, "not sent (off)": {State: workflows.MessageDropped, Dropped: "off"},
	} {
		require.Equal(t, want, m.outcome().Text)
	}
	closed := record{Talk: told.Talk{About: told.About{Variant: "7"}, ClosedAt: noon}, Says: "Those who asked were told.", Unsent: []told.Unsent{{
		Key: key, Failure: &executions.Failure{Kind: "MessageExpired", Message: "too late"},
	}}}
	out.Reset()
	require.NoError(t, closed.print(&out))
	require.Contains(t, out.String(), "Those who asked were told.")
	require.Contains(t, out.String(), "2026-07-10T12:00:00Z: nothing more is expected")
	require.Contains(t, out.String(), "messages settle --variant 7 --key 3f2a6c1e")
	closed.About = told.About{Product: "70"}
	out.Reset()
	require.NoError(t, closed.print(&out))
	require.Regexp(t, "product +70", out.String())
	require.Contains(t, out.String(), "messages settle --product 70 --key 3f2a6c1e")
}

func TestList(t *testing.T) {
	t.Parallel()
	d := newDesk()
	l := listFlags{limit: 100}
	filter, err := l.filter(noon)
	require.NoError(t, err)
	all, err := l.read(t.Context(), d.told(), filter)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, printList(&out, all, noon, 0))
	require.Equal(t, `ABOUT       STATE   MESSAGE  SINCE                 NUMBER  KEY                       KIND            REASON
order 5001  unsent  receipt  2026-07-10T12:00:00Z  5001    3f2a6c1e9d0b4a57886f1c2d  MessageRefused  order #1001, sending its receipt: no such number
order 5001  open             2026-07-10T12:00:00Z  5001                                              
`, out.String())

	l.failed, l.limit = true, 1
	filter.Limit = 1
	all, err = l.read(t.Context(), d.told(), filter)
	require.NoError(t, err)
	require.Empty(t, all.Open)
	cmd, printed := command("")
	require.NoError(t, l.print(cmd, all, true))
	require.Contains(t, printed.String(), "showing the first 1; --limit 0 lists all")
	require.Contains(t, printed.String(), "giftbridge messages show ORDER")
	l.failed = false
	all, err = l.read(t.Context(), d.told(), filter)
	require.NoError(t, err)
	require.Empty(t, all.Open, "the limit is reached")

	for says, on := range map[string]bool{"no message is unsent, and none is expected\n": true, "; messages are off here": false} {
		cmd, printed = command("")
		require.NoError(t, l.print(cmd, listed{}, on))
		require.Contains(t, printed.String(), says)
	}
}

func TestListFlags(t *testing.T) {
	t.Parallel()
	var usage *cli.UsageError
	_, err := listFlags{limit: -1}.filter(noon)
	require.ErrorAs(t, err, &usage)
	_, err = listFlags{since: "yesterday"}.filter(noon)
	require.ErrorAs(t, err, &usage)
	f, err := listFlags{since: "24h", limit: 7}.filter(noon)
	require.NoError(t, err)
	require.Equal(t, told.Filter{Since: noon.Add(-24 * time.Hour), Limit: 7}, f)
}

// A message is sent once more after a person has said so, and the command fails unless it was.
func TestResend(t *testing.T) {
	t.Parallel()
	becomes := func(s workflows.MessageState, kind string) func(*workflows.OrderMessagesState) {
		return func(all *workflows.OrderMessagesState) {
			k := &all.Messages[0]
			k.State, k.Resent = s, noon
			k.Failure, k.Error = "", ""
			if kind != "" {
				k.Failure, k.Error = "MessageRefused", "no such number"
			}
		}
	}
	for name, tt := range map[string]struct {
		key   string
		again bool
		stdin string
		takes func(*workflows.OrderMessagesState)
		says  string
		fails string
	}{
		"sent":         {key: key[:8], stdin: "y\n", takes: becomes(workflows.MessageSent, ""), says: "the receipt of order #1001 was sent once more at 2026-07-10T12:00:00Z"},
		"refused":      {key: key, stdin: "y\n", takes: becomes(workflows.MessageFailed, "MessageRefused"), fails: "could not be sent: MessageRefused: no such number"},
		"unsubscribed": {key: key, stdin: "y\n", takes: becomes(workflows.MessageUnsubscribed, ""), fails: "the customer has unsubscribed"},
		"no":           {key: key, stdin: "n\n", says: "Send the receipt of order #1001 to …99 once more? [y/N]", fails: "nothing was done"},
		"unknown":      {key: "ffffff", fails: "no message of this order"},
		"dropped":      {key: "aaaa", fails: "was never made"},
		"sent before":  {key: other, fails: "the customer would get it twice; if that is wanted, pass --even-if-sent"},
		"twice":        {key: other, again: true, stdin: "n\n", says: "so the customer gets it twice", fails: "nothing was done"},
		"the order":    {key: "look", stdin: "y\n", takes: func(s *workflows.OrderMessagesState) { s.Looked++ }, says: "order      #1001 (5001)"},
		"no such luck": {key: "look", stdin: "y\n", takes: func(s *workflows.OrderMessagesState) { s.Looked, s.LookFailed = 2, "Unavailable" }, fails: "could not be read again: Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk()
			d.takes = tt.takes
			cmd, out := command(tt.stdin)
			r := &resender{cmd: cmd, flags: &cli.Flags{}, key: tt.key, reason: "ticket 4711", evenIfSent: tt.again}
			talk, err := d.told().OfOrder(t.Context(), "5001", nil)
			require.NoError(t, err)
			err = r.run(t.Context(), d.told(), talk)
			require.Contains(t, out.String(), tt.says)
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
			} else {
				require.NoError(t, err)
			}
			if tt.key == key {
				if tt.takes != nil {
					require.Equal(t, key, d.signal.(workflows.ResendMessage).Key)
				} else {
					require.Nil(t, d.signal)
				}
			}
		})
	}
}

func TestQuestionAboutADoubt(t *testing.T) {
	t.Parallel()
	k := newDesk().state.Messages[0]
	k.Failure = "MessageInDoubt"
	require.Equal(t, "It may have arrived, so the customer may get it twice. Send the receipt of order #1001 to …99 once more?",
		question(told.Talk{Name: "#1001"}, k))
}

func TestChoose(t *testing.T) {
	t.Parallel()
	u := func(k string) told.Unsent {
		return told.Unsent{About: told.About{Order: "5001"}, Key: k, Kind: messages.KindReceipt, Failure: &executions.Failure{Kind: "MessageRefused"}}
	}
	one, err := choose([]told.Unsent{u(key)}, "5001", "")
	require.NoError(t, err)
	require.Equal(t, "the receipt of order 5001 (MessageRefused)", unsentMessage(one))
	one, err = choose([]told.Unsent{u(key), u(other)}, "5001", "777")
	require.NoError(t, err)
	require.Equal(t, other, one.Key)
	_, err = choose([]told.Unsent{u(key), u(other)}, "5001", "")
	require.ErrorContains(t, err, "2 messages of order 5001 are unsent: say which by --key: 3f2a6c1e (receipt), 77706c1e (receipt)")
	_, err = choose(nil, "5001", "")
	require.ErrorContains(t, err, "no message of 5001 is unsent")
	_, err = choose([]told.Unsent{u(key)}, "5001", "777")
	require.ErrorContains(t, err, "no unsent message of order 5001 has the key 777")
}

// Bad input is refused before anything is asked.
func TestUsage(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"list of an order":       {"list", "#1001"},
		"show nothing":           {"show"},
		"show both":              {"show", "#1001", "--variant", "7"},
		"show a product too":     {"show", "#1001", "--product", "7"},
		"show two":               {"show", "--variant", "7", "--product", "8"},
		"show no product":        {"show", "--product", "x"},
		"show no number":         {"show", "--variant", "x"},
		"show an empty number":   {"show", "--variant", ""},
		"resend without a key":   {"resend", "#1001", "--reason", "x"},
		"resend without a why":   {"resend", "#1001", "--key", "abcd"},
		"resend nothing":         {"resend", "--key", "abcd", "--reason", "x"},
		"settle without a note":  {"settle", "#1001"},
		"list with a limit of x": {"list", "--limit", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &cli.Flags{}
			root := &cobra.Command{Use: "giftbridge"}
			f.Register(root)
			root.AddCommand(Command(f))
			var out, errs bytes.Buffer
			root.SetArgs(append([]string{"messages"}, args...))
			root.SetOut(&out)
			root.SetErr(&errs)
			require.Equal(t, 2, cli.Execute(root, &errs), errs.String())
			require.NotEmpty(t, errs.String())
		})
	}
}
