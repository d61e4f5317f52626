package bench

import (
	"fmt"
	"io"
)

// Print prints the report as tables.
func (r *EngineReport) Print(w io.Writer) error {
	if err := PrintMachine(w, r.Machine); err != nil {
		return err
	}
	o := r.Options
	_, _ = fmt.Fprintf(w, "%d rounds of %d orders after %d to warm up, a new server in memory for each\n\n",
		o.Rounds, o.Orders, o.WarmUp)
	if err := printRounds(w, r.Rounds); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	err := Table(w, func(row func(...any)) {
		row("median (least to most)", "orders/s", "worker CPU, ms/order", "server CPU, ms/order")
		for _, s := range r.Summaries {
			row(s.Variant, s.OrdersPerSecond, s.WorkerCPU, s.ServerCPU)
		}
		for _, s := range r.Ratios {
			row("ours / "+string(s.Over), s.OrdersPerSecond, s.WorkerCPU, s.ServerCPU)
		}
	})
	if err != nil {
		return err
	}
	if len(r.Bursts) > 0 {
		_, _ = fmt.Fprintln(w, "\nbursts")
		if err := printRounds(w, r.Bursts); err != nil {
			return err
		}
	}
	if err := PrintBars(w, r.Bars); err != nil {
		return err
	}
	_, err = fmt.Fprint(w, `
visible: from when orders can be found until their cards are issued, p50/p95/p99; started: from the start of their own
workflows. Events and bytes are those of an order's history; parent: those of the poll's, per order. Actions are what
Temporal Cloud bills for an order and its share of the polls: the one that starts it, and the next ones, in whose windows
it is again. Those run when all orders are done, and count for nothing else. Bench is this process: the simulated
services.

floor has the shape of an order that looks its merchant up, two activities; orders that come many at once bring their
merchants, and need one. floor_sdk_defaults polls as the SDK does by default, and compresses its requests with gzip, as
the SDK does by default too; ours and floor do not.
`)
	return err
}

// String returns the median and the spread.
func (s Spread) String() string {
	return fmt.Sprintf("%s (%s to %s)", number(s.Median), number(s.Min), number(s.Max))
}

// String returns the three percentiles.
func (p Percentiles) String() string {
	return fmt.Sprintf("%.2f/%.2f/%.2f", p.P50, p.P95, p.P99)
}

func printRounds(w io.Writer, rounds []Round) error {
	return Table(w, func(row func(...any)) {
		row("", "", "", "", "CPU, ms/order", "", "", "seconds to card", "", "history/order", "", "parent/order", "", "")
		row("round", "variant", "orders", "orders/s", "worker", "server", "bench", "visible", "started",
			"events", "bytes", "events", "bytes", "actions")
		for _, r := range rounds {
			events, bytes, _ := r.OrderHistory.PerRun()
			n := float64(r.Orders)
			row(r.Round, r.Variant, r.Orders, r.OrdersPerSecond, r.WorkerCPU, r.ServerCPU, r.BenchCPU, r.Visible, r.Started,
				events, bytes, float64(r.ParentHistory.Events)/n, float64(r.ParentHistory.Bytes)/n, r.ActionsPerOrder)
		}
	})
}
