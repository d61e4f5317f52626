package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

// Round is the result of taking in a number of orders. CPU times are milliseconds per order.
type Round struct {
	Variant Variant `json:"variant"`
	Round   int     `json:"round"`
	Workers int     `json:"workers"`
	Orders  int     `json:"orders"`
	// Seconds is the time from the start of the poll, when all orders are visible to it, until the last card is issued.
	Seconds         float64 `json:"seconds"`
	OrdersPerSecond float64 `json:"orders_per_second"`
	WorkerCPU       float64 `json:"worker_cpu_ms_per_order"`
	ServerCPU       float64 `json:"server_cpu_ms_per_order"`
	// BenchCPU is the CPU time of the simulated services and of the measuring.
	BenchCPU         float64 `json:"bench_cpu_ms_per_order"`
	WorkerPeakRSSMiB float64 `json:"worker_peak_rss_mib"`
	// Visible is the time from when the orders are visible until a card is issued. Started is the time from the start of
	// an order's own workflow until then.
	Visible Percentiles `json:"visible_to_issued_seconds"`
	Started Percentiles `json:"started_to_issued_seconds"`
	// OrderHistory covers the histories of some of the orders, ParentHistory the history of the poll, and NextHistory the
	// histories of the next polls, whose windows contain the orders again. Times and CPU times end before the next polls.
	OrderHistory  HistoryCost `json:"order_history"`
	ParentHistory HistoryCost `json:"parent_history"`
	NextHistory   HistoryCost `json:"next_history"`
	// ActionsPerOrder is the number of billable actions on Temporal Cloud, including the actions of all these polls.
	ActionsPerOrder float64 `json:"actions_per_order"`
}

const (
	// readHistories is the number of orders whose histories are read.
	readHistories = 50
	// patience limits a round, in addition to the time that its orders may take.
	patience = 3 * time.Minute
	// patiencePerOrder is many times what an order takes.
	patiencePerOrder = 500 * time.Millisecond
)

// measure carries out one round of a variant. The round has a server, workers and services of its own, so that no round
// finds a larger database or a warmer cache than another. A warm-up comes first, so that no round pays for first-time
// costs.
func (p *Programs) measure(ctx context.Context, r Round, warmUp int) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience+time.Duration(r.Orders+warmUp)*patiencePerOrder,
		fmt.Errorf("%s: %d orders take too long", r.Variant, r.Orders))
	defer cancel()
	c, err := p.open(ctx, r.Variant, r.Workers)
	if err != nil {
		return r, err
	}
	defer c.close()
	if warmUp > 0 {
		if err := c.warm(ctx, warmUp); err != nil {
			return r, err
		}
	}
	before, err := readUsages(c)
	if err != nil {
		return r, err
	}
	in, err := c.take(ctx, r.Orders)
	if err != nil {
		return r, err
	}
	if err := c.settle(ctx); err != nil {
		return r, err
	}
	after, err := readUsages(c)
	if err != nil {
		return r, err
	}
	n := float64(r.Orders)
	r.WorkerCPU = milliseconds(after.worker.CPU-before.worker.CPU) / n
	r.ServerCPU = milliseconds(after.server.CPU-before.server.CPU) / n
	r.BenchCPU = milliseconds(after.bench.CPU-before.bench.CPU) / n
	r.WorkerPeakRSSMiB = mebibytes(after.worker.PeakRSS)
	if err := r.readTimes(ctx, c, in); err != nil {
		return r, err
	}
	next, err := c.again(ctx)
	if err != nil {
		return r, err
	}
	return r, r.readHistories(ctx, c, in, next)
}

// usages holds the usage of all processes of a contender. For several workers, the CPU times are added and the memory
// is the largest worker's.
type usages struct{ worker, server, bench Usage }

func readUsages(c contender) (u usages, err error) {
	for _, w := range c.workers() {
		one, err := w.Usage()
		if err != nil {
			return u, err
		}
		u.worker.CPU += one.CPU
		u.worker.RSS, u.worker.PeakRSS = max(u.worker.RSS, one.RSS), max(u.worker.PeakRSS, one.PeakRSS)
	}
	if u.server, err = c.temporal().Usage(); err != nil {
		return u, err
	}
	u.bench, err = ownUsage()
	return u, err
}

// readTimes reads how long the orders took.
func (r *Round) readTimes(ctx context.Context, c contender, in intake) error {
	parent, err := c.temporal().Client.DescribeWorkflowExecution(ctx, in.parent.workflowID, in.parent.runID)
	if err != nil {
		return fmt.Errorf("describe parent: %w", err)
	}
	began := parent.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	starts, err := c.temporal().starts(ctx, c.orderType())
	if err != nil {
		return err
	}
	var visible, started []float64
	for id, at := range in.issued {
		start, ok := starts[id]
		if !ok {
			return fmt.Errorf("a card was issued and there is no workflow %s", id)
		}
		visible = append(visible, at.Sub(began).Seconds())
		started = append(started, at.Sub(start).Seconds())
	}
	r.Visible, r.Started = NewPercentiles(visible), NewPercentiles(started)
	r.Seconds = slices.Max(visible)
	r.OrdersPerSecond = Ratio(float64(r.Orders), r.Seconds)
	return nil
}

// starts returns the start times of the workflows of a type, by workflow ID.
func (s *Server) starts(ctx context.Context, workflowType string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: temporalserver.DefaultNamespace, Query: "WorkflowType = '" + workflowType + "'", PageSize: 1000,
	}
	for {
		page, err := s.Client.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		for _, e := range page.GetExecutions() {
			out[e.GetExecution().GetWorkflowId()] = e.GetStartTime().AsTime()
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return out, nil
		}
	}
}

// readHistories reads the histories of the parents, and of orders spread over the whole round.
func (r *Round) readHistories(ctx context.Context, c contender, in intake, next []run) error {
	temporal := c.temporal().Client
	if err := r.ParentHistory.Read(ctx, temporal, in.parent.workflowID, in.parent.runID); err != nil {
		return err
	}
	for _, parent := range next {
		if err := r.NextHistory.Read(ctx, temporal, parent.workflowID, parent.runID); err != nil {
			return err
		}
	}
	ids := slices.Sorted(maps.Keys(in.issued))
	for i := range min(readHistories, len(ids)) {
		id := ids[i*len(ids)/min(readHistories, len(ids))]
		if err := r.OrderHistory.Read(ctx, temporal, id, ""); err != nil {
			return err
		}
	}
	_, _, perOrder := r.OrderHistory.PerRun()
	r.ActionsPerOrder = perOrder + float64(r.ParentHistory.Actions+r.NextHistory.Actions)/float64(r.Orders)
	return nil
}
