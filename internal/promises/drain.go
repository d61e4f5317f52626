package promises

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/workflows"
)

// ClaimDrain implements [deferred.Temporal].
func (p *Promises) ClaimDrain(ctx context.Context, u deferred.Unit, by activities.WorkflowRun) (attempt int, err error) {
	for number := 1; number <= maxNumber; number++ {
		id := workflows.DrainClaimID(u.Issuer, u.Key, number)
		owner, err := p.claimOf(ctx, id, by.WorkflowID+" "+by.RunID)
		if err != nil {
			return 0, err
		}
		if owner == by {
			return number, nil
		}
		if clean, err := p.endedClean(ctx, owner); err != nil || !clean {
			return 0, err
		}
	}
	return 0, nil
}

// claimOf claims an ID for a run, and returns the run that has it.
func (p *Promises) claimOf(ctx context.Context, id, run string) (owner activities.WorkflowRun, err error) {
	made := workflows.CodeClaim{Key: run}
	started, err := p.StartOnce(ctx, id, workflows.Listing{Memo: map[string]any{workflows.ClaimMemoKey: made}},
		workflows.ClaimCodeType, made)
	if err != nil {
		return owner, fmt.Errorf("claim %s: %w", id, err)
	}
	if !started {
		return p.ownerOf(ctx, id)
	}
	return by(made)
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
	return by(made)
}

// by returns the run that has made a claim.
func by(made workflows.CodeClaim) (owner activities.WorkflowRun, err error) {
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

// Drained implements [deferred.Temporal].
func (p *Promises) Drained(ctx context.Context, u deferred.Unit) (deferred.Drained, error) {
	known := deferred.NotDrained
	for number := 1; number <= maxNumber; number++ {
		owner, err := p.ownerOf(ctx, workflows.DrainClaimID(u.Issuer, u.Key, number))
		if executions.IsNotFound(err) {
			return known, nil
		}
		if err != nil {
			return known, err
		}
		one, err := p.drainedBy(ctx, owner, number)
		if known = max(known, one); err != nil || known == deferred.SurelyDrained {
			return known, err
		}
	}
	return known, nil
}

// drainedBy returns what the history of a run says of its attempt to take the value of a card back. Nothing is known of a run
// whose history has expired.
func (p *Promises) drainedBy(ctx context.Context, run activities.WorkflowRun, attempt int) (deferred.Drained, error) {
	asked := map[int64]deferred.Drained{}
	done, refused := false, false
	err := p.EachEvent(ctx, run.WorkflowID, run.RunID, func(e *historypb.HistoryEvent) error {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == deferred.DrainCardType {
				asked[e.GetEventId()] = deferred.PerhapsDrained
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			a := e.GetActivityTaskCompletedEventAttributes()
			if _, ours := asked[a.GetScheduledEventId()]; !ours {
				return nil
			}
			var out deferred.DrainCardResult
			if err := p.Converter.FromPayloads(a.GetResult(), &out); err != nil {
				return fmt.Errorf("read what became of taking a value back: %w", err)
			}
			switch {
			case out.Before:
				delete(asked, a.GetScheduledEventId())
			case out.Unclear == "":
				asked[a.GetScheduledEventId()] = deferred.SurelyDrained
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			a := e.GetActivityTaskFailedEventAttributes()
			if notSent(p.Failures.FailureToError(a.GetFailure())) {
				delete(asked, a.GetScheduledEventId())
			}
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			s := e.GetWorkflowExecutionSignaledEventAttributes()
			var a workflows.DeferredAnswer
			if s.GetSignalName() != workflows.CallbackSignal || p.Converter.FromPayloads(s.GetInput(), &a) != nil ||
				a.Step != deferred.Draining {
				return nil
			}
			done = done || a.OK
			refused = refused || !a.OK && a.Attempt == attempt
		default:
		}
		return nil
	})
	switch {
	case executions.IsNotFound(err):
		return deferred.PerhapsDrained, nil
	case err != nil:
		return deferred.PerhapsDrained, err
	case done:
		return deferred.SurelyDrained, nil
	case refused:
		return deferred.NotDrained, nil
	}
	known := deferred.NotDrained
	for _, one := range asked {
		known = max(known, one)
	}
	return known, nil
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
