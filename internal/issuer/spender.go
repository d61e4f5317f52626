package issuer

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Spender is an issuer at which an amount can be taken off a card. It is [Later]: it only takes the request, and a card's
// requests may wait there for each other. What became of one is said by the callback, and seen by [Later.Look].
type Spender interface {
	Later
	// Spend asks once that an amount be taken off a card. It does not look at the card first. Without an error, the issuer
	// has taken the request, and may still refuse it. Its errors are of type [*Error], with the effect None if it is certain
	// that nothing will come of the request, and Unclear otherwise. Asking again after that may take the amount twice.
	Spend(ctx context.Context, m Movement) error
	// Reverses reports whether it is known that the issuer gives back what was taken off a card.
	Reverses() bool
	// Reverse asks once that an amount which was taken off a card be given back. Its errors are those of Spend. An issuer
	// that does not reverse is not asked, which is an error of kind InvalidRequest.
	Reverse(ctx context.Context, m Movement) error
}

// Movement is an amount that is taken off a card, or given back to it.
type Movement struct {
	Code Code
	// Amount is above zero, and in the currency in which [Later.Look] shows the card: an issuer may take the number alone.
	Amount giftcard.Money
	// Reference is ours, for the issuer's records; it may be empty. What is given back has the reference under which it was
	// taken. It is no idempotency key.
	Reference string
	// At is the time of the request.
	At time.Time
	// Callback is the address to which the issuer answers. If it is empty, only a look at the card shows what became of the
	// request.
	Callback string
}

// Spend calls [Spender.Spend]. It fails if the issuer has no such ability. After an error that does not say what is known
// about the amount, it may have been taken.
func (a Abilities) Spend(ctx context.Context, m Movement) error {
	if a.Spender == nil {
		return a.cannot("does not take amounts off its cards")
	}
	return stated(a.Spender.Spend(ctx, m))
}

// Reverse calls [Spender.Reverse]. It fails if the issuer has no such ability. After an error that does not say what is
// known about the amount, it may have been given back.
func (a Abilities) Reverse(ctx context.Context, m Movement) error {
	if a.Spender == nil {
		return a.cannot("does not take amounts off its cards, and gives none back")
	}
	return stated(a.Spender.Reverse(ctx, m))
}

// cannot returns the error of a request that the issuer was not asked.
func (a Abilities) cannot(what string) error {
	return &Error{Effect: None, Err: giftcard.Errorf(giftcard.InvalidRequest, "%s %s", a.Words().Issuer, what)}
}
