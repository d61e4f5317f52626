package bench

import (
	"context"
	"fmt"
	"slices"
)

// EngineOptions says how much to measure.
type EngineOptions struct {
	Rounds int `json:"rounds"`
	Orders int `json:"orders_per_round"`
	// Burst is the number of orders in each of the larger rounds, which measure latency; 0 means no such rounds.
	Burst int `json:"burst"`
	// WarmUp is the number of orders before each round that do not count.
	WarmUp int `json:"warm_up"`
}

// EngineReport compares the cost of an order with its cost in the bare engine.
type EngineReport struct {
	Benchmark string        `json:"benchmark"`
	Machine   Machine       `json:"machine"`
	Options   EngineOptions `json:"options"`
	Rounds    []Round       `json:"rounds"`
	// Bursts are the larger rounds of ours and floor, in pairs.
	Bursts []Round `json:"bursts"`
	// Summaries summarizes the rounds of each variant.
	Summaries []Summary `json:"summaries"`
	// Ratios are ours relative to a variant, computed round by round.
	Ratios []Ratios `json:"ratios"`
	// BurstP95Ratio is the 95th percentile of the time from visible to issued, ours over floor. It is the median over the
	// pairs.
	BurstP95Ratio   float64 `json:"burst_p95_ratio"`
	EventsPerOrder  float64 `json:"events_per_order"`
	BytesPerOrder   float64 `json:"bytes_per_order"`
	ActionsPerOrder float64 `json:"actions_per_order"`
	Bars            []Bar   `json:"bars"`
}

// Summary summarizes the rounds of a variant.
type Summary struct {
	Variant         Variant `json:"variant"`
	OrdersPerSecond Spread  `json:"orders_per_second"`
	WorkerCPU       Spread  `json:"worker_cpu_ms_per_order"`
	ServerCPU       Spread  `json:"server_cpu_ms_per_order"`
}

// Ratios are the figures of ours divided by the figures of a variant.
type Ratios struct {
	Over            Variant `json:"over"`
	OrdersPerSecond Spread  `json:"orders_per_second"`
	WorkerCPU       Spread  `json:"worker_cpu"`
	ServerCPU       Spread  `json:"server_cpu"`
}

// The bars of an order compared with the bare engine.
const (
	minThroughputRatio         = 0.90
	minThroughputRatioDefaults = 1.05
	maxWorkerCPURatio          = 1.6
	maxEventsPerOrder          = 17
	maxBytesPerOrder           = 6000
	maxActionsPerOrder         = 3.1
	maxBurstP95Ratio           = 1.3
)

// burstPairs is the number of pairs of larger rounds. Their order alternates, as in the other rounds.
const burstPairs = 2

// Engine measures our orders beside the bare engine's, in alternating rounds.
func Engine(ctx context.Context, p *Programs, o EngineOptions, say Say) (_ *EngineReport, err error) {
	r := &EngineReport{Benchmark: "engine", Machine: p.machine, Options: o}
	say("building the bare engine's worker")
	if err := p.buildFloor(ctx); err != nil {
		return nil, err
	}
	r.Rounds, err = p.rounds(ctx, []Variant{Ours, Floor, FloorDefaults}, o.Rounds, o.Orders, o.WarmUp, say)
	if err != nil {
		return nil, err
	}
	if o.Burst > 0 {
		r.Bursts, err = p.rounds(ctx, []Variant{Ours, Floor}, burstPairs, o.Burst, o.WarmUp, say)
		if err != nil {
			return nil, err
		}
	}
	r.summarize()
	return r, nil
}

// rounds measures the given number of rounds of each variant. Every other round has the variants in the opposite order:
// if the number of rounds is even, a machine that becomes slower or faster during the run affects all variants alike.
func (p *Programs) rounds(ctx context.Context, variants []Variant, rounds, orders, warmUp int, say Say) ([]Round, error) {
	var out []Round
	for i := range rounds {
		for _, v := range variants {
			round, err := p.round(ctx, Round{Variant: v, Round: i + 1, Workers: 1, Orders: orders}, warmUp, say)
			if err != nil {
				return nil, err
			}
			out = append(out, round)
		}
		slices.Reverse(variants)
	}
	return out, nil
}

// round measures a round and reports its figures.
func (p *Programs) round(ctx context.Context, r Round, warmUp int, say Say) (Round, error) {
	out, err := p.measure(ctx, r, warmUp)
	if err != nil {
		return out, fmt.Errorf("round %d, %s: %w", r.Round, r.Variant, err)
	}
	say("round %d, %s, %d orders: %.1f orders/s, CPU per order: worker %.1f ms, server %.1f ms",
		r.Round, r.Variant, r.Orders, out.OrdersPerSecond, out.WorkerCPU, out.ServerCPU)
	return out, nil
}

func (r *EngineReport) summarize() {
	for _, v := range []Variant{Ours, Floor, FloorDefaults} {
		r.Summaries = append(r.Summaries, summarize(v, ofVariant(r.Rounds, v)))
	}
	mine := ofVariant(r.Rounds, Ours)
	for _, v := range []Variant{Floor, FloorDefaults} {
		r.Ratios = append(r.Ratios, ratios(v, mine, ofVariant(r.Rounds, v)))
	}
	var histories HistoryCost
	var actions []float64
	for _, round := range mine {
		histories.Runs += round.OrderHistory.Runs
		histories.Events += round.OrderHistory.Events
		histories.Bytes += round.OrderHistory.Bytes
		actions = append(actions, round.ActionsPerOrder)
	}
	r.EventsPerOrder, r.BytesPerOrder, _ = histories.PerRun()
	r.ActionsPerOrder = NewSpread(actions).Median
	same, defaults := r.Ratios[0], r.Ratios[1]
	r.Bars = []Bar{
		AtLeast("orders/s, ours / floor", same.OrdersPerSecond.Median, minThroughputRatio, ""),
		AtLeast("orders/s, ours / floor, SDK defaults (pollers, gzip)", defaults.OrdersPerSecond.Median, minThroughputRatioDefaults, ""),
		AtMost("worker CPU, ours / floor", same.WorkerCPU.Median, maxWorkerCPURatio, ""),
		AtMost("history of an order", r.EventsPerOrder, maxEventsPerOrder, "events"),
		AtMost("history of an order, encrypted", r.BytesPerOrder, maxBytesPerOrder, "bytes"),
		AtMost("billable actions per order, all polls included", r.ActionsPerOrder, maxActionsPerOrder, ""),
	}
	if len(r.Bursts) > 0 {
		r.BurstP95Ratio = ratioSpread(ofVariant(r.Bursts, Ours), ofVariant(r.Bursts, Floor),
			func(r Round) float64 { return r.Visible.P95 }).Median
		r.Bars = append(r.Bars, AtMost(fmt.Sprintf("p95 visible to card, burst of %d, ours / floor", r.Options.Burst),
			r.BurstP95Ratio, maxBurstP95Ratio, ""))
	}
}

func ofVariant(rounds []Round, v Variant) []Round {
	return slices.DeleteFunc(slices.Clone(rounds), func(r Round) bool { return r.Variant != v })
}

func summarize(v Variant, rounds []Round) Summary {
	return Summary{
		Variant:         v,
		OrdersPerSecond: over(rounds, func(r Round) float64 { return r.OrdersPerSecond }),
		WorkerCPU:       over(rounds, func(r Round) float64 { return r.WorkerCPU }),
		ServerCPU:       over(rounds, func(r Round) float64 { return r.ServerCPU }),
	}
}

func over(rounds []Round, figure func(Round) float64) Spread {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = figure(r)
	}
	return NewSpread(values)
}

// ratios compares two variants round by round.
func ratios(v Variant, mine, others []Round) Ratios {
	return Ratios{
		Over:            v,
		OrdersPerSecond: ratioSpread(mine, others, func(r Round) float64 { return r.OrdersPerSecond }),
		WorkerCPU:       ratioSpread(mine, others, func(r Round) float64 { return r.WorkerCPU }),
		ServerCPU:       ratioSpread(mine, others, func(r Round) float64 { return r.ServerCPU }),
	}
}

func ratioSpread(mine, others []Round, figure func(Round) float64) Spread {
	values := make([]float64, len(mine))
	for i := range mine {
		values[i] = Ratio(figure(mine[i]), figure(others[i]))
	}
	return NewSpread(values)
}

// Checks returns the bars.
func (r *EngineReport) Checks() []Bar { return r.Bars }
