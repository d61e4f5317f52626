package rollout

import (
	"context"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// queue is a task queue of one type, written as "giftbridge workflow".
type queue struct {
	name string
	of   enumspb.TaskQueueType
}

func (q queue) String() string { return q.name + " " + strings.ToLower(q.of.String()) }

// queues lists all task queues that a worker polls.
var queues = []queue{
	{workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
	{workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
	{workflows.IssueTaskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
}

// stillPolls is the maximum time since the last poll of a worker that counts as polling: a poll without work takes a
// minute. A worker that has stopped still counts for this long.
const stillPolls = 75 * time.Second

// Unpolled lists the queues that no worker polls. If workers have versions, only workers of the current version count.
func (o *Rollout) Unpolled(ctx context.Context) ([]string, error) {
	deployment, current := o.deployment, ""
	if deployment != "" {
		var err error
		if current, err = o.CurrentBuild(ctx); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, q := range queues {
		d, err := o.Client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: o.Namespace(), TaskQueue: &taskqueuepb.TaskQueue{Name: q.name}, TaskQueueType: q.of,
		})
		if err != nil {
			return nil, fmt.Errorf("describe task queue %s: %w", q, err)
		}
		polled := false
		for _, p := range d.GetPollers() {
			build, ours := buildOf(p, deployment)
			counts := deployment == "" || (ours && build == current)
			polled = polled || (counts && time.Since(p.GetLastAccessTime().AsTime()) <= stillPolls)
		}
		if !polled {
			out = append(out, q.String())
		}
	}
	return out, nil
}
