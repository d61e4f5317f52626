// Package line is the line between an adapter and a simulated issuer, for conformance suites: on it, answers are lost,
// replaced and held back. It has what all suites require of an error, too.
package line

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
)

// T is the part of [testing.T] that cases use.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// Ends are what is at the two ends of a line.
type Ends struct {
	// Handler is the simulator.
	Handler http.Handler
	// Adapter returns the adapter for the issuer at an address. It gives up a request after the time-out.
	Adapter func(baseURL string, timeout time.Duration) issuer.Issuer
	// Asks reports whether a request is one of those that the suite is about.
	Asks func(*http.Request) bool
	// Refusal returns a refusal with this text, in the vendor's format.
	Refusal func(text string) []byte
}

// Timeout is the time-out of an adapter whose answers come, and short that of one whose answers do not.
const Timeout, short = 30 * time.Second, 50 * time.Millisecond

// Line connects an adapter with a simulator.
type Line struct {
	// Issuer is the adapter. Slow is another one, which gives up soon; Nobody is one whose issuer is not there.
	Issuer, Slow, Nobody issuer.Abilities

	ends  Ends
	mu    sync.Mutex
	fault Fault
	on    bool
}

// Fault is what happens to requests.
type Fault struct {
	// Reach lets the request reach the issuer first.
	Reach bool
	// Answer replaces the answer; without it, there is none.
	Answer func(answered []byte) (status int, body []byte)
	// Hang answers once the adapter has given up.
	Hang bool
	// All applies to every request, not only to those that the suite is about.
	All bool
}

// New returns a line on which all is well.
func New(t *testing.T, ends Ends) *Line {
	t.Helper()
	l := &Line{ends: ends}
	web := httptest.NewServer(l)
	t.Cleanup(web.Close)
	gone := httptest.NewServer(l)
	gone.Close()
	l.Issuer = find(t, ends.Adapter(web.URL, Timeout))
	l.Slow = find(t, ends.Adapter(web.URL, short))
	l.Nobody = find(t, ends.Adapter(gone.URL, Timeout))
	return l
}

func find(t *testing.T, i issuer.Issuer) issuer.Abilities {
	t.Helper()
	found, err := issuer.Find(i)
	require.NoError(t, err)
	return found
}

// ServeHTTP implements [http.Handler].
func (l *Line) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	f, on := l.fault, l.on
	l.mu.Unlock()
	if !on || !f.All && !l.ends.Asks(r) {
		l.ends.Handler.ServeHTTP(rw, r)
		return
	}
	answered := httptest.NewRecorder()
	if f.Reach {
		l.ends.Handler.ServeHTTP(answered, r)
	}
	if f.Hang {
		_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice that the client has gone.
		<-r.Context().Done()
	}
	if f.Answer == nil {
		panic(http.ErrAbortHandler) // Closes the connection.
	}
	status, body := f.Answer(answered.Body.Bytes())
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Retry-After", "7")
	if status >= 300 && status < 400 {
		rw.Header().Set("Location", "/elsewhere")
	}
	rw.WriteHeader(status)
	if status != http.StatusNotModified {
		_, _ = rw.Write(body)
	}
}

// With makes f happen to all further requests.
func (l *Line) With(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.on = f, true
}

// Well makes nothing happen to further requests.
func (l *Line) Well() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.on = Fault{}, false
}

// Status answers with a status. An explained refusal is in the vendor's format; any other is a proxy's page.
func (l *Line) Status(status int, explained bool) func([]byte) (int, []byte) {
	body := []byte("<html>no</html>")
	if explained {
		body = l.ends.Refusal("not today")
	}
	return func([]byte) (int, []byte) { return status, body }
}

// Lost are the ways in which the answer to a request can be lost after it took effect.
func (l *Line) Lost() map[string]Fault {
	return map[string]Fault{
		"the connection breaks":      {Reach: true},
		"half an answer":             {Reach: true, Answer: half},
		"a proxy's page":             {Reach: true, Answer: Page},
		"an empty answer":            {Reach: true, Answer: func([]byte) (int, []byte) { return http.StatusOK, []byte("{}") }},
		"a proxy gives up":           {Reach: true, Answer: l.Status(http.StatusGatewayTimeout, false)},
		"a proxy withholds it":       {Reach: true, Answer: l.Status(http.StatusForbidden, false)},
		"the issuer fails afterward": {Reach: true, Answer: l.Status(http.StatusInternalServerError, true)},
	}
}

// half answers with the first half of the answer.
func half(answer []byte) (int, []byte) {
	answer = bytes.TrimSpace(answer)
	return http.StatusOK, answer[:len(answer)/2]
}

// Page answers with a proxy's page.
func Page([]byte) (int, []byte) { return http.StatusOK, []byte("<html>welcome</html>") }
