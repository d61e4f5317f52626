package issuers

import (
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// Options says how much to measure.
type Options struct {
	Rounds int `json:"rounds"`
	// Singles is the number of orders of each issuer that come one by one, and Burst the number of those that come at once.
	Singles int `json:"singles"`
	Burst   int `json:"burst"`
}

// Times are the times from the start of an order's workflow until the order knows that its card exists.
type Times struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
}

// Costs are the largest costs of an order of one card.
type Costs struct {
	// AtOnceEvents and AtOnceActions are those of an order whose card is issued at once, and LaterEvents and LaterActions
	// those of an order whose card is made later. CardEvents and CardActions are those of that card's own workflow.
	AtOnceEvents  int64 `json:"at_once_events"`
	AtOnceActions int64 `json:"at_once_actions"`
	LaterEvents   int64 `json:"later_events"`
	LaterActions  int64 `json:"later_actions"`
	CardEvents    int64 `json:"card_events"`
	CardActions   int64 `json:"card_actions"`
}

// Round is the result of one round.
type Round struct {
	Round int `json:"round"`
	// AtOnce are orders whose cards are issued at once, and Bare bare workflows with two activities.
	AtOnce Times `json:"at_once"`
	Bare   Times `json:"bare"`
	// Later are orders whose cards are made later, and Pair bare pairs of workflows, both without the time of the queue.
	Later Times `json:"later"`
	Pair  Times `json:"pair"`
	// LaterBurst and PairBurst are the times until the last of many that come at once, with the time of the queue.
	LaterBurst float64 `json:"later_burst_seconds"`
	PairBurst  float64 `json:"pair_burst_seconds"`
	Costs      Costs   `json:"costs"`
}

// Report is the result of all rounds.
type Report struct {
	Options     Options              `json:"options"`
	Rounds      []Round              `json:"rounds"`
	Comparisons []figures.Comparison `json:"comparisons"`
	Bars        figures.Bars         `json:"bars"`
}

// The bars of costs. The limits of ratios are in comparisons. An order that is alone in its poll looks up its merchant.
const (
	maxAtOnceEvents = 17
	maxLaterEvents  = 25
	maxCardEvents   = 45
	maxCardActions  = 9
)

// comparisons are two figures of a round each, in milliseconds, and the limit of their ratio; 0 means none.
var comparisons = []struct {
	figure string
	limit  float64
	of     func(Round) (is, beside float64)
}{
	{"issued at once, p50 / bare workflow", 1.5, func(r Round) (float64, float64) { return r.AtOnce.P50, r.Bare.P50 }},
	{"issued at once, p95 / bare workflow", 2, func(r Round) (float64, float64) { return r.AtOnce.P95, r.Bare.P95 }},
	{"made later, p50 / bare pair", 2, func(r Round) (float64, float64) { return r.Later.P50, r.Pair.P50 }},
	{"made later, p95 / bare pair", 0, func(r Round) (float64, float64) { return r.Later.P95, r.Pair.P95 }},
	{"many made later at once / bare pairs", 1.5, bursts},
}

// bursts returns how long the bursts of a round took, in milliseconds.
func bursts(r Round) (is, beside float64) { return r.LaterBurst * 1000, r.PairBurst * 1000 }

func (r *Report) summarize() {
	for _, c := range comparisons {
		one := figures.Compare(c.figure, r.Rounds, c.of)
		r.Comparisons = append(r.Comparisons, one)
		if c.limit > 0 {
			r.Bars = append(r.Bars, figures.AtMost(c.figure, one.Ratio.Median, c.limit))
		}
	}
	most := func(figure string, limit float64, of func(Costs) int64) {
		all := make([]int64, len(r.Rounds))
		for i := range r.Rounds {
			all[i] = of(r.Rounds[i].Costs)
		}
		r.Bars = append(r.Bars, figures.AtMost(figure, float64(slices.Max(all)), limit))
	}
	most("events of an order, issued at once", maxAtOnceEvents, func(c Costs) int64 { return c.AtOnceEvents })
	most("events of an order, made later", maxLaterEvents, func(c Costs) int64 { return c.LaterEvents })
	most("events of a card made later", maxCardEvents, func(c Costs) int64 { return c.CardEvents })
	most("actions of a card made later", maxCardActions, func(c Costs) int64 { return c.CardActions })
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error { return r.Bars.Check() }

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) error {
	o := r.Options
	_, _ = fmt.Fprintf(w, "%d rounds: %d orders of each issuer one by one, and %d made later at once, with %d activity slots and a "+
		"queue of %v\n\n", o.Rounds, o.Singles, o.Burst, slots, burstQueue)
	if err := figures.PrintComparisons(w, r.Comparisons); err != nil {
		return err
	}
	err := figures.Table(w, func(row func(...any)) {
		row("most of a round", "events", "actions")
		for _, x := range r.Rounds {
			row(fmt.Sprintf("round %d, order issued at once", x.Round), x.Costs.AtOnceEvents, x.Costs.AtOnceActions)
			row(fmt.Sprintf("round %d, order made later", x.Round), x.Costs.LaterEvents, x.Costs.LaterActions)
			row(fmt.Sprintf("round %d, card made later", x.Round), x.Costs.CardEvents, x.Costs.CardActions)
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return r.Bars.Print(w)
}
