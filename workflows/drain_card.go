package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

const (
	// drainPatience is how long it may take until an issuer shows that the value of a card was taken back.
	drainPatience = 24 * time.Hour
	// emptyPatience is how long the issuer's answer is waited for once the card is empty, if only the answer can say why.
	emptyPatience = time.Hour
)

// drained is the status of a card whose value was taken back.
const drained = "emptied"

// draining is a card whose value is taken back.
type draining struct {
	unit deferred.Unit
	// attempt is the number of this run's request; zero if another run may have sent one.
	attempt int
	// done reports whether the issuer says that it has taken the value back, and refused are its first refusals of each attempt.
	done    bool
	refused map[int]deferred.Answer
	// empty is since when nothing is left on the card and nobody knows why, and left is what the issuer shows, for messages.
	empty time.Time
	left  string
}

// drain takes the value of a card back: by one request, which is sent again only if it is certain that nothing will come of the
// last one. What the issuer shows decides whether it had an effect. An empty card may also have been spent: only what is known
// of the request, or the issuer's answer, says that its value was taken back.
func drain(ctx workflow.Context, u deferred.Unit) (activities.CancelCardResult, error) {
	d := &draining{unit: u, refused: map[int]deferred.Answer{}}
	d.listen(ctx)
	until := workflow.Now(ctx).Add(drainPatience)
	if err := d.ask(ctx, until); err != nil {
		return activities.CancelCardResult{}, err
	}
	return d.settle(ctx, until)
}

// listen takes in callbacks, as long as the workflow runs.
func (d *draining) listen(ctx workflow.Context) {
	callbacks := workflow.GetSignalChannel(ctx, CallbackSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var a DeferredAnswer
			callbacks.Receive(ctx, &a)
			_, known := d.refused[a.Attempt]
			switch {
			case a.Step != deferred.Draining:
			case a.OK:
				d.done = true
			case !known:
				d.refused[a.Attempt] = a.Answer
			}
		}
	})
}

// ask sends the request.
func (d *draining) ask(ctx workflow.Context, until time.Time) error {
	for unsent := 0; ; unsent++ {
		workflow.SetCurrentDetails(ctx, "Asking the issuer to take the value of the card back.")
		out, err := call(once(ctx), deferredCards.DrainCard, deferred.DrainCardInput{Unit: d.unit}).get(ctx)
		if temporal.IsCanceledError(err) {
			return err
		}
		if err == nil || !CertainlyNotSent(err) {
			d.attempt = out.Attempt
			return nil // The request may have been sent, or another run may have sent one.
		}
		if kind, message := cause(err); kind.Final() || !workflow.Now(ctx).Before(until) {
			return failure(kind, message, CancelCardFailure{Clean: true})
		}
		if err := workflow.Sleep(ctx, growing(firstAgain, lastAgain, unsent)); err != nil {
			return err
		}
	}
}

// answer returns the issuer's refusal of this run's request, and whether the issuer has answered any.
func (d *draining) answer() (refusal deferred.Answer, answered bool) {
	refusal, refused := d.refused[d.attempt]
	return refusal, d.done || refused && d.attempt > 0
}

// settle waits until it is certain what has become of the request.
func (d *draining) settle(ctx workflow.Context, until time.Time) (activities.CancelCardResult, error) {
	began, answeredAt := workflow.Now(ctx), time.Time{}
	workflow.SetCurrentDetails(ctx, "Waiting for the issuer to show that the value of the card was taken back, since "+
		began.UTC().Format(time.RFC3339)+".")
	for looks := 0; workflow.Now(ctx).Before(until); looks++ {
		pause := lookPause(workflow.Now(ctx).Sub(began), looks, !answeredAt.IsZero())
		if _, err := workflow.AwaitWithTimeout(ctx, pause, func() bool {
			_, answered := d.answer()
			return answered && answeredAt.IsZero()
		}); err != nil {
			return activities.CancelCardResult{}, err
		}
		refusal, answered := d.answer()
		if answered && answeredAt.IsZero() {
			answeredAt, looks = workflow.Now(ctx), 0
		}
		taken, err := d.look(ctx)
		now := workflow.Now(ctx)
		switch {
		case temporal.IsCanceledError(err):
			return activities.CancelCardResult{}, err
		case taken:
			return activities.CancelCardResult{Status: drained}, nil
		case err == nil && answered && !d.done && now.Sub(answeredAt) >= deadAfterFail:
			return activities.CancelCardResult{}, d.fail(refusal.Kind, says("refused to take its value back", refusal.Message)+d.left,
				CancelCardFailure{Clean: true})
		case !d.empty.IsZero() && now.Sub(d.empty) >= emptyPatience:
			return activities.CancelCardResult{}, d.emptied()
		}
	}
	if !d.empty.IsZero() {
		return activities.CancelCardResult{}, d.emptied()
	}
	return activities.CancelCardResult{}, d.fail(giftcard.OutcomeUnknown, "the issuer was asked to take its value back, and has shown "+
		"nothing of that for a day"+d.left+"; it may still have an effect", CancelCardFailure{})
}

// look looks at the card, and reports whether its value was taken back.
func (d *draining) look(ctx workflow.Context) (bool, error) {
	found, err := call(looking(ctx), deferredCards.LookAtBalance, deferred.LookAtBalanceInput{Unit: d.unit}).get(ctx)
	if err != nil {
		return false, err
	}
	d.left = fmt.Sprintf(" (it shows %s %s)", found.Balance, found.Currency)
	if !found.Unclear {
		d.empty = time.Time{}
	} else if d.empty.IsZero() {
		d.empty = workflow.Now(ctx)
	}
	return found.Cancelled || found.Unclear && d.done, nil
}

// emptied returns the failure of a card of which nobody knows who has emptied it.
func (d *draining) emptied() error {
	return d.fail(giftcard.OutcomeUnknown, "it is empty, and it is not known whether the issuer has taken its value back, as it was "+
		"asked to, or somebody has spent it: ask the issuer", CancelCardFailure{Empty: true})
}

func (d *draining) fail(kind giftcard.Kind, message string, details CancelCardFailure) error {
	if !kind.Final() {
		kind = giftcard.CardDeclined
	}
	return failure(kind, fmt.Sprintf("order %s, card %d: %s", d.unit.OrderName, d.unit.Number, message), details)
}
