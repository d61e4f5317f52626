package giftcard

import (
	"fmt"
	"slices"
	"time"
)

// Kind says why something failed. Kinds are stable: they are the error types in Temporal, what the digest groups by and
// what the runbook explains.
type Kind string

// The kinds of failure. The first group is final: trying again by itself cures nothing.
const (
	// MerchantUnknown: the customer is not among the issuer's merchants, or the order is a guest's.
	MerchantUnknown Kind = "MerchantUnknown"
	// MerchantAmbiguous: the customer's name belongs to more than one merchant.
	MerchantAmbiguous Kind = "MerchantAmbiguous"
	// InvalidRequest: the order or a request made of it cannot be right: no recipient, no positive amount, refused fields.
	InvalidRequest Kind = "InvalidRequest"
	// Unauthorized: the service refused our credentials or lacks a permission.
	Unauthorized Kind = "Unauthorized"
	// OrderChanged: the order was cancelled, refunded or edited after it was taken in, so that the card is no longer owed.
	OrderChanged Kind = "OrderChanged"
	// CardDeclined: the issuer understood the request and will not issue the card.
	CardDeclined Kind = "CardDeclined"
	// UnexpectedResponse: the service answered with something else than was asked for.
	UnexpectedResponse Kind = "UnexpectedResponse"
	// OutcomeUnknown: the card may exist or not, and asking again could issue it twice. Only a person can find out.
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

// Final tells whether trying again by itself cures nothing.
func (k Kind) Final() bool {
	return !slices.Contains([]Kind{RateLimited, Unavailable, Timeout}, k)
}

// Curable tells whether running a failed order again may succeed without anybody touching the order: a merchant was
// added, a password corrected, a service came back. An invalid request stays invalid, and a refunded card is not owed. After
// an unexpected response a card exists that nobody understands; running the order again could take it for the right one. While an outcome is
// unknown, running the order again changes nothing.
func (k Kind) Curable() bool {
	return slices.Contains(Kinds, k) && !slices.Contains([]Kind{InvalidRequest, OrderChanged, UnexpectedResponse, OutcomeUnknown}, k)
}

// Error is a failure with its kind. The message is for a support person: it names the order where there is one, and
// holds no personal data.
type Error struct {
	Kind    Kind
	Message string
	// RetryAfter is how long the service asked to wait, 0 where it did not.
	RetryAfter time.Duration
	// Err is the cause; its text is not part of the message.
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
