package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// activate gives a card its value.
func (d *deferredCard) activate(ctx workflow.Context, card deferred.Answer) (DeferredCardResult, error) {
	until := workflow.Now(ctx).Add(deferredPatience)
	// An issuer may refuse to activate a card before its time.
	if wait := card.ValidFrom.Sub(workflow.Now(ctx)); wait > 0 && wait < deferredPatience {
		workflow.SetCurrentDetails(ctx, "Waiting until the card may be activated, "+card.ValidFrom.UTC().Format(time.RFC3339)+".")
		if err := workflow.Sleep(ctx, wait); err != nil {
			return DeferredCardResult{}, err
		}
	}
	for unsent := 0; ; {
		d.activations++
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Activating the card, attempt %d.", d.activations))
		_, err := call(once(ctx), deferredCards.ActivateCard, deferred.ActivateCardInput{
			Unit: d.in.Unit, Code: card.Code, Attempt: d.activations,
		}).get(ctx)
		if err != nil && CertainlyNotSent(err) {
			if err := d.stops(err); err != nil {
				return DeferredCardResult{}, err
			}
			kind, message := cause(err)
			if !workflow.Now(ctx).Before(until) {
				return DeferredCardResult{}, d.fail(kind, message)
			}
			workflow.SetCurrentDetails(ctx, "Activating the card again soon: "+message)
			if err := workflow.Sleep(ctx, d.hurried(growing(firstAgain, lastAgain, unsent))); err != nil {
				return DeferredCardResult{}, err
			}
			if kind != giftcard.RateLimited { // Somebody else's turn says nothing about this card.
				unsent++
			}
			continue
		}
		// Whatever else has happened, the request may have been sent.
		done, err := d.settle(ctx, card)
		if err != nil || done != nil {
			return d.result(done), err
		}
		d.dead++
		switch a := d.activated[d.activations]; {
		case incurable(a.Kind):
			return DeferredCardResult{}, d.fail(a.Kind, says("refused to activate it", a.Message))
		case d.dead >= maxDead:
			kind := a.Kind
			if !kind.Final() {
				kind = giftcard.CardDeclined
			}
			return DeferredCardResult{}, d.fail(kind, says(fmt.Sprintf("refused to activate it %d times", d.dead), a.Message))
		}
	}
}

// incurable reports whether another attempt to activate a card is refused as well: the issuer does not accept what is asked of
// it, or who asks. Any other refusal may pass.
func incurable(kind giftcard.Kind) bool {
	return kind == giftcard.InvalidRequest || kind == giftcard.Unauthorized
}

// settle waits until it is certain what has become of the latest attempt to activate a card. It returns nil if the attempt
// has failed for good.
func (d *deferredCard) settle(ctx workflow.Context, card deferred.Answer) (*deferred.Card, error) {
	d.open = true
	defer func() { d.open = false }()
	began := workflow.Now(ctx)
	var failedAt time.Time
	answered, looks := false, 0
	for {
		pause := d.hurried(lookPause(workflow.Now(ctx).Sub(began)*time.Duration(max(d.in.Hurry, 1)), looks, answered))
		workflow.SetCurrentDetails(ctx, d.waits(answered, began))
		if _, err := workflow.AwaitWithTimeout(ctx, pause, func() bool {
			_, now := d.activated[d.activations]
			return d.resolved != nil || now && !answered
		}); err != nil {
			return nil, err
		}
		if r := d.resolved; r != nil && !r.Issued {
			d.resolved = nil
			return nil, nil
		}
		if a, now := d.activated[d.activations]; now && !answered {
			answered, looks = true, 0
			if !a.OK {
				failedAt = workflow.Now(ctx)
			}
		} else {
			looks++
		}
		if d.resolved != nil {
			return d.card(card, deferred.LookAtCardResult{}), nil
		}
		found, err := d.look(ctx, card)
		if temporal.IsCanceledError(err) {
			return nil, err
		}
		now := workflow.Now(ctx)
		switch {
		case found.Verdict == deferred.Right:
			return d.card(card, found), nil
		case found.Verdict == deferred.Twice:
			return nil, d.unclean(card, giftcard.UnexpectedResponse, "the card has "+found.Found+
				", twice what it should have; it was not handed over")
		case found.Verdict == deferred.Other:
			return nil, d.unclean(card, giftcard.UnexpectedResponse, "the card has "+found.Found+" instead of "+
				d.in.Price+" "+d.in.Currency+"; it was not handed over")
		case err == nil && !failedAt.IsZero() && now.Sub(failedAt) >= d.hurried(deadAfterFail):
			return nil, nil
		case now.Sub(began) >= deferredPatience:
			return nil, d.unclean(card, giftcard.OutcomeUnknown,
				"the issuer has shown nothing of its activation for 7 days; it may still have an effect")
		}
	}
}

// look asks for the state of a card. An issuer that does not answer leaves the attempt open.
func (d *deferredCard) look(ctx workflow.Context, card deferred.Answer) (deferred.LookAtCardResult, error) {
	return call(looking(ctx), deferredCards.LookAtCard, deferred.LookAtCardInput{
		Unit: d.in.Unit, Code: card.Code, ValidFrom: card.ValidFrom, ValidUntil: card.ValidUntil,
	}).get(ctx)
}

func (d *deferredCard) waits(answered bool, since time.Time) string {
	what := "the issuer's answer"
	if answered {
		what = "the issuer to show the result"
	}
	return fmt.Sprintf("Waiting for %s to attempt %d to activate the card, since %s.", what, d.activations,
		since.UTC().Format(time.RFC3339))
}

// CertainlyNotSent reports whether it is certain that an activation was not sent.
func CertainlyNotSent(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	var d deferred.NotSent
	return ok && app.HasDetails() && app.Details(&d) == nil && d.NotSent
}

// lookPause returns how long to wait before the next look at a card.
func lookPause(open time.Duration, looks int, answered bool) time.Duration {
	first := firstUnannounced
	if answered {
		first = firstAnnounced
	}
	switch {
	case open >= laterFor:
		return muchLater
	case open >= soonFor:
		return laterEvery
	}
	return growing(first, lastSoon, looks)
}
