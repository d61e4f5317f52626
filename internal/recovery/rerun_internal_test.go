package recovery

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/workflows"
)

// An order that somebody has ended is run again only if it is named.
func TestEndedOrdersAreRunAgainByName(t *testing.T) {
	t.Parallel()
	for status, why := range map[enumspb.WorkflowExecutionStatus]string{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: "it was terminated",
		enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:   "it was cancelled",
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:     "",
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  "",
	} {
		run := &workflowpb.WorkflowExecutionInfo{
			Status: status, Type: &commonpb.WorkflowType{Name: workflows.GiftCardOrderType},
		}
		require.Equal(t, why, notFailed(run, activities.RerunFailedOrdersInput{}), status)
		require.Empty(t, notFailed(run, activities.RerunFailedOrdersInput{Orders: []string{"named"}}), status)
	}
}

// scheduled is a Temporal with schedules of one input and no workflows. It records what is started.
type scheduled struct {
	client.Client

	input   *commonpb.Payload
	started []client.StartWorkflowOptions
}

func (s *scheduled) WorkflowService() workflowservice.WorkflowServiceClient {
	return described{input: s.input}
}

func (s *scheduled) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (s *scheduled) ExecuteWorkflow(
	_ context.Context, options client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	s.started = append(s.started, options)
	return begun{}, nil
}

type begun struct{ client.WorkflowRun }

func (begun) GetID() string    { return workflows.RerunOrdersID }
func (begun) GetRunID() string { return "run" }

type described struct {
	workflowservice.WorkflowServiceClient
	input *commonpb.Payload
}

func (d described) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return &workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{Action: &schedulepb.ScheduleAction{
		Action: &schedulepb.ScheduleAction_StartWorkflow{StartWorkflow: &workflowpb.NewWorkflowExecutionInfo{
			Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{d.input}},
		}},
	}}}, nil
}

// A rerun that no worker can read would block all others, so keys that cannot read what is there start none. One that no
// worker continues ends by itself.
func TestRerunOrdersCannotBlockOthers(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[string]int{"json/plain": 1, "binary/encrypted": 0} {
		temporal := &scheduled{input: &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte(encoding)}, Data: []byte(`{}`),
		}}
		_, err := recoveryOf(temporal).RerunOrders(t.Context(), workflows.RerunOrdersInput{})
		require.Len(t, temporal.started, want, encoding)
		if want == 0 {
			require.ErrorContains(t, err, "nothing was started, as workers could not read it")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, workflows.RerunTimeout, temporal.started[0].WorkflowRunTimeout)
	}
}
