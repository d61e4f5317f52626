package measuring

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/surveying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/internal/telemetry/instruments"
)

// delivered is the outcome of an attempt after which the endpoint has the event.
const delivered = "delivered"

// deliveryOutcomes are how attempts to deliver an event end: it is delivered, or the kind of the failure. An event that the endpoint
// has refused is an invalid request.
var deliveryOutcomes = []string{
	delivered, string(giftcard.InvalidRequest), string(giftcard.Unauthorized), string(giftcard.RateLimited), string(giftcard.Timeout),
	string(giftcard.Unavailable), string(giftcard.UnexpectedResponse), other,
}

// deliverySeconds are the bucket bounds for an event: a second if all goes well, days if its endpoint is away.
var deliverySeconds = []float64{.25, .5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21600, 86400, 259200}

const (
	// gapsFor is how long a time is counted for which an endpoint may lack events.
	gapsFor = 48 * time.Hour
	// gapsEvery is how often such times are looked for: the shop is looked at once an hour.
	gapsEvery = 10 * time.Minute
)

// Relay are the metrics of the events that go on to endpoints. A nil Relay measures nothing.
type Relay struct {
	endpoints, topics []string

	attempts, notices metric.Int64Counter
	took              metric.Float64Histogram
	now               atomic.Pointer[relayNow]
	clock             func() time.Time
	// gaps and gapsAt are the last result of a search for gaps. Only the survey uses them.
	gaps   int
	gapsAt time.Time
}

// relayNow is the state of the relay as of the last survey.
type relayNow struct {
	endpoints []relayed.EndpointStatus
	gaps      int
}

// NewRelay creates the instruments for the configured endpoints and topics. Counters start at zero: otherwise the increase to one
// would not be visible. The gauges have no value before the first survey.
func NewRelay(meter metric.Meter, endpoints, topics []string) (*Relay, error) {
	r := &Relay{endpoints: endpoints, topics: topics, clock: time.Now}
	set := instruments.New(meter)
	r.attempts = set.Counter("giftbridge_relay_deliveries", "Attempts to deliver an event, by endpoint and outcome.")
	r.notices = set.Counter("giftbridge_relay_notices",
		"Events that were delivered as a notice, because what the shop sent was too large to be kept.")
	r.took = set.Histogram("giftbridge_relay_delivery",
		"Time from the shop's webhook to the endpoint's answer that it has the event.", deliverySeconds)
	set.Observed("giftbridge_relay_gaps", "Times of the last two days for which endpoints may lack events.", "",
		func() (float64, bool) {
			now := r.now.Load()
			if now == nil {
				return 0, false
			}
			return float64(now.gaps), true
		})
	for _, g := range []struct {
		name, help string
		of         func(relayed.EndpointStatus) int
	}{
		{
			"giftbridge_relay_waiting", "Orders and products with events that wait for the endpoint.",
			func(s relayed.EndpointStatus) int { return s.Waiting },
		},
		{
			"giftbridge_relay_undelivered", "Events that the endpoint has refused for good, and that nobody has settled.",
			func(s relayed.EndpointStatus) int { return s.Undelivered },
		},
		{
			"giftbridge_relay_paused", "Whether the endpoint gets no events until a person resumes it: 1 or 0.",
			func(s relayed.EndpointStatus) int { return flag(s.State == relayqueue.Paused) },
		},
		{
			"giftbridge_relay_failing", "Whether events wait because the endpoint itself fails, and not because it has refused them: 1 or 0.",
			func(s relayed.EndpointStatus) int { return flag(s.Failing) },
		},
	} {
		if err := r.observe(meter, g.name, g.help, g.of); err != nil {
			return nil, err
		}
	}
	if err := set.Err(); err != nil {
		return nil, err
	}
	for _, endpoint := range endpoints {
		r.notices.Add(context.Background(), 0, ofEndpoint(endpoint))
		for _, outcome := range deliveryOutcomes {
			r.count(0, endpoint, outcome)
		}
	}
	return r, nil
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// observe makes a gauge with a value for each endpoint, and none as long as nothing is known.
func (r *Relay) observe(meter metric.Meter, name, help string, of func(relayed.EndpointStatus) int) error {
	_, err := meter.Int64ObservableGauge(name, metric.WithDescription(help),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			if now := r.now.Load(); now != nil {
				for _, s := range now.endpoints {
					o.Observe(int64(of(s)), ofEndpoint(s.Endpoint))
				}
			}
			return nil
		}))
	return err
}

func (r *Relay) count(n int64, endpoint, outcome string) {
	r.attempts.Add(context.Background(), n, metric.WithAttributes(
		attribute.String("endpoint", endpoint), attribute.String("outcome", outcome),
	))
}

func ofEndpoint(endpoint string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("endpoint", endpoint))
}

// Posted counts an attempt, an event that went as a notice, and how long an event took that it has delivered. One that a person has sent
// once more took no time.
func (r *Relay) Posted(p relaying.Posting, err error) {
	if r == nil {
		return
	}
	outcome := delivered
	if err != nil {
		outcome = other
		if refusal, ok := errors.AsType[*relaying.Refusal](err); ok && slices.Contains(deliveryOutcomes, string(refusal.Kind)) {
			outcome = string(refusal.Kind)
		}
	}
	r.count(1, p.Endpoint, outcome)
	if outcome == delivered && !p.Event.Again && !p.Event.TakenAt.IsZero() {
		r.took.Record(context.Background(), max(r.clock().Sub(p.Event.TakenAt), 0).Seconds(), ofEndpoint(p.Endpoint))
	}
	if outcome == delivered && p.Event.Size > 0 {
		r.notices.Add(context.Background(), 1, ofEndpoint(p.Endpoint))
	}
}

// Survey asks Temporal about once a minute what waits for the endpoints and what they have refused, until stop is called. A nil Relay
// asks nothing.
func (r *Relay) Survey(o *relayed.Relayed, log zerolog.Logger) (stop func()) {
	if r == nil {
		return func() {}
	}
	return surveying.Survey[relayNow]{
		Look: func(ctx context.Context) (*relayNow, error) { return r.look(ctx, o, o) }, Report: r.now.Store,
		Failed: func(err error) {
			log.Warn().Err(err).Msg("cannot count the events of the relay; the metrics leave them out until it works again")
		},
	}.Start()
}

// statuses are the states of endpoints; [relayed.Relayed] implements it.
type statuses interface {
	Statuses(ctx context.Context, endpoints []string) ([]relayed.EndpointStatus, error)
}

func (r *Relay) look(ctx context.Context, o statuses, runs relaygaps.Runs) (*relayNow, error) {
	all, err := o.Statuses(ctx, r.endpoints)
	if err != nil {
		return nil, err
	}
	if now := r.clock(); now.Sub(r.gapsAt) >= gapsEvery {
		found, err := relaygaps.Find(ctx, runs, r.topics, now.Add(-gapsFor))
		if err != nil {
			return nil, err
		}
		r.gaps, r.gapsAt = len(found), now
	}
	return &relayNow{all, r.gaps}, nil
}
