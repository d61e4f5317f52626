package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Intake starts the workflows of orders outside the poll. operator.Operator implements it.
type Intake interface {
	Claims
	Beater
	// Known returns which of these workflow IDs have a workflow.
	Known(ctx context.Context, workflowIDs []string) (map[string]bool, error)
	// Start starts an order by the rules of the poll's schedule. It returns false if a workflow with its ID exists.
	Start(ctx context.Context, o giftcard.Order) (bool, error)
}

// SweepInput selects the orders that a sweep looks at.
type SweepInput struct {
	Rules giftcard.Rules `json:"rules"`
	// Shop is the shop in the identity of the orders; empty means [Orders].Shop.
	Shop string `json:"shop,omitempty"`
	// Search restricts the sweep to the orders that Shopify's search finds by their SKUs; otherwise it looks at all
	// orders.
	Search bool `json:"search,omitempty"`
	// From and Until bound the orders' creation time. Later orders are left to the poll.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// SweepResult is the outcome of a sweep, or the progress of one that is under way.
type SweepResult struct {
	// Seen counts the orders that were looked at. Candidates counts those of them that have a gift-card SKU, are paid
	// and are not cancelled. Known counts the candidates that have a workflow.
	Seen       int `json:"seen"`
	Candidates int `json:"candidates"`
	Known      int `json:"known"`
	// Found counts the orders that no poll had taken in: they were started, or left to people. Names holds the first of
	// them.
	Found int      `json:"found"`
	Names []string `json:"names,omitempty"`
	// Cursor is where the next attempt continues.
	Cursor string `json:"cursor,omitempty"`
}

const (
	// maxSweptNames bounds the names in a sweep's result.
	maxSweptNames = 50
	// sweepShare is the divisor of Shopify's points: a sweep takes a fifth of them.
	sweepShare = 5
	// sweepBeat is how often a waiting sweep sends a heartbeat.
	sweepBeat = 10 * time.Second
)

// Sweep checks that each gift-card order of the shop has a workflow, and takes in those that have none. It reads little
// of each order, asks visibility in bulk, and reads the remaining orders in full. It takes a fifth of the points that
// Shopify restores.
func (o *Orders) Sweep(ctx context.Context, in SweepInput) (SweepResult, error) {
	var out SweepResult
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &out) // If the details cannot be read, the sweep starts over.
	}
	beaten := time.Now()
	for {
		before := out.Found
		more, restore, err := o.sweepPage(ctx, in, &out)
		if err != nil {
			return SweepResult{}, failure(ctx, "sweeping orders", err, untilTimeout)
		}
		if !more {
			out.Cursor = ""
			return out, nil
		}
		if out.Found > before {
			beaten = time.Time{} // The next attempt has to know what was found.
		}
		if beaten, err = resting(ctx, o.Intake, restore, out, beaten); err != nil {
			return SweepResult{}, failure(ctx, "sweeping orders", err, untilTimeout)
		}
	}
}

// sweepPage processes one page, and reports whether there are more.
func (o *Orders) sweepPage(ctx context.Context, in SweepInput, out *SweepResult) (more bool, restore time.Duration, err error) {
	query := intake.Query{Cursor: out.Cursor}
	if in.Search {
		query.CreatedFrom, query.SKUs = in.From, in.Rules.SKUs
	}
	page, err := o.Source.Glance(ctx, query)
	if err != nil {
		return false, 0, err
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
			byID[OrderWorkflowPrefix+o.shopOf(in)+"/"+thin.Number] = thin.Number
		}
	}
	out.Candidates += len(byID)
	if err := o.sweepCandidates(ctx, in, byID, out); err != nil {
		return false, 0, err
	}
	out.Cursor = page.NextCursor
	return more, page.Restore, nil
}

func (o *Orders) shopOf(in SweepInput) string {
	if in.Shop != "" {
		return in.Shop
	}
	return o.Shop
}

// worthReading reports whether an order may be a gift-card order, or an order that is left to people.
func worthReading(thin intake.Glance, skus []string) bool {
	return !thin.Cancelled && thin.Paid &&
		(thin.MoreLines || slices.ContainsFunc(thin.SKUs, func(sku string) bool { return slices.Contains(skus, sku) }))
}

// sweepCandidates takes in those of the given orders (numbers by workflow ID) that have no workflow.
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
	found, err := o.Source.Read(ctx, number)
	gone := errors.Is(err, intake.ErrNotFound)
	_, tooLarge := errors.AsType[*rest.TooLargeError](err)
	switch {
	case gone || tooLarge: // One order must not stop the others. A poll takes in an oversized one, without its lines.
		activity.GetLogger(ctx).Error("an order cannot be read and is skipped", "order", number, "error", err)
		return nil
	case err != nil:
		return err
	}
	order, reason := in.Rules.Select(found.In(o.shopOf(in)))
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
	activity.GetLogger(ctx).Error("no poll has seen this order: Shopify's search lags or has omitted it", "order", order.Name)
	return nil
}

// resting waits until Shopify has restored the points that a page took, several times over. While it waits, it sends
// heartbeats, only as often as needed: on Temporal Cloud each one is an action. It returns the time of the last
// heartbeat.
func resting(ctx context.Context, b Beater, restore time.Duration, so any, beaten time.Time) (time.Time, error) {
	token := activity.GetInfo(ctx).TaskToken
	wait := restAfter(restore)
	for {
		if time.Since(beaten) >= sweepBeat {
			if err := b.Beat(ctx, token, so); err != nil {
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

// restAfter returns how long a sweep waits after a page whose points the shop restores in the given time.
func restAfter(restore time.Duration) time.Duration { return restore * sweepShare }
