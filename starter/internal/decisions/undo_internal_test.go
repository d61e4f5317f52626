package decisions

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// diary is a Temporal that keeps what was decided about disputes.
type diary struct {
	client.Client
	decided []activities.DisputedOrder
}

type diaryService struct {
	workflowservice.WorkflowServiceClient
}

func (diaryService) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*diary) WorkflowService() workflowservice.WorkflowServiceClient { return diaryService{} }

func (*diary) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (d *diary) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	d.decided = append(d.decided, args[0].(activities.DisputedOrder))
	return recorded{}, nil
}

type recorded struct{ client.WorkflowRun }

func (recorded) Get(context.Context, any) error { return nil }

// What is taken back of an order is what was settled: the order, its disputes, or both. Without either, the error says so.
func TestUndo(t *testing.T) {
	t.Parallel()
	dispute := disputed.Record{
		DisputedOrder: activities.DisputedOrder{Name: "#1001", Dispute: "1", Kind: "chargeback", SettledBy: "bob@desk", Note: "lost"},
		Since:         time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC),
	}
	for name, tt := range map[string]struct {
		state    executions.State
		disputes []disputed.Record
		// order reports whether the order itself is decided about.
		order  bool
		became executions.State
		says   string
	}{
		"a settled order":                {state: executions.Settled, order: true, became: executions.Left, says: "left to people"},
		"a settled dispute":              {state: executions.Completed, disputes: []disputed.Record{dispute}, became: executions.Completed, says: "lists its dispute"},
		"a settled order and a dispute":  {state: executions.Settled, disputes: []disputed.Record{dispute}, order: true, became: executions.Left, says: "left to people"},
		"an order that was not settled":  {state: executions.Completed, order: true, became: executions.Completed},
		"two disputes of an order":       {state: executions.Completed, disputes: []disputed.Record{dispute, dispute}, became: executions.Completed},
		"a failed order and its dispute": {state: executions.Failed, disputes: []disputed.Record{dispute}, became: executions.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := &diary{}
			d := &orders.OrderDetails{Order: executions.Order{Name: "#1001", WorkflowID: workflows.GiftCardOrderID("shop", "5001"), State: tt.state}}
			s := settler{
				flags: &cli.Flags{}, undo: true, note: "another order", disputes: map[string][]disputed.Record{d.WorkflowID: tt.disputes},
				operator: &operator.Operator{Disputed: disputed.New(recovery.New(orders.New(settings.New(&executions.Reader{
					Client: kept, Converter: converter.GetDefaultDataConverter(),
				}, settings.Configured{}))))},
			}
			decided := 0
			require.NoError(t, s.record(t.Context(), d, "ann@desk", func(_ context.Context, _ *orders.OrderDetails, by, note string) error {
				decided++
				require.Equal(t, []string{"ann@desk", "another order"}, []string{by, note})
				return nil
			}))
			require.Equal(t, tt.order, decided == 1)
			require.Len(t, kept.decided, len(tt.disputes))
			for _, is := range kept.decided {
				require.Equal(t, activities.DisputedOrder{
					Name: "#1001", Dispute: "1", Kind: "chargeback", ReopenedBy: "ann@desk", Note: "another order",
				}, is)
			}
			state, says := s.became(d)
			require.Equal(t, tt.became, state)
			require.Contains(t, says, tt.says)
			failed := errors.New("order #1001 is not settled")
			err := s.record(t.Context(), d, "ann@desk", func(context.Context, *orders.OrderDetails, string, string) error { return failed })
			require.Equal(t, tt.order, errors.Is(err, failed))
		})
	}
}

// The question says which dispute was settled, by whom and why.
func TestUndoAsksAboutADispute(t *testing.T) {
	t.Parallel()
	var asked bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetErr(&asked)
	d := &orders.OrderDetails{Order: executions.Order{Name: "#1001", WorkflowID: "w", State: executions.Completed}}
	s := settler{flags: &cli.Flags{}, cmd: cmd, undo: true, yes: true, disputes: map[string][]disputed.Record{"w": {{
		DisputedOrder: activities.DisputedOrder{Kind: "chargeback", SettledBy: "bob@desk", Note: "lost"},
		Since:         time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC),
	}}}}
	require.NoError(t, s.ask([]*orders.OrderDetails{d}))
	require.Equal(t, "Order #1001: completed; its payment is disputed (chargeback, recorded 2026-07-10), which bob@desk has settled: lost\n",
		asked.String())
}
