package fastpath

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/changes"
	"github.com/giftbridge/giftbridge/internal/intake/named"
	"github.com/giftbridge/giftbridge/internal/intake/products"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// hints act on notices of what an hourly look finds too: changed and disputed orders, products, and the end of the app.
type hints struct {
	changes  *changes.Queue
	disputes *named.Queue
	products *products.Consumer
}

const (
	// maxDisputes is the number of orders with disputes that wait at most: shops have few. maxDisputesAtOnce is the number of
	// those that are read together.
	maxDisputes       = 256
	maxDisputesAtOnce = 50
)

func newHints(o Options, desk *desk, shop *shopifyintake.Source, meter *meter) hints {
	log := o.Log
	rules := func(ctx context.Context) (*intake.ChangeRules, error) {
		if _, err := desk.Settings(ctx); err != nil { // It says whose namespace this is.
			return nil, err
		}
		return o.Operator.Rules(ctx)
	}
	record := func(ctx context.Context, orders []string) error {
		settings, err := desk.Settings(ctx)
		if err != nil {
			return err
		}
		found, err := shop.ReadDisputes(ctx, orders)
		if err != nil {
			return fmt.Errorf("read disputes: %w", err)
		}
		_, err = activities.RecordDisputed(ctx, o.Operator, settings.Shop(), found)
		return err
	}
	return hints{
		changes: changes.New(&intake.ChangeCheck{Source: shop, Orders: o.Operator}, rules, func(orders int, err error) {
			log.Warn().Err(err).Int("orders", orders).Msg("changed orders are left to the hourly sweep")
		}),
		disputes: named.New(named.Options{
			Topics: []string{webhook.DisputesCreate}, Look: record, Max: maxDisputes, AtOnce: maxDisputesAtOnce,
			Lost: func(orders int, err error) {
				log.Warn().Err(err).Int("orders", orders).Msg("disputes are left to the hourly sweep")
			},
		}),
		products: products.New(products.Options{
			SKUs: o.Config.SKUs(), Look: o.Operator.TriggerWatch,
			Failed: func(err error) {
				log.Warn().Err(err).Msg("a changed product is left to the hourly look")
			},
			Uninstalled: func(at time.Time) {
				meter.uninstalled.Record(context.Background(), float64(at.Unix()))
				log.Error().Time("at", at).Msg("the shop says that it has uninstalled the app: no order can be read any more")
			},
		}),
	}
}

func (h hints) consumers() []webhook.Consumer {
	return []webhook.Consumer{h.changes, h.disputes, h.products}
}

// run acts on notices until ctx ends.
func (h hints) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { h.changes.Run(ctx) })
	all.Go(func() { h.disputes.Run(ctx) })
	all.Go(func() { h.products.Run(ctx) })
	all.Wait()
}

// drain looks at the orders that wait until ctx ends.
func (h hints) drain(ctx context.Context, log zerolog.Logger) {
	var all sync.WaitGroup
	var changed, disputed int
	all.Go(func() { changed = h.changes.Drain(ctx) })
	all.Go(func() { disputed = h.disputes.Drain(ctx) })
	all.Wait()
	if left := changed + disputed; left > 0 {
		log.Warn().Int("orders", left).Msg("changed or disputed orders are left to the hourly sweep")
	}
}

func newUninstalled(from metric.Meter) (metric.Float64Gauge, error) {
	return from.Float64Gauge("giftbridge_app_uninstalled_timestamp", metric.WithUnit("s"),
		metric.WithDescription("When the shop said that it has uninstalled the app; no value as long as it has not."))
}
