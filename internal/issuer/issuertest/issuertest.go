// Package issuertest is the conformance suite of the adapters of issuers: what giftbridge relies on, whatever the
// vendor. The test of an adapter calls [Run] with its vendor's simulator behind it.
//
// The suite stands between the adapter and the simulator. It loses answers, replaces them and repeats requests, and
// compares what the adapter says with the cards that exist.
package issuertest

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

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Vendor is a vendor's simulator with an adapter for it. Each case gets a new one.
type Vendor struct {
	// Handler is the simulator. It recognises the keys of the cards that it has issued if the adapter says so.
	Handler http.Handler
	// Adapter returns the adapter for the issuer at an address. It gives up a request after the time-out.
	Adapter func(baseURL string, timeout time.Duration) issuer.Issuer
	// Cards returns the cards that exist.
	Cards func() []Card
	// Account is the account of a customer of the issuer.
	Account issuer.Account
	// Offer is what the issuer offers for Account. Bare is the code of an account for which it offers nothing. They are
	// not used if the adapter cannot show offers.
	Offer issuer.Offer
	Bare  string
	// Asks reports whether a request asks for a card.
	Asks func(*http.Request) bool
	// Refusal returns a refusal with this text, in the vendor's format.
	Refusal func(text string) []byte
	// Certain reports whether a refusal with this status means that no card was issued. explained says whether it is in
	// the vendor's format.
	Certain func(status int, explained bool) bool
	// Unlike are texts of refusals that resemble the one of a used key, and are not.
	Unlike func(key string) []string
	// Differ changes the amount, or the currency, in the answer to a request for a card.
	Differ func(answer []byte, currency bool) []byte
	// Secrets are what no error may contain, beside the data of the recipient.
	Secrets []string
}

// Card is a card that the simulator has issued.
type Card struct {
	Key, Account, Reference string
	Value                   giftcard.Money
	Email                   string
	SendOn                  time.Time
	AdditionalContent       string
}

// T is the part of [testing.T] that the cases use.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// Case is one promise of an adapter.
type Case struct {
	Name string
	// Check fails if the adapter does not keep the promise.
	Check func(t T, w *World)
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

// timeout is the time-out of an adapter whose answers come, and short that of one whose answers do not.
const timeout, short = 30 * time.Second, 50 * time.Millisecond

// World is an adapter, a simulator, and the connection between them.
type World struct {
	Vendor
	// issuer is the adapter. slow is another one, which gives up soon; nobody is one whose issuer is not there.
	issuer, slow, nobody issuer.Abilities

	mu    sync.Mutex
	fault fault
}

// fault is what happens to requests. The zero fault is none.
type fault struct {
	// reach lets the request reach the issuer first.
	reach bool
	// answer replaces the answer; without it, there is none.
	answer func(answered []byte) (status int, body []byte)
	// hang answers once the adapter has given up.
	hang bool
	// all applies to every request, not only to those for cards.
	all bool
	on  bool
}

// NewWorld returns a world in which nothing has happened yet.
func NewWorld(t *testing.T, v Vendor) *World {
	t.Helper()
	w := &World{Vendor: v}
	web := httptest.NewServer(w)
	t.Cleanup(web.Close)
	gone := httptest.NewServer(w)
	gone.Close()
	w.issuer = find(t, v.Adapter(web.URL, timeout))
	w.slow = find(t, v.Adapter(web.URL, short))
	w.nobody = find(t, v.Adapter(gone.URL, timeout))
	return w
}

func find(t *testing.T, i issuer.Issuer) issuer.Abilities {
	t.Helper()
	found, err := issuer.Find(i)
	require.NoError(t, err)
	return found
}

// ServeHTTP implements [http.Handler]: it is the connection.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	f := w.fault
	w.mu.Unlock()
	if !f.on || !f.all && !w.Asks(r) {
		w.Handler.ServeHTTP(rw, r)
		return
	}
	answered := httptest.NewRecorder()
	if f.reach {
		w.Handler.ServeHTTP(answered, r)
	}
	if f.hang {
		_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice that the client has gone.
		<-r.Context().Done()
	}
	if f.answer == nil {
		panic(http.ErrAbortHandler) // Closes the connection.
	}
	status, body := f.answer(answered.Body.Bytes())
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Retry-After", "7")
	rw.WriteHeader(status)
	if status != http.StatusNotModified {
		_, _ = rw.Write(body)
	}
}

// with makes f happen to all further requests.
func (w *World) with(f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.on = true
	w.fault = f
}

// well makes nothing happen to further requests.
func (w *World) well() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault{}
}

// request returns a request for a card.
func (w *World) request(key string) issuer.Request {
	return issuer.Request{
		Key: key, Account: w.Account.Code, Value: giftcard.Money{Hundredths: 5000, Currency: "USD"},
		To: issuer.Recipient{
			Email: "grace.hopper@example.com", Name: "Grace Hopper", From: "Ada Lovelace",
			Message: "Happy birthday, Amazing Grace!",
		},
		SendOn:            time.Now().AddDate(0, 1, 0).UTC().Truncate(24 * time.Hour),
		AdditionalContent: "Try our new shop.\nIt is open.",
	}
}

// count returns the number of cards with this key.
func (w *World) count(key string) int {
	n := 0
	for _, c := range w.Cards() {
		if c.Key == key {
			n++
		}
	}
	return n
}

// status answers with a status. An explained refusal is in the vendor's format; any other is a proxy's page.
func (w *World) status(status int, explained bool) func([]byte) (int, []byte) {
	body := []byte("<html>no</html>")
	if explained {
		body = w.Refusal("not today")
	}
	return func([]byte) (int, []byte) { return status, body }
}

// half answers with the first half of the answer.
func half(answer []byte) (int, []byte) {
	answer = bytes.TrimSpace(answer)
	return http.StatusOK, answer[:len(answer)/2]
}

// page answers with a proxy's page.
func page([]byte) (int, []byte) { return http.StatusOK, []byte("<html>welcome</html>") }
