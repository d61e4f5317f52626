package acting

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

var (
	noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	link = maillink.Link{
		WorkflowID: "gift-card-order/shop/1", RunID: "named", Action: maillink.Settle, Day: "2026-11-28", ID: "0a1b",
	}
)

// store is a Temporal with an order that is left to people, and with the uses of links. It has no schedules.
type store struct {
	client.Client
	// run is the order's newest run; there is no order if it is empty.
	run     string
	uses    map[string]*workflows.ActOnOrderInput
	started []client.StartWorkflowOptions
	// results has what a use returns, or fails with; without one, it stays running.
	result *workflows.ActOnOrderResult
	fails  error
	// away is what Temporal answers instead; racing reports whether another person uses the link first.
	away   error
	racing bool
}

func (s *store) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if s.away != nil {
		return nil, s.away
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: s.run}, StartTime: timestamppb.New(noon),
		Type: &commonpb.WorkflowType{Name: workflows.LeftOrderType}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	}
	if strings.HasPrefix(id, "action/") {
		if s.uses[id] == nil {
			return nil, serviceerror.NewNotFound("no such use")
		}
		if s.result == nil && s.fails == nil {
			info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
	} else if s.run == "" {
		return nil, serviceerror.NewNotFound("no such order")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (s *store) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, args ...any,
) (client.WorkflowRun, error) {
	in := args[0].(workflows.ActOnOrderInput)
	if s.racing || s.uses[o.ID] != nil {
		s.uses[o.ID] = &in
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("used", "", "")
	}
	s.uses[o.ID] = &in
	s.started = append(s.started, o)
	return outcome{s: s}, nil
}

func (s *store) GetWorkflow(context.Context, string, string) client.WorkflowRun { return outcome{s: s} }

func (s *store) WorkflowService() workflowservice.WorkflowServiceClient { return schedules{} }

// schedules is a Temporal service without schedules.
type schedules struct {
	workflowservice.WorkflowServiceClient
}

func (schedules) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no such schedule")
}

func (s *store) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

type outcome struct {
	client.WorkflowRun
	s *store
}

func (o outcome) Get(_ context.Context, out any) error {
	switch {
	case o.s.fails != nil:
		return o.s.fails
	case o.s.result == nil:
		return context.DeadlineExceeded
	}
	*out.(*workflows.ActOnOrderResult) = *o.s.result
	return nil
}

func with(s *store) *Acting {
	s.uses = map[string]*workflows.ActOnOrderInput{}
	return New(orders.New(settings.New(&executions.Reader{
		Client: s, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{})))
}

// A link is used once: its use is a workflow whose ID no other workflow may ever have.
func TestActOnce(t *testing.T) {
	t.Parallel()
	s := &store{run: "named", result: &workflows.ActOnOrderResult{RunID: "new"}}
	a := with(s)
	v, err := a.Act(t.Context(), link, "ticket 4711")
	require.NoError(t, err)
	require.Equal(t, Open, v.Standing)
	require.Equal(t, []any{true, "new"}, []any{v.Use.Done, v.Use.RunID})
	require.Equal(t, &workflows.ActOnOrderInput{
		Order: link.WorkflowID, RunID: "named", Action: workflows.SettleOrder, By: "link of the digest of 2026-11-28", Note: "ticket 4711",
	}, s.uses["action/0a1b"])
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, s.started[0].WorkflowIDReusePolicy)
	require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL, s.started[0].WorkflowIDConflictPolicy)
	require.True(t, s.started[0].WorkflowExecutionErrorWhenAlreadyStarted)

	for range 2 {
		v, err = a.Act(t.Context(), link, "again")
		require.NoError(t, err)
		require.Equal(t, Used, v.Standing)
		require.Equal(t, &Use{At: noon, Done: true, RunID: "new"}, v.Use)
	}
	require.Len(t, s.started, 1)
}

// Two people who press the button at the same moment use the link once.
func TestActAtOnce(t *testing.T) {
	t.Parallel()
	s := &store{run: "named", racing: true}
	v, err := with(s).Act(t.Context(), link, "")
	require.NoError(t, err)
	require.Equal(t, Used, v.Standing)
	require.False(t, v.Use.Done)
	require.Empty(t, s.started)
}

// A link whose order has another run than the mail named does nothing.
func TestActOnTheNamedRunAlone(t *testing.T) {
	t.Parallel()
	for run, want := range map[string]Standing{"newer": Newer, "": Gone} {
		s := &store{run: run}
		v, err := with(s).Act(t.Context(), link, "")
		require.NoError(t, err)
		require.Equal(t, want, v.Standing)
		require.Empty(t, s.uses)
	}
}

func TestActFails(t *testing.T) {
	t.Parallel()
	s := &store{run: "named", away: errors.New("connection refused")}
	_, err := with(s).Act(t.Context(), link, "")
	require.ErrorContains(t, err, "connection refused")
	require.Empty(t, s.uses)

	s = &store{run: "named"} // No worker runs.
	v, err := with(s).Act(t.Context(), link, "")
	require.NoError(t, err)
	require.False(t, v.Use.Done)
	require.Len(t, s.started, 1)
}

func TestStanding(t *testing.T) {
	t.Parallel()
	for state, want := range map[executions.State][2]Standing{
		executions.Failed: {Open, Newer}, executions.Canceled: {Open, Newer}, executions.Left: {Open, Newer},
		executions.Running: {Running, Running}, executions.Completed: {Done, Done},
		executions.Settled: {Settled, Settled}, executions.Redacted: {Settled, Settled},
	} {
		require.Equal(t, want[0], standing(executions.Order{State: state, RunID: "named"}, link, nil), state)
		require.Equal(t, want[1], standing(executions.Order{State: state, RunID: "other"}, link, nil), state)
		require.Equal(t, Used, standing(executions.Order{State: state, RunID: "named"}, link, &Use{}), state)
	}
}
