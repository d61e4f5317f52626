// Package documents is the part of the conformance suite that is about issuers that make printable documents of cards, in
// whatever way they issue them. The test of such an adapter calls [Run] with its vendor's simulator behind it.
package documents

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
)

// Vendor is a vendor's simulator with an adapter for it. Each case gets a new one.
type Vendor struct {
	// Handler is the simulator. It makes the same document of every card that it knows.
	Handler http.Handler
	// Adapter returns the adapter for the issuer at an address. It gives up a request after the time-out.
	Adapter func(baseURL string, timeout time.Duration) issuer.Issuer
	// Card is a card that the simulator knows, and Unknown one that it does not.
	Card, Unknown issuer.Code
	// Data is the document.
	Data []byte
	// Fetches reports whether a request fetches a document that was made; nil if the documents come in the answer.
	Fetches func(*http.Request) bool
	// Refusal returns a refusal with this text, in the vendor's format.
	Refusal func(text string) []byte
	// Secrets are what no error may contain, beside the card.
	Secrets []string
}

// Case is one promise of an adapter.
type Case struct {
	Name string
	// Check fails if the adapter does not keep the promise.
	Check func(t issuertest.T, w *World)
}

// Run checks that an adapter keeps every promise.
func Run(t *testing.T, vendor func() Vendor) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Check(t, NewWorld(t, vendor()))
		})
	}
}

// patience is the time-out of an adapter whose answers come, and short that of one whose answers do not.
const patience, short = 30 * time.Second, 50 * time.Millisecond

// World is an adapter, a simulator, and the connection between them.
type World struct {
	Vendor
	// maker is the adapter. slow is another one, which gives up soon; nobody is one whose issuer is not there.
	maker, slow, nobody issuer.Documenter

	mu sync.Mutex
	// fault replaces the answer to each request that it is meant for; nil replaces none.
	fault func(http.ResponseWriter, *http.Request)
	meant func(*http.Request) bool
}

// NewWorld returns a world in which nothing has happened yet.
func NewWorld(t *testing.T, v Vendor) *World {
	t.Helper()
	w := &World{Vendor: v}
	web := httptest.NewServer(w)
	t.Cleanup(web.Close)
	gone := httptest.NewServer(w)
	gone.Close()
	find := func(url string, timeout time.Duration) issuer.Documenter {
		found, err := issuer.Find(v.Adapter(url, timeout))
		require.NoError(t, err)
		require.NotNil(t, found.Documenter, "the adapter makes no documents")
		return found.Documenter
	}
	w.maker, w.slow, w.nobody = find(web.URL, patience), find(web.URL, short), find(gone.URL, patience)
	return w
}

// ServeHTTP implements [http.Handler]: it is the connection.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	fault, meant := w.fault, w.meant
	w.mu.Unlock()
	if fault == nil || !meant(r) {
		w.Handler.ServeHTTP(rw, r)
		return
	}
	fault(rw, r)
}

// with makes a fault happen to all further requests that it is meant for.
func (w *World) with(meant func(*http.Request) bool, fault func(http.ResponseWriter, *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault, w.meant = fault, meant
}

// steps are the requests that a fault can be meant for: all, or those alone that fetch a document.
func (w *World) steps() []func(*http.Request) bool {
	all := []func(*http.Request) bool{func(*http.Request) bool { return true }}
	if w.Fetches != nil {
		all = append(all, w.Fetches)
	}
	return all
}

// answers answers with a status and a body.
func answers(status int, body []byte) func(http.ResponseWriter, *http.Request) {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		if status != http.StatusNotModified {
			_, _ = rw.Write(body)
		}
	}
}

// breaks closes the connection without an answer.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// hangs answers once the adapter has given up.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice that the client has gone.
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}
