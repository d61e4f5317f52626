// Package unset stands in for an issuer that is not configured: every request to it fails with what to set. With it, a
// process without that issuer says so if it meets one of its cards, such as a card of an order from before the settings
// were changed.
package unset

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Issuer issues no cards.
type Issuer struct{ variable string }

// New returns an issuer that names the variable which would configure it.
func New(variable string) *Issuer { return &Issuer{variable} }

func (i *Issuer) err() error {
	return giftcard.Errorf(giftcard.Unauthorized, "no issuer is configured that issues cards at once (%s)", i.variable)
}

// Words implements [issuer.Issuer].
func (*Issuer) Words() issuer.Words {
	return issuer.Words{
		Issuer: "no issuer", Account: "merchant", Accounts: "merchants", Key: "audit number", Reference: "code",
	}
}

// Issue implements [issuer.Direct].
func (i *Issuer) Issue(context.Context, issuer.Request) (issuer.Card, error) {
	return issuer.Card{}, &issuer.Error{Effect: issuer.None, Err: i.err()}
}

// Dedupes implements [issuer.Direct]. No card is ever issued, so none is issued twice.
func (*Issuer) Dedupes() bool { return true }

// Accounts implements [issuer.Accounts].
func (i *Issuer) Accounts(context.Context) ([]issuer.Account, error) { return nil, i.err() }

// Probe implements [issuer.Prober].
func (i *Issuer) Probe(context.Context) error { return i.err() }

// Inspect implements [issuer.Inspector].
func (i *Issuer) Inspect(context.Context, string, string) (issuer.State, error) {
	return issuer.State{}, i.err()
}

// Cancel implements [issuer.Canceller].
func (i *Issuer) Cancel(context.Context, issuer.Cancellation) (issuer.State, error) {
	return issuer.State{}, i.err()
}
