package relaying

import (
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopevents"
)

// Options says how much to measure.
type Options struct {
	Rounds int `json:"rounds"`
	// Seconds is how long events are sent, as many as possible, and then at a constant rate.
	Seconds int `json:"seconds"`
	// Waiting is the number of events that come while the ERP is away, and Away how long it is, or longer if they take longer. Pace
	// is the limit of each endpoint then, in events a second.
	Waiting int                `json:"waiting"`
	Away    simulator.Duration `json:"away"`
	Pace    float64            `json:"pace"`
}

// Measured is what was measured of the relay or of bare mailboxes.
type Measured struct {
	Full   Full   `json:"full"`
	Steady Steady `json:"steady"`
}

// Round is the result of one round.
type Round struct {
	Round int `json:"round"`
	// Bare are bare mailboxes, and Ours is the relay.
	Bare Measured `json:"bare"`
	Ours Measured `json:"ours"`
	// Memory is that of the receiver and the worker of the relay.
	Memory Memory `json:"memory"`
}

// Rates are events a second of the relay beside those of bare mailboxes, over all rounds.
type Rates struct {
	Ratio figures.Spread `json:"ratio"`
	Ours  figures.Spread `json:"ours"`
	Bare  figures.Spread `json:"bare"`
}

// Report is the result of all rounds.
type Report struct {
	Options     Options              `json:"options"`
	Rounds      []Round              `json:"rounds"`
	Away        Away                 `json:"away"`
	Rates       Rates                `json:"rates"`
	Comparisons []figures.Comparison `json:"comparisons"`
	Bars        figures.Bars         `json:"bars"`
}

// The bars.
const (
	minRate       = 0.9 // Of bare mailboxes.
	maxP99        = 2   // Times that of bare mailboxes.
	maxMemory     = 150 // MiB
	maxEvents     = 12
	maxActions    = 3
	minPace       = 0.9 // Of the limit.
	maxPace       = 1.1
	maxOfAProduct = 2 // The one whose delivery has failed, and the newest.
)

// comparisons are two figures of a round each, in milliseconds, and the limit of their ratio; 0 means none.
var comparisons = []struct {
	figure string
	limit  float64
	of     func(Round) (is, beside float64)
}{
	{"webhook to ERP, p50 / bare mailbox", 0, func(r Round) (float64, float64) { return r.Ours.Steady.P50, r.Bare.Steady.P50 }},
	{"webhook to ERP, p99 / bare mailbox", maxP99, func(r Round) (float64, float64) { return r.Ours.Steady.P99, r.Bare.Steady.P99 }},
}

func (r *Report) summarize() {
	var ours, bare, ratios []float64
	for _, x := range r.Rounds {
		a, b := x.Ours.Full.PerSecond, x.Bare.Full.PerSecond
		ours, bare, ratios = append(ours, a), append(bare, b), append(ratios, figures.Ratio(a, b))
	}
	r.Rates = Rates{Ratio: figures.NewSpread(ratios), Ours: figures.NewSpread(ours), Bare: figures.NewSpread(bare)}
	r.Bars = append(r.Bars, figures.AtLeast("events a second, relay / bare mailbox", r.Rates.Ratio.Median, minRate))
	for _, c := range comparisons {
		one := figures.Compare(c.figure, r.Rounds, c.of)
		r.Comparisons = append(r.Comparisons, one)
		if c.limit > 0 {
			r.Bars = append(r.Bars, figures.AtMost(c.figure, one.Ratio.Median, c.limit))
		}
	}
	most := func(figure func(Round) float64, more ...float64) float64 {
		for i := range r.Rounds {
			more = append(more, figure(r.Rounds[i]))
		}
		return slices.Max(more)
	}
	a := r.Away
	orders, products := figures.Ratio(a.Orders, r.Options.Pace), figures.Ratio(a.Products, r.Options.Pace)
	r.Bars = append(r.Bars,
		figures.AtMost("webhooks not answered with 200 at half of that rate",
			most(func(x Round) float64 { return float64(x.Ours.Steady.Refused) }), 0),
		figures.AtMost("events of a mailbox's history per delivery",
			most(func(x Round) float64 { return x.Ours.Steady.HistoryEvents }), maxEvents),
		figures.AtMost("actions per delivery", most(func(x Round) float64 { return x.Ours.Steady.Actions }), maxActions),
		figures.AtMost("receiver's peak memory, MiB", most(func(x Round) float64 { return x.Memory.Receiver }, a.Memory.Receiver), maxMemory),
		figures.AtMost("worker's peak memory, MiB", most(func(x Round) float64 { return x.Memory.Worker }, a.Memory.Worker), maxMemory),
		figures.AtLeast("events a second to an ERP that is back / its limit, least", min(orders, products), minPace),
		figures.AtMost("events a second to an ERP that is back / its limit, most", max(orders, products), maxPace),
		figures.AtMost("events lost", float64(a.Lost), 0),
		figures.AtMost("events out of order without a mark", float64(a.Unordered), 0),
		figures.AtMost("events of one product that have waited and arrived", float64(a.MostOfProduct), maxOfAProduct),
	)
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error { return r.Bars.Check() }

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) error {
	o, a := r.Options, r.Away
	_, _ = fmt.Fprintf(w, "%d rounds of %d s: events of %d kB, each of another order, %d in flight; then at half of that rate\n",
		o.Rounds, o.Seconds, shopevents.BodySize/1000, inFlight)
	_, _ = fmt.Fprintf(w, "once: %d events waited for an ERP that was away for %.0f s, and got %g a second at each URL when it was back\n\n",
		a.Kept, a.Away, o.Pace)
	if err := figures.PrintComparisons(w, r.Comparisons); err != nil {
		return err
	}
	err := figures.Table(w, func(row func(...any)) {
		row("median (least to most)", "ratio", "relay", "bare mailbox")
		row("events a second", r.Rates.Ratio, r.Rates.Ours, r.Rates.Bare)
		row()
		row("each event", "receiver CPU, ms", "worker CPU, ms", "server CPU, ms", "events of history", "actions",
			"webhooks not answered with 200")
		for _, x := range r.Rounds {
			for _, of := range []struct {
				name string
				Measured
			}{{"bare mailbox", x.Bare}, {"relay", x.Ours}} {
				row(fmt.Sprintf("round %d, %s", x.Round, of.name), of.Full.ReceiverCPU, of.Full.WorkerCPU, of.Full.ServerCPU,
					of.Steady.HistoryEvents, of.Steady.Actions, of.Full.Refused+of.Steady.Refused)
			}
		}
		row()
		row("peak memory, MiB", "receiver", "worker")
		for _, x := range r.Rounds {
			row(fmt.Sprintf("round %d", x.Round), x.Memory.Receiver, x.Memory.Worker)
		}
		row("ERP away", a.Memory.Receiver, a.Memory.Worker)
		row()
		row("ERP away", "mailboxes", "arrived", "coalesced", "doubles", "lost", "attempts meanwhile", "first after, s", "last after, s",
			"orders a second", "products a second")
		row("", a.Mailboxes, a.Arrived, a.Coalesced, a.Doubles, a.Lost, a.Attempts, a.First, a.Last, a.Orders, a.Products)
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return r.Bars.Print(w)
}
