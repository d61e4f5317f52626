package promises

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/workflows"
)

// Requested implements [deferred.RequestedCards].
func (p *Promises) Requested(ctx context.Context, u deferred.Unit, keys []string) (intake.Requested, error) {
	out := intake.Requested{Issued: map[string]bool{}, Open: map[string]bool{}}
	for _, key := range keys {
		sibling := u
		sibling.Key = key
		exists, open, err := p.requested(ctx, sibling)
		if err != nil {
			return out, err
		}
		if exists {
			out.Issued[key] = true
		}
		if open {
			out.Open[key] = true
		}
	}
	return out, nil
}

// requested reports whether the card of a unit exists, or may exist as far as anybody but a person can say, and whether it
// is being given its value, so that this is not known yet. A card that is generated or claimed is worth nothing.
func (p *Promises) requested(ctx context.Context, u deferred.Unit) (exists, open bool, err error) {
	for number := 1; number <= maxNumber; number++ {
		id := workflows.DeferredCardID(u.Issuer, u.Key, number)
		d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
		if executions.IsNotFound(err) {
			return false, false, nil
		}
		if err != nil {
			return false, false, fmt.Errorf("describe %s: %w", id, err)
		}
		info := d.GetWorkflowExecutionInfo()
		switch executions.StateOf(info.GetStatus()) {
		case executions.Running:
			open, err := p.mayBeActive(ctx, info)
			return false, open, err
		case executions.Completed:
			return true, false, nil
		}
		if app, said, err := p.failure(ctx, info); err != nil {
			return false, false, err
		} else if app != nil && said.Clean {
			continue
		}
		if none, err := p.hasNone(ctx, u, number); err != nil || !none {
			return err == nil, false, err
		}
	}
	return true, false, nil
}

// hasNone reports whether a person has found out that a card, whose workflow has failed without saying so, has no value. The
// card of a later number shows that, too.
func (p *Promises) hasNone(ctx context.Context, u deferred.Unit, number int) (bool, error) {
	if later, err := p.begun(ctx, u.Issuer, u.Key, number+1); err != nil || later {
		return later, err
	}
	units, err := p.Units(ctx, u.OrderWorkflowID, "")
	if err != nil {
		return false, err
	}
	for _, other := range units {
		if other.Key != u.Key {
			continue
		}
		said, err := p.Resolution(ctx, u.OrderWorkflowID, other.Number)
		return said != nil && !said.Issued && said.Card == workflows.DeferredCardID(u.Issuer, u.Key, number), err
	}
	return false, nil
}

// mayBeActive reports whether a running workflow may have asked its issuer to give the card its value, or is about to. A
// run that a reset created does not know what the runs before it have asked for.
func (p *Promises) mayBeActive(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (bool, error) {
	run := info.GetExecution()
	if info.GetFirstRunId() != run.GetRunId() {
		return true, nil
	}
	asked := map[int64]bool{}
	err := p.EachEvent(ctx, run.GetWorkflowId(), run.GetRunId(), func(e *historypb.HistoryEvent) error {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == deferred.ActivateCardType {
				asked[e.GetEventId()] = true
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			a := e.GetActivityTaskFailedEventAttributes()
			if asked[a.GetScheduledEventId()] && notSent(p.Failures.FailureToError(a.GetFailure())) {
				delete(asked, a.GetScheduledEventId())
			}
		default:
		}
		return nil
	})
	return len(asked) > 0, err
}

// notSent reports whether it is certain that nothing came of an attempt to give a card its value.
func notSent(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	var said deferred.NotSent
	return ok && app.HasDetails() && app.Details(&said) == nil && said.NotSent
}
