package installation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// starting is a Temporal without schedules and workflows. It records what is started.
type starting struct {
	client.Client
	started []client.StartWorkflowOptions
}

func (*starting) WorkflowService() workflowservice.WorkflowServiceClient { return noSchedule{} }

func (*starting) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (s *starting) ExecuteWorkflow(
	_ context.Context, options client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	s.started = append(s.started, options)
	return started{}, nil
}

func (*starting) ScheduleClient() client.ScheduleClient { return noSchedules{} }

func (*starting) GetWorkflow(context.Context, string, string) client.WorkflowRun { return started{} }

type started struct{ client.WorkflowRun }

func (started) GetID() string    { return "id" }
func (started) GetRunID() string { return "run" }

type noSchedule struct {
	workflowservice.WorkflowServiceClient
}

func (noSchedule) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("there is no schedule")
}

type noSchedules struct{ client.ScheduleClient }

func (noSchedules) GetHandle(context.Context, string) client.ScheduleHandle { return gone{} }

type gone struct{ client.ScheduleHandle }

func (gone) Describe(context.Context) (*client.ScheduleDescription, error) {
	return nil, serviceerror.NewNotFound("there is no schedule")
}

// A run that was started by hand and that no worker continues ends by itself. Until then, the same command would only
// find that run. A sweep may take the six hours that its activity has.
func TestRunsByHandEnd(t *testing.T) {
	t.Parallel()
	temporal := &starting{}
	cfg := config.Default()
	payloads, err := codec.New(ops.Payload{Encryption: ops.EncryptionOff}, "default")
	require.NoError(t, err)
	o := installation.New(settings.New(executions.New(temporal, "default", payloads, ""), settings.ConfiguredBy(cfg)))
	now := time.Now()
	_, err = o.PollWindow(t.Context(), now.Add(-time.Hour), now)
	require.NoError(t, err)
	_, err = o.SweepNow(t.Context(), true)
	require.NoError(t, err)
	require.Len(t, temporal.started, 2)
	require.Equal(t, workflows.RerunTimeout, temporal.started[0].WorkflowRunTimeout)
	require.Equal(t, 8*time.Hour, temporal.started[1].WorkflowRunTimeout)
}
