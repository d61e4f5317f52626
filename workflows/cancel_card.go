package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
)

// CancelCardInput identifies one card to cancel, and who requests that.
type CancelCardInput struct {
	activities.CancelCardInput
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// CancelCard cancels one card at the issuer. It is a workflow so that who requested it, and why, stays on record.
func CancelCard(ctx workflow.Context, in CancelCardInput) (activities.CancelCardResult, error) {
	out, err := call(cancelling(ctx), giftCards.CancelCard, in.CancelCardInput).get(ctx)
	return out, ended(err)
}
