package rest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
)

// once is a round tripper that sends a request at most once if repeating it could create something twice. The transport
// of net/http silently repeats some requests within one round trip: with HTTP/2, after a stream that was reset
// (REFUSED_STREAM, but also PROTOCOL_ERROR) and after GOAWAY; with HTTP/1, on a stale connection, if the request has an
// Idempotency-Key (http2shouldRetryRequest in h2_bundle.go, isReplayable in request.go; as of Go 1.26). To repeat a
// request, both need GetBody, or a request without a body.
//
// Until the first header is written, the service has seen nothing, and repeating is harmless: a connection that was
// closed while idle costs no attempt.
type once struct{ base http.RoundTripper }

// errBegun replaces the error that broke off the request: the transport drops that error when it asks for the body to
// repeat the request.
var errBegun = errors.New("the connection was lost or given up while the request was under way; " +
	"it was not sent a second time")

// repeatable are the idempotent methods (RFC 9110, section 9.2.2).
var repeatable = []string{
	http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete,
}

// RoundTrip implements http.RoundTripper, which forbids changing the request: hence the copy.
func (o once) RoundTrip(r *http.Request) (*http.Response, error) {
	base := o.base
	if base == nil {
		base = http.DefaultTransport
	}
	if slices.Contains(repeatable, r.Method) {
		return base.RoundTrip(r)
	}
	var begun atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { begun.Store(true) },
	}))
	getBody := r.GetBody
	r.GetBody = nil
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		// Without a body, HTTP/2 repeats the request without asking. This request is sent with an empty body instead.
		r.Body = io.NopCloser(strings.NewReader(""))
	case getBody != nil:
		r.GetBody = func() (io.ReadCloser, error) {
			if begun.Load() {
				return nil, errBegun
			}
			return getBody()
		}
	}
	return base.RoundTrip(r)
}
