package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/redact"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Outcome is what is known about a failed request. It determines whether the request may have taken effect.
type Outcome string

const (
	// NoAnswer: the connection failed, or broke before a response. The request may have taken effect.
	NoAnswer Outcome = "no answer"
	// TimedOut: no complete response arrived within the time-out. The request may have taken effect.
	TimedOut Outcome = "timed out"
	// Refused: the service responded with a status other than 2xx.
	Refused Outcome = "refused"
	// Unreadable: the service responded with 2xx and a body that is cut off, too large, or not the expected JSON. The
	// request has most likely taken effect.
	Unreadable Outcome = "unreadable answer"
	// Contradictory: the service responded with 2xx and a readable body that does not match the request.
	Contradictory Outcome = "contradictory answer"
)

// Error is one failed exchange with an outside service. Its text is for people; it holds no secrets and no personal
// data.
type Error struct {
	// Service and Op identify the exchange: "Shopify", "list orders".
	Service, Op string
	// Outcome is how the exchange ended.
	Outcome Outcome
	// Unsent is true if no connection was established: the service has seen nothing of the request.
	Unsent bool
	// Status is the HTTP status, 0 if there was no response.
	Status int
	// Code and Message are the service's own words.
	Code, Message string
	// RetryAfter is how long the service asked the client to wait, 0 if it did not.
	RetryAfter time.Duration
	// RequestID is the service's identifier of the exchange, for its support team.
	RequestID string
	// Err is the cause, if the service itself gave none.
	Err error
}

// TooLargeError is the cause if a response exceeds the size limit. A smaller request may succeed.
type TooLargeError struct {
	Most int
	// Of is the unit of the limit, such as "bytes".
	Of string
}

// Error implements error.
func (e *TooLargeError) Error() string { return fmt.Sprintf("answer larger than %d %s", e.Most, e.Of) }

// Conceal removes secrets from the service's words: some services repeat what they were sent.
func (e *Error) Conceal(secrets ...string) {
	const least = 4 // Shorter secrets may be syllables of other words.
	for _, secret := range secrets {
		if len(secret) < least {
			continue
		}
		for _, said := range []*string{&e.Code, &e.Message, &e.RequestID} {
			*said = redact.Secrets(*said, secret)
		}
	}
}

// Concealed returns err, with secrets taken out of what the service said if it is an [*Error].
func Concealed(err error, secrets ...string) error {
	if fail, ok := errors.AsType[*Error](err); ok {
		fail.Conceal(secrets...)
	}
	return err
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", e.Service, e.Op, e.Outcome)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	for _, s := range []string{e.Code, e.Message} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + Clip(e.Err.Error()))
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Ambiguous reports whether the request may have taken effect despite the error. A refusal for a reason that lies with
// the request or its sender (4xx) means that it had no effect. A failure on the service's side (5xx) may occur after
// the effect, and so may a response by an intermediary (redirects, 408).
func (e *Error) Ambiguous() bool {
	if e.Outcome != Refused {
		return !e.Unsent
	}
	return e.Status < 400 || e.Status >= 500 || e.Status == http.StatusRequestTimeout
}

// StatusOf returns the HTTP status of the exchange that err describes, 0 if there is none.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// RetryAfter parses the Retry-After header: seconds, which Shopify sends with decimals ("4.0"), or an HTTP date. It
// returns 0 if the header is absent, malformed or in the past, and at most a day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s > 0) {
			return 0
		}
		if s > most.Seconds() {
			return most
		}
		return time.Duration(s * float64(time.Second))
	}
	t, err := http.ParseTime(v)
	if err != nil || !t.After(now) {
		return 0
	}
	return min(t.Sub(now), most)
}

// Clip makes a foreign text fit for a line of an error: printable, on one line, at most 300 bytes.
func Clip(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !printable.Visible(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
