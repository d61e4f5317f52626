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

// CancelCardInput identifies one card to cancel, and who requests that.
type CancelCardInput struct {
	activities.CancelCardInput
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
	// Later is the card if its issuer makes it later. Its value is then taken back, which the issuer does later too.
	Later *deferred.Unit `json:"later,omitempty"`
}

// CancelCardFailure is the detail of the failure of a [CancelCard] of a card whose issuer answers later.
type CancelCardFailure struct {
	// Clean reports whether it is certain that this run has not taken the value of the card back, and will not.
	Clean bool `json:"clean"`
}

// drainPatience is how long it may take until an issuer shows that the value of a card was taken back.
const drainPatience = 24 * time.Hour

// CancelCard cancels one card at the issuer. It is a workflow so that who requested it, and why, stays on record.
func CancelCard(ctx workflow.Context, in CancelCardInput) (activities.CancelCardResult, error) {
	if in.Later != nil {
		return drain(ctx, *in.Later)
	}
	out, err := call(cancelling(ctx), giftCards.CancelCard, in.CancelCardInput).get(ctx)
	return out, ended(err)
}

// drained is the status of a card whose value was taken back.
const drained = "emptied"

// drain takes the value of a card back: by one request, which is sent again only if it is certain that nothing will come of the
// last one. What the issuer shows decides whether it had an effect.
func drain(ctx workflow.Context, u deferred.Unit) (activities.CancelCardResult, error) {
	until := workflow.Now(ctx).Add(drainPatience)
	for unsent := 0; ; unsent++ {
		workflow.SetCurrentDetails(ctx, "Asking the issuer to take the value of the card back.")
		_, err := call(activating(ctx), deferredCards.DrainCard, deferred.DrainCardInput{Unit: u}).get(ctx)
		if temporal.IsCanceledError(err) {
			return activities.CancelCardResult{}, err
		}
		if err == nil || !CertainlyNotSent(err) {
			break // The request may have been sent, or another run may have sent one.
		}
		if kind, message := cause(err); kind.Final() || !workflow.Now(ctx).Before(until) {
			return activities.CancelCardResult{}, failure(kind, message, CancelCardFailure{Clean: true})
		}
		if err := workflow.Sleep(ctx, growing(firstAgain, lastAgain, unsent)); err != nil {
			return activities.CancelCardResult{}, err
		}
	}
	began, left := workflow.Now(ctx), ""
	workflow.SetCurrentDetails(ctx, "Waiting for the issuer to show that the value of the card was taken back, since "+
		began.UTC().Format(time.RFC3339)+".")
	for looks := 0; workflow.Now(ctx).Before(until); looks++ {
		if err := workflow.Sleep(ctx, lookPause(workflow.Now(ctx).Sub(began), looks, true)); err != nil {
			return activities.CancelCardResult{}, err
		}
		found, err := call(looking(ctx), deferredCards.LookAtBalance, deferred.LookAtBalanceInput{Unit: u}).get(ctx)
		switch {
		case temporal.IsCanceledError(err):
			return activities.CancelCardResult{}, err
		case err == nil && found.Cancelled:
			return activities.CancelCardResult{Status: drained}, nil
		case err == nil:
			left = fmt.Sprintf(" (it shows %s %s)", found.Balance, found.Currency)
		}
	}
	return activities.CancelCardResult{}, failure(giftcard.OutcomeUnknown, fmt.Sprintf("order %s, card %d: the issuer was asked to "+
		"take its value back, and has shown nothing of that for a day%s; it may still have an effect", u.OrderName, u.Number, left),
		CancelCardFailure{})
}
