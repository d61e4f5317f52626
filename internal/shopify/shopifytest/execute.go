package shopifytest

import (
	_ "embed"
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/mutation"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
)

//go:embed schema.graphql
var schemaText string

// later are the fields that came with a version of the API, of those that are simulated.
var later = map[string][]string{
	"2026-04": {"WebhookSubscription.name", "WebhookSubscriptionInput.name"},
	"2026-07": {"LineItem.weight"},
}

var (
	newest = sync.OnceValue(func() *graphql.Schema { return graphql.NewSchema(schemaText) })
	spring = sync.OnceValue(func() *graphql.Schema { return graphql.NewSchema(schemaText, later["2026-07"]...) })
	oldest = sync.OnceValue(func() *graphql.Schema {
		return graphql.NewSchema(schemaText, slices.Concat(later["2026-04"], later["2026-07"])...)
	})
)

// schema returns the schema of a version.
func schema(version string) *graphql.Schema {
	switch {
	case version == "" || version >= "2026-07":
		return newest()
	case version >= "2026-04":
		return spring()
	}
	return oldest()
}

// root adds the webhook subscriptions to what a query or a mutation selects from.
type root struct {
	graphql.Object

	webhooks func(name string, args map[string]any) (any, *graphql.Error)
}

// Field implements [graphql.Object].
func (r root) Field(x *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	if subscription.Answers(name) {
		return r.webhooks(name, args)
	}
	return r.Object.Field(x, name, args)
}

// execute runs a valid operation if the bucket holds enough points.
func (s *Server) execute(w http.ResponseWriter, kind string, x *graphql.Execution) {
	requested := x.RequestedCost()
	if requested > graphql.MaxQueryCost {
		s.fail(w, kind, nil, graphql.TooDear(requested))
		return
	}
	reserved, ok := s.bucket.Take(requested)
	s.counts.left(reserved)
	if !ok {
		cost := s.opts.cost(requested, nil, s.bucket.GiveBack(0))
		s.throttle(w, kind, &cost)
		return
	}
	from := root{s.Root(), s.subscriptions.Query}
	if x.Mutates() {
		from = root{mutation.Root(s.Shop), s.subscriptions.Mutate}
	}
	actual := min(requested, x.Run(from))
	left := s.bucket.GiveBack(requested - actual)
	s.counts.paid(actual)
	s.counts.failed(x.Errors())
	s.send(w, kind, http.StatusOK, x.Response(s.opts.cost(requested, &actual, left)))
}

// throttle responds that the bucket holds too few points: status 200, without data and without Retry-After.
func (s *Server) throttle(w http.ResponseWriter, kind string, cost *graphql.CostReport) {
	s.fail(w, kind, cost, graphql.Coded("THROTTLED", "Throttled"))
}

// cost returns the report of a query's cost. Left is the number of points left in the bucket.
func (o *Options) cost(requested float64, actual *float64, left float64) graphql.CostReport {
	return graphql.CostReport{
		Requested: requested, Actual: actual,
		Status: graphql.ThrottleStatus{Maximum: o.BucketSize, Available: math.Floor(left), Restore: o.RestoreRate},
	}
}
