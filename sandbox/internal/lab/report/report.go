// Package report has the report of a run of the laboratory, as people and programs read it.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/relayed"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/told"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/webhooks"
)

// Report is the result of a run.
type Report struct {
	Seed          uint64  `json:"seed"`
	IssuerDedupes bool    `json:"issuer_dedupes"`
	Minutes       float64 `json:"minutes"`
	// ClockOffset is how far the shop's clock was ahead. MaxRPS is the rate limit that the workers observed; 0 means none.
	ClockOffset float64 `json:"shop_clock_ahead_seconds"`
	MaxRPS      float64 `json:"max_rps"`
	audit.Account
	// UnitsResolved is the number of units for which a person had to say whether the card exists.
	UnitsResolved int `json:"units_resolved"`
	// LaterResolved is the number of cards made later of which a person had to say that an attempt has come to nothing.
	LaterResolved int `json:"units_made_later_resolved"`
	// Callbacks reports whether the issuer that makes cards later calls back about activations, and QueueSeconds is how long its
	// queue takes. LaterBefallen counts the orders that each of its troubles, and each of the mails of its cards, has befallen.
	Callbacks     bool              `json:"callbacks"`
	QueueSeconds  float64           `json:"queue_seconds"`
	LaterBefallen map[plan.What]int `json:"orders_befallen"`
	// OrdersSwept is the number of orders that sweeps found and no poll had taken in.
	OrdersSwept int `json:"orders_found_by_sweeps"`
	// CardsAskedAgain is the number of requests for a card that already existed.
	CardsAskedAgain int `json:"cards_asked_again"`
	// Webhooks is what became of the shop's webhooks.
	Webhooks webhooks.Account `json:"webhooks"`
	// Shoppers is the number of shoppers who spent cards, Tally what became of that, and Shopping counts what they did and what
	// befell it.
	Shoppers int `json:"shoppers"`
	spends.Tally
	Shopping map[plan.What]int `json:"shopping"`
	// RedemptionsResolved is the number of redemptions, and of attempts to give back, of which a person had to find out.
	RedemptionsResolved int `json:"redemptions_resolved"`
	// Told is what customers were told about their orders, if they were. MessageSweeps is the number of sweeps that looked for orders
	// that changed without a webhook, and MessagesBefallen counts the customers whom each trouble of messages has befallen.
	Told             told.Tally        `json:"told"`
	MessageSweeps    int               `json:"message_sweeps"`
	MessagesBefallen map[plan.What]int `json:"messages_befallen"`
	// Relayed is what became of the events that go on to the ERP, if there is one, and RelayBefallen counts the orders and products that
	// each of its troubles has befallen.
	Relayed       relayed.Tally     `json:"relayed"`
	RelayBefallen map[plan.What]int `json:"relay_befallen"`
	// Faults counts what actually happened. NotSeen names what was planned and did not happen.
	Faults  map[plan.What]int `json:"faults"`
	NotSeen []plan.What       `json:"faults_not_seen"`
	// Exits counts how often each process ended unexpectedly.
	Exits   map[string]int `json:"unasked_exits"`
	Seconds float64        `json:"seconds"`
}

// Print writes the report in readable form.
func (r Report) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `orders placed      %d
  eligible         %d
  completed        %d
  recovered        %d (failed before)
  failed           %d
  failed, unseen   %d
  running          %d
  found by sweeps  %d
units expected     %d
  cards issued     %d
  missing          %d
  duplicate        %d
  of money back    %d (asked for before it was given back)
  too late         %d (asked for after that)
  unexpected       %d
  cut off          %d (attempts whose worker died)
  asked for again  %d
  resolved         %d (by a person)
  made later       %d
    active twice   %d
    of two owners  %d
    never used     %d (generated, and worth nothing)
    resolved       %d (by a person)
mails of cards     %d
  mails missing    %d
  mails twice      %d
  unexpected       %d
  sent again       %d (it was unclear whether the first had arrived)
digests sent       %d
`, r.OrdersPlaced, r.OrdersEligible, r.OrdersCompleted, r.OrdersRecovered, r.OrdersFailed, r.FailuresUnseen,
		r.OrdersRunning, r.OrdersSwept, r.UnitsExpected, r.CardsIssued, r.CardsMissing, r.CardsDuplicate, r.CardsOfMoneyBack,
		r.CardsTooLate, r.CardsUnexpected,
		r.AttemptsCutOff, r.CardsAskedAgain, r.UnitsResolved, r.CardsMadeLater, r.CardsActivatedTwice, r.CardsOfTwo,
		r.CardsNeverUsed, r.LaterResolved, r.CardMails, r.MailsMissing, r.MailsTwice, r.MailsUnexpected, r.MailsRepeated, r.DigestMails)
	line := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format+"\n", args...)
		}
	}
	r.Webhooks.Print(line)
	line("made later         callbacks about activations %t, the queue takes %.1fs", r.Callbacks, r.QueueSeconds)
	for _, what := range slices.Sorted(maps.Keys(r.LaterBefallen)) {
		line("  %-28s %d orders", what, r.LaterBefallen[what])
	}
	if r.Shoppers > 0 {
		r.Tally.Print(line)
		line("  %-17s%d (by a person)", "resolved", r.RedemptionsResolved)
		for _, what := range slices.Sorted(maps.Keys(r.Shopping)) {
			line("  %-40s %d", what, r.Shopping[what])
		}
	}
	if r.MessageSweeps > 0 {
		r.Told.Print(line)
		line("  %-17s%d", "sweeps", r.MessageSweeps)
		for _, what := range slices.Sorted(maps.Keys(r.MessagesBefallen)) {
			line("  %-40s %d customers", what, r.MessagesBefallen[what])
		}
	}
	if len(r.RelayBefallen) > 0 {
		r.Relayed.Print(line)
		for _, what := range slices.Sorted(maps.Keys(r.RelayBefallen)) {
			line("  %-40s %d orders and products", what, r.RelayBefallen[what])
		}
	}
	line("faults that happened")
	for _, what := range slices.Sorted(maps.Keys(r.Faults)) {
		line("  %-28s %d", what, r.Faults[what])
	}
	for _, what := range r.NotSeen {
		line("  %-28s 0, although the plan had it", what)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Exits)) {
		line("  %s ended by itself %d times", name, r.Exits[name])
	}
	line("failed orders")
	for _, f := range r.Failed {
		line("  %-8s %s, expected %t, in a digest %t", f.Order, f.Kind, f.Expected, f.InDigest)
	}
	line("seconds            %.1f", r.Seconds)
	for _, p := range r.Problems {
		line("PROBLEM %s", p)
	}
	if r.MoreProblems > 0 {
		line("PROBLEM and %d more", r.MoreProblems)
	}
	return err
}
