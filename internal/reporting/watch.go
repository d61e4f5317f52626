package reporting

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// watchStands is how long what a look at the shop has found stands. An older look says nothing of today: nobody looks.
	watchStands = 48 * time.Hour
	// watchTakes is the time that a look may take: what it repairs is known when it has ended.
	watchTakes = 30 * time.Minute
)

// addWatch adds what the last look at the shop has found. A look whose result cannot be read is ignored.
func (r *reporter) addWatch(ctx context.Context) error {
	last, err := r.LastRun(ctx, workflows.WatchScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	if last != nil {
		var found workflows.WatchShopResult
		if err := r.Result(ctx, last, &found); ctx.Err() != nil {
			return err
		} else if err == nil && r.now.Sub(found.LookedAt) < watchStands {
			r.Watch = r.watched(found)
		}
	}
	failed, err := r.LastRun(ctx, workflows.WatchScheduleID, executions.Statuses[executions.Failed])
	if err != nil || failed == nil {
		return err
	}
	at := failed.GetCloseTime().AsTime()
	if at.Before(r.Window.From) || last != nil && at.Before(last.GetCloseTime().AsTime()) {
		return nil
	}
	run, err := r.ReadFailedRun(ctx, failed.GetExecution().GetWorkflowId(), failed.GetExecution().GetRunId())
	if err != nil {
		return err
	}
	r.Watch.Failed = append(r.Watch.Failed, digest.FailedLook{
		At: at, Kind: giftcard.Kind(run.Failure.Kind), Message: run.Failure.Message,
	})
	return nil
}

// watched returns what a look has found, as the digest tells it.
func (r *reporter) watched(found workflows.WatchShopResult) (out digest.Watch) {
	for _, f := range found.Products.Findings {
		out.Products = append(out.Products, digest.Product{SKU: f.SKU, Says: f.Says(), Cure: f.ShopCure()})
	}
	failed := func(about string, f *workflows.WatchFailure) {
		if f != nil {
			out.Failed = append(out.Failed, digest.FailedLook{At: found.LookedAt, About: about, Kind: f.Kind, Message: f.Message})
		}
	}
	failed("the products", found.ProductsFailed)
	w := found.Webhooks
	if w == nil {
		return out
	}
	failed("the notices of the shop", w.Failed)
	if !w.NotSetUp && w.Failed == nil {
		out.Lost = w.Left
	}
	// A look that had not ended when the last digest was made is told of in this one.
	if w.Repaired != nil && !w.Repaired.At.Before(r.Window.From.Add(-watchTakes)) {
		out.Repaired = &digest.Repaired{
			At: w.Repaired.At, Topics: w.Repaired.Topics, Gap: digest.Window{From: w.Repaired.Since, To: w.Repaired.Until}, Held: w.Held,
		}
	}
	return out
}

// addLater adds the orders whose cards are asked for later.
func (r *reporter) addLater(ctx context.Context) error {
	later, err := r.Reader.Later(ctx, r.now)
	if later.Orders > 0 {
		r.Later = &digest.Later{Orders: later.Orders, Until: later.Until, More: later.More}
	}
	return err
}
