package checkout

import (
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// Options says how much to measure.
type Options struct {
	Rounds int `json:"rounds"`
	// Seconds is how long cards are redeemed at a constant rate, and Long the number of redemptions of the card that is spent
	// without a server.
	Seconds int `json:"seconds"`
	Long    int `json:"long"`
}

// Round is the result of one round.
type Round struct {
	Round int `json:"round"`
	// Bare are redemptions by bare workflows, and Ours those at the checkout.
	Bare  Redemptions `json:"bare"`
	Ours  Redemptions `json:"ours"`
	Crowd Crowd       `json:"crowd"`
	Full  Full        `json:"full"`
}

// Report is the result of all rounds.
type Report struct {
	Options     Options              `json:"options"`
	Rounds      []Round              `json:"rounds"`
	Long        Long                 `json:"long"`
	Comparisons []figures.Comparison `json:"comparisons"`
	Bars        figures.Bars         `json:"bars"`
}

// comparisons are two figures of a round each, in milliseconds, and the limit of their ratio; 0 means none.
var comparisons = []struct {
	figure string
	limit  float64
	of     func(Round) (is, beside float64)
}{
	{"a redemption, p50 / bare workflow", 1.5, func(r Round) (float64, float64) { return r.Ours.P50, r.Bare.P50 }},
	{"a redemption, p99 / bare workflow", 2, func(r Round) (float64, float64) { return r.Ours.P99, r.Bare.P99 }},
	{"one of a full card, p50 / bare workflow", 0, func(r Round) (float64, float64) { return r.Full.P50, r.Bare.P50 }},
}

// limits are figures that must not be higher in any round.
var limits = []struct {
	figure string
	limit  float64
	of     func(Round) float64
}{
	{"updates of a card in flight", 10, func(r Round) float64 { return float64(r.Crowd.Together) }},
	{"amounts in the ledger out of the order in which they were accepted", 0, func(r Round) float64 { return float64(r.Crowd.Disordered) }},
	{"amounts in the ledger that no shop knows, or the other way round", 0, func(r Round) float64 { return float64(r.Crowd.Untold) }},
	{"seconds until the last of many on one card knew", 15, func(r Round) float64 { return r.Crowd.Slowest }},
	{"events of a card that was spent once", 21, func(r Round) float64 { return r.Ours.Events }},
	{"actions of a card that was spent once", 8, func(r Round) float64 { return r.Ours.Actions }},
	{"events of a claim", 5, func(r Round) float64 { return r.Ours.ClaimEvents }},
	{"actions of a claim", 1, func(r Round) float64 { return r.Ours.ClaimActions }},
	{"redemptions that a full card keeps", kept, func(r Round) float64 { return float64(r.Full.Kept) }},
	{"events of a run of a full card", 2500, func(r Round) float64 { return float64(r.Full.MaxEvents) }},
	// A run has what it was handed over in its first event, and what it hands over in its last one.
	{"history of a run of a full card, KiB", 1536, func(r Round) float64 { return float64(r.Full.MaxBytes) / 1024 }},
	{"all redemptions of a full card as an answer, KiB", 512, func(r Round) float64 { return float64(r.Full.AllBytes) / 1024 }},
}

func (r *Report) summarize() {
	for _, c := range comparisons {
		one := figures.Compare(c.figure, r.Rounds, c.of)
		r.Comparisons = append(r.Comparisons, one)
		if c.limit > 0 {
			r.Bars = append(r.Bars, figures.AtMost(c.figure, one.Ratio.Median, c.limit))
		}
	}
	for _, l := range limits {
		all := make([]float64, len(r.Rounds))
		for i := range r.Rounds {
			all[i] = l.of(r.Rounds[i])
		}
		r.Bars = append(r.Bars, figures.AtMost(l.figure, slices.Max(all), l.limit))
	}
	r.Bars = append(r.Bars,
		figures.AtMost("redemptions that are handed to the next run", float64(r.Long.MostKept), kept),
		// Temporal warns of payloads above half a MiB, and refuses them above 2 MiB.
		figures.AtMost("what is handed to the next run, KiB", float64(r.Long.MostInput)/1024, 512),
		figures.AtMost("an answer to a shop's request, bytes", float64(r.Long.MostOne), 1024),
	)
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error { return r.Bars.Check() }

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) error {
	_, _ = fmt.Fprintf(w, "%d rounds: %d redemptions a second for %d s, each of another card; %d at once on one card; %d one after "+
		"another on a card that keeps %d\n", r.Options.Rounds, rate, r.Options.Seconds, crowd, onFull, kept)
	_, _ = fmt.Fprintf(w, "once, without a server: a card that was spent and given back %d times in %d runs, in %.0f s\n\n",
		r.Long.Redemptions, r.Long.Runs, r.Long.Seconds)
	if err := figures.PrintComparisons(w, r.Comparisons); err != nil {
		return err
	}
	err := figures.Table(w, func(row func(...any)) {
		row("costs of a redemption", "events", "actions", "of the claim", "", "worker CPU, ms", "server CPU, ms", "receiver CPU, ms")
		for _, x := range r.Rounds {
			for _, of := range []struct {
				name string
				Redemptions
			}{{"bare workflow", x.Bare}, {"checkout", x.Ours}} {
				row(fmt.Sprintf("round %d, %s", x.Round, of.name), of.Events, of.Actions, of.ClaimEvents, of.ClaimActions, of.WorkerCPU,
					of.ServerCPU, of.ReceiverCPU)
			}
		}
		row()
		row("at once on one card", "succeeded", "busy", "asked again", "in flight", "the last, s")
		for _, x := range r.Rounds {
			row(fmt.Sprintf("round %d", x.Round), x.Crowd.Succeeded, x.Crowd.Busy, x.Crowd.Asked, x.Crowd.Together, x.Crowd.Slowest)
		}
		row()
		row("full card", "runs", "events of a run", "kB of a run", "kept", "kB as an answer", "worker's memory, MiB")
		for _, x := range r.Rounds {
			row(fmt.Sprintf("round %d", x.Round), x.Full.Runs, x.Full.MaxEvents, x.Full.MaxBytes/1000, x.Full.Kept, x.Full.AllBytes/1000,
				x.Full.WorkerMemory)
		}
		row("without a server", r.Long.Runs, "", "", r.Long.MostKept, r.Long.MostInput/1000)
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return r.Bars.Print(w)
}
