package promises

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/workflows"
)

// ClaimDrain implements [deferred.Temporal].
func (p *Promises) ClaimDrain(ctx context.Context, u deferred.Unit, by activities.WorkflowRun) (bool, error) {
	for number := 1; number <= maxNumber; number++ {
		id := workflows.DrainClaimID(u.Issuer, u.Key, number)
		owner, err := p.claimOf(ctx, id, by)
		if err != nil {
			return false, err
		}
		if owner == by {
			return true, nil
		}
		if clean, err := p.endedClean(ctx, owner); err != nil || !clean {
			return false, err
		}
	}
	return false, nil
}

// claimOf claims an ID for a run, and returns the run that has it.
func (p *Promises) claimOf(ctx context.Context, id string, by activities.WorkflowRun) (owner activities.WorkflowRun, err error) {
	made := workflows.CodeClaim{Key: by.WorkflowID + " " + by.RunID}
	started, err := p.StartOnce(ctx, id, workflows.Listing{Memo: map[string]any{workflows.ClaimMemoKey: made}},
		workflows.ClaimCodeType, made)
	if err != nil {
		return owner, fmt.Errorf("claim %s: %w", id, err)
	}
	if started {
		return by, nil
	}
	return p.ownerOf(ctx, id)
}

// ownerOf returns the run that has claimed an ID.
func (p *Promises) ownerOf(ctx context.Context, id string) (owner activities.WorkflowRun, err error) {
	d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return owner, fmt.Errorf("describe %s: %w", id, err)
	}
	var made workflows.CodeClaim
	memo := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.ClaimMemoKey]
	if err := p.Converter.FromPayload(memo, &made); err != nil {
		return owner, fmt.Errorf("read to which run %s belongs: %w", id, err)
	}
	_, err = fmt.Sscan(made.Key, &owner.WorkflowID, &owner.RunID)
	return owner, err
}

// endedClean reports whether a run has failed saying that it has not taken the value of its card back.
func (p *Promises) endedClean(ctx context.Context, run activities.WorkflowRun) (bool, error) {
	info, err := p.DescribeRun(ctx, run.WorkflowID, run.RunID)
	if executions.IsNotFound(err) {
		return false, nil
	}
	if err != nil || executions.StateOf(info.GetStatus()) == executions.Running {
		return false, err
	}
	err = p.Client.GetWorkflow(ctx, run.WorkflowID, run.RunID).Get(ctx, nil)
	if ctx.Err() != nil {
		return false, err
	}
	var said workflows.CancelCardFailure
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.HasDetails() && app.Details(&said) == nil && said.Clean, nil
}

// Drained implements [deferred.Temporal]. A run that was refused has taken nothing back, although it has claimed that.
func (p *Promises) Drained(ctx context.Context, u deferred.Unit) (bool, error) {
	for number := 1; number <= maxNumber; number++ {
		owner, err := p.ownerOf(ctx, workflows.DrainClaimID(u.Issuer, u.Key, number))
		if executions.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if clean, err := p.endedClean(ctx, owner); err != nil || !clean {
			return err == nil, err
		}
	}
	return false, nil
}

// Existing returns the cards of an order that their issuers make later and that have their value, the numbers of those of
// which only a person can say whether they have, and why it is too early to say; empty if it is not.
func (p *Promises) Existing(
	ctx context.Context, workflowID string, runs []string,
) (cards []activities.ExistingCard, inDoubt []int, waits string, err error) {
	units, err := p.Units(ctx, workflowID, runs...)
	if err != nil {
		return nil, nil, "", err
	}
	for _, u := range units {
		s, err := p.Standing(ctx, u)
		switch {
		case err != nil:
			return nil, nil, "", err
		case s.State == cardlog.Settled || s.Resolved != nil && s.Resolved.Issued:
			cards = append(cards, activities.ExistingCard{
				Unit: u.Number, AuditNumber: u.Key, Amount: u.Price, Currency: u.Currency, Issuer: u.Issuer, Item: u.Item,
			})
		case s.State == cardlog.NotBegun:
		case s.State != cardlog.Failed:
			return nil, nil, fmt.Sprintf("the issuer has not finished card %d", u.Number), nil
		case s.InDoubt():
			inDoubt = append(inDoubt, u.Number)
		}
	}
	return cards, inDoubt, "", nil
}
