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
	// DisputesOf is the age up to which orders are looked at for disputes; zero means not at all.
	DisputesOf Duration `json:"disputes_of,omitempty"`
}

// SweepOrdersResult is the outcome of a sweep.
type SweepOrdersResult struct {
	activities.SweepResult
	// From is how far back the sweep looked, and Whole reports whether it looked at all orders.
	From  time.Time `json:"from"`
	Whole bool      `json:"whole,omitempty"`
	// Disputes is what was found of disputes. DisputesFailed says why nothing was.
	Disputes       *activities.RecordDisputesResult `json:"disputes,omitempty"`
	DisputesFailed string                           `json:"disputes_failed,omitempty"`
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
	var err error
	out.SweepResult, err = call(sweeping(ctx), orders.Sweep, activities.SweepInput{
		Rules: rules, Shop: in.Poll.shop(), Search: !out.Whole, From: out.From, Until: now.Add(-time.Duration(in.After)),
	}).get(ctx)
	if err != nil {
		return SweepOrdersResult{}, ended(err)
	}
	if err := out.recordDisputes(ctx, in, now); err != nil {
		return SweepOrdersResult{}, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d orders seen, %d of them gift-card orders, %d that no poll had taken in.",
		out.Seen, out.Candidates, out.Found))
	return out, nil
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
