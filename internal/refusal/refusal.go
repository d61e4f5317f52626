// Package refusal gives the failure of an exchange with a service its kind. What an outcome means is the same for every
// service. What a refusal means is decided by the adapter of the service, in a table of its own: the same status means
// different things to different vendors.
package refusal

import (
	"errors"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Table returns the kind of a refusal by one service.
type Table func(*rest.Error) giftcard.Kind

// WithKind returns err as a [*giftcard.Error] with the same text. An error that has a kind keeps it.
func (t Table) WithKind(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*giftcard.Error](err); ok {
		return err
	}
	kind, wait := t.kindOf(err)
	return &giftcard.Error{Kind: kind, Message: err.Error(), RetryAfter: wait, Err: err}
}

func (t Table) kindOf(err error) (giftcard.Kind, time.Duration) {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return giftcard.KindOf(err)
	}
	switch e.Outcome {
	case rest.TimedOut:
		return giftcard.Timeout, 0
	case rest.NoAnswer, rest.Unreadable:
		// An unreadable answer is treated like no answer: the request is repeated with the same idempotency key.
		return giftcard.Unavailable, 0
	case rest.Contradictory:
		return giftcard.UnexpectedResponse, 0
	default:
		return t(e), e.RetryAfter
	}
}
