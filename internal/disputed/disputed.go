// Package disputed keeps the record of disputes about the payments of orders that giftbridge has issued. It implements
// activities.DisputeRecords.
package disputed

import (
	"context"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Disputed is the record of one installation.
type Disputed struct{ *recovery.Recovery }

// New returns the record of an installation.
func New(r *recovery.Recovery) *Disputed { return &Disputed{r} }

// RecordDispute starts the workflow DisputedOrder for a dispute, unless it is recorded already or no card of its order can
// exist: an order that is left to people has its cards from somewhere else. It implements activities.DisputeRecords.
func (o *Disputed) RecordDispute(ctx context.Context, d activities.DisputedOrder) (bool, error) {
	id := workflows.DisputedOrderID(d.Shop, d.ID, d.Dispute)
	_, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if err == nil {
		return false, nil // Asked first, because each refused start is an action on Temporal Cloud.
	}
	if !executions.IsNotFound(err) {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	found, err := o.Client.DescribeWorkflowExecution(ctx, workflows.GiftCardOrderID(d.Shop, d.ID), "")
	if executions.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe order %s: %w", d.ID, err)
	}
	order := o.Order(found.GetWorkflowExecutionInfo())
	if executions.TypeOf(order.State) == workflows.LeftOrderType {
		return false, nil
	}
	d.Name = order.Name
	return o.StartOnce(ctx, id, workflows.ListingOfDispute(d), workflows.DisputedOrderType, d)
}

// Record is a dispute on record.
type Record struct {
	activities.DisputedOrder
	// Info is the run of its workflow.
	Info *workflowpb.WorkflowExecutionInfo
}

// ReadDispute reads a record from the memo of its run.
func ReadDispute(o *executions.Reader, info *workflowpb.WorkflowExecutionInfo) (Record, error) {
	out := Record{Info: info}
	err := o.Converter.FromPayload(info.GetMemo().GetFields()[workflows.DisputeMemoKey], &out.DisputedOrder)
	if err != nil {
		return out, fmt.Errorf("read the memo of %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return out, nil
}
