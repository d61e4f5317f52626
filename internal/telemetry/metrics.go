package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/telemetry/instruments"
)

// Labels. Their values come from closed sets.
const (
	labelReason    = "reason"
	labelKind      = "kind"
	labelOutcome   = "outcome"
	labelActivity  = "activity"
	labelService   = "service"
	labelOperation = "operation"
	labelStatus    = "status"
	labelCurrency  = "currency"
	labelBy        = "by"
)

// Outcomes.
const (
	outcomeCompleted = "completed"
	outcomeFailed    = "failed"
	outcomeNew       = "new"
	outcomeExisted   = "existed"
	outcomeSent      = "sent"
	outcomeEmpty     = "empty"
)

// byPoll is the label value of what takes orders in unless it names itself: polls and sweeps.
const byPoll = "poll"

// otherKind is the label value of a failure whose kind is not one of giftbridge's.
const otherKind = "Other"

var (
	// requestSeconds are the bucket bounds for one exchange or one activity.
	requestSeconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	// startSeconds are the bucket bounds for an order's start: a second by webhook, minutes by poll, hours if it was paid late.
	startSeconds = []float64{.25, .5, 1, 2, 3, 5, 10, 30, 60, 120, 300, 450, 600, 1800, 3600, 43200, 86400}
	// orderSeconds are the bucket bounds for an order: minutes if all goes well, days if people had to help.
	orderSeconds = []float64{30, 60, 120, 180, 300, 450, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 259200, 604800}
)

// sdkTimers gives the SDK's timers bucket bounds for seconds: OpenTelemetry's defaults are meant for milliseconds.
// Tasks may wait for hours while no worker runs.
var sdkTimers = sdkmetric.NewView(
	sdkmetric.Instrument{Unit: "s", Scope: instrumentationScope(sdkScope)},
	sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{
		Boundaries: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600},
	}},
)

// metrics are giftbridge's own metrics. docs/operations.md lists them.
type metrics struct {
	ordersSeen, ordersStarted, ordersCompleted metric.Int64Counter
	ordersLeftOut                              metric.Int64Counter // By reason.
	ordersSwept                                metric.Int64Counter
	ordersUnannounced                          metric.Int64Counter
	orderStartDelay                            metric.Float64Histogram // By what took it in.
	ordersFailed                               metric.Int64Counter     // By kind.
	ordersWrittenBack                          metric.Int64Counter     // By outcome.
	orderLatency                               metric.Float64Histogram
	cardsIssued                                metric.Int64Counter   // By outcome.
	cardsValue                                 metric.Float64Counter // By currency.
	activityFailures                           metric.Int64Counter   // By activity and kind.

	pollsStarted  metric.Int64Counter
	pollsFinished metric.Int64Counter // By outcome.
	watermark     metric.Float64Gauge

	watchesFinished  metric.Int64Counter // By outcome.
	webhooksRepaired metric.Int64Counter
	webhooksWrong    metric.Int64Gauge
	productFindings  metric.Int64Gauge // By reason.

	digestsFinished metric.Int64Counter // By outcome.
	digestUntil     metric.Float64Gauge
	digestFailed    metric.Int64Gauge
	digestExpiring  metric.Int64Gauge

	outside
	orders ordersNow
}

// outside are the metrics of requests to outside services, which every process has.
type outside struct {
	requests        metric.Int64Counter     // By service, operation and status.
	requestDuration metric.Float64Histogram // By service and operation.
	points          metric.Float64Gauge
	pointsMaximum   metric.Float64Gauge
	rateLimitWait   metric.Float64Histogram
}

func newOutside(i *instruments.Set) outside {
	return outside{
		requests: i.Counter("giftbridge_outside_requests",
			"Requests to outside services, by service, operation and status."),
		requestDuration: i.Histogram("giftbridge_outside_request_duration",
			"Time from a request to the end of its answer, by service and operation.", requestSeconds),
		points: i.FloatGauge("giftbridge_shopify_points_available",
			"Points left in Shopify's bucket after the last query."),
		pointsMaximum: i.FloatGauge("giftbridge_shopify_points_maximum", "Points that Shopify's bucket holds."),
		rateLimitWait: i.Histogram("giftbridge_rate_limit_wait",
			"Time that requests to an issuer waited for their turn in this worker.", requestSeconds),
	}
}

// newOutsideMetrics creates only the instruments of a process that runs no workflows. It must not have the others: their
// zeros would be taken for those of a worker.
func newOutsideMetrics(meter metric.Meter, o Options) (*metrics, error) {
	i := instruments.New(meter)
	m := &metrics{outside: newOutside(i)}
	reportBuild(i, o)
	return m, i.Err()
}

func reportBuild(i *instruments.Set, o Options) {
	build := i.Gauge("giftbridge_build_info", "The build, in its labels; always 1.")
	if i.Err() == nil {
		build.Record(context.Background(), 1, label("version", o.Version))
	}
}

// newMetrics creates the instruments. Counters whose label values are known start at zero: otherwise the increase to
// one would not be visible.
func newMetrics(meter metric.Meter, o Options) (*metrics, error) {
	i := instruments.New(meter)
	m := &metrics{
		outside: newOutside(i),
		ordersSeen: i.Counter("giftbridge_orders_seen",
			"Orders that a search found; one that is found again counts again."),
		ordersLeftOut: i.Counter("giftbridge_orders_left_out",
			"Orders read from Shopify that are not gift-card orders, by reason."),
		ordersSwept: i.Counter("giftbridge_orders_swept",
			"Gift-card orders that no poll had taken in, and a sweep has found."),
		ordersUnannounced: i.Counter("giftbridge_orders_unannounced",
			"Gift-card orders that a poll has found first though webhooks are on."),
		orderStartDelay: i.Histogram("giftbridge_order_start_delay",
			"Time from an order's creation at Shopify, paid or not, to the start of its workflow, by what took it in.", startSeconds),
		ordersStarted:   i.Counter("giftbridge_orders_started", "Gift-card orders whose workflow began."),
		ordersCompleted: i.Counter("giftbridge_orders_completed", "Gift-card orders that have all their cards."),
		ordersFailed: i.Counter("giftbridge_orders_failed",
			"Gift-card orders whose workflow failed, by kind; again after each re-run."),
		ordersWrittenBack: i.Counter("giftbridge_orders_written_back",
			"Gift-card orders that were to be marked in the shop once their cards existed, by outcome."),
		orderLatency: i.Histogram("giftbridge_order_latency",
			"Time from an order's creation at Shopify, paid or not, to its last card.", orderSeconds),
		cardsIssued: i.Counter("giftbridge_cards_issued",
			"Cards that exist, by whether they were new or had been issued by an earlier attempt."),
		cardsValue: i.FloatCounter("giftbridge_cards_issued_value",
			"Value of the new cards in units of their currency, such as dollars, by currency."),
		activityFailures: i.Counter("giftbridge_activity_failures",
			"Attempts of activities that failed, by activity and kind."),

		pollsStarted:  i.Counter("giftbridge_polls_started", "Polls of the schedule that began."),
		pollsFinished: i.Counter("giftbridge_polls_finished", "Polls of the schedule that ended, by outcome."),
		watermark: i.Seconds("giftbridge_poll_watermark_timestamp",
			"Up to when orders have been seen, as far as this worker knows."),

		watchesFinished: i.Counter("giftbridge_watches_finished", "Watches over the shop that ended, by outcome."),
		webhooksRepaired: i.Counter("giftbridge_webhooks_repaired",
			"Webhook subscriptions that were missing or had been changed, and that a watch had made again."),
		webhooksWrong: i.Gauge("giftbridge_webhooks_wrong",
			"Webhook subscriptions that were wrong after the last watch, as far as this worker knows."),
		productFindings: i.Gauge("giftbridge_gift_card_sku_findings",
			"Gift-card SKUs whose product could not be sold as a gift card at the last watch, by reason."),

		digestsFinished: i.Counter("giftbridge_digests_finished",
			"Digests that ended, by outcome; empty is one with nothing to say."),
		digestUntil: i.Seconds("giftbridge_digest_until_timestamp",
			"Where the last digest's report ended, as far as this worker knows."),
		digestExpiring: i.Gauge("giftbridge_digest_expiring_orders",
			"Failed orders in that digest that cannot be run again for much longer."),
		digestFailed: i.Gauge("giftbridge_digest_failed_orders", "Failed orders in that digest."),
	}
	staleAfter := i.Seconds("giftbridge_poll_stale_after", "Age of the watermark from which polls are missing.")
	m.orders.observe(i)
	reportBuild(i, o)
	if err := i.Err(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	staleAfter.Record(ctx, o.StaleAfter.Seconds())
	m.zero(ctx)
	return m, nil
}

func (m *metrics) zero(ctx context.Context) {
	m.zeroWatch(ctx)
	for _, c := range []metric.Int64Counter{
		m.ordersSeen, m.ordersSwept, m.ordersUnannounced, m.ordersStarted, m.ordersCompleted, m.pollsStarted, m.webhooksRepaired,
	} {
		c.Add(ctx, 0)
	}
	for _, r := range giftcard.Reasons {
		m.ordersLeftOut.Add(ctx, 0, label(labelReason, string(r)))
	}
	for _, k := range giftcard.Kinds {
		m.ordersFailed.Add(ctx, 0, label(labelKind, string(k)))
	}
	m.ordersFailed.Add(ctx, 0, label(labelKind, otherKind))
	for counter, outcomes := range map[metric.Int64Counter][]string{
		m.cardsIssued:       {outcomeNew, outcomeExisted},
		m.ordersWrittenBack: {outcomeCompleted, outcomeFailed},
		m.pollsFinished:     {outcomeCompleted, outcomeFailed},
		m.watchesFinished:   {outcomeCompleted, outcomeFailed},
		m.digestsFinished:   {outcomeSent, outcomeEmpty, outcomeFailed},
	} {
		for _, o := range outcomes {
			counter.Add(ctx, 0, label(labelOutcome, o))
		}
	}
}

// label returns labels from alternating names and values.
func label(namesAndValues ...string) metric.MeasurementOption {
	var all []attribute.KeyValue
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		all = append(all, attribute.String(namesAndValues[i], namesAndValues[i+1]))
	}
	return metric.WithAttributes(all...)
}
