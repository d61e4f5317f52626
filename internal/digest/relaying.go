package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Relaying are the shop's events for another system, such as an ERP, as far as somebody should know of them.
type Relaying struct {
	// Undelivered are the last events that their endpoint has refused for good, and Total is the number of all.
	Undelivered []UndeliveredEvent `json:"undelivered,omitempty"`
	Total       int                `json:"total,omitempty"`
	// Halted are the endpoints to which no events go, or few.
	Halted []HaltedEndpoint `json:"halted,omitempty"`
	// Gaps are the times for which the other system may lack events.
	Gaps []EventGap `json:"gaps,omitempty"`
}

// UndeliveredEvent is an event that its endpoint has refused for good.
type UndeliveredEvent struct {
	// ID names the event in commands.
	ID       string `json:"id"`
	Endpoint string `json:"endpoint"`
	// Topic is the shop's word for what has happened.
	Topic string `json:"topic"`
	// Name is what people call the order; empty for a product. Resource is the number of the order or the product.
	Name     string `json:"name,omitempty"`
	Resource string `json:"resource"`
	// Kind and Message say what the endpoint has answered, and At is when the event was given up.
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message"`
	At      time.Time     `json:"at"`
}

// HaltedEndpoint is an endpoint to which no events go, or few.
type HaltedEndpoint struct {
	Endpoint string `json:"endpoint"`
	// Slow reports whether it gets few because it fails. Otherwise it gets none until a person resumes it.
	Slow bool `json:"slow,omitempty"`
	// Reason says why, By who has done it, and Since when.
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Waiting is the number of orders or products whose events wait, and Oldest since when the first of them does.
	Waiting int       `json:"waiting,omitempty"`
	Oldest  time.Time `json:"oldest,omitzero"`
}

// EventGap is a time for which the other system may lack events, because the shop did not announce them or could not deliver them.
type EventGap struct {
	From time.Time `json:"from"`
	// To is zero as long as the gap is open.
	To     time.Time `json:"to,omitzero"`
	Topics []string  `json:"topics"`
	// Unwatched reports whether nothing is known of that time, and not that events were lost.
	Unwatched bool `json:"unwatched,omitempty"`
}

// Count returns the number of all events that were refused for good.
func (r Relaying) Count() int { return max(r.Total, len(r.Undelivered)) }

// Empty reports whether there is nothing that somebody should know.
func (r Relaying) Empty() bool { return r.Count()+len(r.Halted)+len(r.Gaps) == 0 }
