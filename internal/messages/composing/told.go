package composing

import (
	"maps"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
)

// Told is what the customer of an order was told. The zero value is that of an order of which nothing was told.
type Told struct {
	// Receipt reports whether the receipt was sent or dropped, and Structured whether the service knows the order by it: only then
	// can structured messages refer to it.
	Receipt    bool `json:"receipt,omitempty"`
	Structured bool `json:"structured,omitempty"`
	// Greeted reports whether the customer was told how to get no more messages.
	Greeted bool `json:"greeted,omitempty"`
	// Lines are the quantities that were told, by line, and Added the lines that are not on the receipt.
	Lines map[string]int `json:"lines,omitempty"`
	Added []string       `json:"added,omitempty"`
	// Parcels are the fulfillments that were told, by their numbers.
	Parcels map[string]Parcel `json:"parcels,omitempty"`
	// Refunds are the refunds that were told, or are part of what was told.
	Refunds []string `json:"refunds,omitempty"`
	// Changes is the number of changes that were told.
	Changes int `json:"changes,omitempty"`
	// Silent is why nothing is ever sent about the order; empty for other orders.
	Silent Reason `json:"silent,omitempty"`
	// SeenAt is the order's time of change in its newest state that was told. An older state tells nothing.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Unsubscribed reports whether the service said that the customer wants no messages. It is set by who sends.
	Unsubscribed bool `json:"unsubscribed,omitempty"`
}

// Parcel is what was told of a fulfillment.
type Parcel struct {
	// Trackings are the numbers by which it is followed.
	Trackings []string `json:"trackings,omitempty"`
	// Silent reports whether its message was dropped: nothing more is told of it.
	Silent bool `json:"silent,omitempty"`
	// Cancelled reports whether the customer was told that it was taken back.
	Cancelled bool `json:"cancelled,omitempty"`
}

// Tells is what a step adds to [Told].
type Tells struct {
	Receipt    bool              `json:"receipt,omitempty"`
	Structured bool              `json:"structured,omitempty"`
	Greeted    bool              `json:"greeted,omitempty"`
	Lines      map[string]int    `json:"lines,omitempty"`
	Added      []string          `json:"added,omitempty"`
	Parcels    map[string]Parcel `json:"parcels,omitempty"`
	Refunds    []string          `json:"refunds,omitempty"`
	Changes    int               `json:"changes,omitempty"`
	Silent     Reason            `json:"silent,omitempty"`
	SeenAt     time.Time         `json:"seen_at,omitzero"`
}

// Apply adds what a step tells.
func (t *Told) Apply(s Tells) {
	t.Receipt = t.Receipt || s.Receipt
	t.Structured = t.Structured || s.Structured
	t.Greeted = t.Greeted || s.Greeted
	t.Changes += s.Changes
	if s.Silent != "" {
		t.Silent = s.Silent
	}
	if s.SeenAt.After(t.SeenAt) {
		t.SeenAt = s.SeenAt
	}
	if len(s.Lines) > 0 {
		if t.Lines == nil {
			t.Lines = map[string]int{}
		}
		maps.Copy(t.Lines, s.Lines)
	}
	if len(s.Parcels) > 0 {
		if t.Parcels == nil {
			t.Parcels = map[string]Parcel{}
		}
		maps.Copy(t.Parcels, s.Parcels)
	}
	t.Added = union(t.Added, s.Added)
	t.Refunds = union(t.Refunds, s.Refunds)
}

// NotSent takes back what only a message that was sent can have told: call it after [Told.Apply] for a step whose message was
// certainly not taken by the service. What follows a receipt that is missing there is told as texts.
func (t *Told) NotSent(s Tells) {
	t.Structured = t.Structured && !s.Structured
	t.Greeted = t.Greeted && !s.Greeted
}

// Sent takes in that a message was sent after all, which had not been sent before.
func (t *Told) Sent(m messages.Message) {
	t.Greeted = true
	t.Structured = t.Structured || m.Type == messages.TypeReceipt
}

// clone returns a copy that shares nothing with t.
func (t Told) clone() Told {
	t.Lines, t.Parcels = maps.Clone(t.Lines), maps.Clone(t.Parcels)
	t.Added, t.Refunds = slices.Clone(t.Added), slices.Clone(t.Refunds)
	return t
}

func union(all, more []string) []string {
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
