package receiving

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"go.opentelemetry.io/otel/metric"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

// checkoutSeconds are the bucket bounds for answers to checkouts. A redemption waits up to 11 seconds for the issuer.
var checkoutSeconds = []float64{.01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 8, 10, 12}

const (
	// served is the outcome of a request that has no problem, and otherProblem that of one whose problem is not known here.
	served       = "ok"
	otherProblem = "other"
	// otherRoute is the route of paths that are not served, and nobody the client of requests without a known key.
	otherRoute = "other"
	nobody     = "none"
)

// outcomes are those of requests with a known key.
var outcomes = func() []string {
	all := []string{served, otherProblem}
	for _, t := range append(slices.Clone(redemption.Types), api.Forbidden, api.TooLarge, api.UnsupportedMediaType) {
		all = append(all, string(t))
	}
	return all
}()

// spending counts the requests of checkouts. docs/operations.md lists the metrics.
type spending struct {
	requests metric.Int64Counter
	answers  metric.Float64Histogram
}

// newSpending creates the instruments. Counters start at zero: otherwise the increase to one would not be visible.
func newSpending(m metric.Meter, clients []string) (*spending, error) {
	var out spending
	var errs [2]error
	out.requests, errs[0] = m.Int64Counter("giftbridge_checkout_requests",
		metric.WithDescription("Requests of checkouts, by route, client and outcome."))
	out.answers, errs[1] = m.Float64Histogram("giftbridge_checkout_answer", metric.WithUnit("s"),
		metric.WithDescription("Time from the header of a checkout's request to its answer, by route."),
		metric.WithExplicitBucketBoundaries(checkoutSeconds...))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	for _, route := range api.Routes {
		for _, client := range clients {
			for _, outcome := range outcomes {
				out.count(0, route, client, outcome)
			}
		}
		for _, t := range []redemption.Type{api.Unauthorized, api.MethodNotAllowed} {
			out.count(0, route, nobody, string(t))
		}
	}
	out.count(0, otherRoute, nobody, string(redemption.NotFound))
	return &out, nil
}

func (s *spending) count(n int64, route, client, outcome string) {
	s.requests.Add(context.Background(), n, labels("route", route, "client", client, "outcome", outcome))
}

// observe counts a request.
func (s *spending) observe(a api.Answered) {
	route, client, outcome := cmp.Or(a.Route, otherRoute), cmp.Or(a.Client, nobody), cmp.Or(a.Type, served)
	if client != nobody && !slices.Contains(outcomes, outcome) {
		outcome = otherProblem // A newer worker may know more.
	}
	s.count(1, route, client, outcome)
	s.answers.Record(context.Background(), a.Took.Seconds(), labels("route", route))
}
