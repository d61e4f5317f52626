package telemetry

import (
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
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// scope names what giftbridge itself measures, sdkScope what the Temporal SDK does.
const (
	scope    = "github.com/giftbridge/giftbridge"
	sdkScope = "go.temporal.io/sdk"
)

// serviceName is what a trace calls the process unless OTEL_SERVICE_NAME says otherwise.
const serviceName = "giftbridge-worker"

// stopTimeout bounds how long the last spans may take to get out.
const stopTimeout = 5 * time.Second

// Options say what is measured, and where it goes.
type Options struct {
	// Metrics are collected for the handler.
	Metrics bool
	// TracesEndpoint is the base address of a collector that takes OTLP over HTTP; empty means that there are no traces.
	TracesEndpoint string
	// Version is that of the build.
	Version string
	// StaleAfter is how old the watermark may become before polls are missing.
	StaleAfter time.Duration
	// OnError is told of what cannot be measured or exported.
	OnError func(error)
}

// Telemetry is what a worker reports to. A nil one measures nothing.
type Telemetry struct {
	metrics  *metrics
	tracer   trace.Tracer
	handler  http.Handler
	sdk      client.MetricsHandler
	shutdown []func(context.Context) error
}

// New returns what the options ask for, nil if that is nothing.
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
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(sdkTimers))
	t.shutdown = append(t.shutdown, provider.Shutdown)
	t.sdk = temporalotel.NewMetricsHandler(temporalotel.MetricsHandlerOptions{
		Meter:                provider.Meter(sdkScope),
		UseMonotonicCounters: true,
		OnError:              o.OnError,
	})
	t.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	t.metrics, err = newMetrics(provider.Meter(scope), o)
	return err
}

func (t *Telemetry) trace(ctx context.Context, o Options) error {
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(strings.TrimSuffix(o.TracesEndpoint, "/")+"/v1/traces"))
	if err != nil {
		return err
	}
	// What the environment says of the service comes last, and wins.
	about, err := resource.New(ctx, resource.WithAttributes(serviceAttributes(o.Version)...), resource.WithFromEnv())
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

// Handler serves the metrics; nil if there are none.
func (t *Telemetry) Handler() http.Handler {
	if t == nil {
		return nil
	}
	return t.handler
}

// Instrument makes a Temporal client, and the workers that use it, report here.
func (t *Telemetry) Instrument(o *client.Options) {
	if t == nil {
		return
	}
	if t.sdk != nil {
		o.MetricsHandler = t.sdk
		o.Interceptors = append(o.Interceptors, &accountant{metrics: t.metrics})
	}
	if t.tracer != nil {
		o.Interceptors = append(o.Interceptors, interceptor.NewTracingInterceptor(&tracer{tracer: t.tracer}))
	}
}

// Stop gets the last spans out, within a bound.
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
