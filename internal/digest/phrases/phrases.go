// Package phrases says in words what depends on the time and the zone of a digest.
package phrases

import (
	"cmp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Times are the time and the zone of a digest.
type Times struct {
	Now  time.Time
	Zone *time.Location
}

// Moment returns a time, to the minute.
func (t Times) Moment(at time.Time) string { return at.In(t.Zone).Format("2 Jan 2006 15:04") }

// Window returns a span of time as the beginning of a sentence, or the empty string.
func (t Times) Window(w digest.Window) string {
	switch {
	case w.From.IsZero() && w.To.IsZero():
		return ""
	case w.From.IsZero():
		return "Until " + t.Moment(w.To)
	default:
		return "From " + t.Moment(w.From) + " until " + t.Moment(w.To)
	}
}

// Expiry returns a warning if the time in which an order can be run again is nearly over, or the empty string.
func (t Times) Expiry(o digest.FailedOrder) string {
	left := o.ExpiresAt.Sub(t.Now)
	switch {
	case !o.ExpiresSoon(t.Now):
		return ""
	case left <= 0:
		return "It may be too late to run it again."
	}
	return "Only " + words.Span(left) + " left to run it again: until " + t.Moment(o.ExpiresAt) + "."
}

// Missed returns that no poll has read the orders of a span of time, or the empty string if there is none.
func (t Times) Missed(w digest.Window) string {
	if w.To.IsZero() {
		return ""
	}
	return "giftbridge has not looked at the orders created from " + t.Moment(w.From) + " until " + t.Moment(w.To) +
		", and will not: they were too old when it could look for orders again. Look for them in Shopify and settle them by " +
		"hand, or ask the operator of giftbridge to take them in."
}

// Pause returns who has paused the intake of orders, why and until when, and what becomes of orders meanwhile.
func (t Times) Pause(p digest.Pause, w digest.Watermark) string {
	out := cmp.Or(words.Name(p.By), "Somebody") + " paused giftbridge"
	if !p.At.IsZero() {
		out += " on " + t.Moment(p.At) + ", " + words.Span(t.Now.Sub(p.At)) + " ago"
	}
	if why := words.Message(p.Reason); why != "" {
		out += ": " + strings.TrimRight(why, ".")
	}
	out += "."
	switch late := t.Now.Sub(p.Until); {
	case p.Until.IsZero():
	case late > 0:
		out += " The pause was meant to end on " + t.Moment(p.Until) + ", " + words.Span(late) + " ago."
	default:
		out += " The pause is meant to end on " + t.Moment(p.Until) + "."
	}
	out += " New orders wait in Shopify. Those that were taken in before get their cards as usual."
	if w.Stale && !w.At.IsZero() {
		out += " Orders have been seen up to " + t.Moment(w.At) + ", " + words.Span(w.Age) + " ago."
	}
	return out
}

// Polling returns what keeps giftbridge from looking for new orders at the moment, or the empty string.
func (t Times) Polling(p *digest.RetriedPoll) string {
	if p == nil {
		return ""
	}
	out := "giftbridge has been trying to look for new orders"
	if !p.Since.IsZero() {
		out += " since " + t.Moment(p.Since)
	}
	if p.Attempt > 0 {
		out += " (attempt " + words.Number(p.Attempt) + ")"
	}
	if why := Reason(p.Kind, p.Message); why != "" {
		out += ": " + why
	}
	return out + "."
}

// Watermark returns up to when orders have been seen, or the empty string if that is not known.
func (t Times) Watermark(w digest.Watermark) string {
	switch {
	case w.At.IsZero() && w.Stale:
		return "giftbridge has not been able to look for orders yet: no order has been seen."
	case w.At.IsZero():
		return ""
	case w.Stale:
		return "Orders have been seen only up to " + t.Moment(w.At) + ", " + words.Span(w.Age) +
			" ago. Newer orders wait until giftbridge can look for orders again."
	default:
		return "Orders have been seen up to " + t.Moment(w.At) + ", " + words.Span(w.Age) + " ago."
	}
}

// Reason returns why something failed: the message if there is one, or else what is known of its kind.
func Reason(kind giftcard.Kind, message string) string {
	title := ""
	if digest.Explained(kind) {
		title = digest.Explain(kind).Title
	}
	return cmp.Or(words.Message(message), title, words.Name(string(kind)))
}
