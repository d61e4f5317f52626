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

// once sends a request that may create something once. The transport of net/http repeats some by itself, within one
// round trip, and tells nobody: HTTP/2 after a stream that was reset (REFUSED_STREAM, but also PROTOCOL_ERROR) and after
// GOAWAY, HTTP/1 on a stale connection what bears an Idempotency-Key (http2shouldRetryRequest in h2_bundle.go,
// isReplayable in request.go; as of Go 1.26). Both need GetBody for it, or a request without a body.
//
// Until the first header is written there is nothing to be repeated: a connection that was closed while it lay idle
// costs no attempt.
type once struct{ base http.RoundTripper }

// errBegun stands in for what broke off the request: the transport drops that when it asks to repeat.
var errBegun = errors.New("the connection was lost or given up while the request was under way; " +
	"it was not sent a second time")

// repeatable are the methods of which several are as good as one (RFC 9110, section 9.2.2).
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
		// Without a body HTTP/2 repeats without asking. This one is sent as an empty one.
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
