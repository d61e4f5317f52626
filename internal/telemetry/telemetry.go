package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// scope is the name under which giftbridge's own measurements are recorded, sdkScope the name for the Temporal SDK's.
const (
	scope    = "github.com/giftbridge/giftbridge"
	sdkScope = "go.temporal.io/sdk"
)

// serviceName is the name of a worker in traces.
const serviceName = "giftbridge-worker"

// stopTimeout limits how long sending the last spans may take.
const stopTimeout = 5 * time.Second

// Options configure what is measured, and where traces are sent.
type Options struct {
	// Metrics turns on metrics, which the handler serves.
	Metrics bool
	// TracesEndpoint is the base URL of a collector that accepts OTLP over HTTP; empty means no traces.
	TracesEndpoint string
	// Version is the version of the build.
	Version string
	// Service is the name of the process in traces unless OTEL_SERVICE_NAME sets another one; giftbridge-worker if empty.
	Service string
	// NoWorkflows leaves out the metrics of orders, polls and digests, for a process that runs no workflows.
	NoWorkflows bool
	// StaleAfter is the age of the watermark from which polls are considered missing.
	StaleAfter time.Duration
	// OnError is called with errors of measuring and exporting.
	OnError func(error)
}

// Telemetry collects the metrics and traces of a worker. A nil Telemetry measures nothing.
type Telemetry struct {
	metrics  *metrics
	meter    metric.Meter
	tracer   trace.Tracer
	handler  http.Handler
	sdk      client.MetricsHandler
	shutdown []func(context.Context) error
	// counts reports whether the metrics have those of workflows and activities.
	counts bool
}

// New returns a Telemetry with the given options, or nil if they turn on neither metrics nor traces.
func New(ctx context.Context, o Options) (*Telemetry, error) {
	if !o.Metrics && o.TracesEndpoint == "" {
		return nil, nil
	}
	t := &Telemetry{}
	if o.Metrics {
		if err := t.collect(o); err != nil {
			return nil, fmt.Errorf("set up metrics: %w", err)
		}
	}
	if o.TracesEndpoint != "" {
		if err := t.trace(ctx, o); err != nil {
			return nil, fmt.Errorf("set up traces: %w", err)
		}
	}
	return t, nil
}

func (t *Telemetry) collect(o Options) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	exporter, err := otelprom.New(
		otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo(),
	)
	if err != nil {
		return err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(append(spentViews(), sdkTimers)...))
	t.shutdown = append(t.shutdown, provider.Shutdown)
	t.sdk = temporalotel.NewMetricsHandler(temporalotel.MetricsHandlerOptions{
		Meter:                provider.Meter(sdkScope),
		UseMonotonicCounters: true,
		OnError:              o.OnError,
	})
	t.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	t.meter = provider.Meter(scope)
	if o.NoWorkflows {
		t.metrics, err = newOutsideMetrics(t.meter, o)
	} else {
		t.metrics, err = newMetrics(t.meter, o)
		t.zeroSpent()
	}
	t.counts = !o.NoWorkflows
	return err
}

// Meter makes further instruments. Without metrics, they measure nothing.
func (t *Telemetry) Meter() metric.Meter {
	if t == nil || t.meter == nil {
		return noop.Meter{}
	}
	return t.meter
}

func (t *Telemetry) trace(ctx context.Context, o Options) error {
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(strings.TrimSuffix(o.TracesEndpoint, "/")+"/v1/traces"))
	if err != nil {
		return err
	}
	// Attributes from the environment come last, and take precedence.
	about, err := resource.New(ctx, resource.WithAttributes(serviceAttributes(cmp.Or(o.Service, serviceName), o.Version)...), resource.WithFromEnv())
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithResource(about), sdktrace.WithIDGenerator(ids{}),
	)
	t.shutdown = append(t.shutdown, provider.Shutdown)
	t.tracer = provider.Tracer(scope)
	if o.OnError != nil {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(o.OnError))
	}
	return nil
}

// Handler returns the handler that serves the metrics, or nil if there are none.
func (t *Telemetry) Handler() http.Handler {
	if t == nil {
		return nil
	}
	return t.handler
}

// Instrument makes a Temporal client, and the workers that use it, report to t.
func (t *Telemetry) Instrument(o *client.Options) {
	if t == nil {
		return
	}
	if t.sdk != nil {
		o.MetricsHandler = t.sdk
	}
	if t.counts {
		o.Interceptors = append(o.Interceptors, &accountant{metrics: t.metrics})
	}
	if t.tracer != nil {
		o.Interceptors = append(o.Interceptors, interceptor.NewTracingInterceptor(&tracer{tracer: t.tracer}))
	}
}

// Stop sends the last spans, within a time limit.
func (t *Telemetry) Stop() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, stop := range t.shutdown {
		errs = append(errs, stop(ctx))
	}
	return errors.Join(errs...)
}

func instrumentationScope(name string) instrumentation.Scope {
	return instrumentation.Scope{Name: name}
}

func serviceAttributes(service, version string) []attribute.KeyValue {
	return []attribute.KeyValue{semconv.ServiceName(service), semconv.ServiceVersion(version)}
}
