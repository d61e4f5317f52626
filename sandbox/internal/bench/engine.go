package bench

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
)

// Options says how much to measure.
type Options struct {
	Rounds int `json:"rounds"`
	Orders int `json:"orders_per_round"`
	// WarmUp is the number of orders before each round that do not count.
	WarmUp int `json:"warm_up"`
	// Beside is the program of another release's worker, to be measured in place of the bare engine. It may be empty.
	Beside string `json:"beside,omitempty"`
}

// Report compares the cost of an order with its cost in the bare engine.
type Report struct {
	Options Options `json:"options"`
	Rounds  []Round `json:"rounds"`
	// Summaries summarizes the rounds of each variant.
	Summaries []Summary `json:"summaries"`
	// Ratios are ours relative to a variant, computed round by round.
	Ratios []Summary    `json:"ratios"`
	Bars   figures.Bars `json:"bars"`
}

// Summary summarizes figures of rounds, or ratios between the rounds of ours and of a variant.
type Summary struct {
	Variant         Variant        `json:"variant"`
	OrdersPerSecond figures.Spread `json:"orders_per_second"`
	P95             figures.Spread `json:"p95_seconds"`
	WorkerCPU       figures.Spread `json:"worker_cpu_ms_per_order"`
	ServerCPU       figures.Spread `json:"server_cpu_ms_per_order"`
}

// The bars of an order compared with the bare engine.
const (
	minThroughputRatio         = 0.90
	minThroughputRatioDefaults = 1.05
	maxWorkerCPURatio          = 1.6
	maxP95Ratio                = 1.3
	minBesideRatio             = 0.95 // Compared with another release.
)

// variants returns the variants that are measured, ours first.
func (o Options) variants() []Variant {
	if o.Beside != "" {
		return []Variant{Ours, Other}
	}
	return []Variant{Ours, Floor, FloorDefaults}
}

// Run measures our orders beside the bare engine's or another release's, in alternating rounds. Every other round has the
// variants in the opposite order: if the number of rounds is even, a machine that becomes slower or faster during the run
// affects all variants alike.
func (p *Programs) Run(ctx context.Context, o Options, say output.Say) (*Report, error) {
	r := &Report{Options: o}
	variants := o.variants()
	for i := range o.Rounds {
		for _, v := range variants {
			round, err := p.measure(ctx, Round{Variant: v, Round: i + 1, Orders: o.Orders}, o)
			if err != nil {
				return nil, fmt.Errorf("round %d, %s: %w", i+1, v, err)
			}
			say("round %d, %s, %d orders: %.1f orders/s, CPU per order: worker %.1f ms, server %.1f ms",
				i+1, v, o.Orders, round.OrdersPerSecond, round.WorkerCPU, round.ServerCPU)
			r.Rounds = append(r.Rounds, round)
		}
		slices.Reverse(variants)
	}
	r.summarize()
	return r, nil
}

func (r *Report) summarize() {
	mine := r.of(Ours)
	for _, v := range r.Options.variants() {
		these := r.of(v)
		r.Summaries = append(r.Summaries, summary(v, func(figure func(Round) float64) figures.Spread {
			return spread(these, func(i int) float64 { return figure(these[i]) })
		}))
		if v != Ours {
			r.Ratios = append(r.Ratios, summary(v, func(figure func(Round) float64) figures.Spread {
				return spread(these, func(i int) float64 { return figures.Ratio(figure(mine[i]), figure(these[i])) })
			}))
		}
	}
	if r.Options.Beside != "" {
		r.Bars = figures.Bars{figures.AtLeast("orders/s, ours / other", r.Ratios[0].OrdersPerSecond.Median, minBesideRatio)}
		return
	}
	same, defaults := r.Ratios[0], r.Ratios[1]
	r.Bars = figures.Bars{
		figures.AtLeast("orders/s, ours / floor", same.OrdersPerSecond.Median, minThroughputRatio),
		figures.AtLeast("orders/s, ours / floor, SDK defaults (pollers, gzip)", defaults.OrdersPerSecond.Median, minThroughputRatioDefaults),
		figures.AtMost("worker CPU, ours / floor", same.WorkerCPU.Median, maxWorkerCPURatio),
		figures.AtMost("p95 until the card, ours / floor", same.P95.Median, maxP95Ratio),
	}
}

func (r *Report) of(v Variant) []Round {
	return slices.DeleteFunc(slices.Clone(r.Rounds), func(r Round) bool { return r.Variant != v })
}

func summary(v Variant, of func(figure func(Round) float64) figures.Spread) Summary {
	return Summary{
		Variant:         v,
		OrdersPerSecond: of(func(r Round) float64 { return r.OrdersPerSecond }),
		P95:             of(func(r Round) float64 { return r.P95 }),
		WorkerCPU:       of(func(r Round) float64 { return r.WorkerCPU }),
		ServerCPU:       of(func(r Round) float64 { return r.ServerCPU }),
	}
}

func spread(rounds []Round, value func(i int) float64) figures.Spread {
	values := make([]float64, len(rounds))
	for i := range rounds {
		values[i] = value(i)
	}
	return figures.NewSpread(values)
}

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) error {
	_, _ = fmt.Fprintf(w, "%d rounds of %d orders after %d to warm up, a new server in memory for each\n\n",
		r.Options.Rounds, r.Options.Orders, r.Options.WarmUp)
	err := figures.Table(w, func(row func(...any)) {
		row("median (least to most)", "orders/s", "p95, s", "worker CPU, ms/order", "server CPU, ms/order")
		for _, s := range r.Summaries {
			row(s.Variant, s.OrdersPerSecond, s.P95, s.WorkerCPU, s.ServerCPU)
		}
		for _, s := range r.Ratios {
			row("ours / "+string(s.Variant), s.OrdersPerSecond, s.P95, s.WorkerCPU, s.ServerCPU)
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return r.Bars.Print(w)
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error { return r.Bars.Check() }
