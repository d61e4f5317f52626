package relayqueue_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

// service keeps the limit of a queue.
type service struct {
	workflowservice.WorkflowServiceClient
	limit *taskqueuepb.RateLimitConfig
}

func (s *service) DescribeTaskQueue(
	context.Context, *workflowservice.DescribeTaskQueueRequest, ...grpc.CallOption,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Config: &taskqueuepb.TaskQueueConfig{QueueRateLimit: s.limit}}, nil
}

func (s *service) UpdateTaskQueueConfig(
	_ context.Context, in *workflowservice.UpdateTaskQueueConfigRequest, _ ...grpc.CallOption,
) (*workflowservice.UpdateTaskQueueConfigResponse, error) {
	s.limit = &taskqueuepb.RateLimitConfig{
		RateLimit: in.GetUpdateQueueRateLimit().GetRateLimit(),
		Metadata:  &taskqueuepb.ConfigMetadata{Reason: in.GetUpdateQueueRateLimit().GetReason(), UpdateIdentity: in.GetIdentity()},
	}
	return &workflowservice.UpdateTaskQueueConfigResponse{}, nil
}

// A pause is a pause, whatever a person writes as its reason. An endpoint is slow only if some events go to it.
func TestStatus(t *testing.T) {
	t.Parallel()
	const reason = "the endpoint has failed: 5 attempts in a row have failed"
	s := &service{}
	q := relayqueue.Queues{Service: s, Name: func(endpoint string) string { return endpoint }, Identity: "jane"}
	state := func() relayqueue.Status {
		t.Helper()
		got, err := q.Status(t.Context(), "orders")
		require.NoError(t, err)
		return got
	}
	require.Equal(t, relayqueue.Status{State: relayqueue.Open}, state())
	require.NoError(t, q.Pause(t.Context(), "orders", reason))
	paused := state()
	require.Equal(t, []string{"paused", reason, "jane"}, []string{string(paused.State), paused.Reason, paused.By})
	b := relayqueue.NewBreaker(q, nil, nil)
	require.NoError(t, b.Stop(t.Context(), "orders", "gone"))
	require.Equal(t, paused, state())
	require.NoError(t, q.Probe(t.Context(), "orders", "5 attempts in a row have failed"))
	slow := state()
	require.Equal(t, []string{"probing", "5 attempts in a row have failed"}, []string{string(slow.State), slow.Reason})
	s.limit.Metadata.Reason = "the ERP asks for fewer"
	require.Equal(t, relayqueue.Open, state().State, "a pace that somebody has set")
	require.NoError(t, q.Resume(t.Context(), "orders", "done"))
	require.Equal(t, relayqueue.Status{State: relayqueue.Open}, state())
}
