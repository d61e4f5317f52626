// Package survey counts the orders that may need somebody, from lists alone: a worker asks every minute.
package survey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Counts are the orders that may need somebody.
type Counts struct {
	// Failed is the number of orders whose newest run failed.
	Failed int
	// OldestFailed is the time at which the first of these orders failed for the first time, zero if there are none.
	OldestFailed time.Time
	// Expiring is how many of them can be run again only for a short time.
	Expiring int
	// RunningLong is the number of orders that have been running for longer than [LongAfter]: they are being retried, or
	// wait for their turn.
	RunningLong int
	// FailedChanges is the number of orders whose cancellation or refund could not be acted on.
	FailedChanges int
	// Making is the number of cards that wait for their issuer, and MakingLong how many of them for more than
	// [executions.LongMaking].
	Making, MakingLong int
	// OldestMaking is since when the first of them has waited, zero if there are none.
	OldestMaking time.Time
	// Suspicious is the number of cards of which callbacks contradicted each other in the last two days.
	Suspicious int
	// UnknownRedemptions is the number of amounts of which it is unknown whether they were taken off a card, or given back, and
	// OldestUnknown since when the first of them is; zero if there are none.
	UnknownRedemptions int
	OldestUnknown      time.Time
	// Contradicted is the number of redemptions of the last week that the issuer has contradicted.
	Contradicted int
}

// LongAfter is how long an order may run before a survey counts it, besides ISSUE_AFTER. Most orders take seconds.
const LongAfter = 15 * time.Minute

const (
	// maxSurveyed is the maximum number of failed runs that a survey looks at. It counts the rest as failed orders.
	maxSurveyed = 2000
	// maxAsked is the number of workflows that one query names.
	maxAsked = 100
)

const (
	// soonAtMost and soonShare define when the history of a failed order is about to expire: three days before it does,
	// or a tenth of the retention before if that is shorter.
	soonAtMost = 72 * time.Hour
	soonShare  = 10
)

// Expires reports whether the history of a run that closed at the given time is about to be deleted.
func Expires(closed time.Time, retention time.Duration, now time.Time) bool {
	return closed.Add(retention).Sub(now) < min(soonAtMost, retention/soonShare)
}

// failing are the failed runs of one order, as far as they are known.
type failing struct{ first, last, started time.Time }

// Take counts from Temporal's visibility, which costs five counts and a list if nothing has failed, and a few lists for every
// hundred failed runs. Only cards of which a redemption is or was unknown are asked themselves.
func Take(ctx context.Context, o *installation.Installation, now time.Time) (Counts, error) {
	var out Counts
	var err error
	orders := "WorkflowType = " + executions.Quote(workflows.GiftCardOrderType) + " AND ExecutionStatus"
	long := LongAfter + time.Duration(o.PollInput().IssueAfter)
	out.RunningLong, err = Count(ctx, o, orders+" = 'Running' AND StartTime < "+executions.QuoteTime(now.Add(-long)))
	if err != nil {
		return Counts{}, err
	}
	if out.FailedChanges, err = FailedChanges(ctx, o); err != nil {
		return Counts{}, err
	}
	if err := making(ctx, o, now, &out); err != nil {
		return Counts{}, err
	}
	if err := redeeming(ctx, o, now, &out); err != nil {
		return Counts{}, err
	}
	query := orders + " IN " + executions.Statuses[executions.Failed]
	runs, err := Count(ctx, o, query)
	if err != nil || runs == 0 {
		return out, err
	}
	found, seen, err := failedRuns(ctx, o, query)
	if err != nil {
		return Counts{}, err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(found)), maxAsked) {
		if err := forgetNewer(ctx, o, found, ids); err != nil {
			return Counts{}, err
		}
	}
	retention, err := o.Retention(ctx)
	if err != nil {
		return Counts{}, err
	}
	out.Failed = len(found) + max(runs-seen, 0)
	for _, f := range found {
		if out.OldestFailed.IsZero() || f.first.Before(out.OldestFailed) {
			out.OldestFailed = f.first
		}
		if Expires(f.last, retention, now) {
			out.Expiring++
		}
	}
	return out, nil
}

// suspiciousFor is how long a card of which callbacks contradicted each other is counted.
const suspiciousFor = 48 * time.Hour

// making counts the cards that wait for their issuer, and those with suspicious callbacks: by two counts if there are none.
func making(ctx context.Context, o *installation.Installation, now time.Time, out *Counts) (err error) {
	query := "WorkflowType = " + executions.Quote(workflows.DeferredCardType) + " AND ExecutionStatus = 'Running'"
	if out.Suspicious, err = Count(ctx, o, executions.SuspiciousCards(now.Add(-suspiciousFor))); err != nil {
		return err
	}
	if out.Making, err = Count(ctx, o, query); err != nil || out.Making == 0 {
		return err
	}
	if out.MakingLong, err = Count(ctx, o, query+" AND StartTime < "+executions.QuoteTime(now.Add(-executions.LongMaking))); err != nil {
		return err
	}
	out.OldestMaking, err = oldest(ctx, o, query, now)
	return err
}

// oldest returns when the first of the running workflows that a query finds was started. Lists are not in order of age, so it
// asks for those of at least a minute, two minutes, four and so on, until there are none, and looks at what it found last.
func oldest(ctx context.Context, o *installation.Installation, query string, now time.Time) (first time.Time, err error) {
	all := query
	for age := time.Minute; ; age *= 2 {
		older := all + " AND StartTime < " + executions.QuoteTime(now.Add(-age))
		if n, err := Count(ctx, o, older); err != nil {
			return first, err
		} else if n == 0 {
			break
		}
		query = older
	}
	seen := 0
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if at := info.GetStartTime().AsTime(); first.IsZero() || at.Before(first) {
			first = at
		}
		seen++
		return seen < maxSurveyed, nil
	})
	return first, err
}

// redeeming counts the redemptions that need somebody. A card in doubt that does not answer counts as one.
func redeeming(ctx context.Context, o *installation.Installation, now time.Time, out *Counts) error {
	noted, err := redemptions.New(o.Reader, nil).Look(ctx, now.Add(-redemptions.ToldFor))
	out.UnknownRedemptions, out.OldestUnknown = len(noted.Unknown)+noted.Unread, noted.Oldest()
	out.Contradicted = len(noted.Contradicted)
	return err
}

// FailedChanges counts the changes of orders whose newest run failed. It costs one count if none has.
func FailedChanges(ctx context.Context, o *installation.Installation) (int, error) {
	return failedNow(ctx, o, "WorkflowType = "+executions.Quote(workflows.ChangedOrderType))
}

// failedNow counts the workflows that a query finds whose newest run failed. It costs one count if none has.
func failedNow(ctx context.Context, o *installation.Installation, query string) (int, error) {
	query += " AND ExecutionStatus IN " + executions.Statuses[executions.Failed]
	runs, err := Count(ctx, o, query)
	if err != nil || runs == 0 {
		return 0, err
	}
	found, seen, err := failedRuns(ctx, o, query)
	if err != nil {
		return 0, err
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(found)), maxAsked) {
		if err := forgetNewer(ctx, o, found, ids); err != nil {
			return 0, err
		}
	}
	return len(found) + max(runs-seen, 0), nil
}

// failedRuns returns what is known of each workflow with failed runs, by its ID, and the number of runs.
func failedRuns(
	ctx context.Context, o *installation.Installation, query string,
) (found map[string]failing, seen int, err error) {
	found = map[string]failing{}
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id, closed, started := info.GetExecution().GetWorkflowId(), info.GetCloseTime().AsTime(), info.GetStartTime().AsTime()
		f, again := found[id]
		if !again || closed.Before(f.first) {
			f.first = closed
		}
		if !again || started.After(f.started) {
			f.last, f.started = closed, started
		}
		found[id] = f
		seen++
		return seen < maxSurveyed, nil
	})
	return found, seen, err
}

// forgetNewer removes the workflows that have a newer run, which did not fail. A failed run stays failed in visibility,
// even after the order was run again and has its cards.
func forgetNewer(ctx context.Context, o *installation.Installation, found map[string]failing, ids []string) error {
	query := "ExecutionStatus IN ('Running','Completed','Canceled') AND WorkflowId IN (" + executions.QuoteAll(ids) + ")"
	return o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if f, ok := found[id]; ok && info.GetStartTime().AsTime().After(f.started) {
			delete(found, id)
		}
		return true, nil
	})
}

// Count counts the runs that a query of visibility finds.
func Count(ctx context.Context, o *installation.Installation, query string) (int, error) {
	answer, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: o.Namespace(), Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	return int(answer.GetCount()), nil
}
