// Package webhook takes the deliveries of the shop's webhooks: it checks that each comes from the shop, reads which order
// or product it is about, and hands this to those who act on it. A delivery is a hint: what it is about is read again
// from the shop before anything follows from it. Where the body itself matters, a [Keeper] keeps it before the shop gets
// its answer.
package webhook

import "time"

// Notice is what a delivery says. Nothing of it becomes money.
type Notice struct {
	// Topic is the topic of the delivery, such as "orders/create".
	Topic string
	// Order and Product are the shop's numbers of what the delivery is about; empty if it is about something else.
	Order, Product string
	// Name is the name of the order, such as "#1001". Only bodies that are orders say it.
	Name string
	// Fulfillment is the shop's number of the fulfilment that the delivery is about, which belongs to Order. Variant is that
	// of the variant, which belongs to Product. Both are empty in deliveries about anything else.
	Fulfillment, Variant string
	// UpdatedAt and CreatedAt are the times in the body of what it is about; zero if the body lacks them.
	UpdatedAt, CreatedAt time.Time
	// TriggeredAt is when the shop says that the event happened; zero if it does not say. It is not signed.
	TriggeredAt time.Time
	// SKUs are those of the order's lines. LinesKnown reports whether the body has all lines of the order.
	SKUs       []string
	LinesKnown bool
	// APIVersion is the version of the shop's API in which the body is written. It is not signed.
	APIVersion string
}

// Outcome is what became of a notice, for the metrics.
type Outcome string

// The outcomes.
const (
	// Queued means that the notice is acted on.
	Queued Outcome = "queued"
	// Ignored means that the notice is about nothing that matters.
	Ignored Outcome = "ignored"
	// Full means that too many notices waited. The next poll finds what was lost.
	Full Outcome = "full"
)

// Consumer acts on notices.
type Consumer interface {
	// Topics are the topics whose notices it takes.
	Topics() []string
	// Take takes a notice. It returns at once, and never waits for the network.
	Take(n Notice) Outcome
}
