package digest

import (
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// soon is the time before the expiry of a history from which the digest warns.
const soon = 72 * time.Hour

// times phrases what depends on the time and the zone of the digest.
type times struct {
	now  time.Time
	zone *time.Location
}

func (t times) moment(at time.Time) string { return at.In(t.zone).Format("2 Jan 2006 15:04") }

func (t times) window(w Window) string {
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

func (t times) failed(o FailedOrder) failedView {
	v := failedView{
		orderView: newOrder(o.Name, o.OrderID, o.Kind, o.Link), New: o.New, Message: clean(o.Message, maxMessage),
		Command: cleanCommand(o.Command),
	}
	if n := len(o.AuditNumbers); n > 0 {
		v.Audit = plural(n, "Audit number", "Audit numbers") + " " +
			clean(strings.Join(o.AuditNumbers[:min(n, maxAudit)], ", "), maxMessage)
		if n > maxAudit {
			v.Audit += " and " + number(n-maxAudit) + " more"
		}
	}
	v.When = "Failed"
	if !o.FailedAt.IsZero() {
		v.When += " " + t.moment(o.FailedAt) + ", " + span(o.Age) + " ago"
	}
	if o.Attempts > 0 {
		v.When += ", after " + count(o.Attempts, "attempt")
	}
	v.When += "."
	switch o.Rerun {
	case NotTried:
		v.Rerun = "Not run again for this digest."
	case FailedAgain:
		v.Rerun = "Run again for this digest, and failed again."
	case StillRunning:
		v.Rerun = "Run again for this digest, and still running when it was written."
	}
	v.Expiry, v.ExpiresSoon = t.expiry(o.ExpiresAt)
	return v
}

func (t times) expiry(at time.Time) (phrase string, isSoon bool) {
	if at.IsZero() {
		return "", false
	}
	left := at.Sub(t.now)
	if left <= 0 {
		return "Its history has expired: it may not be possible to run it again.", true
	}
	phrase = "It can be run again for " + span(left) + ", until its history is deleted on " + t.moment(at) + "."
	if left < soon {
		return "Only " + span(left) + " left to run it again: its history is deleted on " + t.moment(at) + ".", true
	}
	return phrase, false
}

func (t times) retrying(o RetryingOrder) retryingView {
	what := []string{"Running"}
	if !o.Since.IsZero() {
		what = append(what, "since "+t.moment(o.Since))
	}
	if activity := clean(o.Activity, maxName); activity != "" {
		what = append(what, "at "+activity)
	}
	s := strings.Join(what, " ")
	if o.Attempt > 0 {
		s += ", attempt " + number(o.Attempt)
	}
	v := retryingView{orderView: newOrder(o.Name, o.OrderID, o.Kind, o.Link), What: s + "."}
	if o.Kind == giftcard.Kind("") {
		v.Kind = ""
	}
	v.Message = clean(o.Message, maxMessage)
	return v
}

func (t times) missed(w Window) string {
	if w.To.IsZero() {
		return ""
	}
	return "No poll has read the orders created from " + t.moment(w.From) + " until " + t.moment(w.To) +
		", and none will: they were too old when polling resumed. Look for them in Shopify and settle them by hand, or " +
		"raise MAX_ORDER_AGE and poll that window (starter poll --since --until)."
}

func (t times) watermark(w Watermark) string {
	switch {
	case w.At.IsZero() && w.Stale:
		return "No poll has succeeded yet: no order has been seen."
	case w.At.IsZero():
		return ""
	case w.Stale:
		return "Orders have been seen only up to " + t.moment(w.At) + ", " + span(w.Age) +
			" ago. Newer orders are not seen until a poll succeeds."
	default:
		return "Orders have been seen up to " + t.moment(w.At) + ", " + span(w.Age) + " ago."
	}
}
