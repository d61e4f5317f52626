package recovery

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// cancelsWithin is how long a person waits until the value of a card is taken back by an issuer that answers later.
const cancelsWithin = time.Minute

// CancelCard cancels one card and waits for the result. The cancelling workflow keeps a record of who requested it and
// why. later is the card if its issuer makes it later: if that issuer takes its time, the status says where to look.
func (o *Recovery) CancelCard(
	ctx context.Context, d *orders.OrderDetails, card orders.Card, later *deferred.Unit, by, reason string,
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
		By: by, Reason: reason, Later: later,
	})
	if executions.IsAlreadyStarted(err) {
		return out, fmt.Errorf("card %d of order %s is already cancelled, or is being cancelled: %s",
			card.Unit, d.Name, o.Link(workflows.CancelCardID(d.Shop, d.ID, card.Unit), ""))
	}
	if err != nil {
		return out, fmt.Errorf("cancel card %d of order %s: %w", card.Unit, d.Name, err)
	}
	if later == nil {
		return out, executions.Explain(ctx, run.Get(ctx, &out))
	}
	waiting, cancel := context.WithTimeout(ctx, cancelsWithin)
	defer cancel()
	if err := run.Get(waiting, &out); waiting.Err() == nil || ctx.Err() != nil {
		return out, executions.Explain(ctx, err)
	}
	out.Status = "its issuer was asked to take its value back, and has not shown the result yet: " + o.Link(run.GetID(), run.GetRunID())
	return out, nil
}
