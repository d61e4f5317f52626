package bench

import (
	"context"
	"fmt"
	"io"
)

// BacklogReport is the result of the backlog benchmark.
type BacklogReport struct {
	Benchmark string        `json:"benchmark"`
	Machine   Machine       `json:"machine"`
	Window    *WindowReport `json:"window"`
	Outage    *OutageReport `json:"outage"`
	Bars      []Bar         `json:"bars"`
}

// The bars of a backlog.
const (
	maxBacklogRSSMiB = 200
	minUtilisation   = 0.95
)

// Backlog measures a window with very many orders, and how the backlog of an outage of the issuer is worked off.
func Backlog(ctx context.Context, p *Programs, o BacklogOptions, say Say) (_ *BacklogReport, err error) {
	r := &BacklogReport{Benchmark: "backlog", Machine: p.machine}
	if r.Window, err = window(ctx, p, o, say); err != nil {
		return nil, err
	}
	if r.Outage, err = outage(ctx, p, o.Outage, say); err != nil {
		return nil, err
	}
	r.Bars = []Bar{
		AtMost(fmt.Sprintf("RSS of a worker, %d orders in a window, %.3g%% of them gift-card orders, and %d in an outage",
			o.Orders, 100*o.GiftCards, o.Outage.Orders),
			max(r.Window.WorkerRSS, r.Outage.WorkerRSS), maxBacklogRSSMiB, "MiB"),
		AtLeast("utilisation of CASHSTAR_MAX_RPS after an outage", r.Outage.Utilisation, minUtilisation, ""),
		AtMost("requests above CASHSTAR_MAX_RPS", float64(r.Outage.Violations), 0, ""),
	}
	return r, nil
}

// Checks returns the bars.
func (r *BacklogReport) Checks() []Bar { return r.Bars }

// Print prints the report as tables.
func (r *BacklogReport) Print(w io.Writer) error {
	if err := PrintMachine(w, r.Machine); err != nil {
		return err
	}
	if err := Table(w, r.Window.print); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	err := Table(w, func(row func(...any)) {
		row("histories of", "runs", "most events", "most kB")
		for _, h := range r.Window.Histories {
			row(h.Type, h.Runs, h.MostEvents, float64(h.MostBytes)/1e3)
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	if err := Table(w, r.Outage.print); err != nil {
		return err
	}
	return PrintBars(w, r.Bars)
}

func (r *WindowReport) print(row func(...any)) {
	row("orders in one window", r.Orders)
	row("gift-card orders of one card", r.GiftCards)
	row("pages", r.Pages)
	row("the poll, s", r.PollTime)
	row("until the last card, s", r.TotalTime)
	row("most RSS of the worker, MiB", r.WorkerRSS)
	row("CPU of the worker, s", r.WorkerCPU)
	row("most RSS of Temporal, MiB", r.ServerRSS)
	row("most children pending", r.MostPending, fmt.Sprintf("at %d looks", r.PendingLooks))
	r.Points.print(row)
}

func (r *OutageReport) print(row func(...any)) {
	row("outage of the issuer, s", r.Seconds, fmt.Sprintf("%.0f s between attempts, as after an hour", r.BackoffSeconds))
	row("orders taken in meanwhile", r.Orders)
	row("requests in vain")
	printCounts(row, r.InVain)
	row("most of them in a second", r.BusiestAway)
	row("CASHSTAR_MAX_RPS", r.MaxRPS, fmt.Sprintf("%d workers", r.Workers))
	row("cards after it", r.Drained, fmt.Sprintf("in %.1f s", r.DrainSeconds))
	row("utilisation of the rate", r.Utilisation)
	row("most requests answered in a second", r.Busiest)
	row("requests above the rate, refused", r.Violations)
	row("requests for cards that existed", r.Repeated)
	row("most RSS of a worker, MiB", r.WorkerRSS)
}
