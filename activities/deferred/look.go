package deferred

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// LookAtCardInput identifies a card whose activation was requested.
type LookAtCardInput struct {
	Unit

	Code issuer.Code `json:"code"`
	// ValidFrom and ValidUntil are what the issuer said when it generated the card; zero if it did not say.
	ValidFrom  time.Time `json:"valid_from,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// LookAtCardResult is what an activation has come to.
type LookAtCardResult struct {
	Verdict Verdict `json:"verdict"`
	// Found is what is on the card, for messages.
	Found string `json:"found,omitempty"`
	// ValidUntil is when the card expires; zero if the issuer does not say.
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// Verdict is what a look at a card says of its activation.
type Verdict string

// The verdicts.
const (
	// Open: nothing is to be seen of the activation yet. It never means that the activation had no effect.
	Open Verdict = "open"
	// Right: the card is active, and has the value that it should have.
	Right Verdict = "right"
	// Twice: the card has twice the value that it should have.
	Twice Verdict = "twice"
	// Other: the card is active with another value, or in another currency.
	Other Verdict = "other"
)

// LookAtCard asks the issuer for the state of a card, and judges what has become of its activation. If the card is as it
// should be, the order is told.
func (c *Cards) LookAtCard(ctx context.Context, in LookAtCardInput) (LookAtCardResult, error) {
	out, err := c.look(ctx, in)
	return out, c.failed(ctx, in.Unit, "looking at it", err)
}

func (c *Cards) look(ctx context.Context, in LookAtCardInput) (LookAtCardResult, error) {
	by, err := c.issuer(in.Issuer)
	if err != nil {
		return LookAtCardResult{}, err
	}
	want, err := in.value()
	if err != nil {
		return LookAtCardResult{}, err
	}
	found, err := by.Deferred.Look(ctx, in.Code)
	if err != nil {
		return LookAtCardResult{}, err
	}
	out := LookAtCardResult{Verdict: Judge(found, want)}
	if out.Verdict != Open {
		out.Found, out.ValidUntil = found.Value.String(), found.ValidUntil
	}
	if out.Verdict != Right {
		return out, nil
	}
	if out.ValidUntil.IsZero() {
		out.ValidUntil = in.ValidUntil
	}
	return out, c.Temporal.Tell(ctx, in.OrderWorkflowID, Settled{Key: in.Key, Card: in.card(out)})
}

// Judge returns what has become of the activation of a card that should have the given value. A card that is spent before
// anybody could know of it still shows what it was activated with.
func Judge(found issuer.Standing, want giftcard.Money) Verdict {
	has := found.Value
	if found.Original.Hundredths > has.Hundredths {
		has = found.Original
	}
	switch {
	case !found.Active && has.Hundredths == 0:
		return Open
	case has == want && found.Active:
		return Right
	case has == want: // The value is there, and the card is not active yet.
		return Open
	case has.Currency == want.Currency && has.Hundredths == 2*want.Hundredths:
		return Twice
	}
	return Other
}

// Settled tells an order what has become of one of its cards.
type Settled struct {
	// Key is the idempotency key of the unit.
	Key  string `json:"key"`
	Card *Card  `json:"card,omitempty"`
}

// Card is a card that exists and has its value. Its code is money: a Card is kept only where payloads are encrypted.
type Card struct {
	Code     issuer.Code `json:"code"`
	Price    string      `json:"price"`
	Currency string      `json:"currency"`
	// ValidFrom and ValidUntil are when the card can be spent; zero if the issuer does not say.
	ValidFrom  time.Time `json:"valid_from,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

func (in LookAtCardInput) card(found LookAtCardResult) *Card {
	return &Card{
		Code: in.Code, Price: in.Price, Currency: in.Currency, ValidFrom: in.ValidFrom, ValidUntil: found.ValidUntil,
	}
}
