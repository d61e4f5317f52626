package replaying

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/workflows"
)

// Settle records that an event that was refused need not be delivered, by whom and why. It is not listed any more then.
func Settle(ctx context.Context, o *relayed.Relayed, u relayed.Undelivered, by, reason string) error {
	u.Event.Body = ""
	var attributes temporal.SearchAttributes
	if u.Event.Order != "" {
		attributes = workflows.NameAttribute(u.Event.Order)
	}
	_, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: u.WorkflowID, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true, StaticSummary: u.Event.Topic + " was settled", TypedSearchAttributes: attributes,
	}, workflows.UndeliveredEventType, workflows.UndeliveredEventInput{
		Endpoint: u.Endpoint, Resource: u.Resource, Event: u.Event, By: by, Reason: reason,
	})
	if err != nil {
		return fmt.Errorf("record that event %s is settled: %w", u.Event.ID, err)
	}
	return nil
}
