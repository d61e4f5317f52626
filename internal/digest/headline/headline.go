// Package headline says in a line what a digest comes to: how much waits, and for whom.
package headline

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// maxSubject is the length of a subject in characters: mail programs show about that much.
const maxSubject = 60

// prefix begins every subject, so that a mail program can sort by it.
const prefix = "[" + buildinfo.Program + "] "

// stand is what a report comes to: what is waiting, and for whom.
type stand struct {
	report  digest.Report
	waiting words.Sum
	// you is how many of the waiting orders need the shop, and fresh how many are new.
	you, fresh int
	oldest     time.Duration
}

// waiting adds up the orders that are waiting: those that failed, those that are left to people, and those whose cards are
// no longer owed. Orders that only the totals include are counted without their value.
func waiting(r digest.Report) stand {
	s := stand{report: r, fresh: r.CountNew()}
	for _, o := range r.FailedOrders {
		s.waiting.Add(o.Worth)
		if digest.Explain(o.Kind).Who == digest.Shop {
			s.you++
		}
		s.oldest = max(s.oldest, o.Age)
	}
	for _, o := range r.Left {
		s.waiting.Add(o.Worth())
	}
	for _, o := range r.Changed {
		s.waiting.Add(o.Worth)
		s.you++
		if o.New {
			s.fresh++
		}
	}
	left := r.CountLeft()
	s.waiting.AddUnknown(r.CountFailed() - len(r.FailedOrders) + left - len(r.Left))
	s.you += left
	s.fresh += left
	return s
}

// Of returns the first line of a digest: how much is waiting, and for whom.
func Of(r digest.Report) string {
	s := waiting(r)
	if r.Paused != nil {
		return s.waits() + "; new orders are not taken in"
	}
	return s.waits()
}

// waits returns how much is waiting, and for whom.
func (s stand) waits() string {
	if s.waiting.Orders == 0 {
		switch n := s.report.CountRecovered(); {
		case n > 0:
			return words.Count(n, "order") + " had failed and recovered; no order is waiting"
		case s.report.CountRetrying() > 0:
			return words.Count(s.report.CountRetrying(), "order") + " being tried right now; no order has failed"
		}
		return "No order is waiting"
	}
	out := s.waiting.String() + words.Plural(s.waiting.Orders, " is waiting", " are waiting")
	out += "; " + s.need()
	if s.oldest > 0 {
		out += "; " + words.Plural(s.waiting.Orders, "for ", "the oldest for ") + words.Span(s.oldest)
	}
	return out
}

// need returns how many orders need the shop.
func (s stand) need() string {
	switch s.you {
	case 0:
		return "none needs you"
	case s.waiting.Orders:
		return words.Plural(s.you, "it needs you", "all need you")
	}
	return words.Number(s.you) + words.Plural(s.you, " needs you", " need you")
}

// Subject returns the subject of a digest's mail: what matters most first, as far as it fits.
func Subject(r digest.Report) string {
	s := waiting(r)
	var parts []string
	switch {
	case r.Paused != nil:
		parts = append(parts, "paused")
	case r.Watermark.Stale:
		parts = append(parts, "orders not seen")
	}
	if !r.Missed.To.IsZero() {
		parts = append(parts, "orders missed")
	}
	switch n := s.waiting.Orders; {
	case n > 0:
		about := words.Count(n, "order") + words.Plural(n, " waits", " wait")
		if value := s.waiting.Value(); value != "" && fits(prefix+strings.Join(append(parts, about+", "+value), "; ")) {
			about += ", " + value
		}
		parts = append(parts, about, s.need())
	case r.CountRecovered() > 0:
		parts = append(parts, words.Count(r.CountRecovered(), "order")+" recovered")
	case r.CountRetrying() > 0:
		parts = append(parts, words.Count(r.CountRetrying(), "order")+" being tried again")
	case len(parts) == 0 && r.CountFailedPolls() == 0 && len(r.Disputed) == 0 && r.Watch.Empty() && r.Making.Empty() &&
		r.Redeeming.Empty() && r.Unsent.Count() == 0 && r.Relaying.Empty():
		parts = append(parts, "nothing waits")
	}
	if n := len(r.Disputed); n > 0 {
		parts = append(parts, words.Count(n, "payment")+" disputed")
	}
	if n := len(r.Redeeming.Contradicted); n > 0 {
		parts = append(parts, words.Count(n, "redemption")+" contradicted")
	}
	if n := len(r.Redeeming.Unknown); n > 0 {
		parts = append(parts, words.Count(n, "redemption")+" unknown")
	}
	if n := r.Redeeming.Unread; n > 0 {
		parts = append(parts, words.Count(n, "card")+" not asked")
	}
	if n := len(r.Making.Suspicious); n > 0 {
		parts = append(parts, words.Count(n, "card")+" with odd answers")
	}
	if n := len(r.Making.Long); n > 0 {
		parts = append(parts, words.Count(n, "card")+" late")
	}
	if n := len(r.Watch.Products); n > 0 {
		parts = append(parts, words.Count(n, "product")+" to correct")
	}
	if n := r.Unsent.Count(); n > 0 {
		parts = append(parts, words.Count(n, "message")+" not sent")
	}
	parts = append(parts, relayed(r.Relaying)...)
	if n := r.CountNative(); n > 0 {
		parts = append(parts, words.Count(n, "native order"))
	}
	if s.fresh > 0 {
		parts = append(parts, newness(s.fresh, s.waiting.Orders))
	}
	if n := r.CountFailedPolls(); n > 0 {
		parts = append(parts, "looking for orders failed")
	}
	parts = append(parts, watched(r.Watch)...)
	out, shopName := prefix, strings.TrimSuffix(words.Name(r.Shop), ".myshopify.com")
	separator := ""
	for _, p := range parts {
		if fits(out + separator + p) {
			out, separator = out+separator+p, "; "
		}
	}
	if named := out + " (" + shopName + ")"; shopName != "" && fits(named) {
		out = named
	}
	return out
}

// watched returns what a look at the shop has found that concerns the operator.
func watched(w digest.Watch) (out []string) {
	if len(w.Lost) > 0 {
		out = append(out, "orders not announced")
	}
	if len(w.Failed) > 0 {
		out = append(out, "looking after the shop failed")
	}
	if w.Repaired != nil {
		out = append(out, "notices set up again")
	}
	return out
}

// relayed returns what another system has not got.
func relayed(r digest.Relaying) (out []string) {
	if len(r.Halted) > 0 {
		out = append(out, "ERP waits")
	}
	if n := r.Count(); n > 0 {
		out = append(out, words.Count(n, "event")+" refused by the ERP")
	}
	if len(r.Gaps) > 0 {
		out = append(out, "ERP may lack events")
	}
	return out
}

func fits(s string) bool { return utf8.RuneCountInString(s) <= maxSubject }

func newness(fresh, all int) string {
	switch {
	case fresh < all:
		return words.Number(fresh) + " new"
	case all > 1:
		return "all new"
	default:
		return "new"
	}
}
