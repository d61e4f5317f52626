package recovery

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// CancelCard cancels one card and waits for the result. The cancelling workflow keeps a record of who requested it and
// why.
func (o *Recovery) CancelCard(
	ctx context.Context, d *orders.OrderDetails, card orders.Card, by, reason string,
) (activities.CancelCardResult, error) {
	var out activities.CancelCardResult
	if err := o.CanRead(ctx); err != nil {
		return out, err
	}
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.CancelCardID(d.Shop, d.ID, card.Unit),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Cancel card %d of order %s", card.Unit, d.Name),
	}, workflows.CancelCardType, workflows.CancelCardInput{
		CancelCardInput: activities.CancelCardInput{
			OrderName: d.Name, Unit: card.Unit, MerchantCode: card.MerchantCode, EGCCode: card.EGCCode,
		},
		By: by, Reason: reason,
	})
	if executions.IsAlreadyStarted(err) {
		return out, fmt.Errorf("card %d of order %s is already cancelled, or is being cancelled: %s",
			card.Unit, d.Name, o.Link(workflows.CancelCardID(d.Shop, d.ID, card.Unit), ""))
	}
	if err != nil {
		return out, fmt.Errorf("cancel card %d of order %s: %w", card.Unit, d.Name, err)
	}
	return out, executions.Explain(ctx, run.Get(ctx, &out))
}
