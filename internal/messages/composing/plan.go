// Package composing decides what the customer of an order is told: it compares the order as it is now with what the customer was
// told before, and returns the messages that make up the difference.
package composing

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/reaching"
)

// Reason is why a message is not sent. Reasons are stable: metrics and histories hold them.
type Reason = reaching.Reason

// The reasons.
const (
	// ReasonOff means that the shop does not send messages of this kind.
	ReasonOff Reason = "off"
	// ReasonNoPhone means that the customer left no number, ReasonBadPhone that it is not a valid one, ReasonNotMobile that it cannot
	// receive texts, and ReasonNoConsent that the only number is one that was left for another purpose.
	ReasonNoPhone   = reaching.NoPhone
	ReasonBadPhone  = reaching.BadPhone
	ReasonNotMobile = reaching.NotMobile
	ReasonNoConsent = reaching.NoConsent
	// ReasonUnsubscribed means that the customer wants no messages.
	ReasonUnsubscribed Reason = "unsubscribed"
	// ReasonTooLate means that the message is no longer worth sending, and ReasonDelivered that the parcel is there already.
	ReasonTooLate   Reason = "too_late"
	ReasonDelivered Reason = "delivered"
	// ReasonTest, ReasonImported and ReasonCancelled mean that the order is no order of a customer, was placed elsewhere long before
	// it came into the shop, or was cancelled before its receipt. Nothing is ever sent about such an order.
	ReasonTest      Reason = "test"
	ReasonImported  Reason = "imported"
	ReasonCancelled Reason = "cancelled"
	// ReasonEmpty means that nothing is left of the order.
	ReasonEmpty Reason = "empty"
	// ReasonUnpublished, ReasonNotForSale and ReasonNoImage are why no one hears that a product is back in stock.
	ReasonUnpublished Reason = "unpublished"
	ReasonNotForSale  Reason = "not_for_sale"
	ReasonNoImage     Reason = "no_image"
	// ReasonIncomplete means that a product lacks what a notice needs, such as a name.
	ReasonIncomplete Reason = "incomplete"
	// ReasonUnpaid and ReasonNoTracking are what a plan waits for; see [Plan.Waits].
	ReasonUnpaid     Reason = "unpaid"
	ReasonNoTracking Reason = "no_tracking"
)

// Reasons are the reasons of [Step.Dropped].
var Reasons = []Reason{
	ReasonOff, ReasonNoPhone, ReasonBadPhone, ReasonNotMobile, ReasonNoConsent, ReasonUnsubscribed, ReasonTooLate, ReasonDelivered,
	ReasonTest, ReasonImported, ReasonCancelled, ReasonEmpty, ReasonUnpublished, ReasonNotForSale, ReasonNoImage, ReasonIncomplete,
}

// Step is a message that is due, or one that is not sent. Steps are taken in their order.
type Step struct {
	// Message is nil if the message is not sent; Dropped says why.
	Message *messages.Message `json:"message,omitempty"`
	Kind    messages.Kind     `json:"kind"`
	// Key is that of the message, and set also if it is not sent.
	Key     string `json:"key"`
	Dropped Reason `json:"dropped,omitempty"`
	// Why is one sentence about the rule that made the step. It holds no personal data.
	Why string `json:"why"`
	// NotAfter is when the message is no longer worth sending, and NotBefore when quiet hours end; zero if there is no such time.
	NotAfter  time.Time `json:"not_after,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
	// Tells is what [Told.Apply] takes once the step was taken, whether the message arrived or not.
	Tells Tells `json:"tells"`
}

// Plan is what to do about an order.
type Plan struct {
	Steps []Step `json:"steps,omitempty"`
	// Waits is what the order lacks for a message that will be due later; empty if it lacks nothing.
	Waits Reason `json:"waits,omitempty"`
	// LookAgainAt is when a message may be due although nothing happens to the order; zero if there is no such time.
	LookAgainAt time.Time `json:"look_again_at,omitzero"`
	// EndsAt is when nothing more is to be expected of the order. It is never zero.
	EndsAt time.Time `json:"ends_at"`
}
