package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// OrderAction is what a person who used a link of a mail wants to be done with an order.
type OrderAction string

// The actions.
const (
	// RunAgain runs a failed order again.
	RunAgain OrderAction = "again"
	// SettleOrder records that nothing is left to do for an order.
	SettleOrder OrderAction = "settle"
)

// ActOnOrderInput is what a link of a mail says, and what the person who used it has added. It does not contain the link.
type ActOnOrderInput struct {
	// Order is the order's workflow ID, and RunID the run that the mail named. Name is what people call the order.
	Order  string      `json:"order"`
	RunID  string      `json:"run_id"`
	Name   string      `json:"name"`
	Action OrderAction `json:"action"`
	// By names the mail, for the record. Note says why an order is settled.
	By   string `json:"by"`
	Note string `json:"note,omitempty"`
}

// ActOnOrderResult is the outcome.
type ActOnOrderResult struct {
	// RunID is the order's new run; empty if there is none.
	RunID string `json:"run_id,omitempty"`
	// LeftAlone says why nothing was done.
	LeftAlone string `json:"left_alone,omitempty"`
}

// ActOnOrder does what a person has asked for through a link of a mail: it runs a failed order again, or settles it. It
// does nothing if the order has had another run since the one that the mail named. Its workflow ID, which no other
// workflow ever has, is how a used link is recognised.
func ActOnOrder(ctx workflow.Context, in ActOnOrderInput) (ActOnOrderResult, error) {
	workflow.SetCurrentDetails(ctx, "Asked for by: "+in.By+".")
	switch in.Action {
	case RunAgain:
		return runAgain(ctx, in)
	case SettleOrder:
		out, err := call(deciding(ctx), decisions.SettleOrder, activities.SettleOrderInput{
			Order: in.Order, RunID: in.RunID, By: in.By, Note: in.Note,
		}).get(ctx)
		return ActOnOrderResult(out), ended(err)
	}
	return ActOnOrderResult{}, failure(giftcard.InvalidRequest, "there is no action "+string(in.Action))
}

// runAgain runs the order again as a person at a prompt would. All reruns share one workflow ID, so it waits for another
// one to end.
func runAgain(ctx workflow.Context, in ActOnOrderInput) (ActOnOrderResult, error) {
	for pause, deadline := rerunLookEvery, workflow.Now(ctx).Add(patience); ; pause = min(2*pause, maxRerunPause) {
		var rerun RerunOrdersResult
		err := child(rerunOptions(ctx), RerunOrders, RerunOrdersInput{
			Orders: []string{in.Order}, Run: in.RunID, Reason: in.By,
		}).Get(ctx, &rerun)
		switch {
		case err == nil && len(rerun.Orders) == 1:
			return ActOnOrderResult{RunID: rerun.Orders[0].RunID, LeftAlone: rerun.Orders[0].LeftAlone}, nil
		case err == nil:
			return ActOnOrderResult{}, failure(giftcard.UnexpectedResponse, "the re-run does not say what became of the order")
		case !temporal.IsWorkflowExecutionAlreadyStartedError(err) || !workflow.Now(ctx).Before(deadline):
			return ActOnOrderResult{}, ended(err)
		}
		workflow.SetCurrentDetails(ctx, "Waiting until another re-run of failed orders has ended.")
		if err := workflow.Sleep(ctx, pause); err != nil {
			return ActOnOrderResult{}, err
		}
	}
}

// maxRerunPause bounds the time between two attempts to run an order again while other orders are being run again.
const maxRerunPause = 2 * time.Minute
