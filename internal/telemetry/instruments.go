package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// instruments makes instruments and keeps the first error. The exporter adds _total to the names of counters and
// _seconds where that is the unit.
type instruments struct {
	meter metric.Meter
	err   error
}

func (i *instruments) counter(name, help string) metric.Int64Counter {
	c, err := i.meter.Int64Counter(name, metric.WithDescription(help))
	i.keep(err)
	return c
}

func (i *instruments) floatCounter(name, help string) metric.Float64Counter {
	c, err := i.meter.Float64Counter(name, metric.WithDescription(help))
	i.keep(err)
	return c
}

// observed makes a gauge whose value is asked for when it is exported. It has no value if ask reports none.
func (i *instruments) observed(name, help, unit string, ask func() (float64, bool)) {
	_, err := i.meter.Float64ObservableGauge(name, metric.WithDescription(help), metric.WithUnit(unit),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			if value, ok := ask(); ok {
				o.Observe(value)
			}
			return nil
		}))
	i.keep(err)
}

func (i *instruments) gauge(name, help string) metric.Int64Gauge {
	g, err := i.meter.Int64Gauge(name, metric.WithDescription(help))
	i.keep(err)
	return g
}

func (i *instruments) floatGauge(name, help string) metric.Float64Gauge {
	g, err := i.meter.Float64Gauge(name, metric.WithDescription(help))
	i.keep(err)
	return g
}

func (i *instruments) seconds(name, help string) metric.Float64Gauge {
	g, err := i.meter.Float64Gauge(name, metric.WithDescription(help), metric.WithUnit("s"))
	i.keep(err)
	return g
}

func (i *instruments) histogram(name, help string, bounds []float64) metric.Float64Histogram {
	h, err := i.meter.Float64Histogram(name, metric.WithDescription(help), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(bounds...))
	i.keep(err)
	return h
}

func (i *instruments) keep(err error) {
	if i.err == nil {
		i.err = err
	}
}

func instrumentationScope(name string) instrumentation.Scope {
	return instrumentation.Scope{Name: name}
}

func serviceAttributes(service, version string) []attribute.KeyValue {
	return []attribute.KeyValue{semconv.ServiceName(service), semconv.ServiceVersion(version)}
}
