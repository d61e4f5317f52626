package receive

import (
	"fmt"
	"io"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// Options says how much to measure.
type Options struct {
	Rounds int `json:"rounds"`
	// Singles is the number of orders that arrive one by one, and Burst the number of those that arrive at once.
	Singles int `json:"singles"`
	Burst   int `json:"burst"`
	// Seconds is how long each flood of irrelevant deliveries is measured.
	Seconds int `json:"seconds"`
	// TransferPollRPS, if not zero, is Temporal's history.transferProcessorMaxPollRPS in another measurement of orders one by
	// one, which is compared with Temporal's default.
	TransferPollRPS int `json:"transfer_poll_rps,omitempty"`
}

// Answers are the answers to a flood of irrelevant deliveries.
type Answers struct {
	Deliveries int `json:"deliveries"`
	// Refused are those that were not answered with 200.
	Refused int     `json:"refused"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
}

// Cards are the times until the cards of orders that arrive one by one.
type Cards struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	// Shop is the median of the time that the simulated shop took to be read, which P50 and P95 do not contain.
	Shop float64 `json:"shop_ms"`
}

// Burst is how orders that come at once were taken in.
type Burst struct {
	// Seconds is the time until the last card is issued.
	Seconds float64 `json:"seconds"`
	// Throttled is how often the shop had too few points for a request, and PointsLeast the lowest number of points.
	Throttled   int     `json:"throttled"`
	PointsLeast float64 `json:"points_least"`
}

// Costs are what an order by webhook costs.
type Costs struct {
	// Actions are Temporal's per order, with those of all polls that see it.
	Actions float64 `json:"actions"`
	// Events are those of an order's own history. PollEvents are its share of the histories of all polls that see it.
	Events     float64 `json:"events"`
	PollEvents float64 `json:"poll_events"`
}

// Round is the result of one round.
type Round struct {
	Round int `json:"round"`
	// Up and Away are the receiver's answers while Temporal is up and while it is away, and Bare and BareAway those of a
	// bare handler right before or after.
	Bare     Answers `json:"bare"`
	Up       Answers `json:"up"`
	BareAway Answers `json:"bare_away"`
	Away     Answers `json:"away"`
	// PeakMemory is the most memory that the receiver has held.
	PeakMemory float64 `json:"peak_memory_mib"`
	// Floor are bare workflows, Single orders by webhook, and Flooded the same during a flood, whose answers are During.
	Floor   Cards `json:"floor"`
	Single  Cards `json:"single"`
	Flooded Cards `json:"flooded"`
	// RaisedFloor and Raised are Floor and Single with TransferPollRPS.
	RaisedFloor Cards   `json:"raised_floor,omitzero"`
	Raised      Cards   `json:"raised,omitzero"`
	During      Answers `json:"during"`
	// ByWebhook and ByPoll are bursts.
	ByWebhook Burst `json:"by_webhook"`
	ByPoll    Burst `json:"by_poll"`
	Costs     Costs `json:"costs"`
}

// Report is the result of all rounds.
type Report struct {
	Options     Options              `json:"options"`
	Rounds      []Round              `json:"rounds"`
	Comparisons []figures.Comparison `json:"comparisons"`
	Bars        figures.Bars         `json:"bars"`
}

// The bars of the receiver. The limits of ratios are in comparisons.
const (
	maxPeakMemory = 100 // MiB
	maxActions    = 2.1
	maxEvents     = 11
)

// compared are two figures of a round, in milliseconds, and the limit of their ratio.
type compared struct {
	figure string
	limit  float64
	of     func(Round) (is, beside float64)
}

// comparisons are the ratios with bars.
var comparisons = []compared{
	{"answers, p99, Temporal up / bare handler", 3, func(r Round) (float64, float64) { return r.Up.P99, r.Bare.P99 }},
	{"answers, p99, Temporal away / bare handler", 3, func(r Round) (float64, float64) { return r.Away.P99, r.BareAway.P99 }},
	{"webhook to card, p50 / bare workflow", 1.5, func(r Round) (float64, float64) { return r.Single.P50, r.Floor.P50 }},
	{"webhook to card, p95 / bare workflow", 2, func(r Round) (float64, float64) { return r.Single.P95, r.Floor.P95 }},
	{"the same during a flood, p50 / without", 2, func(r Round) (float64, float64) { return r.Flooded.P50, r.Single.P50 }},
	{"the same during a flood, p95 / without", 2, func(r Round) (float64, float64) { return r.Flooded.P95, r.Single.P95 }},
	{"a burst's last card, by webhook / by poll", 1, bursts},
}

// bursts returns how long the bursts of a round took, in milliseconds.
func bursts(r Round) (is, beside float64) { return r.ByWebhook.Seconds * 1000, r.ByPoll.Seconds * 1000 }

// raised are the ratios between TransferPollRPS and Temporal's default, which decide nothing.
var raised = []compared{
	{"bare workflow, p50, polls raised / default", 0, func(r Round) (float64, float64) { return r.RaisedFloor.P50, r.Floor.P50 }},
	{"bare workflow, p95, polls raised / default", 0, func(r Round) (float64, float64) { return r.RaisedFloor.P95, r.Floor.P95 }},
	{"webhook to card, p50, polls raised / default", 0, func(r Round) (float64, float64) { return r.Raised.P50, r.Single.P50 }},
	{"webhook to card, p95, polls raised / default", 0, func(r Round) (float64, float64) { return r.Raised.P95, r.Single.P95 }},
}

func (r *Report) summarize() {
	compare := func(c compared) (ratio float64) {
		one := figures.Compare(c.figure, r.Rounds, c.of)
		r.Comparisons = append(r.Comparisons, one)
		return one.Ratio.Median
	}
	for _, c := range comparisons {
		r.Bars = append(r.Bars, figures.AtMost(c.figure, compare(c), c.limit))
	}
	if r.Options.TransferPollRPS > 0 {
		for _, c := range raised {
			compare(c)
		}
	}
	most := func(figure func(Round) float64) float64 {
		all := make([]float64, len(r.Rounds))
		for i := range r.Rounds {
			all[i] = figure(r.Rounds[i])
		}
		return slices.Max(all)
	}
	r.Bars = append(r.Bars,
		figures.AtMost("deliveries not answered with 200, most of a round",
			most(func(r Round) float64 { return float64(r.Up.Refused + r.Away.Refused + r.During.Refused) }), 0),
		figures.AtMost("receiver's peak memory, MiB, most of a round", most(func(r Round) float64 { return r.PeakMemory }), maxPeakMemory),
		figures.AtMost("requests throttled in a burst, most of a round",
			most(func(r Round) float64 { return float64(r.ByWebhook.Throttled) }), 0),
		figures.AtMost("actions per order, polls included", most(func(r Round) float64 { return r.Costs.Actions }), maxActions),
		figures.AtMost("events of an order's history", most(func(r Round) float64 { return r.Costs.Events }), maxEvents))
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error { return r.Bars.Check() }

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) error {
	o := r.Options
	_, _ = fmt.Fprintf(w, "%d rounds: floods of %d deliveries a second for %d s, %d orders one by one, %d at once\n\n",
		o.Rounds, rate, o.Seconds, o.Singles, o.Burst)
	if err := figures.PrintComparisons(w, r.Comparisons); err != nil {
		return err
	}
	err := figures.Table(w, func(row func(...any)) {
		row("round", "peak memory, MiB", "reading the shop, ms", "least points", "actions/order", "events/order", "polls' events/order")
		for _, x := range r.Rounds {
			row(x.Round, x.PeakMemory, x.Single.Shop, x.ByWebhook.PointsLeast, x.Costs.Actions, x.Costs.Events, x.Costs.PollEvents)
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return r.Bars.Print(w)
}
