package receiving

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// answerSeconds are the bucket bounds for answers. The shop waits five seconds.
var answerSeconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// measures count what comes in. docs/operations.md lists them. They implement [webhook.Observer].
type measures struct {
	deliveries, unauthorized, refused metric.Int64Counter
	answers                           metric.Float64Histogram
}

// newMeasures creates the instruments. Counters start at zero: otherwise the increase to one would not be visible.
func newMeasures(m metric.Meter, connections func() int) (*measures, error) {
	var out measures
	var errs [5]error
	out.deliveries, errs[0] = m.Int64Counter("giftbridge_webhook_deliveries",
		metric.WithDescription("Webhooks that the shop has signed, by topic and outcome."))
	out.unauthorized, errs[1] = m.Int64Counter("giftbridge_webhook_unauthorized",
		metric.WithDescription("Webhooks without a valid signature, by the topic that they state."))
	out.answers, errs[2] = m.Float64Histogram("giftbridge_webhook_answer", metric.WithUnit("s"),
		metric.WithDescription("Time from the header of a webhook to its answer."),
		metric.WithExplicitBucketBoundaries(answerSeconds...))
	out.refused, errs[3] = m.Int64Counter("giftbridge_receiver_connections_refused",
		metric.WithDescription("Connections that were closed because there were too many, in total or from one address."))
	_, errs[4] = m.Int64ObservableGauge("giftbridge_receiver_connections", metric.WithDescription("Open connections."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(connections()))
			return nil
		}))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	ctx := context.Background()
	for _, topic := range append(webhook.Topics(), webhook.OtherTopic) {
		out.unauthorized.Add(ctx, 0, labels("topic", topic))
		for _, o := range webhook.Outcomes {
			if topic != webhook.OtherTopic || o == webhook.UnknownTopic || o == webhook.Oversized {
				out.deliveries.Add(ctx, 0, labels("topic", topic, "outcome", string(o)))
			}
		}
	}
	for _, why := range []string{tooMany, tooManyFromOne} {
		out.refused.Add(ctx, 0, labels("reason", why))
	}
	return &out, nil
}

// labels returns labels from alternating names and values.
func labels(namesAndValues ...string) metric.MeasurementOption {
	var all []attribute.KeyValue
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		all = append(all, attribute.String(namesAndValues[i], namesAndValues[i+1]))
	}
	return metric.WithAttributes(all...)
}

// Delivered implements [webhook.Observer].
func (m *measures) Delivered(topic string, outcome webhook.Outcome) {
	m.deliveries.Add(context.Background(), 1, labels("topic", topic, "outcome", string(outcome)))
}

// Unauthorized implements [webhook.Observer].
func (m *measures) Unauthorized(topic string) {
	m.unauthorized.Add(context.Background(), 1, labels("topic", topic))
}

// Answered implements [webhook.Observer].
func (m *measures) Answered(took time.Duration) {
	m.answers.Record(context.Background(), took.Seconds())
}

func (m *measures) refuse(why string) { m.refused.Add(context.Background(), 1, labels("reason", why)) }
