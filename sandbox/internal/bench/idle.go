package bench

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

// Say receives a progress line for the user.
type Say func(format string, args ...any)

// IdleOptions says how long to measure.
type IdleOptions struct {
	For time.Duration
	// Starts is the number of times that the start of a worker is measured.
	Starts int
}

// IdleReport is what an idle worker uses.
type IdleReport struct {
	Benchmark string  `json:"benchmark"`
	Machine   Machine `json:"machine"`
	Seconds   float64 `json:"seconds"`
	CPUMillis float64 `json:"cpu_ms"`
	// RSSMiB is the memory in use at the end, PeakRSSMiB its maximum since the start.
	RSSMiB     float64 `json:"rss_mib"`
	PeakRSSMiB float64 `json:"peak_rss_mib"`
	// Requests counts requests to Temporal by operation. LongPolls counts the requests that wait for work, which return
	// empty after a minute.
	Requests       map[string]int `json:"temporal_requests"`
	LongPolls      map[string]int `json:"temporal_long_polls"`
	ShopRequests   int            `json:"shop_requests"`
	IssuerRequests int            `json:"issuer_requests"`
	BinaryMiB      float64        `json:"binary_mib"`
	// StartupSeconds is the time from the start of a process until it polls.
	StartupSeconds Spread `json:"startup_seconds"`
	Bars           []Bar  `json:"bars"`
}

// The bars of an idle worker.
const (
	maxIdleRSSMiB     = 60
	maxBinaryMiB      = 45
	maxStartupSeconds = 1
)

// Idle measures an idle worker.
func Idle(ctx context.Context, p *Programs, o IdleOptions, say Say) (*IdleReport, error) {
	report := &IdleReport{Benchmark: "idle", Machine: p.machine}
	info, err := os.Stat(p.Worker())
	if err != nil {
		return nil, err
	}
	report.BinaryMiB = mebibytes(info.Size())
	rig, err := p.OpenRig(ctx, RigOptions{})
	if err != nil {
		return nil, err
	}
	defer rig.Close()
	say("starting a worker, %d times", o.Starts)
	var startups []float64
	var worker *Worker
	for i := range o.Starts {
		if i > 0 {
			worker.Stop()
			rig.Workers = nil
		}
		if worker, err = rig.StartWorker(ctx); err != nil {
			return nil, err
		}
		startups = append(startups, worker.Startup.Seconds())
	}
	report.StartupSeconds = NewSpread(startups)
	say("looking at an idle worker for %s", o.For)
	if err := report.look(ctx, rig, worker, o.For); err != nil {
		return nil, err
	}
	report.Bars = []Bar{
		AtMost("RSS of an idle worker", report.RSSMiB, maxIdleRSSMiB, "MiB"),
		AtMost("program of the worker, stripped", report.BinaryMiB, maxBinaryMiB, "MiB"),
		AtMost("from start to polling", report.StartupSeconds.Median, maxStartupSeconds, "s"),
	}
	return report, nil
}

// look measures what the worker uses in a period of the given length.
func (r *IdleReport) look(ctx context.Context, rig *Rig, w *Worker, length time.Duration) error {
	asked, err := readTraffic(ctx, w.Addr)
	if err != nil {
		return err
	}
	before, err := w.Usage()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := wait(ctx, length); err != nil {
		return err
	}
	after, err := w.Usage()
	if err != nil {
		return err
	}
	r.Seconds = time.Since(began).Seconds()
	r.CPUMillis = milliseconds(after.CPU - before.CPU)
	r.RSSMiB, r.PeakRSSMiB = mebibytes(after.RSS), mebibytes(after.PeakRSS)
	askedAfter, err := readTraffic(ctx, w.Addr)
	if err != nil {
		return err
	}
	if r.Requests, r.LongPolls, err = askedAfter.since(asked); err != nil {
		return err
	}
	r.ShopRequests = total(rig.Shop.Stats().Requests)
	for _, byStatus := range rig.Issuer.Stats().Requests {
		for _, n := range byStatus {
			r.IssuerRequests += n
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// Checks returns the bars.
func (r *IdleReport) Checks() []Bar { return r.Bars }

// Print prints the report as tables.
func (r *IdleReport) Print(w io.Writer) error {
	if err := PrintMachine(w, r.Machine); err != nil {
		return err
	}
	err := Table(w, func(row func(...any)) {
		row("a worker with nothing to do for", fmt.Sprintf("%.0f s", r.Seconds))
		row("CPU, ms", r.CPUMillis)
		row("RSS, MiB", r.RSSMiB)
		row("most RSS since its start, MiB", r.PeakRSSMiB)
		row("requests to Temporal", total(r.Requests))
		printCounts(row, r.Requests)
		row("long polls for work", total(r.LongPolls))
		printCounts(row, r.LongPolls)
		row("requests to the shop", r.ShopRequests)
		row("requests to the issuer", r.IssuerRequests)
		row("program, stripped, MiB", r.BinaryMiB)
		s := r.StartupSeconds
		row("from start to polling, s", s.Median, fmt.Sprintf("(%.2f to %.2f)", s.Min, s.Max))
	})
	if err != nil {
		return err
	}
	return PrintBars(w, r.Bars)
}

func printCounts(row func(...any), counts map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		row("  "+name, counts[name])
	}
}
