package composing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

const (
	// receiptLife is the age after which no one waits for a receipt any more.
	receiptLife = 24 * time.Hour
	// newsLife is the same for shipments and changes.
	newsLife = 48 * time.Hour
	// trackingWait is how long a shipment waits for its tracking number, if its carrier needs one.
	trackingWait = 30 * time.Minute
	// importAge is the age of an order that was placed elsewhere. Orders of tills and drafts come in hours late at most.
	importAge = 24 * time.Hour
	// afterDelivery is how long changes are expected after everything was delivered, and afterShipment after the last shipment, or
	// the order itself, if it is not known to be delivered.
	afterDelivery = 30 * 24 * time.Hour
	afterShipment = 90 * 24 * time.Hour
)

// composer makes the plan of one order.
type composer struct {
	o    retail.Order
	told Told
	r    Rules
	now  time.Time
	plan Plan
}

// Compose returns what the customer of an order has to be told, now. told is not changed. Composing again, after the tells of all
// steps were applied, makes no steps; nor does a state of the order that is older than what was told.
func Compose(o retail.Order, told Told, r Rules, now time.Time) Plan {
	o.Lines = once(o.Lines)
	c := &composer{o: o, told: told.clone(), r: r, now: now, plan: Plan{EndsAt: ends(o)}}
	switch {
	case told.Silent != "":
		c.plan.EndsAt = now
	case o.UpdatedAt.Before(told.SeenAt):
	case c.receipt():
		c.shipments()
		c.changes()
	}
	return c.plan
}

// once returns the lines without those that have the number of another: they would be told as changes of each other, without end.
func once(lines []retail.Line) []retail.Line {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(lines), func(l retail.Line) bool {
		twice := seen[l.ID]
		seen[l.ID] = true
		return twice
	})
}

// ends returns when nothing more is to be expected of an order.
func ends(o retail.Order) time.Time {
	last, delivered := later(o.CreatedAt, o.ProcessedAt), time.Time{}
	left := map[string]int{}
	for _, line := range o.Lines {
		if line.RequiresShipping {
			left[line.ID] = line.CurrentQuantity
		}
	}
	open := false
	for _, f := range o.Fulfillments {
		if f.Status != retail.FulfillmentSucceeded || !f.RequiresShipping {
			continue
		}
		last = later(last, f.CreatedAt)
		if isDelivered(f) {
			delivered = later(delivered, later(f.DeliveredAt, f.CreatedAt))
		} else {
			open = true
		}
		for _, item := range f.Items {
			left[item.Line] -= item.Quantity
		}
	}
	for _, n := range left {
		open = open || n > 0
	}
	if open || delivered.IsZero() {
		return last.Add(afterShipment)
	}
	return delivered.Add(afterDelivery)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// draft is a message before it is known whether it can be sent.
type draft struct {
	kind messages.Kind
	// content identifies the message among those of its kind and order.
	content []string
	name    texts.Name
	view    texts.View
	// structure is nil for a text alone.
	structure json.Marshaler
	typ       string
	why       string
	notAfter  time.Time
	// dropped is set if it is certain that the message is not sent.
	dropped Reason
	tells   Tells
}

// key returns a name for a message that shows nothing of it. Nothing that the customer wrote is in it.
func key(order string, kind messages.Kind, content ...string) string {
	h := sha256.New()
	for _, part := range append([]string{order, string(kind)}, content...) {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	const bytes = 12
	return hex.EncodeToString(h.Sum(nil)[:bytes])
}

// add makes a step of a draft, and reports whether its message is sent.
func (c *composer) add(d draft) (sent bool) {
	s := Step{
		Kind: d.kind, Key: key(c.o.Number, d.kind, d.content...), Why: d.why, NotAfter: d.notAfter, Tells: d.tells,
	}
	s.Tells.SeenAt = c.o.UpdatedAt
	to, opens, reason := c.allowed(d)
	if reason == "" {
		if opens.After(c.now) {
			s.NotBefore = opens
		}
		s.Message = c.message(d, s.Key, to)
		s.Tells.Greeted = true
	} else {
		s.Dropped, s.Tells.Structured = reason, false
		for id, parcel := range s.Tells.Parcels {
			parcel.Silent = true
			s.Tells.Parcels[id] = parcel
		}
	}
	c.told.Apply(s.Tells)
	c.plan.Steps = append(c.plan.Steps, s)
	return s.Message != nil
}

// allowed returns to which number a message is sent, and when at the earliest, or why it is not sent.
func (c *composer) allowed(d draft) (to string, opens time.Time, reason Reason) {
	switch {
	case d.tells.Silent != "":
		return "", time.Time{}, d.tells.Silent
	case !slices.Contains(c.r.Kinds, d.kind):
		return "", time.Time{}, ReasonOff
	case d.dropped != "":
		return "", time.Time{}, d.dropped
	case c.told.Unsubscribed:
		return "", time.Time{}, ReasonUnsubscribed
	}
	if to, reason = c.r.reaching().Phone(c.o); reason != "" {
		return "", time.Time{}, reason
	}
	if opens = c.r.OpenAt(d.kind, to, c.now); opens.After(d.notAfter) {
		return "", time.Time{}, ReasonTooLate
	}
	return to, opens, ""
}

func (c *composer) message(d draft, key, to string) *messages.Message {
	d.view.Shop, d.view.Order, d.view.URL = c.r.ShopName, c.o.Name, mapping.Page(c.o, c.r.ShopURL)
	m := &messages.Message{
		Key: key, Kind: d.kind, To: to, Text: c.r.Texts.Render(d.name, c.o.Locale, d.view, !c.told.Greeted),
	}
	if d.structure != nil {
		if data, err := d.structure.MarshalJSON(); err == nil { // Constructors built it: it cannot fail.
			m.Type, m.Data = d.typ, data
		}
	}
	return m
}

// Why a message is a text alone.
var (
	errNoReceipt    = errors.New("there is no structured receipt that it could refer to")
	errNotOnReceipt = errors.New("it has a line that is not on the receipt")
)

// textOnly is why a message is a text alone.
func textOnly(err error) string { return "A text alone: " + err.Error() + "." }
