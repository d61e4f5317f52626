package digest

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// maxSubject is the length of a subject in characters: mail programs show about that much.
const maxSubject = 60

// prefix begins every subject, so that a mail program can sort by it.
const prefix = "[" + Program + "] "

// stand is what a report comes to: what is waiting, and for whom.
type stand struct {
	report  Report
	waiting sum
	// you is how many of the waiting orders need the shop, and fresh how many are new.
	you, fresh int
	oldest     time.Duration
}

// waiting adds up the orders that are waiting: those that failed and those that are left to people. Orders that only the
// totals include are counted without their value.
func waiting(r Report) stand {
	s := stand{report: r, fresh: r.fresh()}
	for _, o := range r.FailedOrders {
		s.waiting.add(o.Worth)
		if explain(o.Kind).who == shop {
			s.you++
		}
		s.oldest = max(s.oldest, o.Age)
	}
	for _, o := range r.Left {
		s.waiting.add(o.worth())
	}
	left := r.mixed() + r.native() + r.leftOtherwise()
	s.waiting.addUnknown(r.failed() - len(r.FailedOrders) + left - len(r.Left))
	s.you += left
	s.fresh += left
	return s
}

// leftOtherwise returns the number of orders that are left to people for other reasons than the two with totals.
func (r Report) leftOtherwise() int {
	return len(r.Left) - len(r.left(giftcard.MixedOrder)) - len(r.left(giftcard.NativeGiftCard))
}

// headline returns the mail's first line: how much is waiting, and for whom.
func (s stand) headline() string {
	if s.waiting.orders == 0 {
		switch n := s.report.recovered(); {
		case n > 0:
			return count(n, "order") + " had failed and recovered; no order is waiting"
		case s.report.retrying() > 0:
			return count(s.report.retrying(), "order") + " being tried right now; no order has failed"
		}
		return "No order is waiting"
	}
	out := s.waiting.String() + plural(s.waiting.orders, " is waiting", " are waiting")
	out += "; " + s.need()
	if s.oldest > 0 {
		out += "; " + plural(s.waiting.orders, "for ", "the oldest for ") + span(s.oldest)
	}
	return out
}

// need returns how many orders need the shop.
func (s stand) need() string {
	switch s.you {
	case 0:
		return "none needs you"
	case s.waiting.orders:
		return plural(s.you, "it needs you", "all need you")
	}
	return number(s.you) + plural(s.you, " needs you", " need you")
}

// subject returns the mail's subject: what matters most first, as far as it fits.
func subject(r Report) string {
	s := waiting(r)
	var parts []string
	if r.Watermark.Stale {
		parts = append(parts, "orders not seen")
	}
	if !r.Missed.To.IsZero() {
		parts = append(parts, "orders missed")
	}
	switch n := s.waiting.orders; {
	case n > 0:
		about := count(n, "order") + plural(n, " waits", " wait")
		if value := s.waiting.value(); value != "" && fits(prefix+strings.Join(append(parts, about+", "+value), "; ")) {
			about += ", " + value
		}
		parts = append(parts, about, s.need())
	case r.recovered() > 0:
		parts = append(parts, count(r.recovered(), "order")+" recovered")
	case r.retrying() > 0:
		parts = append(parts, count(r.retrying(), "order")+" being tried again")
	case len(parts) == 0 && r.failedPolls() == 0:
		parts = append(parts, "nothing waits")
	}
	if n := r.native(); n > 0 {
		parts = append(parts, count(n, "native order"))
	}
	if s.fresh > 0 {
		parts = append(parts, newness(s.fresh, s.waiting.orders))
	}
	if n := r.failedPolls(); n > 0 {
		parts = append(parts, "looking for orders failed")
	}
	out, shopName := prefix, strings.TrimSuffix(clean(r.Shop, maxName), ".myshopify.com")
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

func fits(s string) bool { return utf8.RuneCountInString(s) <= maxSubject }

func newness(fresh, all int) string {
	switch {
	case fresh < all:
		return number(fresh) + " new"
	case all > 1:
		return "all new"
	default:
		return "new"
	}
}
