package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// RerunOrdersInput says which failed orders are run again.
type RerunOrdersInput struct {
	// Orders are workflow IDs; empty means all that are failed and may be cured.
	Orders []string `json:"orders,omitempty"`
	// Kinds restricts it to orders that failed so; empty does not.
	Kinds []giftcard.Kind `json:"kinds,omitempty"`
	// Force includes kinds that running again does not cure by itself.
	Force bool `json:"force,omitempty"`
	// Reason says who asked and why; it stands in the history of each order.
	Reason string `json:"reason"`
	// Progress is set when a run continues an earlier one.
	Progress *RerunProgress `json:"progress,omitempty"`
}

// RerunProgress is how far a re-run has come.
type RerunProgress struct {
	Since     time.Time         `json:"since"`
	PageToken []byte            `json:"page_token"`
	Result    RerunOrdersResult `json:"result"`
}

// RerunOrdersResult is what became of the orders.
type RerunOrdersResult struct {
	// Rerun is the number of orders that run again, LeftAlone that of those that do not.
	Rerun     int `json:"rerun"`
	LeftAlone int `json:"left_alone"`
	// Orders tells of each, if they were named.
	Orders []activities.RerunOrder `json:"orders,omitempty"`
}

// RerunOrders runs failed orders again, page by page. All re-runs go through its one workflow ID, so that no two of them
// reset the same run: a reset is not idempotent.
func RerunOrders(ctx workflow.Context, in RerunOrdersInput) (RerunOrdersResult, error) {
	p := RerunProgress{Since: workflow.Now(ctx).UTC()}
	if in.Progress != nil {
		p = *in.Progress
	}
	for {
		page, err := call(resetting(ctx), digests.RerunFailedOrders, activities.RerunFailedOrdersInput{
			Orders: in.Orders, Kinds: in.Kinds, Force: in.Force, Reason: in.Reason,
			Since: p.Since, PageToken: p.PageToken,
		}).get(ctx)
		if temporal.IsCanceledError(err) {
			return RerunOrdersResult{}, err
		}
		if err != nil {
			kind, message := cause(err)
			return RerunOrdersResult{}, failure(kind, message)
		}
		p.Result.Rerun += page.Rerun
		p.Result.LeftAlone += page.LeftAlone
		p.Result.Orders = append(p.Result.Orders, page.Orders...)
		p.PageToken = page.PageToken
		if len(p.PageToken) == 0 {
			return p.Result, nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			in.Progress = &p
			return RerunOrdersResult{}, workflow.NewContinueAsNewError(ctx, RerunOrders, in)
		}
	}
}
