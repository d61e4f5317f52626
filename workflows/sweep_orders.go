package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// SweepOrdersInput is the configuration of the sweep: the schedule's input.
type SweepOrdersInput struct {
	// Poll is the input of the poll's schedule: the sweep follows the same rules.
	Poll PollOrdersInput `json:"poll"`
	// Every is the schedule's interval. Recent is how far back a sweep looks, using Shopify's search. The first sweep
	// of a day looks at all orders that may still be taken in, without a search.
	Every  Duration `json:"every"`
	Recent Duration `json:"recent"`
	// After is the age from which a poll should have seen an order.
	After Duration `json:"after"`
	// Whole is set for a sweep by hand that looks at all orders.
	Whole bool `json:"whole,omitempty"`
	// CancelledOrders says what becomes of cards that exist although their order was cancelled or their units were
	// refunded: [ReportCancelled] or [CancelCancelled]. Empty means that a sweep does not look for them.
	CancelledOrders string `json:"cancelled_orders,omitempty"`
	// DisputesOf is the age up to which orders are looked at for disputes; zero means not at all.
	DisputesOf Duration `json:"disputes_of,omitempty"`
}

// The values of [SweepOrdersInput].CancelledOrders.
const (
	// ReportCancelled reports the cards.
	ReportCancelled = "report"
	// CancelCancelled cancels those of which nothing was spent, and reports the others.
	CancelCancelled = "cancel"
)

// SweepOrdersResult is the outcome of a sweep.
type SweepOrdersResult struct {
	activities.SweepResult
	// From is how far back the sweep looked, and Whole reports whether it looked at all orders.
	From  time.Time `json:"from"`
	Whole bool      `json:"whole,omitempty"`
	// Changes is what became of orders that were cancelled or refunded; nil if the sweep did not look for them.
	Changes *SweptChanges `json:"changes,omitempty"`
	// Disputes is what was found of disputes. DisputesFailed says why nothing was.
	Disputes       *activities.RecordDisputesResult `json:"disputes,omitempty"`
	DisputesFailed string                           `json:"disputes_failed,omitempty"`
}

// SweptChanges is the outcome of the search for orders that were cancelled or refunded.
type SweptChanges struct {
	activities.SweepChangesResult
	// Since and Until are the window that was looked at, by the orders' update time. The next sweep of the schedule
	// begins shortly before Until.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// SweepOrders checks that each gift-card order of the shop has a workflow, and takes in those that have none. Polls
// rely on Shopify's search and on the time of an order's last change; the sweep does not.
func SweepOrders(ctx workflow.Context, in SweepOrdersInput) (SweepOrdersResult, error) {
	at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledStartTime)
	if !ok {
		at = workflow.Now(ctx)
	}
	now := workflow.Now(ctx).UTC()
	rules := giftcard.Rules{
		SKUs:          in.Poll.SKUs,
		Companions:    in.Poll.Companions,
		CreatedFrom:   latest(in.Poll.CreatedAtMin, now.Add(-time.Duration(in.Poll.MaxOrderAge))),
		IncludeTest:   in.Poll.IncludeTest,
		HoldUnderpaid: in.Poll.HoldUnderpaid,
		HoldRisky:     in.Poll.HoldRisky,
	}
	first := at.UTC().Sub(at.UTC().Truncate(24*time.Hour)) < time.Duration(in.Every)
	out := SweepOrdersResult{Whole: in.Whole || first, From: rules.CreatedFrom}
	if !out.Whole {
		out.From = latest(rules.CreatedFrom, now.Add(-time.Duration(in.Recent)))
	}
	changed, err := startChanges(ctx, in, &out)
	if err != nil {
		return SweepOrdersResult{}, err
	}
	out.SweepResult, err = call(sweeping(ctx), orders.Sweep, activities.SweepInput{
		Rules: rules, Shop: in.Poll.shop(), Search: !out.Whole, From: out.From, Until: now.Add(-time.Duration(in.After)),
	}).get(ctx)
	if err != nil {
		return SweepOrdersResult{}, ended(err)
	}
	if out.Changes != nil {
		if out.Changes.SweepChangesResult, err = changed.get(ctx); err != nil {
			return SweepOrdersResult{}, ended(err)
		}
	}
	if err := out.recordDisputes(ctx, in, now); err != nil {
		return SweepOrdersResult{}, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d orders seen, %d of them gift-card orders, %d that no poll had taken in.",
		out.Seen, out.Candidates, out.Found))
	return out, nil
}

// changesOverlap is how far, beyond the overlap of polls, a sweep looks back before the end of the last one. An order can
// be cancelled after it was read and before its workflow exists; its cards are then issued within minutes, because an order
// that was read earlier is read again.
const changesOverlap = 30 * time.Minute

// startChanges begins to look for orders that were cancelled or refunded, unless the schedule is of an earlier release. A
// sweep of the schedule looks at what was updated since the last one. The first one, and a sweep by hand, look back as far
// as they look for orders.
func startChanges(
	ctx workflow.Context, in SweepOrdersInput, out *SweepOrdersResult,
) (changed future[activities.SweepChangesResult], err error) {
	if in.CancelledOrders == "" {
		return changed, nil
	}
	now := workflow.Now(ctx).UTC()
	c := &SweptChanges{Since: now.Add(-time.Duration(in.Recent)), Until: now.Add(-time.Duration(in.Poll.SettleDelay))}
	if in.Whole {
		c.Since = out.From
	}
	var last SweepOrdersResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return changed, lastResultUnreadable(err)
		}
	}
	if last.Changes != nil && !last.Changes.Until.After(now) {
		c.Since = last.Changes.Until.Add(-time.Duration(in.Poll.Overlap) - changesOverlap)
	}
	out.Changes = c
	return call(sweeping(ctx), changes.SweepChanges, activities.SweepChangesInput{
		Shop: in.Poll.shop(), SKUs: in.Poll.SKUs, UpdatedFrom: c.Since, UpdatedBefore: c.Until,
		Cancel: in.CancelledOrders == CancelCancelled,
	}), nil
}

// recordDisputes records disputes about orders. That it fails must not hide what the sweep has found.
func (r *SweepOrdersResult) recordDisputes(ctx workflow.Context, in SweepOrdersInput, now time.Time) error {
	if in.DisputesOf <= 0 {
		return nil
	}
	found, err := call(listing(ctx), orders.RecordDisputes, activities.RecordDisputesInput{
		SKUs: in.Poll.SKUs, Shop: in.Poll.shop(), Since: now.Add(-time.Duration(in.DisputesOf)),
	}).get(ctx)
	switch {
	case err == nil:
		r.Disputes = &found
	case temporal.IsCanceledError(err):
		return err
	default:
		_, r.DisputesFailed = cause(err)
		workflow.GetLogger(ctx).Error("disputes were not looked at", "error", r.DisputesFailed)
	}
	return nil
}
