package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// Intake starts the workflows of orders beside the poll. The operator answers it.
type Intake interface {
	Claims
	// Known returns which of these workflow IDs there is a workflow of.
	Known(ctx context.Context, workflowIDs []string) (map[string]bool, error)
	// Start starts an order by the rules of the poll's schedule. It returns false if there is a workflow of its ID.
	Start(ctx context.Context, o giftcard.Order) (bool, error)
	// Beat tells that an activity is at work, and keeps details for its next attempt.
	Beat(ctx context.Context, taskToken []byte, details ...any) error
}

// SweepInput says which orders a sweep looks at.
type SweepInput struct {
	Rules giftcard.Rules `json:"rules"`
	// Shop is the shop in the identity of its orders; empty means [Orders].Shop.
	Shop string `json:"shop,omitempty"`
	// Search looks at the orders alone that Shopify's search finds by their SKUs; else at all.
	Search bool `json:"search,omitempty"`
	// From and Until bound the orders' creation. Those after are the poll's.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// SweepResult is the account of a sweep, and of one that is under way.
type SweepResult struct {
	// Seen counts the orders that were looked at, Candidates those among them that have a gift-card SKU, are paid and not
	// cancelled, and Known those of these that have a workflow.
	Seen       int `json:"seen"`
	Candidates int `json:"candidates"`
	Known      int `json:"known"`
	// Found counts the orders that no poll had taken in: they were started, or left to people. Names has the first.
	Found int      `json:"found"`
	Names []string `json:"names,omitempty"`
	// Cursor is where an attempt goes on.
	Cursor string `json:"cursor,omitempty"`
}

const (
	// maxSweptNames bounds the names of a sweep's result.
	maxSweptNames = 50
	// sweepShare is the part of Shopify's points that a sweep takes.
	sweepShare = 5
	// sweepBeat is how often a sweep that waits tells that it is at work.
	sweepBeat = 10 * time.Second
)

// Sweep looks whether each gift-card order of the shop has a workflow, and takes in those that have none. It reads little of
// each order, asks visibility in bulk, and reads in whole what is left. It takes a fifth of the points that Shopify
// restores.
func (o *Orders) Sweep(ctx context.Context, in SweepInput) (SweepResult, error) {
	var out SweepResult
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &out) // What cannot be read is swept from the start.
	}
	beaten := time.Now()
	for {
		before := out.Found
		more, cost, err := o.sweepPage(ctx, in, &out)
		if err != nil {
			return SweepResult{}, failure(ctx, "sweeping orders", err, untilTimeout)
		}
		if !more {
			out.Cursor = ""
			return out, nil
		}
		if out.Found > before {
			beaten = time.Time{} // What was found is to be known to the next attempt.
		}
		if beaten, err = o.rest(ctx, cost, out, beaten); err != nil {
			return SweepResult{}, failure(ctx, "sweeping orders", err, untilTimeout)
		}
	}
}

// sweepPage does a page, and reports whether there are more.
func (o *Orders) sweepPage(ctx context.Context, in SweepInput, out *SweepResult) (more bool, cost shopify.Cost, err error) {
	query := ""
	if in.Search {
		query = shopify.Search{CreatedAtMin: in.From, SKUs: in.Rules.SKUs}.String()
	}
	page, err := o.Shopify.ListThinOrders(ctx, query, out.Cursor)
	if err != nil {
		return false, cost, err
	}
	more = page.NextCursor != ""
	byID := map[string]string{}
	for _, thin := range page.Orders {
		if thin.CreatedAt.Before(in.From) {
			more = false // The newest come first.
			continue
		}
		out.Seen++
		if !thin.CreatedAt.After(in.Until) && worthReading(thin, in.Rules.SKUs) {
			byID[OrderWorkflowPrefix+o.shopOf(in)+"/"+thin.LegacyID] = thin.LegacyID
		}
	}
	out.Candidates += len(byID)
	if err := o.sweepCandidates(ctx, in, byID, out); err != nil {
		return false, cost, err
	}
	out.Cursor = page.NextCursor
	return more, page.Cost, nil
}

func (o *Orders) shopOf(in SweepInput) string {
	if in.Shop != "" {
		return in.Shop
	}
	return o.Shop
}

// worthReading reports whether a thin order may be a gift-card order, or one that is left to people.
func worthReading(thin shopify.ThinOrder, skus []string) bool {
	return !thin.Cancelled && slices.Contains(paidStatuses, thin.FinancialStatus) &&
		(thin.MoreLines || slices.ContainsFunc(thin.SKUs, func(sku string) bool { return slices.Contains(skus, sku) }))
}

// sweepCandidates takes in the orders among these, numbers by workflow ID, that have no workflow.
func (o *Orders) sweepCandidates(ctx context.Context, in SweepInput, byID map[string]string, out *SweepResult) error {
	if len(byID) == 0 {
		return nil
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	known, err := o.Intake.Known(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if known[id] {
			out.Known++
			continue
		}
		if err := o.takeIn(ctx, in, byID[id], out); err != nil {
			return err
		}
	}
	return nil
}

// takeIn reads an order that has no workflow, and starts it if the rules say so.
func (o *Orders) takeIn(ctx context.Context, in SweepInput, number string, out *SweepResult) error {
	found, err := o.Shopify.GetOrder(ctx, number)
	_, gone := errors.AsType[*shopify.NotFoundError](err)
	_, tooLarge := errors.AsType[*rest.TooLargeError](err)
	switch {
	case gone || tooLarge: // One order must not stop the others. A poll takes in what is too large, without its lines.
		activity.GetLogger(ctx).Error("an order cannot be read, and is passed by", "order", number, "error", err)
		return nil
	case err != nil:
		return err
	}
	order, reason := in.Rules.Select(candidate(o.shopOf(in), *found, o.Keys))
	started := false
	switch {
	case reason == "":
		if started, err = o.Intake.Start(ctx, order); err != nil {
			return fmt.Errorf("start order %s: %w", order.Name, err)
		}
	case reason.LeftToPeople():
		started = true
		if err := o.Intake.Claim(ctx, leftOrder(order, reason)); err != nil {
			return fmt.Errorf("leave order %s to people: %w", order.Name, err)
		}
	}
	if !started {
		return nil
	}
	out.Found++
	if len(out.Names) < maxSweptNames {
		out.Names = append(out.Names, order.Name)
	}
	activity.GetLogger(ctx).Error("no poll has seen this order: Shopify's search lags, or has left it out", "order", order.Name)
	return nil
}

// rest waits until Shopify has restored what a page took, several times over. It tells meanwhile that the sweep is at work, at
// most as often as is needed: on Temporal Cloud each time is an action. It returns when it did so last.
func (o *Orders) rest(ctx context.Context, cost shopify.Cost, so SweepResult, beaten time.Time) (time.Time, error) {
	token := activity.GetInfo(ctx).TaskToken
	wait := time.Duration(0)
	if cost.RestoreRate > 0 {
		wait = time.Duration(cost.Actual / cost.RestoreRate * sweepShare * float64(time.Second))
	}
	for {
		if time.Since(beaten) >= sweepBeat {
			if err := o.Intake.Beat(ctx, token, so); err != nil {
				return beaten, err
			}
			beaten = time.Now()
		}
		step := min(wait, sweepBeat)
		select {
		case <-ctx.Done():
			return beaten, ctx.Err()
		case <-time.After(step):
		}
		if wait -= step; wait <= 0 {
			return beaten, nil
		}
	}
}
