package operator

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// CardInDoubt returns the card of a unit of which nobody knows whether it was issued, or why there is none.
func (d *OrderDetails) CardInDoubt(unit int) (workflows.UnitFailure, error) {
	for _, u := range d.failedUnits() {
		switch {
		case u.Unit != unit:
		case u.Kind == giftcard.OutcomeUnknown:
			return u, nil
		default:
			return u, fmt.Errorf("card %d of order %s is not in doubt: it failed as %s", unit, d.Name, u.Kind)
		}
	}
	for _, c := range d.Cards() {
		if c.Unit == unit {
			return workflows.UnitFailure{}, fmt.Errorf("card %d of order %s is not in doubt: it exists", unit, d.Name)
		}
	}
	if d.State == Running {
		return workflows.UnitFailure{}, fmt.Errorf("order %s is running: wait for what comes of it", d.Name)
	}
	return workflows.UnitFailure{}, &NotFoundError{fmt.Sprintf("order %s has no card %d that is in doubt", d.Name, unit)}
}

// UnitsInDoubt returns the cards of a failed order of which nobody knows whether they were issued.
func (d *OrderDetails) UnitsInDoubt() []int {
	var out []int
	for _, u := range d.failedUnits() {
		if u.Kind == giftcard.OutcomeUnknown {
			out = append(out, u.Unit)
		}
	}
	return out
}

func (d *OrderDetails) failedUnits() []workflows.UnitFailure {
	if d.Units == nil {
		return nil
	}
	return d.Units.Failed
}

// ResolveCard puts on record what a person has found out about a card of a failed order: that it was issued, or that it
// was not. It changes nothing until the order is run again.
func (o *Operator) ResolveCard(ctx context.Context, d *OrderDetails, unit int, issued bool, by, reason string) error {
	if _, err := d.CardInDoubt(unit); err != nil {
		return err
	}
	if err := o.canRead(ctx); err != nil {
		return err
	}
	id := workflows.ResolveCardID(d.Shop, d.ID, unit)
	run, err := o.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Say whether card %d of order %s was issued", unit, d.Name),
	}, workflows.ResolveCardType, workflows.ResolveCardInput{
		CardResolution: workflows.CardResolution{Issued: issued, RunID: d.RunID}, By: by, Reason: reason,
	})
	if isAlreadyStarted(err) {
		return fmt.Errorf("somebody is resolving card %d of order %s right now: %s", unit, d.Name, o.Link(id, ""))
	}
	if err != nil {
		return fmt.Errorf("resolve card %d of order %s: %w", unit, d.Name, err)
	}
	return explain(ctx, run.Get(ctx, nil))
}

// resolution returns what a person has last said of a card, nil if nobody has said anything.
func (o *Operator) resolution(ctx context.Context, orderWorkflowID string, unit int) (*workflows.CardResolution, error) {
	shop, order, err := workflows.ParseGiftCardOrderID(orderWorkflowID)
	if err != nil {
		return nil, err
	}
	id := workflows.ResolveCardID(shop, order, unit)
	d, err := o.client.DescribeWorkflowExecution(ctx, id, "")
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	if stateOf(d.GetWorkflowExecutionInfo().GetStatus()) != Completed {
		return nil, nil
	}
	var said workflows.CardResolution
	run := d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	if err := o.client.GetWorkflow(ctx, id, run).Get(ctx, &said); err != nil {
		return nil, fmt.Errorf("read the result of %s: %w", id, err)
	}
	return &said, nil
}
