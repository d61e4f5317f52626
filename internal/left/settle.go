package left

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Settle records that a person has settled an order, and why: it leaves the digest, and nothing but a release issues it.
// The record is a run of LeftOrder under the order's workflow ID, which replaces the failed run as the newest one. So a
// worker of an earlier release does not run the order again either.
func (o *Left) Settle(ctx context.Context, d *orders.OrderDetails, by, note string) error {
	if d.State == executions.Settled {
		return fmt.Errorf("order %s is settled already, by %s: %s", d.Name, d.Left.By, d.Left.Note)
	}
	return o.decide(ctx, d, giftcard.Settled, by, note)
}

// Reopen takes back that an order is settled: the next digest lists it as left to people. Its cards are issued only by a
// release.
func (o *Left) Reopen(ctx context.Context, d *orders.OrderDetails, by, note string) error {
	if d.State != executions.Settled {
		return fmt.Errorf("order %s is not settled", d.Name)
	}
	return o.decide(ctx, d, giftcard.Reopened, by, note)
}

// nothingToDecide returns an error if an order is running, complete or redacted, so that there is nothing to decide about it.
func nothingToDecide(d *orders.OrderDetails) error {
	switch d.State {
	case executions.Redacted:
		return fmt.Errorf("order %s is redacted: nothing is left to decide about it", d.Name)
	case executions.Running:
		return fmt.Errorf("order %s is being issued: wait until it has finished", d.Name)
	case executions.Completed:
		return fmt.Errorf("order %s already has its cards", d.Name)
	}
	return nil
}

// decide records a person's decision about an order that is neither running nor complete.
func (o *Left) decide(ctx context.Context, d *orders.OrderDetails, reason giftcard.Reason, by, note string) error {
	if err := nothingToDecide(d); err != nil {
		return err
	}
	left, err := o.decision(ctx, d, reason, by, note)
	if err != nil {
		return err
	}
	run, err := o.record(ctx, d.WorkflowID, left)
	if err != nil {
		return err
	}
	return executions.Explain(ctx, run.Get(ctx, nil))
}

// decision returns the record of a person's decision about an order.
func (o *Left) decision(
	ctx context.Context, d *orders.OrderDetails, reason giftcard.Reason, by, note string,
) (activities.LeftOrder, error) {
	left := activities.LeftOrder{
		Shop: d.Shop, ID: d.ID, Name: d.Name, Reason: reason, By: by, Note: note, RunID: d.RunID,
	}
	if d.Left != nil {
		left.Was = cmp.Or(d.Left.Was, string(d.Left.Reason))
		left.CreatedAt, left.Cards, left.Amount, left.Currency = d.Left.CreatedAt, d.Left.Cards, d.Left.Amount, d.Left.Currency
	} else {
		in, err := o.OrderInput(ctx, d.WorkflowID, d.RunID)
		if err != nil {
			return left, err
		}
		if d.Failure != nil {
			left.Was = d.Failure.Kind
		}
		left.CreatedAt, left.Cards = in.Order.CreatedAt, in.Order.Units()
		if value, err := in.Order.Value(); err == nil {
			left.Amount, left.Currency = value.Amount(), value.Currency
		}
	}
	return left, nil
}

// SettleRun settles an order as [Left.Settle] does, if its newest run is the one in the input, and does not wait for the
// record to be complete. An earlier attempt that settled it counts. It implements activities.OrderDecisions.
func (o *Left) SettleRun(
	ctx context.Context, in activities.SettleOrderInput,
) (out activities.SettleOrderResult, err error) {
	d, err := o.ShowOrder(ctx, in.Order)
	if _, gone := errors.AsType[*executions.NotFoundError](err); gone {
		out.LeftAlone = "Temporal does not have it, or has deleted it"
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if d.State == executions.Settled && d.Left.RunID == in.RunID && d.Left.By == in.By && d.Left.Note == in.Note {
		out.RunID = d.RunID
		return out, nil
	}
	switch decided := nothingToDecide(d); {
	case d.RunID != in.RunID:
		out.LeftAlone = "it was run again, or decided about, meanwhile"
	case d.State == executions.Settled:
		out.LeftAlone = "it is settled already"
	case decided != nil:
		out.LeftAlone = decided.Error()
	}
	if out.LeftAlone != "" {
		return out, nil
	}
	left, err := o.decision(ctx, d, giftcard.Settled, in.By, in.Note)
	if err != nil {
		return out, err
	}
	run, err := o.record(ctx, in.Order, left)
	if err != nil {
		return out, err
	}
	out.RunID = run.GetRunID()
	return out, nil
}

// record starts a run of LeftOrder under the order's workflow ID, which replaces the last one as the newest run. It returns
// an error if a run is in progress.
func (o *Left) record(ctx context.Context, workflowID string, left activities.LeftOrder) (client.WorkflowRun, error) {
	if err := o.notRerunning(ctx, left.Name); err != nil {
		return nil, err
	}
	if err := o.CanRead(ctx); err != nil {
		return nil, err
	}
	listing := workflows.ListingOfLeft(left)
	run, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflowID,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    listing.Attributes,
		Memo:                                     listing.Memo,
		StaticSummary:                            listing.Summary,
		StaticDetails:                            listing.Details,
	}, workflows.LeftOrderType, left)
	if executions.IsAlreadyStarted(err) {
		return nil, fmt.Errorf("order %s was started meanwhile: %s", left.Name, o.Link(workflowID, ""))
	}
	if err != nil {
		return nil, fmt.Errorf("record what was decided about order %s: %w", left.Name, err)
	}
	return run, nil
}

// notRerunning returns an error while failed orders are being run again: a reset of this order would end its record.
func (o *Left) notRerunning(ctx context.Context, name string) error {
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflows.RerunOrdersID, "")
	if executions.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a re-run of failed orders: %w", err)
	}
	if executions.StateOf(d.GetWorkflowExecutionInfo().GetStatus()) == executions.Running {
		return fmt.Errorf("failed orders are being run again, and order %s may be one of them (%s); try again when that is done",
			name, o.Link(workflows.RerunOrdersID, ""))
	}
	return nil
}
