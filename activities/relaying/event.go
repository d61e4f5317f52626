// Package relaying has the activities of events that go on to another system, each as the shop has sent it. Their workflow is
// Relay, a mailbox for each order or product.
package relaying

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// The endpoints: where events go.
const (
	// Orders takes the events of orders, and of what is sent for them.
	Orders = "orders"
	// Products takes the events of products.
	Products = "products"
)

// Endpoints are all endpoints.
var Endpoints = []string{Orders, Products}

// Event is what the shop has announced, as it goes on.
type Event struct {
	// ID identifies the event to its receiver: it is the same in each attempt, and for the same body that the shop sends again.
	ID string `json:"id"`
	// Topic is the shop's word for what has happened: "orders/create".
	Topic string `json:"topic"`
	// Order is the name of the order, such as "#1001"; empty if the body does not say it.
	Order string `json:"order,omitempty"`
	// Object is the shop's number of the fulfilment that the body is; empty if it is the order or product itself, or was taken by a
	// version that did not tell them apart. Only states of the same object are older or newer than one another.
	Object string `json:"object,omitempty"`
	// Body is what the shop has sent, to the byte. If that is too large to be kept, Size is its size, and Body a JSON object with
	// numbers of what the event is about.
	Body Body `json:"body,omitempty"`
	Size int  `json:"size,omitempty"`
	// UpdatedAt is when the order, shipment or product last changed; zero if the body does not say.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// TriggeredAt is when the shop says that the event happened; zero if it does not say.
	TriggeredAt time.Time `json:"triggered_at,omitzero"`
	// TakenAt is when the event was taken from the shop.
	TakenAt time.Time `json:"taken_at"`
	// APIVersion is the version of the shop's API in which the body is written.
	APIVersion string `json:"api_version,omitempty"`
	// Again is set if a person wants it to be delivered once more. Repeats is the ID that it was given first, if it has another one
	// now. Refused is set if its endpoint had refused it for good: once it is delivered, nobody is needed any more.
	Again   bool   `json:"again,omitempty"`
	Repeats string `json:"repeats,omitempty"`
	Refused bool   `json:"refused,omitempty"`
}

// FirstID returns the ID that the event was given first. It is the same however often a person has it delivered.
func (e Event) FirstID() string { return cmp.Or(e.Repeats, e.ID) }

// Coalesces reports whether a later event of the same topic makes this one needless while both wait: an update of a product has
// all of it. Changes of orders and shipments are steps, of which each matters.
func (e Event) Coalesces() bool { return strings.EqualFold(e.Topic, "products/update") }

// AsNotice returns the event with a notice in place of its body. resource is the number of its order or product.
func (e Event) AsNotice(resource string) Event {
	var about Notice
	if raw, err := e.Body.Bytes(); err != nil || json.Unmarshal(raw, &about) != nil {
		about = Notice{}
	}
	switch {
	case about.ID != "" || about.OrderID != "":
	case strings.HasPrefix(e.Topic, "products/"):
		about.ID = json.Number(resource)
	default:
		about.ID, about.OrderID = json.Number(e.Object), json.Number(resource)
	}
	about.UpdatedAt = e.UpdatedAt
	e.Size, e.Body = e.Body.Len(), about.Body()
	return e
}

// Notice is what goes on instead of a body that is too large: the numbers of what the event is about, and when that last changed, under
// the names that they have in the shop's bodies.
type Notice struct {
	ID      json.Number `json:"id,omitempty"`
	OrderID json.Number `json:"order_id,omitempty"`
	// UpdatedAt lets the other side tell which of two states is newer, as it can with whole bodies.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// Body returns the notice as a body; an empty one if what should be a number is none.
func (n Notice) Body() Body {
	text, err := json.Marshal(n)
	if err != nil {
		return ""
	}
	return NewBody(text)
}

// Body is a body in the form in which histories hold it, where it survives JSON to the byte: its text, or what is no text, as base64. It is
// a string because mailboxes read and write it several times, and JSON is at its best with those.
type Body string

// encoded is the prefix of bodies that are not text. No JSON document begins with it.
const encoded = "base64:"

// NewBody returns a body for what the shop has sent.
func NewBody(raw []byte) Body {
	text := string(raw)
	if !utf8.Valid(raw) || strings.HasPrefix(text, encoded) {
		return Body(encoded + base64.StdEncoding.EncodeToString(raw))
	}
	return Body(text)
}

// Bytes returns what the shop has sent. Its error repeats nothing of the body.
func (b Body) Bytes() ([]byte, error) {
	rest, isEncoded := strings.CutPrefix(string(b), encoded)
	if !isEncoded {
		return []byte(b), nil
	}
	raw, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		return nil, errors.New("the body of the event is not base64")
	}
	return raw, nil
}

// Len returns the number of bytes that the shop has sent.
func (b Body) Len() int {
	if rest, isEncoded := strings.CutPrefix(string(b), encoded); isEncoded {
		return base64.StdEncoding.DecodedLen(len(rest)) - strings.Count(rest, "=")
	}
	return len(b)
}
