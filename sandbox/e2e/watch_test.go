package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// watchable are the options of a system whose webhooks are on, though no receiver runs.
func watchable(c *config.Config) {
	inTheClear(c)
	c.Receiver.URL = "https://gifts.example.com"
	c.Poll.Interval, c.Poll.SettleDelay, c.Poll.Overlap = time.Hour, 0, time.Minute
}

// watch has the shop looked at, and returns the run and its result.
func (w *system) watch() (workflows.WatchShopResult, *installation.Watch) {
	w.t.Helper()
	run, err := w.Operator.WatchNow(w.ctx)
	require.NoError(w.t, err)
	out, err := run.Wait(w.ctx)
	require.NoError(w.t, err)
	return out, run
}

// A subscription that is gone is made again, and an order that was placed meanwhile is found by the poll of that time.
func TestWatchShop(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("WATCHED")}},
		Shopify:   shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Variants: scenario.Variants()},
		Configure: watchable,
	})
	first, run := w.watch()
	require.True(t, first.Webhooks.NotSetUp, "a person makes the first ones")
	require.Empty(t, w.Shop.Subscriptions().All())
	w.keep("WatchShop/not-set-up", run.WorkflowID, run.RunID)
	require.Contains(t, w.starter(nil, "status").stdout, "giftbridge webhooks apply")

	planned := w.starter(nil, "webhooks", "plan")
	require.Equal(t, 1, planned.code, planned.stderr)
	require.Regexp(t, `create +orders/create`, planned.stdout)
	require.Regexp(t, `skip +disputes/create +the app lacks the scope read_shopify_payments_disputes`, planned.stdout)
	require.Empty(t, w.Shop.Subscriptions().All(), "a plan changes nothing")
	require.Equal(t, 2, w.starter(nil, "webhooks", "apply").code, "it asks")
	w.ok("webhooks", "apply", "--yes")
	subscribed := w.Shop.Subscriptions().All()
	require.Len(t, subscribed, 9)
	w.ok("webhooks", "plan")
	w.ok("webhooks", "apply")
	require.Equal(t, subscribed, w.Shop.Subscriptions().All(), "what is right is left alone")
	listed := w.ok("webhooks", "list")
	require.Regexp(t, `giftbridge +orders/create +https://gifts\.example\.com/webhooks/shopify/orders +2026-07`, listed)

	good, run := w.watch()
	require.Empty(t, good.Webhooks.Left)
	require.False(t, good.Webhooks.GoodAt.IsZero())
	require.Empty(t, good.Products.Findings)
	w.keep("WatchShop/as-it-should-be", run.WorkflowID, run.RunID)

	// Shopify deletes one, somebody filters another, and an order is placed that no webhook tells of.
	create, paid := w.Shop.Subscriptions().Of("ORDERS_CREATE")[0], w.Shop.Subscriptions().Of("ORDERS_PAID")[0]
	require.True(t, w.Shop.Subscriptions().Delete(create.ID))
	paid.Filter = "total_price:>=100000"
	w.Shop.Subscriptions().Put(paid)
	lost := w.orderFor("WATCHED", 1)
	repaired, run := w.watch()
	require.ElementsMatch(t, []string{"orders/create: missing", "orders/paid: filter: total_price:>=100000 -> -"},
		repaired.Webhooks.Repaired.Topics)
	require.Equal(t, good.Webhooks.GoodAt, repaired.Webhooks.Repaired.Since)
	require.Empty(t, repaired.Webhooks.Left)
	w.ok("webhooks", "plan")
	w.show(lost, executions.Completed)
	require.Len(t, w.Issuer.Cards(), 1)
	w.keep("WatchShop/repaired", run.WorkflowID, run.RunID)
	require.Regexp(t, `warn +webhooks +subscriptions were missing or changed, and were made again`, w.starter(nil, "status").stdout)

	// While the intake is paused, the gap waits.
	w.ok("pause", "--reason", "inventory")
	require.True(t, w.Shop.Subscriptions().Delete(paid.ID))
	held, _ := w.watch()
	require.True(t, held.Webhooks.Held)
	w.ok("resume")
	later, _ := w.watch()
	require.NotEmpty(t, later.Webhooks.Repaired.Poll)
	require.Zero(t, later.Webhooks.GapFrom)

	// Somebody archives a product.
	variants := scenario.Variants()
	for i := range variants {
		if variants[i].SKU == scenario.SKUs()[0] {
			variants[i].Status = "ARCHIVED"
		}
	}
	w.Shop.SetVariants(variants...)
	found, run := w.watch()
	require.Equal(t, skus.Unsold, found.Products.Findings[0].Flaw)
	w.keep("WatchShop/product-archived", run.WorkflowID, run.RunID)
	unhealthy := w.starter(nil, "status")
	require.Equal(t, 1, unhealthy.code)
	require.Regexp(t, `FAIL +gift card skus .* is archived: nobody can buy it`, unhealthy.stdout)
	report, err := w.Operator.Report(w.ctx, activities.ReportInput{Since: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	require.False(t, report.Empty())
	require.Len(t, report.Watch.Products, 1)
	require.Equal(t, later.Webhooks.Repaired.Topics, report.Watch.Repaired.Topics)
	require.Equal(t, later.Webhooks.Repaired.Until, report.Watch.Repaired.Gap.To)
	require.Empty(t, report.Watch.Failed)

	w.ok("webhooks", "delete", "--yes")
	require.Empty(t, w.Shop.Subscriptions().All())
}
