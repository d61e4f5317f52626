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
	// Endpoint is one of [Endpoints], and Resource the order or product that the event is about.
	Endpoint, Resource string
	Event              Event
	// Stale says that a newer state of the same object was delivered before.
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

// Memory knows what was delivered by earlier runs of mailboxes.
type Memory interface {
	// Delivered returns the time of the newest state of an object of a resource that was delivered; zero if none is known. It may not
	// know of states that are about as new as updated. The object is as in an [Event].
	Delivered(ctx context.Context, endpoint, resource, object string, updated time.Time) (time.Time, error)
	// Remember is told the time of the newest state of an object of a resource that was delivered.
	Remember(endpoint, resource, object string, delivered time.Time)
	// Takes reports whether an endpoint is known to have taken an event lately.
	Takes(ctx context.Context, endpoint string) (bool, error)
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
}

// DeliverEventInput is an event that is delivered.
type DeliverEventInput struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	Event    Event  `json:"event"`
	// Delivered is the time of the newest state of the event's object that this run has delivered; zero if it has delivered none.
	Delivered time.Time `json:"delivered,omitzero"`
}

// DeliverEventResult is a delivery.
type DeliverEventResult struct {
	// Stale reports whether a newer state of the event's object was delivered before. The event was marked then.
	Stale bool `json:"stale,omitempty"`
	// Delivered is the time of the newest state of the event's object that was delivered; zero if it is not known.
	Delivered time.Time `json:"delivered,omitzero"`
	// Attempts is how many attempts it took.
	Attempts int `json:"attempts"`
}

// DeliverEvent delivers an event. It fails for good only once its schedule is over, and only if the event itself is what is wrong: the
// endpoint has refused it, or has failed at it while it took others. An endpoint that is away is tried for as long as it takes.
func (r *Relay) DeliverEvent(ctx context.Context, in DeliverEventInput) (DeliverEventResult, error) {
	doing := "delivering " + in.Event.Topic + " of " + in.Resource
	attempt := int(activity.GetInfo(ctx).Attempt)
	if r.Door == nil {
		pause, _ := r.Schedule.After(attempt, 0)
		return DeliverEventResult{}, later(doing, pause, &Refusal{
			Kind: giftcard.Unavailable, Message: "this worker has no endpoint to deliver to; set RELAY_" + variable(in.Endpoint) + "_URL",
		})
	}
	known := in.Delivered
	if known.IsZero() && !in.Event.UpdatedAt.IsZero() {
		before, err := r.Memory.Delivered(ctx, in.Endpoint, in.Resource, in.Event.Object, in.Event.UpdatedAt)
		if err != nil {
			return DeliverEventResult{}, activities.Failure(ctx, doing, err)
		}
		known = before
	}
	stale := !in.Event.UpdatedAt.IsZero() && in.Event.UpdatedAt.Before(known)
	err := r.Door.Post(ctx, Posting{Endpoint: in.Endpoint, Resource: in.Resource, Event: in.Event, Stale: stale, Attempt: attempt})
	if err != nil {
		return DeliverEventResult{}, r.failed(ctx, doing, in, attempt, err)
	}
	r.Flow.Succeeded(ctx, in.Endpoint)
	if in.Event.UpdatedAt.After(known) {
		known = in.Event.UpdatedAt
	}
	if !known.IsZero() {
		r.Memory.Remember(in.Endpoint, in.Resource, in.Event.Object, known)
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
	pause, again := r.Schedule.After(attempt, refusal.RetryAfter)
	if again || refusal.Gone || !refusal.Event && !r.alone(ctx, in.Endpoint) {
		return later(doing, pause, refusal)
	}
	return temporal.NewNonRetryableApplicationError(
		message(doing, refusal)+"; given up after "+strconv.Itoa(attempt)+" attempts", string(refusal.Kind), nil)
}

// alone reports whether it is this event alone at which an endpoint fails: it takes others. If that cannot be found out, it is not said
// of the event.
func (r *Relay) alone(ctx context.Context, endpoint string) bool {
	takes, err := r.Memory.Takes(ctx, endpoint)
	if err != nil {
		activity.GetLogger(ctx).Warn("cannot find out whether an endpoint takes other events", "error", err)
	}
	return takes && err == nil
}

// later returns the error of an attempt after which there is another one.
func later(doing string, pause time.Duration, refusal *Refusal) error {
	return temporal.NewApplicationErrorWithOptions(message(doing, refusal), string(refusal.Kind),
		temporal.ApplicationErrorOptions{NextRetryDelay: pause})
}

func message(doing string, refusal *Refusal) string {
	return printable.Line(doing+": "+refusal.Message, maxMessage)
}

// maxMessage bounds the message of a failure.
const maxMessage = 500
