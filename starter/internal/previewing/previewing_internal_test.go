package previewing

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/retail/payload"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/workflows"
)

const example = "../../../internal/retail/payload/testdata/order.json"

// run runs a command line, and returns its exit code and what it printed.
func run(stdin string, args ...string) (code int, stdout, stderr string) {
	f := &cli.Flags{}
	root := &cobra.Command{Use: "giftbridge"}
	f.Register(root)
	root.AddCommand(Command(f))
	var out, errs bytes.Buffer
	root.SetArgs(append([]string{"preview"}, args...))
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	code = cli.Execute(root, &errs)
	return code, out.String(), errs.String()
}

func TestPreviewSaysWhyNothingIsSent(t *testing.T) {
	t.Parallel()
	code, out, stderr := run("", "--payload", example)
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Order #9999")
	require.Contains(t, out, "receipt: not sent (test)")
}

func TestPreviewShowsTheReceipt(t *testing.T) {
	t.Parallel()
	code, out, stderr := run("", "--payload", example, "--as-if-real", "--shop-name", "Shoes & Co")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "1. receipt: to …00")
	require.Contains(t, out, "text: Shoes & Co")
	require.Contains(t, out, "structure: retail_receipts")
	require.Contains(t, out, "why: The order was placed and paid.")
	require.NotContains(t, out, "415555")
}

func TestPreviewReadsStandardInput(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(example)
	require.NoError(t, err)
	code, out, stderr := run(string(data), "--payload", "-", "--as-if-real", "--json")
	require.Zero(t, code, stderr)
	var p messaging.Preview
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	require.Len(t, p.Steps, 1)
	require.NotEmpty(t, p.Steps[0].Data)
}

func TestPreviewRefusesBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stdin string
		args  []string
		says  string
	}{
		"nothing":           {args: nil, says: "--payload FILE"},
		"two orders":        {args: []string{"#1001", "#1002"}, says: "accepts 1 arg"},
		"both":              {args: []string{"#1001", "--payload", example}, says: "not both"},
		"no file":           {args: []string{"--payload", "testdata/none.json"}, says: "read the payload"},
		"a folder":          {args: []string{"--payload", "."}, says: "read the payload"},
		"empty input":       {args: []string{"--payload", "-"}, says: "ends too early"},
		"no order":          {stdin: `{"id": 1}`, args: []string{"--payload", "-"}, says: "not an order"},
		"an empty name":     {args: []string{"--payload", example, "--shop-name", " "}, says: "--shop-name"},
		"a plain URL":       {args: []string{"--payload", example, "--shop-url", "http://shop.example.com"}, says: "--shop-url"},
		"a country's name":  {args: []string{"--payload", example, "--country", "usa"}, says: "--country"},
		"no such templates": {args: []string{"--payload", example, "--templates", "testdata/none"}, says: "texts of messages"},
		"an unknown flag":   {args: []string{"--payload", example, "--send"}, says: "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(tc.stdin, tc.args...)
			require.Equal(t, 2, code, stderr)
			require.Contains(t, stderr, tc.says)
			require.Empty(t, out)
		})
	}
}

// desk is a Temporal with the messages of one order.
type desk struct {
	client.Client
	state workflows.OrderMessagesState
}

type schedules struct{ client.ScheduleClient }

type schedule struct{ client.ScheduleHandle }

func (schedules) GetHandle(context.Context, string) client.ScheduleHandle { return schedule{} }

func (schedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*desk) ScheduleClient() client.ScheduleClient { return schedules{} }

func (*desk) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (*desk) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if id != "order-messages/shop/5001" {
		return nil, serviceerror.NewNotFound("no workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Type: &commonpb.WorkflowType{Name: workflows.OrderMessagesType},
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}}, nil
}

func (d *desk) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(d.state)
	return client.NewValue(payloads), err
}

func (d *desk) told() *told.Told {
	return told.New(orders.New(settings.New(&executions.Reader{
		Client: d, Converter: converter.GetDefaultDataConverter(),
	}, settings.Configured{Shop: "shop"})))
}

// shelf is a shop with one order.
type shelf struct {
	retail.Source
	order *retail.Order
}

func (s shelf) Order(context.Context, string) (*retail.Order, error) {
	if s.order == nil {
		return nil, retail.ErrNotFound
	}
	o := *s.order
	return &o, nil
}

// A preview of an order of the shop begins where its customer was left.
func TestPreviewOfAnOrder(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(example)
	require.NoError(t, err)
	order, err := payload.Parse(data)
	require.NoError(t, err)
	order.UpdatedAt = time.Now().UTC()
	d := &desk{state: workflows.OrderMessagesState{Sent: 1, Dropped: 1, Failed: 1}}
	s := &previewFlags{asIfReal: true}
	rules, err := s.rules(config.Default())
	require.NoError(t, err)
	p, err := s.now(t.Context(), d.told(), shelf{order: order}, rules, "5001")
	require.NoError(t, err)
	require.Equal(t, messages.KindReceipt, p.Steps[0].Kind)
	require.Equal(t, []string{"Told before: 1 messages sent, 1 not sent, 1 failed."}, p.Notes)

	d.state.Told = composing.Told{Receipt: true, SeenAt: order.UpdatedAt}
	p, err = s.now(t.Context(), d.told(), shelf{order: order}, rules, "5001")
	require.NoError(t, err)
	for _, step := range p.Steps {
		require.NotEqual(t, messages.KindReceipt, step.Kind, "it was told before")
	}
	_, err = s.now(t.Context(), d.told(), shelf{}, rules, "5001")
	require.ErrorContains(t, err, "the shop does not show order 5001")
	_, notes, err := before(t.Context(), d.told(), "shop", "5002")
	require.NoError(t, err)
	require.Equal(t, []string{"Nothing that was told before is on record."}, notes)
}
