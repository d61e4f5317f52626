package digestmail

import (
	"cmp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// times phrases what depends on the time and the zone of the digest.
type times struct {
	now  time.Time
	zone *time.Location
}

func (t times) moment(at time.Time) string { return at.In(t.zone).Format("2 Jan 2006 15:04") }

func (t times) window(w digest.Window) string {
	switch {
	case w.From.IsZero() && w.To.IsZero():
		return ""
	case w.From.IsZero():
		return "Until " + t.moment(w.To)
	default:
		return "From " + t.moment(w.From) + " until " + t.moment(w.To)
	}
}

// maxAudit is the maximum number of audit numbers that the mail lists for an order. The CSV has all of them.
const maxAudit = 10

func (t times) failedRow(o digest.FailedOrder) rowView {
	v := rowView{
		Name: orderName(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth), New: o.New,
		Message: withoutName(words.Message(o.Message), o.Name),
	}
	if !digest.Explained(o.Kind) {
		v.Message = strings.TrimSuffix(cmp.Or(words.Name(string(o.Kind)), "Unknown")+": "+v.Message, ": ")
	}
	v.Audit = lookUp(o, v.Message)
	v.When = "Failed"
	if !o.FailedAt.IsZero() {
		v.When += " " + t.moment(o.FailedAt) + ", " + words.Span(o.Age) + " ago"
	}
	if o.Attempts > 1 {
		v.When += ", after " + words.Count(o.Attempts, "attempt")
	}
	v.When += "."
	switch o.Rerun {
	case digest.FailedAgain:
		v.When += " Run again for this mail, and failed again."
	case digest.StillRunning:
		v.When += " Run again for this mail, and still running when it was written."
	case digest.NotTried:
	}
	v.Soon = t.expiry(o)
	return v
}

// lookUp returns the audit numbers of an order whose cards have to be looked up at the issuer, unless its message has
// them; otherwise the empty string.
func lookUp(o digest.FailedOrder, message string) string {
	n := len(o.AuditNumbers)
	wanted := o.Kind == giftcard.OutcomeUnknown || o.Kind == giftcard.UnexpectedResponse
	if n == 0 || !wanted || n == 1 && strings.Contains(message, o.AuditNumbers[0]) {
		return ""
	}
	out := words.Plural(n, "Audit number", "Audit numbers") + " " +
		words.Message(strings.Join(o.AuditNumbers[:min(n, maxAudit)], ", "))
	if n > maxAudit {
		out += " and " + words.Number(n-maxAudit) + " more"
	}
	return out
}

// withoutName returns a message without the name of its order at the beginning, which stands beside it.
func withoutName(message, name string) string {
	if rest, ok := strings.CutPrefix(message, "order "+words.Name(name)+", "); ok {
		return rest
	}
	return message
}

// expiry returns a warning if the time in which an order can be run again is nearly over, or the empty string.
func (t times) expiry(o digest.FailedOrder) string {
	left := o.ExpiresAt.Sub(t.now)
	switch {
	case !o.ExpiresSoon(t.now):
		return ""
	case left <= 0:
		return "It may be too late to run it again."
	}
	return "Only " + words.Span(left) + " left to run it again: until " + t.moment(o.ExpiresAt) + "."
}

func (t times) retryingRow(o digest.RetryingOrder) rowView {
	v := rowView{
		Name: orderName(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth),
		Message: withoutName(reason(o.Kind, o.Message), o.Name), When: "In progress",
	}
	if !o.Since.IsZero() {
		v.When += " since " + t.moment(o.Since) + ", for " + words.Span(t.now.Sub(o.Since))
	}
	if step := digest.Step(o.Activity); step != "" {
		v.When += ", " + step
	}
	if o.Attempt > 0 {
		v.When += ", attempt " + words.Number(o.Attempt)
	}
	v.When += "."
	return v
}

func (t times) missed(w digest.Window) string {
	if w.To.IsZero() {
		return ""
	}
	return "giftbridge has not looked at the orders created from " + t.moment(w.From) + " until " + t.moment(w.To) +
		", and will not: they were too old when it could look for orders again. Look for them in Shopify and settle them by " +
		"hand, or ask the operator of giftbridge to take them in."
}

// pause returns who has paused the intake of orders, why and until when, and what becomes of orders meanwhile.
func (t times) pause(p digest.Pause, w digest.Watermark) string {
	out := cmp.Or(words.Name(p.By), "Somebody") + " paused giftbridge"
	if !p.At.IsZero() {
		out += " on " + t.moment(p.At) + ", " + words.Span(t.now.Sub(p.At)) + " ago"
	}
	if why := words.Message(p.Reason); why != "" {
		out += ": " + strings.TrimRight(why, ".")
	}
	out += "."
	switch late := t.now.Sub(p.Until); {
	case p.Until.IsZero():
	case late > 0:
		out += " The pause was meant to end on " + t.moment(p.Until) + ", " + words.Span(late) + " ago."
	default:
		out += " The pause is meant to end on " + t.moment(p.Until) + "."
	}
	out += " New orders wait in Shopify. Those that were taken in before get their cards as usual."
	if w.Stale && !w.At.IsZero() {
		out += " Orders have been seen up to " + t.moment(w.At) + ", " + words.Span(w.Age) + " ago."
	}
	return out
}

// polling returns what keeps giftbridge from looking for new orders at the moment, or the empty string.
func (t times) polling(p *digest.RetriedPoll) string {
	if p == nil {
		return ""
	}
	out := "giftbridge has been trying to look for new orders"
	if !p.Since.IsZero() {
		out += " since " + t.moment(p.Since)
	}
	if p.Attempt > 0 {
		out += " (attempt " + words.Number(p.Attempt) + ")"
	}
	if why := reason(p.Kind, p.Message); why != "" {
		out += ": " + why
	}
	return out + "."
}

func (t times) watermark(w digest.Watermark) string {
	switch {
	case w.At.IsZero() && w.Stale:
		return "giftbridge has not been able to look for orders yet: no order has been seen."
	case w.At.IsZero():
		return ""
	case w.Stale:
		return "Orders have been seen only up to " + t.moment(w.At) + ", " + words.Span(w.Age) +
			" ago. Newer orders wait until giftbridge can look for orders again."
	default:
		return "Orders have been seen up to " + t.moment(w.At) + ", " + words.Span(w.Age) + " ago."
	}
}
