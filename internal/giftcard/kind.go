package giftcard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says why something failed. Kinds are stable: they are the error types in Temporal, the groups of the digest and
// the entries of the runbook.
type Kind string

// The kinds of failure. The first group is final: a retry alone does not help.
const (
	// MerchantUnknown: the customer is not among the issuer's merchants, or the order is a guest's.
	MerchantUnknown Kind = "MerchantUnknown"
	// MerchantAmbiguous: the customer's name belongs to more than one merchant.
	MerchantAmbiguous Kind = "MerchantAmbiguous"
	// InvalidRequest: the order, or a request made from it, is invalid: no recipient, no positive amount, refused
	// fields.
	InvalidRequest Kind = "InvalidRequest"
	// Unauthorized: the service refused our credentials, or a permission is missing.
	Unauthorized Kind = "Unauthorized"
	// OrderChanged: the order was cancelled, refunded or edited after it was taken in, so the card is no longer owed.
	OrderChanged Kind = "OrderChanged"
	// CardDeclined: the issuer understood the request and will not issue the card.
	CardDeclined Kind = "CardDeclined"
	// UnexpectedResponse: the service's answer does not match the request.
	UnexpectedResponse Kind = "UnexpectedResponse"
	// OutcomeUnknown: the card may or may not exist, and another request could issue it twice. Only a person can find
	// out.
	OutcomeUnknown Kind = "OutcomeUnknown"

	// RateLimited: the service asked us to slow down.
	RateLimited Kind = "RateLimited"
	// Unavailable: no answer, an answer that could not be read, or a failure on the service's side.
	Unavailable Kind = "Unavailable"
	// Timeout: no answer within the time-out.
	Timeout Kind = "Timeout"
)

// Kinds lists all kinds, final ones first.
var Kinds = []Kind{
	MerchantUnknown, MerchantAmbiguous, InvalidRequest, OrderChanged, Unauthorized, CardDeclined, UnexpectedResponse,
	OutcomeUnknown, RateLimited, Unavailable, Timeout,
}

// Final reports whether a retry alone cannot succeed.
func (k Kind) Final() bool {
	return !slices.Contains([]Kind{RateLimited, Unavailable, Timeout}, k)
}

// Curable reports whether a failed order may succeed when it is rerun unchanged: a merchant was added, a password
// corrected, a service came back. An invalid request stays invalid, and a refunded card is not owed. After an
// unexpected response, a card exists that is not understood; a rerun could take it for the right one. While an outcome
// is unknown, a rerun changes nothing.
func (k Kind) Curable() bool {
	return slices.Contains(Kinds, k) && !slices.Contains([]Kind{InvalidRequest, OrderChanged, UnexpectedResponse, OutcomeUnknown}, k)
}

// Error is a failure with its kind. The message is for a support person: it names the order if there is one, and
// contains no personal data.
type Error struct {
	Kind    Kind
	Message string
	// RetryAfter is how long the service asked to wait; 0 if it did not ask.
	RetryAfter time.Duration
	// Err is the cause. Its text is not part of the message.
	Err error
}

// Errorf returns an [*Error] with a formatted message.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err and how long the service asked to wait. An error that nobody gave a kind is a failure
// that may pass.
func KindOf(err error) (Kind, time.Duration) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind, e.RetryAfter
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout, 0
	}
	return Unavailable, 0
}
