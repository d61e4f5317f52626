package promises

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/workflows"
)

// settlesWithin is how long a person waits for the workflow of a card to take in what was found out about it.
const settlesWithin = 30 * time.Second

// Resolve records what a person has found out about a card: that it has its value, or that it has not and will not get it. The
// workflow of a card whose activation is open is told; what is said of a card whose workflow has ended has an effect once the
// order is run again.
func (p *Promises) Resolve(ctx context.Context, d *orders.OrderDetails, s cardlog.Standing, issued bool, by, reason string) error {
	if err := p.CanRead(ctx); err != nil {
		return err
	}
	switch {
	case !s.InDoubt():
		return fmt.Errorf("card %d of order %s is not in doubt: %s", s.Unit, d.Name, s.State)
	case issued && s.Code() == "":
		return fmt.Errorf("card %d of order %s cannot have its value: no card of the issuer's was asked to be activated for it; "+
			"pass --not-issued, and it is made", s.Unit, d.Name)
	case !s.Open:
		return p.RecordResolution(ctx, d, s.Unit, workflows.CardResolution{Issued: issued, RunID: d.RunID, Card: s.WorkflowID}, by, reason)
	}
	found := workflows.DeferredResolution{Issued: issued, By: by, Reason: reason}
	err := p.Client.SignalWorkflow(ctx, s.WorkflowID, s.RunID, workflows.ResolveSignal, found)
	if executions.IsNotFound(err) {
		return fmt.Errorf("card %d of order %s was settled meanwhile; see orders show", s.Unit, d.Name)
	}
	if err != nil {
		return fmt.Errorf("tell the workflow of card %d of order %s: %w", s.Unit, d.Name, err)
	}
	if !issued {
		return nil
	}
	return p.tellSoon(ctx, d.WorkflowID, s)
}

// tellSoon tells an order that a card is settled, once the workflow of the card is done. The order also finds that out by
// itself, if later.
func (p *Promises) tellSoon(ctx context.Context, orderWorkflowID string, s cardlog.Standing) error {
	waiting, cancel := context.WithTimeout(ctx, settlesWithin)
	defer cancel()
	var out workflows.DeferredCardResult
	if err := p.Client.GetWorkflow(waiting, s.WorkflowID, s.RunID).Get(waiting, &out); err != nil {
		if waiting.Err() != nil {
			return ctx.Err()
		}
		return executions.Explain(ctx, err)
	}
	return p.Tell(ctx, orderWorkflowID, deferred.Settled{Key: s.Key, Card: &out.Card})
}

// doubtful returns where a card stands whose workflow has failed without saying that no card has a value. A person may have
// found out what is true. The card of a later number shows that a person has.
func (p *Promises) doubtful(
	ctx context.Context, u deferred.Unit, number int, runID string, why error,
) (_ *deferred.Card, anew bool, err error) {
	if later, err := p.begun(ctx, u.Issuer, u.Key, number+1); err != nil || later {
		return nil, err == nil, err
	}
	id := workflows.DeferredCardID(u.Issuer, u.Key, number)
	said, err := p.Resolution(ctx, u.OrderWorkflowID, u.Number)
	switch {
	case err != nil:
		return nil, false, err
	case said == nil || said.Card != id:
		return nil, false, why
	case !said.Issued:
		return nil, true, nil
	}
	s := cardlog.Standing{Unit: u.Number}
	if err := s.Read(ctx, p.Reader, id, runID); err != nil {
		return nil, false, err
	}
	if s.Code() == "" {
		return nil, false, why
	}
	return &deferred.Card{Code: s.Code(), Price: u.Price, Currency: u.Currency, ValidUntil: s.ValidUntil}, false, nil
}

// begun reports whether the card of a unit was begun under a number.
func (p *Promises) begun(ctx context.Context, issuerName, key string, number int) (bool, error) {
	id := workflows.DeferredCardID(issuerName, key, number)
	_, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil && !executions.IsNotFound(err) {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	return err == nil, nil
}

// CardOf returns the card of a unit that exists and has its value, as far as its workflow or a person says. It fails as
// InvalidRequest if there is none on record.
func (p *Promises) CardOf(ctx context.Context, u deferred.Unit) (*deferred.Card, error) {
	info, number, err := p.newest(ctx, u)
	if err != nil {
		return nil, err
	}
	if info != nil {
		card, _, err := p.read(ctx, u, number, info, "")
		switch _, known := errors.AsType[*giftcard.Error](err); {
		case card != nil:
			return card, nil
		case err != nil && !known:
			return nil, err
		}
	}
	return nil, giftcard.Errorf(giftcard.InvalidRequest, "no card is on record for it that has its value")
}
