package recovery

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// ResolveCard records what a person has found out about a card of a failed order: that it was issued, or that it was
// not. This has no effect until the order is rerun.
func (o *Recovery) ResolveCard(ctx context.Context, d *orders.OrderDetails, unit int, issued bool, by, reason string) error {
	if _, err := d.CardInDoubt(unit); err != nil {
		return err
	}
	return o.RecordResolution(ctx, d, unit, workflows.CardResolution{Issued: issued, RunID: d.RunID}, by, reason)
}

// RecordResolution records what a person has found out about a card of an order, whoever makes the card.
func (o *Recovery) RecordResolution(
	ctx context.Context, d *orders.OrderDetails, unit int, said workflows.CardResolution, by, reason string,
) error {
	if err := o.CanRead(ctx); err != nil {
		return err
	}
	id := workflows.ResolveCardID(d.Shop, d.ID, unit)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Record whether card %d of order %s was issued", unit, d.Name),
	}, workflows.ResolveCardType, workflows.ResolveCardInput{CardResolution: said, By: by, Reason: reason})
	if executions.IsAlreadyStarted(err) {
		return fmt.Errorf("card %d of order %s is already being resolved: %s", unit, d.Name, o.Link(id, ""))
	}
	if err != nil {
		return fmt.Errorf("resolve card %d of order %s: %w", unit, d.Name, err)
	}
	return executions.Explain(ctx, run.Get(ctx, nil))
}

// Resolution returns the latest resolution of a card, or nil if no person has resolved it.
func (o *Recovery) Resolution(ctx context.Context, orderWorkflowID string, unit int) (*workflows.CardResolution, error) {
	shop, order, err := workflows.ParseGiftCardOrderID(orderWorkflowID)
	if err != nil {
		return nil, err
	}
	id := workflows.ResolveCardID(shop, order, unit)
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	if executions.StateOf(d.GetWorkflowExecutionInfo().GetStatus()) != executions.Completed {
		return nil, nil
	}
	var said workflows.CardResolution
	run := d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	if err := o.Client.GetWorkflow(ctx, id, run).Get(ctx, &said); err != nil {
		return nil, fmt.Errorf("read the result of %s: %w", id, err)
	}
	return &said, nil
}
