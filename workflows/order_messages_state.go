package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
)

// LookSignal says that an order may have changed. Its argument is a [Look].
const LookSignal = "look"

// Look asks an [OrderMessages] to look at its order.
type Look struct {
	// UpdatedAt is the order's last change, as whoever asks knows it. A change that the last look saw is not looked at again.
	// Zero has the order looked at in any case.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Topic is what the shop says has happened; empty for a sweep.
	Topic string `json:"topic,omitempty"`
}

// ResendSignal asks an [OrderMessages] to send a message that it keeps once more. Its argument is a [ResendMessage].
const ResendSignal = "resend"

// ResendMessage is a message to send once more, because a person wants it.
type ResendMessage struct {
	Key string `json:"key"`
	// By and Reason are for the record.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// MessagesQuery returns an [OrderMessagesState].
const MessagesQuery = "messages"

// MessageState is what became of a message. The states are stable.
type MessageState string

// The states of messages.
const (
	MessageSent         MessageState = "sent"
	MessageUnsubscribed MessageState = "unsubscribed"
	MessageDropped      MessageState = "dropped"
	MessageFailed       MessageState = "failed"
)

// KeptMessage is a message of an order, and what became of it.
type KeptMessage struct {
	Key   string        `json:"key"`
	Kind  messages.Kind `json:"kind"`
	State MessageState  `json:"state"`
	At    time.Time     `json:"at"`
	// Why is the rule that made it.
	Why string `json:"why,omitempty"`
	// Dropped is why it was not sent, and Failure and Error are why it could not be.
	Dropped composing.Reason `json:"dropped,omitempty"`
	Failure giftcard.Kind    `json:"failure,omitempty"`
	Error   string           `json:"error,omitempty"`
	// Message is its content, as long as that is kept.
	Message *messages.Message `json:"message,omitempty"`
	// Resent is when a person had it sent once more, and By is that person.
	Resent time.Time `json:"resent,omitzero"`
	By     string    `json:"by,omitempty"`
}

// OrderMessagesState is what an [OrderMessages] knows. It holds personal data.
type OrderMessagesState struct {
	// Name is the order's name; empty before the first look.
	Name     string         `json:"name,omitempty"`
	Told     composing.Told `json:"told"`
	Messages []KeptMessage  `json:"messages,omitempty"`
	// SeenAt is the order's last change as the last look saw it.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Waits is what the order lacks for a message.
	Waits composing.Reason `json:"waits,omitempty"`
	// AgainAt is when the order is looked at although nothing happens to it, and EndsAt when nothing more is expected.
	AgainAt time.Time `json:"again_at,omitzero"`
	EndsAt  time.Time `json:"ends_at,omitzero"`
	// LookFailed is why the last look failed; empty if it did not.
	LookFailed giftcard.Kind `json:"look_failed,omitempty"`
	// OffSince is since when no worker can work, although something is awaited; zero otherwise.
	OffSince time.Time `json:"off_since,omitzero"`
	// Looked counts the looks, and Sent, Dropped and Failed the messages, also of those that are no longer kept.
	Looked  int `json:"looked,omitempty"`
	Sent    int `json:"sent,omitempty"`
	Dropped int `json:"dropped,omitempty"`
	Failed  int `json:"failed,omitempty"`
}

// OrderMessagesInput is an order whose customer gets messages.
type OrderMessagesInput struct {
	Shop string `json:"shop"`
	// Order is the shop's number of the order.
	Order string `json:"order"`
	// Hurry divides all pauses; zero is one. Only installations in which everything runs faster have another.
	Hurry int `json:"hurry,omitempty"`
	// State is what an earlier run has handed over; nil for the first one.
	State *OrderMessagesState `json:"state,omitempty"`
}

// OrderMessagesListing returns what a list of workflows shows of the messages of an order. The name may be empty: then it is found by
// its number alone.
func OrderMessagesListing(order, name string) (attributes temporal.SearchAttributes, summary string) {
	if name != "" {
		attributes = NameAttribute(name)
	}
	return attributes, "Messages of order " + cut(cmp.Or(name, order), maxSummaryName)
}
