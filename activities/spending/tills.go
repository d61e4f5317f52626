package spending

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Tills takes amounts off cards.
type Tills struct {
	// Issuers are the issuers whose cards can be spent, by the names by which inputs call them.
	Issuers map[string]issuer.Abilities
	// Callbacks are the addresses to which the issuers answer.
	Callbacks *callback.Addresses
	Now       func() time.Time
}

// Card is a card of an issuer's.
type Card struct {
	// Issuer is the name of the issuer.
	Issuer string      `json:"issuer"`
	Code   issuer.Code `json:"code"`
}

// LookAtFundsInput identifies a card.
type LookAtFundsInput struct {
	Card
}

// LookAtFundsResult is what is on a card.
type LookAtFundsResult struct {
	// Active reports whether the issuer knows the card, and whether it can be spent.
	Active bool `json:"active,omitempty"`
	// Balance is what is on the card, a decimal in Currency.
	Balance  string `json:"balance,omitempty"`
	Currency string `json:"currency,omitempty"`
	// ValidUntil is when the card expires; zero if the issuer does not say.
	ValidUntil time.Time `json:"valid_until,omitzero"`
	// InParts reports whether less than all that is on the card can be spent.
	InParts bool `json:"in_parts,omitempty"`
}

// LookAtFunds asks the issuer what is on a card.
func (t *Tills) LookAtFunds(ctx context.Context, in LookAtFundsInput) (LookAtFundsResult, error) {
	by, err := t.issuer(in.Issuer)
	if err != nil {
		return LookAtFundsResult{}, activities.Failure(ctx, looking, err)
	}
	found, err := by.Spender.Look(ctx, in.Code)
	if err != nil {
		return LookAtFundsResult{}, activities.Failure(ctx, looking, err)
	}
	return LookAtFundsResult{
		Active: found.Known && found.Active, Balance: found.Value.Amount(), Currency: found.Value.Currency,
		ValidUntil: found.ValidUntil, InParts: found.InParts,
	}, nil
}

const looking = "looking at what is on a card"

// MoveAmountInput is an amount to take off a card, or to give back to it.
type MoveAmountInput struct {
	Card

	Step Step `json:"step"`
	// Amount is a decimal in Currency, above zero.
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	// Reference identifies the redemption in the issuer's records.
	Reference string `json:"reference"`
	// Number counts the requests about the card from 1.
	Number int `json:"number"`
	// NotAfter is when it is too late to send the request.
	NotAfter time.Time `json:"not_after"`
}

// MoveAmountResult is what is known after the request.
type MoveAmountResult struct {
	// Refused is the kind of what kept the amount from being moved, which is certain then, and Message says it; empty if the
	// amount was moved, or may have been.
	Refused giftcard.Kind `json:"refused,omitempty"`
	Message string        `json:"message,omitempty"`
	// Unclear says why it is unknown whether the issuer has taken the request; empty if the issuer has confirmed it.
	Unclear string `json:"unclear,omitempty"`
}

// MoveAmount asks the issuer once to take an amount off a card, or to give it back. It must not be retried. An error means
// that the request may have been sent.
func (t *Tills) MoveAmount(ctx context.Context, in MoveAmountInput) (MoveAmountResult, error) {
	sent, err := t.move(ctx, in)
	switch {
	case err == nil:
		return MoveAmountResult{}, nil
	case sent && issuer.EffectOf(err) != issuer.None:
		return MoveAmountResult{Unclear: err.Error()}, nil
	}
	kind, _ := giftcard.KindOf(err)
	return MoveAmountResult{Refused: kind, Message: err.Error()}, nil
}

func (t *Tills) move(ctx context.Context, in MoveAmountInput) (sent bool, err error) {
	by, err := t.issuer(in.Issuer)
	if err != nil {
		return false, err
	}
	amount, err := giftcard.ParseMoney(in.Amount, in.Currency)
	if err != nil {
		return false, giftcard.Errorf(giftcard.InvalidRequest, "the amount is invalid: %v", err)
	}
	now := t.Now().UTC()
	if now.After(in.NotAfter) {
		return false, giftcard.Errorf(giftcard.Timeout, "no worker picked it up in time")
	}
	address, err := t.Callbacks.For(callback.Target{
		Issuer: in.Issuer, WorkflowID: activity.GetInfo(ctx).WorkflowExecution.ID, Step: in.Step, Attempt: in.Number,
	})
	if err != nil {
		return false, err
	}
	m := issuer.Movement{Code: in.Code, Amount: amount, Reference: in.Reference, At: now, Callback: address}
	if in.Step == Reversing {
		return true, by.Reverse(ctx, m)
	}
	return true, by.Spend(ctx, m)
}

func (t *Tills) issuer(name string) (issuer.Abilities, error) {
	if by, ok := t.Issuers[name]; ok && by.Spender != nil {
		return by, nil
	}
	return issuer.Abilities{}, giftcard.Errorf(giftcard.Unauthorized,
		"this worker has no settings for spending cards of the issuer %q", name)
}
