package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
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
	// Empty reports whether nothing is left on the card, and it is not known whether its value was taken back or somebody spent
	// it.
	Empty bool `json:"empty,omitempty"`
}

// CancelCard cancels one card at the issuer. It is a workflow so that who requested it, and why, stays on record.
func CancelCard(ctx workflow.Context, in CancelCardInput) (activities.CancelCardResult, error) {
	if in.Later != nil {
		return drain(ctx, *in.Later)
	}
	out, err := call(cancelling(ctx), giftCards.CancelCard, in.CancelCardInput).get(ctx)
	return out, ended(err)
}
