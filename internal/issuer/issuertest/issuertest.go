// Package issuertest is the conformance suite of the adapters of issuers: what giftbridge relies on, whatever the
// vendor. The test of an adapter calls [Run] with its vendor's simulator behind it.
//
// The suite stands between the adapter and the simulator. It loses answers, replaces them and repeats requests, and
// compares what the adapter says with the cards that exist.
package issuertest

import (
	"net/http"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
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
type T = line.T

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

// World is an adapter, a simulator, and the connection between them.
type World struct {
	Vendor
	*line.Line
}

// NewWorld returns a world in which nothing has happened yet.
func NewWorld(t *testing.T, v Vendor) *World {
	t.Helper()
	return &World{v, line.New(t, line.Ends{Handler: v.Handler, Adapter: v.Adapter, Asks: v.Asks, Refusal: v.Refusal})}
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
