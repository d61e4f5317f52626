package shopifytest

import (
	"maps"
	"sync"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Stats are the counts of a shop.
type Stats struct {
	// Requests are counted by kind, which is the first root field of a query, "token", "invalid" or "other".
	Requests map[string]int `json:"requests"`
	// Statuses are counted by HTTP status. The status 0 stands for a connection that broke without a response.
	Statuses map[int]int `json:"statuses"`
	// Answers are requests counted by kind and HTTP status.
	Answers map[string]map[int]int `json:"answers"`
	// Errors are counted by code, for errors in responses with status 200.
	Errors map[string]int `json:"errors"`
	// Faults are the faults that happened, counted by kind.
	Faults map[FaultKind]int `json:"faults"`
	// PointsSpent is the actual cost of all queries.
	PointsSpent float64 `json:"points_spent"`
	// PointsLeast is the lowest number of points in the bucket so far. While a query runs, its requested cost is
	// deducted.
	PointsLeast float64 `json:"points_least"`
}

// counts are the shop's counts: what every simulator counts, and errors and points.
type counts struct {
	simulator.Counts[string, FaultKind]

	bucketSize float64

	mu           sync.Mutex
	errors       map[string]int
	spent, least float64
}

func newCounts(bucketSize float64) *counts {
	c := &counts{bucketSize: bucketSize}
	c.reset()
	return c
}

func (c *counts) reset() {
	c.Reset()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors, c.spent, c.least = map[string]int{}, 0, c.bucketSize
}

func (c *counts) failed(errs []*graphql.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range errs {
		c.errors[e.Code()]++
	}
}

// paid counts the points that a query spent.
func (c *counts) paid(points float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent += points
}

// left notes the number of points left in the bucket.
func (c *counts) left(points float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.least = min(c.least, points)
}

func (c *counts) stats() Stats {
	out := Stats{
		Requests: map[string]int{}, Statuses: map[int]int{},
		Answers: c.Requests(), Faults: c.Faults(),
	}
	for kind, statuses := range out.Answers {
		for status, n := range statuses {
			out.Requests[kind] += n
			out.Statuses[status] += n
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out.Errors, out.PointsSpent, out.PointsLeast = maps.Clone(c.errors), c.spent, c.least
	return out
}
