// Package documents is the part of the conformance suite that is about issuers that make printable documents of cards, in
// whatever way they issue them. The test of such an adapter calls [Run] with its vendor's simulator behind it.
package documents

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
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

// World is an adapter, a simulator, and the line between them.
type World struct {
	Vendor
	*line.Line
}

// NewWorld returns a world in which nothing has happened yet.
func NewWorld(t *testing.T, v Vendor) *World {
	t.Helper()
	w := &World{v, line.New(t, line.Ends{Handler: v.Handler, Adapter: v.Adapter, Asks: v.Fetches, Refusal: v.Refusal})}
	require.NotNil(t, w.Issuer.Documenter, "the adapter makes no documents")
	return w
}

// everywhere calls check with a fault of all requests, and with the same fault of those alone that fetch a document.
func (w *World) everywhere(f line.Fault, check func()) {
	f.All = true
	w.With(f)
	check()
	if w.Fetches != nil {
		f.All = false
		w.With(f)
		check()
	}
}
