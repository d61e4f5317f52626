package disputed_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// records is a Temporal with the runs of disputes, the newest first. Each began a minute after the one before.
type records struct {
	client.Client
	runs []*workflowpb.WorkflowExecutionInfo
	away error
}

// service is its lower-level interface.
type service struct {
	workflowservice.WorkflowServiceClient
}

func (service) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (*records) WorkflowService() workflowservice.WorkflowServiceClient { return service{} }

func (r *records) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	query, prefix, _ := strings.Cut(in.GetQuery(), " AND WorkflowId STARTS_WITH ")
	if query != "WorkflowType = "+executions.Quote(workflows.DisputedOrderType) {
		return out, nil
	}
	for _, info := range r.runs {
		if strings.HasPrefix(info.GetExecution().GetWorkflowId(), strings.Trim(prefix, "'")) {
			out.Executions = append(out.Executions, info)
		}
	}
	return out, nil
}

func (r *records) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if r.away != nil {
		return nil, r.away
	}
	memo, err := converter.GetDefaultDataConverter().ToPayload(o.Memo[workflows.DisputeMemoKey])
	if err != nil {
		return nil, err
	}
	began := noon.Add(time.Duration(len(r.runs)) * time.Minute)
	r.runs = append([]*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: o.ID}, StartTime: timestamppb.New(began),
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.DisputeMemoKey: memo}},
	}}, r.runs...)
	return done{}, nil
}

type done struct{ client.WorkflowRun }

func (done) Get(context.Context, any) error { return nil }

func disputedOf(c client.Client) *disputed.Disputed {
	return disputed.New(recovery.New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(),
	}, settings.Configured{}))))
}

// A dispute is open until a person settles it, and again once a person takes that back. Each decision is on record, and
// concerns that dispute alone.
func TestDecisionsAboutADispute(t *testing.T) {
	t.Parallel()
	r := &records{}
	d := disputedOf(r)
	for _, about := range []activities.DisputedOrder{
		{Shop: "shop", ID: "5001", Dispute: "1", Kind: "chargeback", Name: "#1001"},
		{Shop: "shop", ID: "5001", Dispute: "2", Kind: "inquiry", Name: "#1001"},
		{Shop: "shop", ID: "50011", Dispute: "3", Kind: "chargeback", Name: "#1002"},
	} {
		_, err := r.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: workflows.DisputedOrderID(about.Shop, about.ID, about.Dispute), Memo: workflows.ListingOfDispute(about).Memo,
		}, nil)
		require.NoError(t, err)
	}
	numbers := func(all []disputed.Record, err error) (out []string) {
		require.NoError(t, err)
		for _, one := range all {
			out = append(out, one.Dispute)
		}
		return out
	}
	require.Equal(t, []string{"2", "1"}, numbers(d.OpenDisputes(t.Context(), "shop", "5001")))
	require.Empty(t, numbers(d.SettledDisputes(t.Context(), "shop", "5001")))
	require.Equal(t, []string{"3", "2", "1"}, numbers(disputed.Open(t.Context(), d.Reader)))

	open, err := d.OpenDisputes(t.Context(), "shop", "5001")
	require.NoError(t, err)
	require.NoError(t, d.SettleDispute(t.Context(), open[1], "ann@desk", "lost"))
	require.Equal(t, []string{"2"}, numbers(d.OpenDisputes(t.Context(), "shop", "5001")))
	require.Equal(t, []string{"3", "2"}, numbers(disputed.Open(t.Context(), d.Reader)))
	settled, err := d.SettledDisputes(t.Context(), "shop", "5001")
	require.NoError(t, err)
	require.Len(t, settled, 1)
	require.Equal(t, activities.DisputedOrder{
		Shop: "shop", ID: "5001", Dispute: "1", Kind: "chargeback", Name: "#1001", SettledBy: "ann@desk", Note: "lost",
	}, settled[0].DisputedOrder)

	require.NoError(t, d.ReopenDispute(t.Context(), settled[0], "bob@desk", "it was another order"))
	require.Empty(t, numbers(d.SettledDisputes(t.Context(), "shop", "5001")))
	open, err = d.OpenDisputes(t.Context(), "shop", "5001")
	require.NoError(t, err)
	require.Equal(t, []string{"2", "1"}, numbers(open, nil))
	require.Equal(t, activities.DisputedOrder{
		Shop: "shop", ID: "5001", Dispute: "1", Kind: "chargeback", Name: "#1001", ReopenedBy: "bob@desk", Note: "it was another order",
	}, open[1].DisputedOrder)
	require.Equal(t, noon, open[1].Since, "it is as old as before")

	r.away = errors.New("frontend is away")
	require.ErrorContains(t, d.SettleDispute(t.Context(), open[1], "ann@desk", "n"), "settle the dispute about order #1001: frontend is away")
	require.ErrorContains(t, d.ReopenDispute(t.Context(), open[1], "ann@desk", "n"), "take back that the dispute about order #1001 is settled")
}
