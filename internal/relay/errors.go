package relay

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/guard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Outcome is how an attempt ended that did not deliver its event.
type Outcome string

const (
	// Refused: the endpoint has understood the request and does not take it (4xx).
	Refused Outcome = "refused"
	// Throttled: the endpoint wants fewer requests (429).
	Throttled Outcome = "throttled"
	// Unavailable: there was no answer, or one that says nothing about the event: a redirect (3xx), a failure of the endpoint or of
	// what is in front of it (5xx), a request that it did not wait for (408, 425). It may have taken the event.
	Unavailable Outcome = "unavailable"
	// Gone: the endpoint wants no events any more (410).
	Gone Outcome = "gone"
	// Blocked: the endpoint's name leads to an address that may not be connected to. Nothing was sent.
	Blocked Outcome = "blocked address"
)

// Error is a failed attempt. Its text has no header, no body and no part of the URL beyond the host and the port.
type Error struct {
	// Endpoint is the name of the endpoint in [Options].
	Endpoint string
	Outcome  Outcome
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// RetryAfter is how long the endpoint asks to wait (with 429, 502, 503 and 504), 0 if it does not, and at most a day.
	RetryAfter time.Duration
	// Unsent is true if the endpoint has certainly seen nothing of the request.
	Unsent bool
	// RequestID is the endpoint's identifier of the exchange, for the people who run it; empty if it gave none.
	RequestID string
	// Err is the cause, if there was no answer.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "endpoint %s: %s", e.Endpoint, e.Outcome)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	if e.Err != nil {
		b.WriteString(": " + rest.Clip(e.Err.Error()))
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// OfEvent reports whether the endpoint works and refuses this event. With any other answer, what is wrong is the endpoint, its address
// or what the two sides agreed on, such as the secret, and other events will have the same answer: 401, 403, 404, 405 and 407 say that.
func (e *Error) OfEvent() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired:
		return false
	}
	return e.Outcome == Refused
}

// failure returns what an error of package rest means for the event, nil if the event was delivered: once the endpoint has answered
// 2xx, nothing that is wrong with the rest of the answer matters.
func (c *Client) failure(err error) error {
	if err == nil {
		return nil
	}
	fail, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return err
	}
	if fail.Status/100 == 2 {
		return nil
	}
	e := &Error{
		Endpoint: c.endpoint, Outcome: outcome(fail.Status), Status: fail.Status, Unsent: fail.Unsent, RequestID: fail.RequestID,
	}
	switch fail.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.RetryAfter = fail.RetryAfter
	case 0:
		e.Err = fmt.Errorf("%s: %w", fail.Outcome, fail.Err)
	}
	if _, blocked := errors.AsType[*guard.BlockedError](err); blocked {
		e.Outcome, e.Unsent = Blocked, true
	}
	return e
}

// outcome returns what a status means, 0 being no answer.
func outcome(status int) Outcome {
	switch {
	case status == http.StatusGone:
		return Gone
	case status == http.StatusTooManyRequests:
		return Throttled
	case status/100 != 4, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return Unavailable
	}
	return Refused
}
