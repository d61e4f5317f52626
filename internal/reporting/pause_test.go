package reporting_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// idle is a Temporal without workflows, with schedules in the given states, by ID.
type idle struct {
	client.Client
	schedules map[string]*schedulepb.ScheduleState
}

// service is its lower-level interface.
type service struct {
	workflowservice.WorkflowServiceClient
	schedules map[string]*schedulepb.ScheduleState
}

func (i *idle) WorkflowService() workflowservice.WorkflowServiceClient {
	return &service{schedules: i.schedules}
}

func (*idle) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (*idle) CountWorkflow(
	context.Context, *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func (*service) DescribeNamespace(
	context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption,
) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func (s *service) DescribeSchedule(
	_ context.Context, in *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	state := s.schedules[in.GetScheduleId()]
	if state == nil {
		return nil, serviceerror.NewNotFound("no schedule")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{State: state}}, nil
}

// A report names a pause of the poll, as far as its note says something. A note that outlived its pause is none.
func TestReportOfAPause(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 2, 0, 0, 0, time.UTC)
	note := installation.Pause{Reason: "CashStar is being serviced", By: "ann@desk", At: at, Until: at.Add(4 * time.Hour)}.Note()
	for name, tt := range map[string]struct {
		schedules map[string]*schedulepb.ScheduleState
		want      *digest.Pause
	}{
		"by giftbridge": {
			map[string]*schedulepb.ScheduleState{workflows.PollScheduleID: {Paused: true, Notes: note}},
			&digest.Pause{Reason: "CashStar is being serviced", By: "ann@desk", At: at, Until: at.Add(4 * time.Hour)},
		},
		"by other means": {
			map[string]*schedulepb.ScheduleState{workflows.PollScheduleID: {Paused: true, Notes: "holiday"}},
			&digest.Pause{Reason: "holiday"},
		},
		"over":        {map[string]*schedulepb.ScheduleState{workflows.PollScheduleID: {Notes: note}}, nil},
		"of the mail": {map[string]*schedulepb.ScheduleState{workflows.PollScheduleID: {}, workflows.DigestScheduleID: {Paused: true}}, nil},
		"no schedule": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := executions.New(&idle{schedules: tt.schedules}, "default", new(codec.Codec), "")
			o := reporting.New(changed.New(recovery.New(orders.New(settings.New(reader, settings.Configured{})))), "example.myshopify.com", "")
			r, err := o.Report(t.Context(), activities.ReportInput{Since: time.Now().Add(-time.Hour)})
			require.NoError(t, err)
			require.Equal(t, tt.want, r.Paused)
		})
	}
}
