package shopifytest

import (
	"maps"
	"sync"
)

// Stats is what has happened in a shop.
type Stats struct {
	// Requests are counted by kind, which is the first root field of a query, "token", "invalid" or "other".
	Requests map[string]int `json:"requests"`
	// Statuses are counted by HTTP status; 0 is a connection that broke without an answer.
	Statuses map[int]int `json:"statuses"`
	// Errors are counted by the code of errors in answers of status 200.
	Errors map[string]int `json:"errors"`
	// Faults are those that struck.
	Faults map[FaultKind]int `json:"faults"`
	// PointsSpent is the real cost of all queries.
	PointsSpent float64 `json:"points_spent"`
}

type counts struct {
	mu sync.Mutex
	s  Stats
}

func newCounts() *counts {
	c := &counts{}
	c.reset()
	return c
}

func (c *counts) reset() {
	c.change(func(s *Stats) {
		*s = Stats{
			Requests: map[string]int{}, Statuses: map[int]int{}, Errors: map[string]int{}, Faults: map[FaultKind]int{},
		}
	})
}

func (c *counts) change(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *counts) answered(kind string, status int) {
	c.change(func(s *Stats) { s.Requests[kind]++; s.Statuses[status]++ })
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

func (c *counts) stats() (out Stats) {
	c.change(func(s *Stats) {
		out = Stats{
			Requests: maps.Clone(s.Requests), Statuses: maps.Clone(s.Statuses), Errors: maps.Clone(s.Errors),
			Faults: maps.Clone(s.Faults), PointsSpent: s.PointsSpent,
		}
	})
	return out
}
