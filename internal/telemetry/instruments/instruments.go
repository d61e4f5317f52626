// Package instruments makes the instruments with which processes measure.
package instruments

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// Set makes instruments and keeps the first error. The exporter adds _total to the names of counters and
// _seconds where that is the unit.
type Set struct {
	Meter metric.Meter
	// Err is the first error.
	Err error
}

// Counter makes a counter.
func (i *Set) Counter(name, help string) metric.Int64Counter {
	c, err := i.Meter.Int64Counter(name, metric.WithDescription(help))
	i.keep(err)
	return c
}

// FloatCounter makes a counter of parts.
func (i *Set) FloatCounter(name, help string) metric.Float64Counter {
	c, err := i.Meter.Float64Counter(name, metric.WithDescription(help))
	i.keep(err)
	return c
}

// Observed makes a gauge whose value is asked for when it is exported. It has no value if ask reports none.
func (i *Set) Observed(name, help, unit string, ask func() (float64, bool)) {
	_, err := i.Meter.Float64ObservableGauge(name, metric.WithDescription(help), metric.WithUnit(unit),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			if value, ok := ask(); ok {
				o.Observe(value)
			}
			return nil
		}))
	i.keep(err)
}

// Gauge makes a gauge.
func (i *Set) Gauge(name, help string) metric.Int64Gauge {
	g, err := i.Meter.Int64Gauge(name, metric.WithDescription(help))
	i.keep(err)
	return g
}

// FloatGauge makes a gauge of parts.
func (i *Set) FloatGauge(name, help string) metric.Float64Gauge {
	g, err := i.Meter.Float64Gauge(name, metric.WithDescription(help))
	i.keep(err)
	return g
}

// Seconds makes a gauge of seconds.
func (i *Set) Seconds(name, help string) metric.Float64Gauge {
	g, err := i.Meter.Float64Gauge(name, metric.WithDescription(help), metric.WithUnit("s"))
	i.keep(err)
	return g
}

// Histogram makes a histogram of seconds.
func (i *Set) Histogram(name, help string, bounds []float64) metric.Float64Histogram {
	h, err := i.Meter.Float64Histogram(name, metric.WithDescription(help), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(bounds...))
	i.keep(err)
	return h
}

func (i *Set) keep(err error) {
	if i.Err == nil {
		i.Err = err
	}
}
