package health

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// addWatch adds the last watch over the shop. One whose result cannot be read is ignored.
func (o *Monitor) addWatch(ctx context.Context, out *Status) error {
	var err error
	if out.WatchSchedule, err = o.Schedule(ctx, workflows.WatchScheduleID, nil); err != nil {
		return err
	}
	last, err := o.LastRun(ctx, workflows.WatchScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	if last != nil {
		var result workflows.WatchShopResult
		if o.Result(ctx, last, &result) == nil {
			out.LastWatch = &result
		}
	}
	out.FailedWatch, err = o.failedSince(ctx, workflows.WatchScheduleID, last)
	return err
}

const (
	applyWebhooks = "run: " + buildinfo.Program + " webhooks apply"
	watchNow      = "run: temporal schedule trigger --schedule-id " + workflows.WatchScheduleID
	// watchTakes is the time that a watch may take.
	watchTakes = 30 * time.Minute
)

// unwatched returns what is wrong with the watch itself, which both of its checks depend on.
func (f facts) unwatched(name string) (check.Check, bool) {
	c := check.Check{Name: name, Status: check.Warn}
	every := time.Duration(f.WatchSchedule.Interval * float64(time.Second))
	since := f.WatchSchedule.CreatedAt
	if f.LastWatch != nil {
		since = f.LastWatch.LookedAt
	}
	switch s := f.WatchSchedule; {
	case !s.Exists:
		c.Found, c.Fix = "not watched: the schedule watch-shop does not exist", runSchedules
	case s.Paused:
		c.Found = "not watched, PAUSED: " + f.paused(s.Note)
		c.Fix = "run: temporal schedule toggle --unpause --schedule-id " + workflows.WatchScheduleID
	case f.FailedWatch != nil:
		c.Found = "the last watch FAILED: " + f.FailedWatch.Failure.Kind + ": " + f.FailedWatch.Failure.Message
		c.Fix = "see " + f.FailedWatch.Link
	case f.now.Sub(since) > settings.StaleIntervals*every+watchTakes:
		c.Found = "the shop has not been looked at for " + printable.Duration(f.now.Sub(since))
		c.Fix = "see the other checks; the Web UI shows a watch that is still running"
	case f.LastWatch == nil:
		c.Status, c.Found = check.OK, "next look at "+s.NextAt.Format(time.RFC3339)
	default:
		return c, false
	}
	return c, true
}

// productsCheck reports products of gift-card SKUs that cannot be sold as gift cards.
func (f facts) productsCheck() check.Check {
	c, unknown := f.unwatched("gift card skus")
	switch last := f.LastWatch; {
	case unknown:
	case last.ProductsFailed != nil:
		c.Found = "they could not be looked at: " + last.ProductsFailed.Message
		c.Fix = "the next look is at " + f.WatchSchedule.NextAt.Format(time.RFC3339) + "; to look now, " + watchNow
	case last.Products.Unchecked != "":
		c.Found = "not watched: " + last.Products.Unchecked
		c.Fix = "grant the app the scope read_products"
	case len(last.Products.Findings) > 0:
		first := last.Products.Findings[0]
		c.Status, c.Found, c.Fix = check.Fail, first.Says(), first.Cure()
		if more := len(last.Products.Findings) - 1; more > 0 {
			c.Found += fmt.Sprintf(" (and %d more: see last_watch with --json)", more)
		}
	default:
		c.Status, c.Found = check.OK, "each is that of a product on sale"
	}
	return c
}

// webhooksCheck reports subscriptions that are not as they should be, and for two days those that were made again.
func (f facts) webhooksCheck() check.Check {
	c, unknown := f.unwatched("webhooks")
	if unknown { // The other check says what to do.
		return check.Check{Name: c.Name, Status: check.OK, Found: "not known: " + c.Found}
	}
	w := f.LastWatch.Webhooks
	switch {
	case w == nil:
		c.Status, c.Found = check.OK, "no subscriptions to watch: polls find the orders"
	case w.NotSetUp:
		c.Found, c.Fix = "the shop has no subscriptions: until then, polls alone find the orders", applyWebhooks
	case w.Failed != nil:
		c.Found = "the subscriptions could not be looked at, or made again: " + w.Failed.Message
		c.Fix = "polls go on finding the orders; to look now, " + watchNow
	case len(w.Left) > 0:
		c.Status, c.Found = check.Fail, "wrong subscriptions, which cannot be made again: "+strings.Join(w.Left, ", ")
		c.Fix = "polls go on finding the orders; " + buildinfo.Program + " doctor says what is missing; then " + applyWebhooks
	case w.Held:
		c.Found = "the time without webhooks from " + w.GapFrom.Format(time.RFC3339) + " is not polled while the intake is paused"
		c.Fix = resume
	case w.Repaired != nil:
		c.Found = fmt.Sprintf("subscriptions were missing or changed, and were made again at %s: %s; the orders updated since %s "+
			"were polled again", w.Repaired.At.Format(time.RFC3339), strings.Join(w.Repaired.Topics, ", "),
			w.Repaired.Since.Format(time.RFC3339))
		c.Fix = "see the runbook, docs/operations.md: Webhook subscriptions were gone; this is reported for two days"
	default:
		c.Status, c.Found = check.OK, fmt.Sprintf("%d subscriptions as they should be", w.Found.Right)
		if len(w.Found.Unused) > 0 {
			c.Found += "; without " + strings.Join(w.Found.Unused, ", ")
		}
	}
	return c
}
