package shopifytest

import (
	"maps"
	"sync"
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

type counts struct {
	bucketSize float64

	mu sync.Mutex
	s  Stats
}

func newCounts(bucketSize float64) *counts {
	c := &counts{bucketSize: bucketSize}
	c.reset()
	return c
}

func (c *counts) reset() {
	c.change(func(s *Stats) {
		*s = Stats{
			Requests: map[string]int{}, Statuses: map[int]int{}, Answers: map[string]map[int]int{},
			Errors: map[string]int{}, Faults: map[FaultKind]int{}, PointsLeast: c.bucketSize,
		}
	})
}

func (c *counts) change(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *counts) answered(kind string, status int) {
	c.change(func(s *Stats) {
		s.Requests[kind]++
		s.Statuses[status]++
		if s.Answers[kind] == nil {
			s.Answers[kind] = map[int]int{}
		}
		s.Answers[kind][status]++
	})
}

func (c *counts) errors(errs []*graphError) {
	c.change(func(s *Stats) {
		for _, e := range errs {
			code, _ := e.Extensions["code"].(string)
			s.Errors[code]++
		}
	})
}

func (c *counts) fault(kind FaultKind) { c.change(func(s *Stats) { s.Faults[kind]++ }) }

func (c *counts) spent(points float64) { c.change(func(s *Stats) { s.PointsSpent += points }) }

func (c *counts) left(points float64) {
	c.change(func(s *Stats) { s.PointsLeast = min(s.PointsLeast, points) })
}

func (c *counts) stats() (out Stats) {
	c.change(func(s *Stats) {
		out = Stats{
			Requests: maps.Clone(s.Requests), Statuses: maps.Clone(s.Statuses), Errors: maps.Clone(s.Errors),
			Answers: make(map[string]map[int]int, len(s.Answers)),
			Faults:  maps.Clone(s.Faults), PointsSpent: s.PointsSpent, PointsLeast: s.PointsLeast,
		}
		for kind, statuses := range s.Answers {
			out.Answers[kind] = maps.Clone(statuses)
		}
	})
	return out
}
