package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Variant is a system that takes in orders.
type Variant string

// The variants. Floor polls and connects as our workers do. FloorDefaults polls and connects as the SDK does by
// default: with its poller options, and with requests compressed with gzip.
const (
	Ours          Variant = "ours"
	Floor         Variant = "floor"
	FloorDefaults Variant = "floor_sdk_defaults"
	// Other is another release's worker, with the server, the services and the orders of ours.
	Other Variant = "other"
)

// contender is a running variant, with a server of its own.
type contender interface {
	// take takes in n orders with one parent, and returns when all cards are issued, or their equivalents in the bare
	// engine. Orders that do not count are not found again by the parent of those that do.
	take(ctx context.Context, n int, counts bool) (intake, error)
	// settle waits until all workflows are done.
	settle(ctx context.Context) error
	temporal() *rig.Server
	worker() *rig.Process
	close()
}

// intake records how a number of orders was taken in.
type intake struct {
	// workflowID and runID are those of the parent.
	workflowID, runID string
	// issued are the times at which the cards were issued.
	issued []time.Time
}

// open starts a variant.
func (p *Programs) open(ctx context.Context, v Variant, o Options) (contender, error) {
	switch v {
	case Ours:
		return p.openOurs(ctx, p.Worker())
	case Other:
		return p.openOurs(ctx, o.Beside)
	}
	return p.openFloor(ctx, v == FloorDefaults)
}

// Round is the result of taking in a number of orders. CPU times are milliseconds per order.
type Round struct {
	Variant Variant `json:"variant"`
	Round   int     `json:"round"`
	Orders  int     `json:"orders"`
	// Seconds is the time from the start of the poll, when all orders are visible to it, until the last card is issued.
	Seconds         float64 `json:"seconds"`
	OrdersPerSecond float64 `json:"orders_per_second"`
	// P95 is the 95th percentile of the time from the start of the poll until a card is issued.
	P95       float64 `json:"p95_seconds"`
	WorkerCPU float64 `json:"worker_cpu_ms_per_order"`
	ServerCPU float64 `json:"server_cpu_ms_per_order"`
}

const (
	// patience limits a round, in addition to the time that its orders may take.
	patience = 3 * time.Minute
	// patiencePerOrder is many times what an order takes.
	patiencePerOrder = 500 * time.Millisecond
)

// measure carries out one round of a variant. The round has a server, a worker and services of its own, so that no round
// finds a larger database or a warmer cache than another. A warm-up comes first, so that no round pays for first-time
// costs.
func (p *Programs) measure(ctx context.Context, r Round, o Options) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience+time.Duration(r.Orders+o.WarmUp)*patiencePerOrder,
		fmt.Errorf("%s: %d orders take too long", r.Variant, r.Orders))
	defer cancel()
	c, err := p.open(ctx, r.Variant, o)
	if err != nil {
		return r, err
	}
	defer c.close()
	if o.WarmUp > 0 {
		if _, err := c.take(ctx, o.WarmUp, false); err != nil {
			return r, err
		}
		if err := c.settle(ctx); err != nil {
			return r, err
		}
	}
	before, err := readCPUs(c)
	if err != nil {
		return r, err
	}
	in, err := c.take(ctx, r.Orders, true)
	if err != nil {
		return r, err
	}
	if err := c.settle(ctx); err != nil {
		return r, err
	}
	after, err := readCPUs(c)
	if err != nil {
		return r, err
	}
	perOrder := func(d time.Duration) float64 {
		return float64(d) / float64(time.Millisecond) / float64(r.Orders)
	}
	r.WorkerCPU, r.ServerCPU = perOrder(after.worker-before.worker), perOrder(after.server-before.server)
	return r, r.readTimes(ctx, c.temporal(), in)
}

// readTimes reads how long the orders took. Their time begins when the parent does.
func (r *Round) readTimes(ctx context.Context, s *rig.Server, in intake) error {
	parent, err := s.Client.DescribeWorkflowExecution(ctx, in.workflowID, in.runID)
	if err != nil {
		return fmt.Errorf("describe parent: %w", err)
	}
	began := parent.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	took := make([]float64, len(in.issued))
	for i, at := range in.issued {
		took[i] = at.Sub(began).Seconds()
	}
	r.Seconds, r.P95 = slices.Max(took), figures.Percentile(took, 95)
	r.OrdersPerSecond = figures.Ratio(float64(r.Orders), r.Seconds)
	return nil
}

// cpus are the CPU times of the processes that take part in a round.
type cpus struct{ worker, server time.Duration }

func readCPUs(c contender) (u cpus, err error) {
	if u.worker, err = c.worker().CPU(); err != nil {
		return u, err
	}
	u.server, err = c.temporal().CPU()
	return u, err
}

// awaitEvery is the pause between two checks whether all cards are issued. The ledgers record when they were issued, so the
// pause may be long enough to cost next to nothing.
const awaitEvery = 500 * time.Millisecond
