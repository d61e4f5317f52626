package simulator

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// Answer is a response to send: the JSON of Body or, if Body is nil, Raw.
type Answer struct {
	Status int
	Body   any
	Raw    []byte
	// Media is the Content-Type, by default application/json.
	Media string
	// RetryAfter is the Retry-After header, if it is not empty.
	RetryAfter string
	// Dropped closes the connection instead of responding. Status is 0.
	Dropped bool
}

// Page returns a page of HTML, as a proxy or a content delivery network responds in place of the service.
func Page(status int) Answer {
	return Answer{
		Status: status, Media: "text/html; charset=utf-8",
		Raw: []byte("<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"),
	}
}

// Bytes returns the body as it is sent.
func (a Answer) Bytes() []byte {
	if a.Body == nil {
		return a.Raw
	}
	return MustMarshal(a.Body)
}

// Spoilt returns the answer with another body.
func (a Answer) Spoilt(spoil func(body []byte) []byte) Answer {
	a.Body, a.Raw = nil, spoil(a.Bytes())
	return a
}

// garbled returns something close to JSON.
func garbled(body []byte) []byte { return bytes.ReplaceAll(body, []byte(`"`), []byte(`'`)) }

func halved(body []byte) []byte { return body[:len(body)/2] }

// Send writes the answer. It panics with http.ErrAbortHandler if the connection is to be dropped; a net/http server
// handles that.
func (a Answer) Send(w http.ResponseWriter) {
	if a.Dropped {
		panic(http.ErrAbortHandler)
	}
	media := a.Media
	if media == "" {
		media = "application/json"
	}
	body := a.Bytes()
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(body) // the client may be gone
}

// BreakHalfway returns a writer that breaks the connection halfway through the body.
func BreakHalfway(w http.ResponseWriter) http.ResponseWriter { return halfway{w} }

type halfway struct{ http.ResponseWriter }

func (h halfway) Write(b []byte) (int, error) {
	h.ResponseWriter.Write(halved(b))                    //nolint:errcheck // breaks anyway
	http.NewResponseController(h.ResponseWriter).Flush() //nolint:errcheck // breaks anyway
	panic(http.ErrAbortHandler)
}

// Wait waits for d or until ctx ends. It reports whether the client is still there.
func Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
