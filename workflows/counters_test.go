package workflows_test

import (
	"sync"

	"go.temporal.io/sdk/client"
)

// counters is a handler of metrics that keeps counters alone, without their tags.
type counters struct {
	mu  sync.Mutex
	all map[string]int64
}

// of returns the value of a counter.
func (c *counters) of(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[name]
}

func (c *counters) WithTags(map[string]string) client.MetricsHandler { return c }

func (c *counters) Counter(name string) client.MetricsCounter { return counter{name, c} }

func (*counters) Gauge(name string) client.MetricsGauge {
	return client.MetricsNopHandler.Gauge(name)
}

func (*counters) Timer(name string) client.MetricsTimer {
	return client.MetricsNopHandler.Timer(name)
}

type counter struct {
	name string
	of   *counters
}

func (c counter) Inc(n int64) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.of.all == nil {
		c.of.all = map[string]int64{}
	}
	c.of.all[c.name] += n
}
