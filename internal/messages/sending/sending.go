// Package sending is the port to the service that brings messages to phones: what is asked of it, and what is known when a
// request fails.
package sending

import (
	"context"
	"errors"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
)

// Outcome is what the service says about a message that it has taken. Outcomes are stable: histories and metrics hold them.
type Outcome string

// The outcomes of a request.
const (
	// Queued means that the message will be delivered.
	Queued Outcome = "queued"
	// Unsubscribed means that the customer wants no messages: it is never delivered.
	Unsubscribed Outcome = "unsubscribed"
)

// RepeatWithin is how long after a request the service takes an identical one for the same, and delivers it once.
const RepeatWithin = 7 * time.Second

// Sender asks a service to deliver messages.
type Sender interface {
	// Send asks once. Its errors are [*Error]; any other error means that it is not known whether the message was taken.
	Send(ctx context.Context, m messages.Message) (Outcome, error)
}

// Error is a request that failed.
type Error struct {
	// Kind is why, as for other failures: [giftcard.Unavailable], [giftcard.RateLimited] and [giftcard.Timeout] may pass;
	// [giftcard.Unauthorized] is about the account, [giftcard.InvalidRequest] about the message.
	Kind giftcard.Kind
	// Unclear reports whether the service may have taken the message.
	Unclear bool
	// RetryAfter is how long the service asked to wait; zero if it did not ask.
	RetryAfter time.Duration
	// Message is for a support person, and holds no personal data. Status is that of HTTP; zero if there was no answer.
	Message string
	Status  int
	// Err is the cause; its text is not shown.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsUnclear reports whether a message may have been taken although asking for it failed.
func IsUnclear(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Unclear
	}
	return err != nil
}
