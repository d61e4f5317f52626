// Package relayqueue controls how many events go to an endpoint of the relay. Each endpoint has a task queue of its own, and
// Temporal keeps the limit of that queue: so all workers heed it at once, and no event is lost or fails while it waits.
package relayqueue

import (
	"context"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// State says how many events go to an endpoint.
type State string

const (
	// Open means that events go as fast as the endpoint may get them.
	Open State = "open"
	// Probing means that the endpoint has failed, and gets few events until it takes one.
	Probing State = "probing"
	// Paused means that it gets none until a person resumes it.
	Paused State = "paused"
)

// Status is the state of an endpoint.
type Status struct {
	State State
	// Reason says why, By who has done it, and Since when; empty for an open endpoint.
	Reason string
	By     string
	Since  time.Time
}

// probeRate is the number of attempts a second at an endpoint that has failed. It gets one every five seconds or so: an endpoint that
// is back is noticed soon, and one that is away is not worn out.
const probeRate = 0.2

const (
	// probing is the beginning of the reason that stands at a queue that is slow because its endpoint has failed.
	probing   = "the endpoint has failed: "
	maxReason = 300
	// timeout limits a request about a queue.
	timeout = 5 * time.Second
)

// Queues are the queues of a namespace.
type Queues struct {
	Service   workflowservice.WorkflowServiceClient
	Namespace string
	// Name returns the task queue of an endpoint.
	Name func(endpoint string) string
	// Identity says who changes a queue.
	Identity string
}

// Status returns the state of an endpoint.
func (q Queues) Status(ctx context.Context, endpoint string) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := q.Service.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace:     q.Namespace,
		TaskQueue:     &taskqueuepb.TaskQueue{Name: q.Name(endpoint), Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		ReportConfig:  true,
	})
	if err != nil {
		return Status{}, fmt.Errorf("read the state of endpoint %s: %w", endpoint, err)
	}
	limit := answer.GetConfig().GetQueueRateLimit()
	if limit.GetRateLimit() == nil {
		return Status{State: Open}, nil
	}
	meta := limit.GetMetadata()
	out := Status{State: Paused, Reason: meta.GetReason(), By: meta.GetUpdateIdentity(), Since: meta.GetUpdateTime().AsTime()}
	if limit.GetRateLimit().GetRequestsPerSecond() <= 0 {
		return out, nil // Whatever the reason says: a person may have copied it from an endpoint that was slow.
	}
	out.State = Open // Somebody has set a pace by hand.
	if rest, slow := strings.CutPrefix(meta.GetReason(), probing); slow {
		out.State, out.Reason = Probing, rest
	}
	return out, nil
}

// Pause lets no event go to an endpoint until it is resumed.
func (q Queues) Pause(ctx context.Context, endpoint, reason string) error {
	return q.set(ctx, endpoint, printable.Line(reason, maxReason), &taskqueuepb.RateLimit{RequestsPerSecond: 0})
}

// Probe lets few events go to an endpoint.
func (q Queues) Probe(ctx context.Context, endpoint, reason string) error {
	return q.set(ctx, endpoint, printable.Line(probing+reason, maxReason), &taskqueuepb.RateLimit{RequestsPerSecond: probeRate})
}

// Resume lets events go to an endpoint again, as fast as the workers' setting allows.
func (q Queues) Resume(ctx context.Context, endpoint, reason string) error {
	return q.set(ctx, endpoint, printable.Line(reason, maxReason), nil)
}

func (q Queues) set(ctx context.Context, endpoint, reason string, limit *taskqueuepb.RateLimit) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := q.Service.UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: q.Namespace, Identity: q.Identity, TaskQueue: q.Name(endpoint),
		TaskQueueType:        enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{RateLimit: limit, Reason: reason},
	})
	if err != nil {
		return fmt.Errorf("set the pace of endpoint %s: %w", endpoint, err)
	}
	return nil
}
