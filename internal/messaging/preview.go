// Package messaging is for people who look after what customers are told about their orders. It shows messages, and sends none.
package messaging

import (
	"encoding/json"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Preview is what the customer of an order would be told.
type Preview struct {
	// Order is what people call the order, and AsOf the time that the rules were applied for.
	Order string    `json:"order"`
	AsOf  time.Time `json:"as_of"`
	// Steps are in the order in which they would be taken.
	Steps []Step `json:"steps"`
	// Waits is what the order lacks for a message that comes later; empty if it lacks nothing.
	Waits composing.Reason `json:"waits,omitempty"`
	// LookAgainAt is when a message may be due although nothing happens to the order.
	LookAgainAt time.Time `json:"look_again_at,omitzero"`
}

// Step is a message that would be sent, or one that would not.
type Step struct {
	Kind messages.Kind `json:"kind"`
	Key  string        `json:"key"`
	// Dropped is why it is not sent; empty if it is.
	Dropped composing.Reason `json:"dropped,omitempty"`
	// Why is a sentence about the rule that made it.
	Why string `json:"why"`
	// To is the number it is sent to, of which only the last digits are shown.
	To   string          `json:"to,omitempty"`
	Text string          `json:"text,omitempty"`
	Type string          `json:"type,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
	// NotBefore is when quiet hours end, and NotAfter when the message is no longer worth sending.
	NotBefore time.Time `json:"not_before,omitzero"`
	NotAfter  time.Time `json:"not_after,omitzero"`
}

// PreviewOf returns what the customer of an order would be told at a time, after what was told before. It sends nothing.
func PreviewOf(o retail.Order, told composing.Told, r composing.Rules, at time.Time) Preview {
	plan := composing.Compose(o, told, r, at)
	out := Preview{Order: o.Name, AsOf: at, Steps: []Step{}, Waits: plan.Waits, LookAgainAt: plan.LookAgainAt}
	for _, s := range plan.Steps {
		step := Step{Kind: s.Kind, Key: s.Key, Dropped: s.Dropped, Why: s.Why, NotBefore: s.NotBefore, NotAfter: s.NotAfter}
		if m := s.Message; m != nil {
			step.To, step.Text, step.Type, step.Data = Masked(m.To), m.Text, m.Type, m.Data
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// shownDigits is how many digits of a phone number are shown: enough to tell two numbers of a customer apart.
const shownDigits = 2

// Masked returns a phone number of which only the last digits are shown; empty if there is none.
func Masked(number string) string {
	if number == "" {
		return ""
	}
	return "…" + number[max(len(number)-shownDigits, 0):]
}

// exampleNumber is a mobile number that is reserved for fiction (https://en.wikipedia.org/wiki/555_(telephone_number)).
const exampleNumber = "+14155550100"

// AsIfReal returns a copy of an order as if it were that of a customer who has just paid and can receive texts. The shop's examples of
// orders are cancelled tests with numbers that do not exist, about which nothing is ever sent.
func AsIfReal(o retail.Order) retail.Order {
	o.Test, o.Paid, o.CancelledAt, o.Phone = false, true, time.Time{}, exampleNumber
	return o
}
