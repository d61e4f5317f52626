package telemetry

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Request observes a request to an outside service: it is a [rest.Observer]. It does not record the URL, which may
// contain the code of a card.
func (t *Telemetry) Request(ctx context.Context, service, op string) (context.Context, func(status int, err error)) {
	if t == nil {
		return ctx, func(int, error) {}
	}
	service, op = labelValue(service), labelValue(op)
	began := time.Now()
	var span trace.Span
	if t.tracer != nil {
		ctx, span = t.tracer.Start(ctx, service+" "+op, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("peer.service", service)))
	}
	return ctx, func(status int, err error) {
		outcome := statusOf(status, err)
		if span != nil {
			if status != 0 {
				span.SetAttributes(attribute.Int("http.response.status_code", status))
			}
			if err != nil {
				span.SetStatus(codes.Error, outcome)
			}
			span.End()
		}
		if m := t.metrics; m != nil {
			m.requests.Add(ctx, 1, label(labelService, service, labelOperation, op, labelStatus, outcome))
			m.requestDuration.Record(ctx, time.Since(began).Seconds(), label(labelService, service, labelOperation, op))
		}
	}
}

// labelValue returns a name in a form that is easy to type in a query: "create order" becomes create_order.
func labelValue(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "_") }

// statusOf returns the status of an exchange as a label: the HTTP status, the class of an unknown HTTP status, or the
// outcome if no HTTP status expresses it.
func statusOf(status int, err error) string {
	if re, ok := errors.AsType[*rest.Error](err); ok && re.Outcome != rest.Refused {
		return labelValue(string(re.Outcome))
	}
	switch {
	case status == 0:
		return labelValue(string(rest.NoAnswer))
	case http.StatusText(status) != "":
		return strconv.Itoa(status)
	default:
		return strconv.Itoa(status/100) + "xx"
	}
}

// Points records the points that the shop has left after a query, of a maximum.
func (t *Telemetry) Points(available, maximum float64) {
	if t != nil && t.metrics != nil && maximum > 0 {
		ctx := context.Background()
		t.metrics.points.Record(ctx, available)
		t.metrics.pointsMaximum.Record(ctx, maximum)
	}
}

// Pace returns a pacer that measures the waiting time of p.
func (t *Telemetry) Pace(p activities.Pacer) activities.Pacer {
	if t == nil || t.metrics == nil {
		return p
	}
	return pace{p, t.metrics}
}

type pace struct {
	activities.Pacer
	metrics *metrics
}

// Wait implements activities.Pacer.
func (p pace) Wait(ctx context.Context) error {
	began := time.Now()
	err := p.Pacer.Wait(ctx)
	p.metrics.rateLimitWait.Record(ctx, time.Since(began).Seconds())
	return err
}
