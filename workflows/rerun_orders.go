package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// RerunOrdersInput selects the failed orders to rerun.
type RerunOrdersInput struct {
	// Orders are workflow IDs; empty means all failed orders that a rerun may cure.
	Orders []string `json:"orders,omitempty"`
	// Run restricts the rerun to this run of the one order that is named; empty means its newest run.
	Run string `json:"run,omitempty"`
	// Kinds restricts the rerun to orders that failed with one of these kinds; empty means no restriction.
	Kinds []giftcard.Kind `json:"kinds,omitempty"`
	// Force includes kinds of failure that a rerun alone does not cure.
	Force bool `json:"force,omitempty"`
	// Reason says who asked and why. It is recorded in the history of each order.
	Reason string `json:"reason"`
	// Progress is set when a run continues an earlier one.
	Progress *RerunProgress `json:"progress,omitempty"`
}

// RerunProgress is how far a rerun has come.
type RerunProgress struct {
	Since     time.Time         `json:"since"`
	PageToken []byte            `json:"page_token"`
	Result    RerunOrdersResult `json:"result"`
}

// RerunOrdersResult is the outcome of a rerun.
type RerunOrdersResult struct {
	// Rerun counts the orders that were rerun, LeftAlone those that were not.
	Rerun     int `json:"rerun"`
	LeftAlone int `json:"left_alone"`
	// Orders has one entry per order, if orders were named.
	Orders []activities.RerunOrder `json:"orders,omitempty"`
}

// RerunOrders reruns failed orders, page by page. All reruns share its one workflow ID, so that no two of them reset
// the same run: a reset is not idempotent.
func RerunOrders(ctx workflow.Context, in RerunOrdersInput) (RerunOrdersResult, error) {
	p := RerunProgress{Since: workflow.Now(ctx).UTC()}
	if in.Progress != nil {
		p = *in.Progress
	}
	for {
		page, err := call(resetting(ctx), reruns.RerunFailedOrders, activities.RerunFailedOrdersInput{
			Orders: in.Orders, Run: in.Run, Kinds: in.Kinds, Force: in.Force, Reason: in.Reason,
			Since: p.Since, PageToken: p.PageToken,
		}).get(ctx)
		if err != nil {
			return RerunOrdersResult{}, ended(err)
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
