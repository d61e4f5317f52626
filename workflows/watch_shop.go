package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// WatchShopInput is the configuration of the watch: the schedule's input.
type WatchShopInput struct {
	// SKUs are the gift-card SKUs.
	SKUs []string `json:"skus"`
	// ReceiverURL is the address at which the shop's webhooks arrive; empty if webhooks are off.
	ReceiverURL string `json:"receiver_url,omitempty"`
}

// WatchShopResult is the outcome of a watch. As the schedule's last completion result it tells the next watch since when
// all is well.
type WatchShopResult struct {
	LookedAt time.Time `json:"looked_at"`
	// Products is what is wrong with the products of the gift-card SKUs. ProductsFailed says why they were not looked at.
	Products       activities.CheckProductsResult `json:"products"`
	ProductsFailed *WatchFailure                  `json:"products_failed,omitempty"`
	// Webhooks is what became of the subscriptions; nil if webhooks are off.
	Webhooks *WatchedWebhooks `json:"webhooks,omitempty"`
}

// WatchFailure says why something was not looked at.
type WatchFailure struct {
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message"`
}

// WatchedWebhooks is what became of the subscriptions to webhooks.
type WatchedWebhooks struct {
	// Found is what the look found, before any repair.
	Found activities.LookAtSubscriptionsResult `json:"found"`
	// NotSetUp reports that the shop has no subscription, and never had one as far as is known. None is made then: a
	// person does that first.
	NotSetUp bool `json:"not_set_up,omitempty"`
	// Left says what is still wrong after the watch.
	Left []string `json:"left,omitempty"`
	// Failed says why the subscriptions were not looked at, not made again, or why the gap was not polled.
	Failed *WatchFailure `json:"failed,omitempty"`
	// GoodAt is when all subscriptions were last as they should be; zero if they never were.
	GoodAt time.Time `json:"good_at,omitzero"`
	// GapFrom is the beginning of a time in which webhooks were missing and that is not polled yet; zero if there is
	// none.
	GapFrom time.Time `json:"gap_from,omitzero"`
	// Held reports that the gap is not polled because the intake is paused.
	Held bool `json:"held,omitempty"`
	// Repaired is the last repair. Watches pass it on for two days, so that people see it.
	Repaired *RepairedWebhooks `json:"repaired,omitempty"`
}

// RepairedWebhooks are subscriptions that were missing or had been changed.
type RepairedWebhooks struct {
	At time.Time `json:"at"`
	// Topics lists them, with what was wrong.
	Topics []string `json:"topics"`
	// Since and Until are the time in which webhooks may be missing, and Poll is the workflow ID of the poll of it; empty
	// as long as there is none.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	Poll  string    `json:"poll,omitempty"`
}

// firstGap is how far back a gap begins if subscriptions were never seen as they should be.
const firstGap = 24 * time.Hour

// WatchShop checks that the products of the gift-card SKUs can be sold as gift cards and, if webhooks are on, that the
// shop sends them: subscriptions that are missing or were changed are made again, and the time without them is polled.
func WatchShop(ctx workflow.Context, in WatchShopInput) (WatchShopResult, error) {
	var last WatchShopResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return WatchShopResult{}, lastResultUnreadable(err)
		}
	}
	out := WatchShopResult{LookedAt: workflow.Now(ctx).UTC()}
	products := call(watching(ctx), watch.CheckProducts, activities.CheckProductsInput{SKUs: in.SKUs})
	if in.ReceiverURL != "" {
		out.Webhooks = watchWebhooks(ctx, in.ReceiverURL, last.Webhooks)
	}
	var err error
	out.Products, err = products.get(ctx)
	out.ProductsFailed = watchFailure(err)
	if ctx.Err() != nil {
		return WatchShopResult{}, ctx.Err()
	}
	if out.ProductsFailed != nil && (out.Webhooks == nil || out.Webhooks.Failed != nil) {
		return WatchShopResult{}, ended(err) // Nothing was found out.
	}
	out.show(ctx)
	return out, nil
}

// watchFailure returns why an activity failed, nil if it did not.
func watchFailure(err error) *WatchFailure {
	if err == nil {
		return nil
	}
	kind, message := cause(err)
	return &WatchFailure{Kind: kind, Message: message}
}

// watchWebhooks looks at the subscriptions, has them repaired, and has the gap polled. Each step is an activity of its
// own: what was found stays known if a later step is repeated.
func watchWebhooks(ctx workflow.Context, url string, last *WatchedWebhooks) *WatchedWebhooks {
	now := workflow.Now(ctx).UTC().Truncate(time.Second)
	out := &WatchedWebhooks{}
	if last != nil {
		out.GoodAt, out.GapFrom = last.GoodAt, last.GapFrom
		if r := last.Repaired; r != nil && now.Sub(r.At) < tellMissed {
			out.Repaired = r
		}
	}
	var err error
	out.Found, err = call(watching(ctx), watch.LookAtSubscriptions, activities.LookAtSubscriptionsInput{URL: url}).get(ctx)
	if err != nil {
		out.Failed = watchFailure(err)
		return out
	}
	wrong := len(out.Found.Wrong) > 0
	switch {
	case wrong && out.Found.Own == 0 && out.GoodAt.IsZero():
		out.NotSetUp, out.Left = true, slices.Concat(out.Found.Wrong, out.Found.Problems)
		return out
	case wrong || len(out.Found.Problems) > 0:
		out.openGap(now)
	}
	if wrong {
		workflow.GetLogger(ctx).Error("webhook subscriptions were missing or had been changed, and are made again",
			"topics", out.Found.Wrong)
		repaired, err := call(watching(ctx), watch.RepairSubscriptions, activities.RepairSubscriptionsInput{URL: url}).get(ctx)
		if err != nil {
			out.Failed, out.Left = watchFailure(err), slices.Concat(out.Found.Wrong, out.Found.Problems)
			return out
		}
		out.Left = repaired.Refused
		out.Repaired = &RepairedWebhooks{At: now, Topics: out.Found.Wrong, Since: out.GapFrom}
	}
	out.Left = slices.Concat(out.Left, out.Found.Problems)
	if len(out.Left) > 0 {
		return out
	}
	out.GoodAt = now
	out.pollGap(ctx)
	return out
}

// openGap notes that webhooks are missing, since the subscriptions were last as they should be.
func (w *WatchedWebhooks) openGap(now time.Time) {
	switch {
	case !w.GapFrom.IsZero():
	case w.GoodAt.IsZero():
		w.GapFrom = now.Add(-firstGap)
	default:
		w.GapFrom = w.GoodAt
	}
}

// pollGap has the gap polled, if there is one. As long as that does not work, the gap stays open for the next watch.
func (w *WatchedWebhooks) pollGap(ctx workflow.Context) {
	if w.GapFrom.IsZero() {
		return
	}
	// Up to now: orders may have been placed while the subscriptions were being made.
	now := workflow.Now(ctx).UTC().Truncate(time.Second).Add(time.Second)
	polled, err := call(watching(ctx), watch.PollGap, activities.PollGapInput{Since: w.GapFrom, Until: now}).get(ctx)
	switch {
	case err != nil:
		w.Failed = watchFailure(err)
		return
	case polled.Poll == "":
		w.Held = true
		return
	}
	if r := w.Repaired; r != nil && r.Poll == "" {
		told := *r
		told.Until, told.Poll = now, polled.Poll
		w.Repaired = &told
	}
	w.GapFrom = time.Time{}
}

func (out WatchShopResult) show(ctx workflow.Context) {
	text := fmt.Sprintf("%d findings about products.", len(out.Products.Findings))
	if w := out.Webhooks; w != nil {
		text += fmt.Sprintf(" Webhooks: %d subscriptions right, %d wrong.", w.Found.Right, len(w.Left))
	}
	workflow.SetCurrentDetails(ctx, text)
}

// watching looks at the shop. The next watch looks again, so giving up after a while loses nothing and is visible.
func watching(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: 20 * time.Minute,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}
