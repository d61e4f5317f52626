package relaytest

import (
	"maps"
	"slices"
	"time"
)

// Delivery is an event that was taken.
type Delivery struct {
	Endpoint Endpoint `json:"endpoint"`
	// ID is the header webhook-id.
	ID       string `json:"id"`
	Topic    string `json:"topic"`
	Resource string `json:"resource,omitempty"`
	// About is what the body is about, as the ERP reads it: the number of the order or of the product.
	About string `json:"about"`
	// Object is the number of the fulfilment or refund that the body is; empty if it is the order or product itself, or says none.
	Object     string `json:"object,omitempty"`
	Shop       string `json:"shop"`
	APIVersion string `json:"api_version,omitempty"`
	// BodyHash is the SHA-256 hash of the body in hexadecimal, and Size its size in bytes.
	BodyHash string `json:"body_hash"`
	Size     int    `json:"size"`
	// Oversized is the size of a body that was too large to come.
	Oversized int `json:"oversized,omitempty"`
	// UpdatedAt is in the body, and TriggeredAt in a header; zero if they are not.
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	TriggeredAt time.Time `json:"triggered_at,omitzero"`
	Stale       bool      `json:"stale,omitempty"`
	Replayed    bool      `json:"replayed,omitempty"`
	Attempt     int       `json:"attempt"`
	// Signatures is the number of signatures.
	Signatures int `json:"signatures"`
	// Sequence counts what was taken of the resource, from 1.
	Sequence int `json:"sequence"`
	// Double says that an event with this ID was taken before.
	Double bool `json:"double,omitempty"`
	// Unordered says that a newer state of the same object was taken before, and the event is not marked as stale.
	Unordered bool `json:"unordered,omitempty"`
	// At is when it was taken, by the clock of this machine. AnsweredAt is when the answer that says so had been given; zero if there
	// was none, or a client that had given up.
	At         time.Time `json:"at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// Totals are the totals of what was taken.
type Totals struct {
	// Taken counts the events by topic, without doubles.
	Taken map[string]int `json:"taken"`
	// Doubles counts what was taken once more, and Replayed those of them that a person wanted.
	Doubles  int `json:"doubles"`
	Replayed int `json:"replayed"`
	Stale    int `json:"stale"`
	// Unordered counts events that came after a newer state of the same object without a mark. It must be 0.
	Unordered int `json:"unordered"`
}

// about is a resource: what is about the same order, or the same product.
type about struct {
	endpoint Endpoint
	about    string
}

// object is what has states of which one is newer than another: an order or product, or the fulfilment of an order.
type object struct {
	about

	number string
}

type ledger struct {
	deliveries []Delivery
	ids        map[string]bool
	sequence   map[about]int
	newest     map[object]time.Time
	refused    map[string]int
}

func newLedger() ledger {
	return ledger{
		ids: map[string]bool{}, sequence: map[about]int{}, newest: map[object]time.Time{}, refused: map[string]int{},
	}
}

// take notes a delivery, and returns its place in the list.
func (l *ledger) take(d Delivery) int {
	resource := about{d.Endpoint, d.About}
	l.sequence[resource]++
	d.Sequence = l.sequence[resource]
	key := string(d.Endpoint) + "\x00" + d.ID
	d.Double = l.ids[key]
	l.ids[key] = true
	if of := (object{resource, d.Object}); !d.UpdatedAt.IsZero() {
		d.Unordered = d.UpdatedAt.Before(l.newest[of]) && !d.Stale && !d.Double
		if d.UpdatedAt.After(l.newest[of]) {
			l.newest[of] = d.UpdatedAt
		}
	}
	d.At = time.Now()
	l.deliveries = append(l.deliveries, d)
	return len(l.deliveries) - 1
}

func (l *ledger) list() []Delivery { return slices.Clone(l.deliveries) }

func (l *ledger) totals() (refused map[string]int, t Totals) {
	t.Taken = map[string]int{}
	for _, d := range l.deliveries {
		switch {
		case !d.Double:
			t.Taken[d.Topic]++
		case d.Replayed:
			t.Replayed++
			t.Doubles++
		default:
			t.Doubles++
		}
		if d.Stale {
			t.Stale++
		}
		if d.Unordered {
			t.Unordered++
		}
	}
	return maps.Clone(l.refused), t
}
