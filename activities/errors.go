package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// FailureDetails accompany every failure of an activity, for the tools that read histories.
type FailureDetails struct {
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// NotIssued reports whether it is certain that no attempt of this run has issued the card.
	NotIssued bool `json:"not_issued,omitempty"`
}

// failure turns err into an error that Temporal acts on: an ApplicationError, outermost, whose type is the kind. The
// message says what the activity was doing, naming the order, before the cause. A transient error is retried until the
// budget, counted from the first failure, is used up; zero means one attempt.
func failure(ctx context.Context, doing string, err error, budget time.Duration) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return ctx.Err()
	}
	kind, wait := classify(err)
	details := FailureDetails{}
	if re, ok := errors.AsType[*rest.Error](err); ok {
		details = FailureDetails{Status: re.Status, Code: re.Code, RequestID: re.RequestID}
	}
	_, details.NotIssued = errors.AsType[notIssued](err)
	options := temporal.ApplicationErrorOptions{
		NonRetryable:   kind.Final(),
		NextRetryDelay: wait,
		Details:        []any{details},
	}
	message := printable.Line(doing+": "+err.Error(), maxMessage)
	_, asked := errors.AsType[unclear](err)
	if !kind.Final() && budgetSpent(ctx, budget, wait, asked) {
		options.NonRetryable, options.NextRetryDelay = true, 0
		message += "; gave up after the retry budget of " + budget.String()
	}
	return temporal.NewApplicationErrorWithOptions(message, string(kind), options)
}

// Failure returns the error of an activity that its workflow retries for as long as it wants to: an ApplicationError,
// outermost, whose type is the kind of err. The message says what the activity was doing, naming the order, before the
// cause.
func Failure(ctx context.Context, doing string, err error, details ...any) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return ctx.Err()
	}
	kind, wait := classify(err)
	return temporal.NewApplicationErrorWithOptions(printable.Line(doing+": "+err.Error(), maxMessage), string(kind),
		temporal.ApplicationErrorOptions{NonRetryable: kind.Final(), NextRetryDelay: wait, Details: details})
}

// maxMessage bounds the message of a failure, which may quote what services say.
const maxMessage = 1000

// untilTimeout is the budget of activities that are retried until their workflow's time-out.
const untilTimeout time.Duration = -1

// budgetSpent reports whether the next attempt would lie beyond the budget. The time of the first failure is kept in
// the heartbeat details, the only data that an activity can pass on to its next attempt. The server's own
// schedule-to-close time-out would be enough in an idle system, but it also counts the time spent waiting in a
// rate-limited queue, and would fail orders that were never tried. The heartbeat details also record that the card was
// requested: the next attempt may run on a worker that must not request a card twice.
func budgetSpent(ctx context.Context, budget, wait time.Duration, asked bool) bool {
	if budget < 0 {
		return false
	}
	now := began(ctx)
	var note AttemptNote
	known := activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &note) == nil
	if !known {
		note = AttemptNote{FirstFailure: now}
	}
	attempt := activity.GetInfo(ctx).Attempt
	certain := !asked && note.ClearUntil == attempt-1
	if !known || asked && !note.Asked || certain {
		note.Asked = note.Asked || asked
		if certain {
			note.ClearUntil = attempt
		}
		activity.RecordHeartbeat(ctx, note)
	}
	return now.Add(wait).Sub(note.FirstFailure) >= budget
}

// began returns when this attempt began, by the server's clock. Attempts run on different machines, whose clocks may
// differ by more than the whole budget.
func began(ctx context.Context) time.Time { return activity.GetInfo(ctx).StartedTime }

// classify returns the kind of err and how long the service asked to wait. The adapters of shop and issuer have decided
// the kinds of their refusals.
func classify(err error) (giftcard.Kind, time.Duration) {
	if me, ok := errors.AsType[*mail.Error](err); ok {
		return kindOfMail(me), 0
	}
	return giftcard.KindOf(err)
}

func kindOfMail(e *mail.Error) giftcard.Kind {
	switch {
	case !e.Permanent:
		return giftcard.Unavailable
	case e.Op == mail.OpLogin:
		return giftcard.Unauthorized
	default:
		return giftcard.InvalidRequest
	}
}
