package replaying

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
)

// spread is how far apart the attempts are that one request to hurry brings about: an endpoint that is back does not get them all in
// one moment.
const spread = 10 * time.Second

// Hurry has the events that wait for an endpoint tried now, and not at the time of their next attempt, which may be a day away. Their
// attempts are counted anew. One that is being tried just now is left alone: Temporal would refuse the result of that attempt, and the
// endpoint would get the event twice. It returns in how many mailboxes events wait. told is called after each of them.
func Hurry(ctx context.Context, o *relayed.Relayed, endpoint string, told func(done int)) (int, error) {
	done := 0
	err := o.Running(ctx, endpoint, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		trying, err := tried(ctx, o, id)
		if err != nil {
			return false, err
		}
		if trying {
			done++
			told(done)
			return true, nil
		}
		_, err = o.Client.WorkflowService().ResetActivity(ctx, &workflowservice.ResetActivityRequest{
			Namespace: o.Namespace(), Identity: o.Queues.Identity,
			Execution: &commonpb.WorkflowExecution{WorkflowId: id},
			Activity:  &workflowservice.ResetActivityRequest_Type{Type: relayed.DeliverType},
			Jitter:    durationpb.New(spread),
		})
		if executions.IsNotFound(err) {
			return true, nil // Its event was delivered meanwhile.
		}
		if err != nil {
			return false, fmt.Errorf("have %s tried now: %w", id, err)
		}
		done++
		told(done)
		return true, nil
	})
	return done, err
}

// tried reports whether an attempt is under way in a mailbox.
func tried(ctx context.Context, o *relayed.Relayed, id string) (bool, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return false, nil // As if it had ended meanwhile.
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	return slices.ContainsFunc(d.GetPendingActivities(), func(p *workflowpb.PendingActivityInfo) bool {
		return p.GetActivityType().GetName() == relayed.DeliverType && p.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED
	}), nil
}
