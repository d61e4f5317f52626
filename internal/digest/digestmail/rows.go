package digestmail

import (
	"cmp"
	"strings"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// maxAudit is the maximum number of audit numbers that the mail lists for an order. The CSV has all of them.
const maxAudit = 10

func (v *viewer) failedRow(o digest.FailedOrder) rowView {
	row := rowView{
		Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth), New: o.New,
		Message: words.WithoutName(words.Message(o.Message), o.Name),
	}
	if !digest.Explained(o.Kind) {
		row.Message = strings.TrimSuffix(cmp.Or(words.Name(string(o.Kind)), "Unknown")+": "+row.Message, ": ")
	}
	row.Audit = lookUp(o, row.Message)
	row.When = "Failed"
	if !o.FailedAt.IsZero() {
		row.When += " " + v.say.Moment(o.FailedAt) + ", " + words.Span(o.Age) + " ago"
	}
	if o.Attempts > 1 {
		row.When += ", after " + words.Count(o.Attempts, "attempt")
	}
	row.When += "."
	switch o.Rerun {
	case digest.FailedAgain:
		row.When += " Run again for this mail, and failed again."
	case digest.StillRunning:
		row.When += " Run again for this mail, and still running when it was written."
	case digest.NotTried:
	}
	row.Soon = v.say.Expiry(o)
	return row
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

func (v *viewer) retryingRow(o digest.RetryingOrder) rowView {
	row := rowView{
		Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth),
		Message: words.WithoutName(phrases.Reason(o.Kind, o.Message), o.Name), When: "In progress",
	}
	if !o.Since.IsZero() {
		row.When += " since " + v.say.Moment(o.Since) + ", for " + words.Span(v.say.Now.Sub(o.Since))
	}
	if step := digest.Step(o.Activity); step != "" {
		row.When += ", " + step
	}
	if o.Attempt > 0 {
		row.When += ", attempt " + words.Number(o.Attempt)
	}
	row.When += "."
	return row
}
