package messaging

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/sending"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// The kinds of failure of messages, beside those of package giftcard. They are stable, as all kinds are.
const (
	// MessageRefused: the service will never take this message.
	MessageRefused giftcard.Kind = "MessageRefused"
	// MessageInDoubt: the service may have taken the message, so it is not sent again.
	MessageInDoubt giftcard.Kind = "MessageInDoubt"
	// MessageExpired: the message could not be sent before it was no longer worth sending.
	MessageExpired giftcard.Kind = "MessageExpired"
	// MessagesUnavailable: the service, or its account, could not be used for as long as messages are tried.
	MessagesUnavailable giftcard.Kind = "MessagesUnavailable"
	// MessagesOff: this worker has no account at the service.
	MessagesOff giftcard.Kind = "MessagesOff"
)

// Kinds lists the kinds of failure of messages.
var Kinds = []giftcard.Kind{MessageRefused, MessageInDoubt, MessageExpired, MessagesUnavailable, MessagesOff}

// Messages composes and sends messages.
type Messages struct {
	// On reports whether this worker has an account at the service. Without it every activity fails as [MessagesOff]; the other
	// fields may be zero then.
	On     bool
	Source retail.Source
	Rules  composing.Rules
	Sender sending.Sender
	// SendInDoubt has a message sent again of which it is not known whether the service has taken it: a customer may get it twice.
	SendInDoubt bool
	Temporal    activities.Beater
	Looks       Looks
	// Pause waits between identical requests; nil waits by the clock.
	Pause func(context.Context, time.Duration) error
	Now   func() time.Time
	// Count counts what became of a message or a step; it may be nil.
	Count func(kind messages.Kind, outcome string)
}

// Looks asks for looks at orders. looking.Looker implements it.
type Looks interface {
	// LookAt has an order looked at, unless its workflow saw it as it was at updatedAt or later.
	LookAt(ctx context.Context, shop, order, name string, updatedAt time.Time) error
}

const (
	// offPause and offPatience are how often, and how long, an activity waits for a worker that has an account.
	offPause    = 10 * time.Minute
	offPatience = time.Hour
	offMessage  = "this worker has no account for messages: see the section on messages in docs/configuration.md"
)

func (m *Messages) count(kind messages.Kind, outcome string) {
	if m.Count != nil {
		m.Count(kind, outcome)
	}
}

// on returns an error if this worker cannot handle messages. A worker that can may come.
func (m *Messages) on(ctx context.Context, doing string) error {
	if m.On {
		return nil
	}
	return failure(ctx, doing, MessagesOff, offMessage, offPause, waited(ctx) >= offPatience)
}

// failure returns the error of an activity: an ApplicationError, outermost, whose type is the kind.
func failure(ctx context.Context, doing string, kind giftcard.Kind, message string, wait time.Duration, final bool) error {
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	const most = 1000
	return temporal.NewApplicationErrorWithOptions(printable.Line(doing+": "+message, most), string(kind),
		temporal.ApplicationErrorOptions{NonRetryable: final, NextRetryDelay: wait})
}

// began returns when this attempt began, by the server's clock.
func began(ctx context.Context) time.Time { return activity.GetInfo(ctx).StartedTime }

// waited returns for how long this activity has been tried: since its workflow asked for it.
func waited(ctx context.Context) time.Duration {
	return began(ctx).Sub(activity.GetInfo(ctx).ScheduledTime)
}
