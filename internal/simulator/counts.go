package simulator

import (
	"maps"
	"sync"
)

// Counts counts requests by operation and HTTP status, and faults by name. It is safe for concurrent use.
type Counts[O, F ~string] struct {
	mu       sync.Mutex
	requests map[O]map[int]int
	faults   map[F]int
}

// Answered counts a request. The status 0 stands for a connection that broke without a response.
func (c *Counts[O, F]) Answered(op O, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = map[O]map[int]int{}
	}
	if c.requests[op] == nil {
		c.requests[op] = map[int]int{}
	}
	c.requests[op][status]++
}

// Fault counts a fault.
func (c *Counts[O, F]) Fault(name F) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = map[F]int{}
	}
	c.faults[name]++
}

// Requests returns the number of requests by operation and status.
func (c *Counts[O, F]) Requests() map[O]map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[O]map[int]int, len(c.requests))
	for op, statuses := range c.requests {
		out[op] = maps.Clone(statuses)
	}
	return out
}

// Faults returns the number of faults by name.
func (c *Counts[O, F]) Faults() map[F]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[F]int, len(c.faults))
	maps.Copy(out, c.faults)
	return out
}

// Reset sets all counts to zero.
func (c *Counts[O, F]) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests, c.faults = nil, nil
}
