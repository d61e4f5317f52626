// Package fourwayshopissuer is the adapter of Four Way Shop (4WS): it translates between the port of issuers and 4WS's
// words, and decides the kinds of 4WS's refusals.
//
// In 4WS's words the code of a card is its barcode. 4WS has no idempotency key and no accounts: a card is generated, which
// makes a barcode that is worth nothing, and then updated with a positive amount, which activates it. An update with a
// negative amount spends. All these jobs answer by a callback.
package fourwayshopissuer

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/refusal"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Name is the name of the issuer in the inputs of workflows and in the addresses of callbacks. It never changes.
const Name = "fourwayshop"

// Options are what 4WS needs to know to change a card, and what is to be known of 4WS.
type Options struct {
	// EntityCode is needed for every change, the rest to activate a card.
	EntityCode, BranchCode, Country, PriceList string
	// Adds reports whether 4WS adds a positive amount to what is on an active card. It does not publish this: the amount may
	// also replace what is on the card, or be refused.
	Adds bool
}

// Issuer is 4WS as an issuer.
type Issuer struct {
	client  *fourwayshop.Client
	options Options
}

// New returns the issuer behind a client.
func New(client *fourwayshop.Client, o Options) *Issuer { return &Issuer{client, o} }

// Words implements [issuer.Issuer].
func (*Issuer) Words() issuer.Words {
	return issuer.Words{
		Issuer: "Four Way Shop", Account: "customer", Accounts: "customers", Key: "key", Reference: "barcode",
	}
}

// Generate implements [issuer.Deferred].
func (i *Issuer) Generate(ctx context.Context, item, callback string) error {
	return withKind(i.client.Generate(ctx, fourwayshop.GenerateRequest{ItemCode: item, Count: 1, Callback: callback}))
}

// Activate implements [issuer.Deferred].
func (i *Issuer) Activate(ctx context.Context, a issuer.Activation) error {
	return i.add(ctx, issuer.Movement{Code: a.Code, Amount: a.Value, Reference: a.Reference, At: a.At, Callback: a.Callback})
}

// add asks that an amount be added to a card, which also activates it.
func (i *Issuer) add(ctx context.Context, m issuer.Movement) error {
	return i.update(ctx, m, m.Amount.Amount(), &fourwayshop.Activation{
		Date: m.At, Country: i.options.Country, BranchCode: i.options.BranchCode, PriceList: i.options.PriceList,
		CurrencySymbol: symbol(m.Amount.Currency), Currency: m.Amount.Currency,
	})
}

// update sends one update, whose amount may have a sign.
func (i *Issuer) update(ctx context.Context, m issuer.Movement, amount string, a *fourwayshop.Activation) error {
	err := i.client.Update(ctx, fourwayshop.UpdateRequest{
		EntityCode: i.options.EntityCode, Barcode: fourwayshop.Barcode(m.Code), Amount: amount, Activation: a,
		Callback: m.Callback, Payload: m.Reference,
	})
	if err == nil {
		return nil
	}
	effect := issuer.None
	if fourwayshop.IsAmbiguous(err) {
		effect = issuer.Unclear
	}
	return &issuer.Error{Effect: effect, Err: withKind(err)}
}

// Look implements [issuer.Later]. 4WS may not know a card yet that it has just generated.
func (i *Issuer) Look(ctx context.Context, code issuer.Code) (issuer.Standing, error) {
	card, err := i.client.Get(ctx, fourwayshop.Barcode(code))
	if fourwayshop.ReasonOf(err) == fourwayshop.UnknownBarcode {
		return issuer.Standing{}, nil
	}
	if err != nil {
		return issuer.Standing{}, withKind(err)
	}
	s := issuer.Standing{
		Known: true, Item: card.ItemCode, Active: card.Active, ValidUntil: card.ExpirationDate, InParts: card.PartialUse,
	}
	for _, amount := range []struct {
		text string
		into *giftcard.Money
	}{{card.Amount, &s.Value}, {card.OriginalAmount, &s.Original}} {
		if amount.text == "" || amount.text == "0.00" && card.Currency == "" {
			continue
		}
		if *amount.into, err = giftcard.ParseMoney(amount.text, card.Currency); err != nil {
			return issuer.Standing{}, giftcard.Errorf(giftcard.UnexpectedResponse, "Four Way Shop shows an amount that is not one: %v", err)
		}
	}
	return s, nil
}

// Answer implements [issuer.Later].
func (*Issuer) Answer(step issuer.Step, body []byte) (issuer.Answer, error) {
	if step != issuer.Generating {
		done, err := fourwayshop.ParseUpdated(body)
		a, err := answer(err)
		a.Job = done.ID
		return a, err
	}
	cards, err := fourwayshop.ParseGenerated(body)
	a, err := answer(err)
	if err != nil || !a.OK {
		return a, err
	}
	if len(cards) != 1 {
		return issuer.Answer{}, errors.New("the callback holds more than one card")
	}
	a.Code = issuer.Code(cards[0].Barcode)
	a.ValidFrom, a.ValidUntil = cards[0].StartValidity, cards[0].EndValidity
	return a, nil
}

// answer returns what a callback says that was read with err. Only a refusal in 4WS's own words is an answer.
func answer(err error) (issuer.Answer, error) {
	if err == nil {
		return issuer.Answer{OK: true}, nil
	}
	if !fourwayshop.Explains(err) {
		return issuer.Answer{}, err
	}
	kind, _ := giftcard.KindOf(withKind(err))
	a := issuer.Answer{Kind: kind}
	if e, ok := errors.AsType[*rest.Error](err); ok {
		a.Message = e.Message
	}
	return a, nil
}

// Probe implements [issuer.Prober]. It logs in.
func (i *Issuer) Probe(ctx context.Context) error { return withKind(i.client.LogIn(ctx)) }

// symbols are the symbols of currencies. Assumed: for any other currency, its code is accepted.
var symbols = map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}

func symbol(currency string) string {
	if s := symbols[currency]; s != "" {
		return s
	}
	return currency
}

// withKind returns err with its kind.
func withKind(err error) error {
	if _, ok := errors.AsType[*fourwayshop.InvalidError](err); ok {
		return giftcard.Errorf(giftcard.InvalidRequest, "%v", err)
	}
	if _, ok := errors.AsType[*rest.NoTurnError](err); ok {
		return &giftcard.Error{Kind: giftcard.RateLimited, Message: err.Error(), Err: err}
	}
	return kinds.WithKind(err)
}

// kinds decides the kind of every refusal.
var kinds refusal.Table = kindOf

// unauthorizedStatuses concern us rather than the request.
var unauthorizedStatuses = []int{
	http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusLocked,
	http.StatusProxyAuthRequired,
}

func kindOf(e *rest.Error) giftcard.Kind {
	switch {
	case fourwayshop.ReasonOf(e) == fourwayshop.UnknownItem:
		return giftcard.InvalidRequest
	case fourwayshop.IsInconclusive(e):
		return giftcard.Unavailable
	}
	switch s := e.Status; {
	case s == http.StatusTooManyRequests || s == fourwayshop.StatusEnhanceYourCalm:
		return giftcard.RateLimited
	case s == http.StatusRequestTimeout:
		return giftcard.Timeout
	case slices.Contains(unauthorizedStatuses, s):
		return giftcard.Unauthorized
	case s == http.StatusTooEarly || s >= 500:
		return giftcard.Unavailable
	case fourwayshop.Explains(e): // It understood the request, whatever its message says.
		return giftcard.CardDeclined
	case s < 400:
		return giftcard.UnexpectedResponse
	}
	return giftcard.InvalidRequest
}
