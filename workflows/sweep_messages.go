package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/messaging"
)

// SweepMessagesInput is the configuration of the sweep for messages: the schedule's input.
type SweepMessagesInput struct {
	// Shop is the shop's name in workflow IDs.
	Shop string `json:"shop"`
	// Recent is how far back the first sweep looks. Overlap is how far before the end of the last one each further sweep begins.
	Recent  Duration `json:"recent"`
	Overlap Duration `json:"overlap"`
}

// SweepMessagesResult is the outcome of a sweep for messages.
type SweepMessagesResult struct {
	messaging.StartLooksResult

	// Since and Until are the window that was looked at, by the orders' last change.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// SweepMessages has the orders looked at that changed, for what webhooks have missed. An order whose workflow has seen the change does
// nothing.
func SweepMessages(ctx workflow.Context, in SweepMessagesInput) (SweepMessagesResult, error) {
	now := workflow.Now(ctx).UTC()
	out := SweepMessagesResult{Since: now.Add(-time.Duration(in.Recent)), Until: now}
	var last SweepMessagesResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return SweepMessagesResult{}, lastResultUnreadable(err)
		}
	}
	if !last.Until.IsZero() && !last.Until.After(now) {
		out.Since = last.Until.Add(-time.Duration(in.Overlap))
	}
	var err error
	out.StartLooksResult, err = call(sweepingMessages(ctx), messaged.StartLooks, messaging.StartLooksInput{
		Shop: in.Shop, From: out.Since, To: out.Until,
	}).get(ctx)
	return out, ended(err)
}
