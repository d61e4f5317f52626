package telemetry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// headerKey is the Temporal header that carries spans, the same in all SDKs.
const headerKey = "_tracer-data"

// tracer creates spans for Temporal's tracing interceptor. It differs from the SDK's own tracer for OpenTelemetry in
// two ways. A workflow run has the same span, and so the same trace, even if a worker has to replay it. And a span
// contains the kind of a failure, not its text: failures are encrypted in Temporal, and collectors hold no keys.
type tracer struct {
	interceptor.BaseTracer
	tracer trace.Tracer
}

type spanKey struct{}

// span is a span that the interceptor starts and finishes.
type span struct{ trace.Span }

// remoteSpan is a span that was started elsewhere.
type remoteSpan struct{ trace.SpanContext }

// Finish implements interceptor.TracerSpan.
func (s span) Finish(o *interceptor.TracerFinishSpanOptions) {
	if o.Error != nil && !stopped(o.Error) {
		s.SetStatus(codes.Error, kindOf(o.Error))
	}
	s.End()
}

// Options implements interceptor.Tracer.
func (t *tracer) Options() interceptor.TracerOptions {
	// An unreadable header must not stop an order.
	return interceptor.TracerOptions{SpanContextKey: spanKey{}, HeaderKey: headerKey, AllowInvalidParentSpans: true}
}

// UnmarshalSpan implements interceptor.Tracer.
func (t *tracer) UnmarshalSpan(m map[string]string) (interceptor.TracerSpanRef, error) {
	if len(m) == 0 {
		return nil, nil
	}
	c := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier(m)))
	if !c.IsValid() {
		return nil, fmt.Errorf("no span in the header")
	}
	return remoteSpan{c}, nil
}

// MarshalSpan implements interceptor.Tracer.
func (t *tracer) MarshalSpan(s interceptor.TracerSpan) (map[string]string, error) {
	m := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), s.(span).Span), m)
	return m, nil
}

// SpanFromContext implements interceptor.Tracer.
func (t *tracer) SpanFromContext(ctx context.Context) interceptor.TracerSpan {
	s := trace.SpanFromContext(ctx)
	if !s.SpanContext().IsValid() {
		return nil
	}
	return span{s}
}

// ContextWithSpan implements interceptor.Tracer.
func (t *tracer) ContextWithSpan(ctx context.Context, s interceptor.TracerSpan) context.Context {
	return trace.ContextWithSpan(ctx, s.(span).Span)
}

// StartSpan implements interceptor.Tracer.
func (t *tracer) StartSpan(o *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	ctx := context.Background()
	switch parent := o.Parent.(type) {
	case span:
		ctx = trace.ContextWithSpanContext(ctx, parent.SpanContext())
	case remoteSpan:
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent.SpanContext)
	}
	if o.IdempotencyKey != "" {
		ctx = context.WithValue(ctx, seedKey{}, o.IdempotencyKey)
	}
	kind := trace.SpanKindServer
	if o.ToHeader {
		kind = trace.SpanKindClient
	}
	attributes := make([]attribute.KeyValue, 0, len(o.Tags))
	for k, v := range o.Tags {
		attributes = append(attributes, attribute.String(k, v))
	}
	_, s := t.tracer.Start(ctx, t.SpanName(o), trace.WithTimestamp(o.Time), trace.WithSpanKind(kind),
		trace.WithAttributes(attributes...))
	return span{s}, nil
}

// GetLogger implements interceptor.Tracer. Log lines contain the IDs of their trace and span.
func (t *tracer) GetLogger(logger log.Logger, ref interceptor.TracerSpanRef) log.Logger {
	s, ok := ref.(span)
	if !ok {
		return logger
	}
	return log.With(logger, "TraceID", s.SpanContext().TraceID().String(), "SpanID", s.SpanContext().SpanID().String())
}

// seedKey is the context key of a seed. From the same seed, [ids] generates the same identifiers each time.
type seedKey struct{}

// ids generates identifiers: random ones, except for spans that have a seed.
type ids struct{}

// NewIDs implements sdktrace.IDGenerator.
func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var id trace.TraceID
	if seed, ok := ctx.Value(seedKey{}).(string); ok {
		sum := sha256.Sum256([]byte("trace:" + seed))
		copy(id[:], sum[:])
	} else {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64()|1) // Zero is not a valid identifier.
	}
	return id, ids{}.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (ids) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	var id trace.SpanID
	if seed, ok := ctx.Value(seedKey{}).(string); ok {
		sum := sha256.Sum256([]byte("span:" + seed))
		copy(id[:], sum[:])
	} else {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64()|1)
	}
	return id
}
