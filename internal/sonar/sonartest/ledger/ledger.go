// Package ledger keeps the customers of the simulated service and the messages that they got, and counts what a sender should
// not have sent: the same message twice, and a message about an order before its receipt.
package ledger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

// Message is a valid message that a sender asked for. Raw is its data as they were sent, Data the same parsed.
type Message struct {
	To, Text, Type, Raw string
	Data                structures.Data
}

// key identifies what a customer sees: the structure if there is one, else the text. The order of names does not matter.
func (m Message) key() string {
	if m.Type == "" {
		return m.To + "\x00\x00" + m.Text
	}
	return m.To + "\x00" + m.Type + "\x00" + string(canonical(m.Data))
}

func canonical(d structures.Data) []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("ledger: encode data: %v", err)) // They were decoded from JSON.
	}
	return b
}

// Delivery is a message that a customer got.
type Delivery struct {
	// Number counts deliveries from 1.
	Number int `json:"number"`
	// To is the customer's number in E.164 form. It is empty for a notice to all who asked for a product.
	To   string `json:"to"`
	Text string `json:"text"`
	// Type and Data are empty for a plain message.
	Type string          `json:"type,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
	// ReceiptID is the order that the data name, NotificationID the product of a notice.
	ReceiptID      string    `json:"receipt_id,omitempty"`
	NotificationID string    `json:"notification_id,omitempty"`
	At             time.Time `json:"at"`
	// RequestID is the header X-Request-Id of the answer.
	RequestID string `json:"request_id"`
}

// Customer is a customer of the account.
type Customer struct {
	PhoneNumber string `json:"phone_number"`
	Subscribed  bool   `json:"subscribed"`
	// Unreachable numbers are refused as invalid, such as a landline.
	Unreachable bool `json:"unreachable,omitempty"`
}

// Totals are counts of messages.
type Totals struct {
	// Delivered are counted by type; plain messages are "text".
	Delivered map[string]int `json:"delivered"`
	// Unsubscribed is the number of messages to customers who get none.
	Unsubscribed int `json:"unsubscribed"`
	// Suppressed is the number of messages that were answered and not delivered, as an identical one had just been.
	Suppressed int `json:"suppressed"`
	// Doubles is the number of deliveries whose customer had got the same type and data before, or the same text if it is a
	// plain message. Notices are not among them: a product may be back in stock many times.
	Doubles int `json:"doubles"`
	// SecondReceipts is the number of receipts whose customer had got another one of the same order.
	SecondReceipts int `json:"second_receipts"`
	// ShipmentsBeforeReceipt and UpdatesBeforeReceipt are deliveries whose customer had got no structured receipt of the
	// order. A receipt as a plain text names no order, so it does not count.
	ShipmentsBeforeReceipt int `json:"shipments_before_receipt"`
	UpdatesBeforeReceipt   int `json:"updates_before_receipt"`
	// NoticesAgain is the number of notices about a product of which there had been one.
	NoticesAgain int `json:"notices_again"`
}

// Ledger is not safe for concurrent use.
type Ledger struct {
	deliveries []Delivery
	customers  map[string]*Customer
	totals     Totals
	// seen has the keys of deliveries, receipts their orders by customer, notices their products.
	seen, receipts, notices map[string]bool
	// last is when an identical message was delivered last.
	last map[sent]time.Time
}

// sent is a message byte for byte.
type sent struct{ to, text, typ, raw string }

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{
		customers: map[string]*Customer{}, totals: Totals{Delivered: map[string]int{}}, seen: map[string]bool{},
		receipts: map[string]bool{}, notices: map[string]bool{}, last: map[sent]time.Time{},
	}
}

// Outcome is what became of a message.
type Outcome string

// The outcomes.
const (
	Delivered    Outcome = "delivered"
	Suppressed   Outcome = "suppressed"
	Unsubscribed Outcome = "unsubscribed"
	Unreachable  Outcome = "unreachable"
)

// Take delivers a message at a time, unless there is a reason not to. The first message to a number makes a customer of it, who
// is subscribed. An identical message within the window since its last delivery is suppressed.
func (l *Ledger) Take(m Message, now time.Time, window time.Duration, requestID string) Outcome {
	if m.To != "" {
		customer := l.customer(m.To)
		switch {
		case customer.Unreachable:
			return Unreachable
		case !customer.Subscribed:
			l.totals.Unsubscribed++
			return Unsubscribed
		}
	}
	same := sent{m.To, m.Text, m.Type, m.Raw}
	if at, ok := l.last[same]; ok && now.Sub(at) < window {
		l.totals.Suppressed++
		return Suppressed
	}
	l.last[same] = now
	l.deliver(m, now, requestID)
	return Delivered
}

func (l *Ledger) deliver(m Message, now time.Time, requestID string) {
	d := Delivery{
		Number: len(l.deliveries) + 1, To: m.To, Text: m.Text, Type: m.Type, At: now, RequestID: requestID,
		ReceiptID: m.Data.Text("receipt_id"), NotificationID: m.Data.Text("notification_id"),
	}
	if m.Type != "" {
		d.Data = json.RawMessage(m.Raw)
	}
	l.deliveries = append(l.deliveries, d)
	kind := m.Type
	if kind == "" {
		kind = "text"
	}
	l.totals.Delivered[kind]++

	order := m.To + "\x00" + d.ReceiptID
	double := l.seen[m.key()]
	l.seen[m.key()] = true
	switch m.Type {
	case structures.Notice:
		product := m.To + "\x00" + d.NotificationID
		count(&l.totals.NoticesAgain, l.notices[product])
		l.notices[product] = true
		return
	case structures.Receipt:
		count(&l.totals.SecondReceipts, l.receipts[order] && !double)
		l.receipts[order] = true
	case structures.Shipment:
		count(&l.totals.ShipmentsBeforeReceipt, !l.receipts[order])
	case structures.Update:
		count(&l.totals.UpdatesBeforeReceipt, !l.receipts[order])
	}
	count(&l.totals.Doubles, double)
}

func count(n *int, it bool) {
	if it {
		*n++
	}
}

// customer returns the customer of a number, a new one if there is none.
func (l *Ledger) customer(phone string) *Customer {
	c := l.customers[phone]
	if c == nil {
		c = &Customer{PhoneNumber: phone, Subscribed: true}
		l.customers[phone] = c
	}
	return c
}

// SetCustomer adds a customer, or replaces the one of the same number.
func (l *Ledger) SetCustomer(c Customer) { l.customers[c.PhoneNumber] = &c }

// Customers returns the customers, sorted by number.
func (l *Ledger) Customers() []Customer {
	out := make([]Customer, 0, len(l.customers))
	for _, c := range l.customers {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Customer) int { return strings.Compare(a.PhoneNumber, b.PhoneNumber) })
	return out
}

// Deliveries returns the messages in the order of their delivery.
func (l *Ledger) Deliveries() []Delivery { return append([]Delivery{}, l.deliveries...) }

// Totals returns the counts so far.
func (l *Ledger) Totals() Totals {
	out := l.totals
	out.Delivered = maps.Clone(l.totals.Delivered)
	return out
}
