package digest

import (
	"cmp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// soon is how long before it is too late to run an order again the digest warns.
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

func (t times) failedRow(o FailedOrder) rowView {
	v := rowView{
		Name: orderName(o.Name, o.OrderID), Link: cleanLink(o.ShopLink), Worth: o.phrase(), New: o.New,
		Message: withoutName(clean(o.Message, maxMessage), o.Name),
	}
	if explained(o.Kind) == "" {
		v.Message = strings.TrimSuffix(cmp.Or(clean(string(o.Kind), maxName), "Unknown")+": "+v.Message, ": ")
	}
	v.Audit = lookUp(o, v.Message)
	v.When = "Failed"
	if !o.FailedAt.IsZero() {
		v.When += " " + t.moment(o.FailedAt) + ", " + span(o.Age) + " ago"
	}
	if o.Attempts > 1 {
		v.When += ", after " + count(o.Attempts, "attempt")
	}
	v.When += "."
	switch o.Rerun {
	case FailedAgain:
		v.When += " Run again for this mail, and failed again."
	case StillRunning:
		v.When += " Run again for this mail, and still running when it was written."
	case NotTried:
	}
	v.Soon = t.expiry(o.ExpiresAt)
	return v
}

// lookUp returns the audit numbers of an order whose cards have to be looked up at the issuer, unless its message has
// them; otherwise the empty string.
func lookUp(o FailedOrder, message string) string {
	n := len(o.AuditNumbers)
	wanted := o.Kind == giftcard.OutcomeUnknown || o.Kind == giftcard.UnexpectedResponse
	if n == 0 || !wanted || n == 1 && strings.Contains(message, o.AuditNumbers[0]) {
		return ""
	}
	out := plural(n, "Audit number", "Audit numbers") + " " +
		clean(strings.Join(o.AuditNumbers[:min(n, maxAudit)], ", "), maxMessage)
	if n > maxAudit {
		out += " and " + number(n-maxAudit) + " more"
	}
	return out
}

// withoutName returns a message without the name of its order at the beginning, which stands beside it.
func withoutName(message, name string) string {
	if rest, ok := strings.CutPrefix(message, "order "+clean(name, maxName)+", "); ok {
		return rest
	}
	return message
}

// expiry returns a warning if the time in which an order can be run again is nearly over, or the empty string.
func (t times) expiry(at time.Time) string {
	left := at.Sub(t.now)
	switch {
	case at.IsZero() || left >= soon:
		return ""
	case left <= 0:
		return "It may be too late to run it again."
	}
	return "Only " + span(left) + " left to run it again: until " + t.moment(at) + "."
}

// steps are what an order does in its activities.
var steps = map[string]string{"LookUpMerchant": "looking up the merchant", "IssueCard": "requesting a card"}

func (t times) retryingRow(o RetryingOrder) rowView {
	v := rowView{
		Name: orderName(o.Name, o.OrderID), Link: cleanLink(o.ShopLink), Worth: o.phrase(),
		Message: withoutName(reason(o.Kind, o.Message), o.Name), When: "In progress",
	}
	if !o.Since.IsZero() {
		v.When += " since " + t.moment(o.Since) + ", for " + span(t.now.Sub(o.Since))
	}
	if step := steps[o.Activity]; step != "" {
		v.When += ", " + step
	}
	if o.Attempt > 0 {
		v.When += ", attempt " + number(o.Attempt)
	}
	v.When += "."
	return v
}

func (t times) missed(w Window) string {
	if w.To.IsZero() {
		return ""
	}
	return "giftbridge has not looked at the orders created from " + t.moment(w.From) + " until " + t.moment(w.To) +
		", and will not: they were too old when it could look for orders again. Look for them in Shopify and settle them by " +
		"hand, or ask the operator of giftbridge to take them in."
}

// polling returns what keeps giftbridge from looking for new orders at the moment, or the empty string.
func (t times) polling(p *RetriedPoll) string {
	if p == nil {
		return ""
	}
	out := "giftbridge has been trying to look for new orders"
	if !p.Since.IsZero() {
		out += " since " + t.moment(p.Since)
	}
	if p.Attempt > 0 {
		out += " (attempt " + number(p.Attempt) + ")"
	}
	if why := reason(p.Kind, p.Message); why != "" {
		out += ": " + why
	}
	return out + "."
}

func (t times) watermark(w Watermark) string {
	switch {
	case w.At.IsZero() && w.Stale:
		return "giftbridge has not been able to look for orders yet: no order has been seen."
	case w.At.IsZero():
		return ""
	case w.Stale:
		return "Orders have been seen only up to " + t.moment(w.At) + ", " + span(w.Age) +
			" ago. Newer orders wait until giftbridge can look for orders again."
	default:
		return "Orders have been seen up to " + t.moment(w.At) + ", " + span(w.Age) + " ago."
	}
}
