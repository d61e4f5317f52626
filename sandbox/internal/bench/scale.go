package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// ScaleOptions says how much to measure.
type ScaleOptions struct {
	Rounds  int   `json:"rounds"`
	Orders  int   `json:"orders_per_round"`
	WarmUp  int   `json:"warm_up"`
	Workers []int `json:"workers"`
}

// ScaleReport compares different numbers of worker processes.
type ScaleReport struct {
	Benchmark string       `json:"benchmark"`
	Machine   Machine      `json:"machine"`
	Options   ScaleOptions `json:"options"`
	Rounds    []Round      `json:"rounds"`
	// Summaries are in the order of Options.Workers, as are Ratios, which are relative to the first number of workers.
	Summaries []Summary `json:"summaries"`
	Ratios    []Spread  `json:"orders_per_second_ratios"`
}

// Scale measures different numbers of workers in alternating rounds. It has no bars: on one machine the workers and the
// server share the cores, so more workers only add cost.
func Scale(ctx context.Context, p *Programs, o ScaleOptions, say Say) (*ScaleReport, error) {
	r := &ScaleReport{Benchmark: "scale", Machine: p.machine, Options: o}
	numbers := slices.Clone(o.Workers)
	for i := range o.Rounds {
		for _, workers := range numbers {
			say("round %d with %d workers", i+1, workers)
			round, err := p.round(ctx, Round{Variant: Ours, Round: i + 1, Workers: workers, Orders: o.Orders}, o.WarmUp, say)
			if err != nil {
				return nil, err
			}
			r.Rounds = append(r.Rounds, round)
		}
		slices.Reverse(numbers)
	}
	first := r.of(o.Workers[0])
	for _, workers := range o.Workers {
		these := r.of(workers)
		r.Summaries = append(r.Summaries, summarize(Ours, these))
		r.Ratios = append(r.Ratios, ratios(Ours, these, first).OrdersPerSecond)
	}
	return r, nil
}

func (r *ScaleReport) of(workers int) []Round {
	return slices.DeleteFunc(slices.Clone(r.Rounds), func(r Round) bool { return r.Workers != workers })
}

// Checks returns the bars, of which there are none.
func (r *ScaleReport) Checks() []Bar { return nil }

// Print prints the report as tables.
func (r *ScaleReport) Print(w io.Writer) error {
	if err := PrintMachine(w, r.Machine); err != nil {
		return err
	}
	o := r.Options
	_, _ = fmt.Fprintf(w, "%d rounds of %d orders after %d to warm up, a new server in memory for each\n\n",
		o.Rounds, o.Orders, o.WarmUp)
	return Table(w, func(row func(...any)) {
		row("workers", "orders/s", fmt.Sprintf("over %d", o.Workers[0]), "worker CPU, ms/order", "server CPU, ms/order")
		for i, s := range r.Summaries {
			row(o.Workers[i], s.OrdersPerSecond, r.Ratios[i], s.WorkerCPU, s.ServerCPU)
		}
	})
}
