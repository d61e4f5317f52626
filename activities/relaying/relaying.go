package relaying

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Door is where an endpoint takes events. A request must not be repeated by it: the activity is retried.
type Door interface {
	// Post sends an event once. A nil error means that the endpoint has said that it has taken the event.
	Post(ctx context.Context, p Posting) error
}

// Posting is one attempt to deliver an event.
type Posting struct {
	// Endpoint is one of [Endpoints].
	Endpoint string
	Event    Event
	// Stale says that a newer state was delivered before.
	Stale bool
	// Attempt counts from 1.
	Attempt int
}

// Refusal is what an endpoint has answered, other than that it has taken the event. A [Door] returns it as an error.
type Refusal struct {
	// Kind is the kind of the failure, and Message says it; the message names neither the address's secrets nor the body.
	Kind    giftcard.Kind
	Message string
	// Event reports whether the endpoint works, and refuses this event alone. Otherwise the endpoint itself is away.
	Event bool
	// Gone reports whether the endpoint wants no events any more.
	Gone bool
	// RetryAfter is how long the endpoint asks to wait; zero if it does not ask.
	RetryAfter time.Duration
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// Schedule says when a failed event is tried again.
type Schedule interface {
	// After returns the pause after an attempt, which counts from 1, and whether there is another attempt.
	After(attempt int, asked time.Duration) (pause time.Duration, again bool)
}

// Memory knows what was delivered about a resource by earlier runs of its mailbox.
type Memory interface {
	// Delivered returns the time of the newest state that was delivered; zero if none is known.
	Delivered(ctx context.Context, endpoint, resource string) (time.Time, error)
}

// Flow controls how many events of an endpoint are tried.
type Flow interface {
	// Succeeded and Failed are told of each attempt. After several failures in a row, an endpoint gets few attempts until one
	// succeeds.
	Succeeded(ctx context.Context, endpoint string)
	Failed(ctx context.Context, endpoint, resource string)
	// Stop ends the attempts until a person resumes them.
	Stop(ctx context.Context, endpoint, reason string) error
}

// Relay delivers events.
type Relay struct {
	// Door is nil where no endpoint is configured.
	Door     Door
	Schedule Schedule
	Memory   Memory
	Flow     Flow
	// Fresh is the age of an event below which earlier runs of its mailbox are not asked for newer states: Temporal's lists
	// would not show them yet.
	Fresh time.Duration
	Now   func() time.Time
}

// DeliverEventInput is an event that is delivered.
type DeliverEventInput struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	Event    Event  `json:"event"`
	// Delivered is the time of the newest state of the resource that this run has delivered; zero if it has delivered none.
	Delivered time.Time `json:"delivered,omitzero"`
}

// DeliverEventResult is a delivery.
type DeliverEventResult struct {
	// Stale reports whether a newer state was delivered before. The event was marked then.
	Stale bool `json:"stale,omitempty"`
	// Delivered is the time of the newest state of the resource that was delivered; zero if it is not known.
	Delivered time.Time `json:"delivered,omitzero"`
	// Attempts is how many attempts it took.
	Attempts int `json:"attempts"`
}

// DeliverEvent delivers an event. It fails for good only if the endpoint has refused the event itself, again and again. An endpoint
// that is away is tried for as long as it takes.
func (r *Relay) DeliverEvent(ctx context.Context, in DeliverEventInput) (DeliverEventResult, error) {
	doing := "delivering " + in.Event.Topic + " of " + in.Resource
	attempt := int(activity.GetInfo(ctx).Attempt)
	if r.Door == nil {
		return DeliverEventResult{}, r.later(ctx, doing, attempt, &Refusal{
			Kind: giftcard.Unavailable, Message: "this worker has no endpoint to deliver to; set RELAY_" + variable(in.Endpoint) + "_URL",
		})
	}
	known := in.Delivered
	if known.IsZero() && !in.Event.UpdatedAt.IsZero() && r.Now().Sub(in.Event.UpdatedAt) >= r.Fresh {
		before, err := r.Memory.Delivered(ctx, in.Endpoint, in.Resource)
		if err != nil {
			return DeliverEventResult{}, activities.Failure(ctx, doing, err)
		}
		known = before
	}
	stale := !in.Event.UpdatedAt.IsZero() && in.Event.UpdatedAt.Before(known)
	err := r.Door.Post(ctx, Posting{Endpoint: in.Endpoint, Event: in.Event, Stale: stale, Attempt: attempt})
	if err != nil {
		return DeliverEventResult{}, r.failed(ctx, doing, in, attempt, err)
	}
	r.Flow.Succeeded(ctx, in.Endpoint)
	if in.Event.UpdatedAt.After(known) {
		known = in.Event.UpdatedAt
	}
	return DeliverEventResult{Stale: stale, Delivered: known, Attempts: attempt}, nil
}

func variable(endpoint string) string {
	if endpoint == Products {
		return "PRODUCTS"
	}
	return "ORDERS"
}

// failed says what follows from a failed attempt.
func (r *Relay) failed(ctx context.Context, doing string, in DeliverEventInput, attempt int, err error) error {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		return activities.Failure(ctx, doing, err)
	}
	switch {
	case refusal.Gone:
		if err := r.Flow.Stop(ctx, in.Endpoint, "the endpoint has answered that it wants no events any more"); err != nil {
			return activities.Failure(ctx, doing, err)
		}
	case refusal.Event:
		r.Flow.Succeeded(ctx, in.Endpoint) // It is there.
	default:
		r.Flow.Failed(ctx, in.Endpoint, in.Resource)
	}
	return r.later(ctx, doing, attempt, refusal)
}

// later returns the error of an attempt after which there is another one, unless the schedule of an event that was refused is over.
func (r *Relay) later(_ context.Context, doing string, attempt int, refusal *Refusal) error {
	pause, again := r.Schedule.After(attempt, refusal.RetryAfter)
	final := refusal.Event && !again
	message := printable.Line(doing+": "+refusal.Message, maxMessage)
	if final {
		message += "; given up after " + strconv.Itoa(attempt) + " attempts"
		pause = 0
	}
	return temporal.NewApplicationErrorWithOptions(message, string(refusal.Kind),
		temporal.ApplicationErrorOptions{NonRetryable: final, NextRetryDelay: pause})
}

// maxMessage bounds the message of a failure.
const maxMessage = 500
