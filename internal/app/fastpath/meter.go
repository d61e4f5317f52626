package fastpath

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/internal/intake/arrivals"
)

// meter counts what the queue does. It implements [arrivals.Meter]. docs/operations.md lists the metrics.
type meter struct {
	from         metric.Meter
	reads, ended metric.Int64Counter
	lost         metric.Int64Counter
	batch        metric.Int64Counter
	uninstalled  metric.Float64Gauge
}

// newMeter creates the instruments. Counters start at zero: otherwise the increase to one would not be visible.
func newMeter(from metric.Meter) (*meter, error) {
	m := &meter{from: from}
	var errs []error
	counter := func(name, help string) metric.Int64Counter {
		c, err := from.Int64Counter(name, metric.WithDescription(help))
		errs = append(errs, err)
		return c
	}
	m.reads = counter("giftbridge_arrivals_reads", "Requests for announced orders to the shop.")
	m.batch = counter("giftbridge_arrivals_read", "Announced orders that were read from the shop.")
	m.ended = counter("giftbridge_arrivals", "Announced orders by what became of them.")
	m.lost = counter("giftbridge_arrivals_lost", "Announced orders that were left to the poll, by reason.")
	gone, err := newUninstalled(from)
	m.uninstalled = gone
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	ctx := context.Background()
	m.reads.Add(ctx, 0)
	m.batch.Add(ctx, 0)
	for _, r := range arrivals.Results {
		m.ended.Add(ctx, 0, outcome(r))
	}
	for _, l := range arrivals.Losses {
		m.lost.Add(ctx, 0, reason(l))
	}
	return m, nil
}

// observe reports the length of the queue.
func (m *meter) observe(length func() int) error {
	_, err := m.from.Int64ObservableGauge("giftbridge_arrivals_waiting",
		metric.WithDescription("Announced orders that wait, or are being read and started."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(length()))
			return nil
		}))
	return err
}

func outcome(r arrivals.Result) metric.AddOption {
	return metric.WithAttributes(attribute.String("outcome", string(r)))
}

func reason(l arrivals.Loss) metric.AddOption {
	return metric.WithAttributes(attribute.String("reason", string(l)))
}

// Read implements [arrivals.Meter].
func (m *meter) Read(orders int) {
	m.reads.Add(context.Background(), 1)
	m.batch.Add(context.Background(), int64(orders))
}

// Ended implements [arrivals.Meter].
func (m *meter) Ended(r arrivals.Result) { m.ended.Add(context.Background(), 1, outcome(r)) }

// Lost implements [arrivals.Meter].
func (m *meter) Lost(why arrivals.Loss, orders int) {
	m.lost.Add(context.Background(), int64(orders), reason(why))
}
