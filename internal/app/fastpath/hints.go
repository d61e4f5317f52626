package fastpath

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/changes"
	"github.com/giftbridge/giftbridge/internal/intake/disputes"
	"github.com/giftbridge/giftbridge/internal/intake/products"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// hints act on notices of what an hourly look finds too: changed and disputed orders, products, and the end of the app.
type hints struct {
	changes  *changes.Queue
	disputes *disputes.Queue
	products *products.Consumer
}

func newHints(o Options, shop *shopifyintake.Source, meter *meter) hints {
	desk := &desk{operator: o.Operator, config: o.Config}
	log := o.Log
	record := func(ctx context.Context, order string) error {
		settings, err := desk.Settings(ctx)
		if err != nil {
			return err
		}
		found, err := shop.ReadDisputes(ctx, []string{order})
		if err != nil {
			return fmt.Errorf("read disputes: %w", err)
		}
		_, err = activities.RecordDisputed(ctx, o.Operator, settings.Shop(), found)
		return err
	}
	return hints{
		changes: changes.New(&intake.ChangeCheck{Source: shop, Orders: o.Operator}, o.Operator.Rules,
			func(orders int, _ intake.Checked, err error) {
				if err != nil {
					log.Warn().Err(err).Int("orders", orders).Msg("changed orders are left to the hourly sweep")
				}
			}),
		disputes: disputes.New(record, func(order string, err error) {
			log.Warn().Err(err).Str("order", order).Msg("a dispute is left to the hourly sweep")
		}),
		products: products.New(products.Options{
			SKUs: o.Config.Orders.GiftCardSKUs, Look: o.Operator.TriggerWatch,
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

func newUninstalled(from metric.Meter) (metric.Float64Gauge, error) {
	return from.Float64Gauge("giftbridge_app_uninstalled_timestamp", metric.WithUnit("s"),
		metric.WithDescription("When the shop said that it has uninstalled the app; no value as long as it has not."))
}
