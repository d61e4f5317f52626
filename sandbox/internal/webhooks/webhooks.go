// Package webhooks has what befalls the shop's webhooks in the laboratory: troubles of deliveries, receivers that are
// replaced, a secret that is rotated, and subscriptions that disappear.
package webhooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/subscribing"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
)

// Webhooks are the webhooks of a run. All fields are needed.
type Webhooks struct {
	Plan      plan.Plan
	Config    config.Config
	Receivers []*child.Kept
	Operator  *operator.Operator
	Control   storm.Control
	// Did counts what has happened, and Problem notes what went wrong.
	Did     func(plan.What)
	Problem func(format string, args ...any)

	mu     sync.Mutex
	secret string
}

// secretsVariable holds the secrets that a receiver accepts.
const secretsVariable = "SHOPIFY_WEBHOOK_SECRETS=" //nolint:gosec // The name of a variable.

// Begin subscribes to the shop's webhooks, and has the shop looked at, so that it is known since when all is well.
func (w *Webhooks) Begin(ctx context.Context) error {
	w.secret = w.Config.Receiver.WebhookSecrets.Reveal()
	if err := w.subscribe(ctx); err != nil {
		return err
	}
	good, err := w.watch(ctx, false)
	if err == nil && !good {
		err = errors.New("the first watch over the shop does not find the webhook subscriptions")
	}
	return err
}

// subscribe makes the subscriptions as "giftbridge webhooks apply" does, and tells the shop which troubles befall the
// first orders for certain.
func (w *Webhooks) subscribe(ctx context.Context) error {
	subscriptions, err := subscribing.New(w.Config)
	if err != nil {
		return err
	}
	steps, err := subscriptions.Plan(ctx)
	if err != nil {
		return err
	}
	for _, step := range subscribing.Changes(steps) {
		if err := subscriptions.Carry(ctx, step); err != nil {
			return err
		}
	}
	for _, share := range w.Plan.Deliveries.Shares {
		if w.Plan.Deliveries.Certain == 0 {
			break
		}
		err := storm.Send(ctx, http.MethodPost, w.Control.Shop+"webhooks/troubles", map[string]any{
			"trouble": share.Trouble, "times": w.Plan.Deliveries.Certain, "topics": []string{"orders/create"},
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// watch has the shop looked at, as happens every hour, and reports whether all subscriptions are as they should be and
// all time without them is polled. If they had been deleted, this watch or one before it must have repaired them.
func (w *Webhooks) watch(ctx context.Context, deleted bool) (bool, error) {
	run, err := w.Operator.WatchNow(ctx)
	if err != nil {
		return false, err
	}
	out, err := run.Wait(ctx)
	if err != nil {
		return false, err
	}
	found := out.Webhooks
	if found == nil || found.NotSetUp || len(found.Left) > 0 || found.Failed != nil || !found.GapFrom.IsZero() {
		return false, nil
	}
	return !deleted || found.Repaired != nil && found.Repaired.Poll != "", nil
}

// watchAgain is the pause after a watch that has failed or has not repaired everything.
const watchAgain = time.Second

// Unsubscribe deletes subscriptions, and has the shop looked at some time later, until they are there again and the time
// without them is polled.
func (w *Webhooks) Unsubscribe(ctx context.Context, e *plan.Event) {
	route := "subscriptions"
	if e.What == plan.SubscriptionDeleted {
		route += "/" + plan.Topics[e.Number]
	}
	if storm.Send(ctx, http.MethodDelete, w.Control.Shop+route, nil, nil) != nil {
		return // The shop itself may have deleted it.
	}
	for pause := e.For; ctx.Err() == nil; pause = watchAgain {
		wait(ctx, pause)
		if good, err := w.watch(ctx, true); err == nil && good {
			w.Did(e.What)
			return
		}
	}
}

// Rotate replaces the secret with which the shop signs: receivers first accept both, and later only the new one.
func (w *Webhooks) Rotate(ctx context.Context, e *plan.Event) {
	w.mu.Lock()
	before := w.secret
	w.secret = before + "+"
	after := w.secret
	w.mu.Unlock()
	if !w.accept(ctx, after+","+before) {
		return
	}
	err := storm.Send(ctx, http.MethodPut, w.Control.Shop+"webhooks/secret", map[string]string{"secret": after}, nil)
	if err != nil {
		w.Problem("the laboratory itself failed: %v", err)
		return
	}
	wait(ctx, e.For)
	if w.accept(ctx, after) {
		w.Did(e.What)
	}
}

// restartPause is the pause before a receiver is started with other secrets.
const restartPause = 500 * time.Millisecond

// accept restarts the receivers, one after the other, with other secrets. It reports whether all are up again.
func (w *Webhooks) accept(ctx context.Context, secrets string) bool {
	for _, r := range w.Receivers {
		r.Override(secretsVariable + secrets)
		if r.Await(ctx) != nil {
			return false
		}
		r.Kill(restartPause)
		if r.Await(ctx) != nil {
			return false
		}
	}
	return true
}

// Settle waits until the shop has no delivery left to send, and looks at the subscriptions once more. A Temporal server that is
// too busy is asked again.
func (w *Webhooks) Settle(ctx context.Context) error {
	for {
		ledger, err := w.ledger(ctx)
		if err != nil {
			return err
		}
		if ledger.Waiting == 0 {
			break
		}
		wait(ctx, time.Second)
		if ctx.Err() != nil {
			return fmt.Errorf("%d webhooks wait: %w", ledger.Waiting, context.Cause(ctx))
		}
	}
	good, err := w.watch(ctx, false)
	for executions.IsBusy(err) && ctx.Err() == nil {
		wait(ctx, watchAgain)
		good, err = w.watch(ctx, false)
	}
	if err == nil && !good {
		w.Problem("the last watch over the shop leaves webhook subscriptions wrong, or time without them unpolled")
	}
	return err
}

func (w *Webhooks) ledger(ctx context.Context) (delivery.Ledger, error) {
	var out delivery.Ledger
	return out, storm.Send(ctx, http.MethodGet, w.Control.Shop+"webhooks", nil, &out)
}

// wait waits for a duration, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
