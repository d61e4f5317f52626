package deferred

import (
	"context"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// DrainCardInput identifies a card whose value is to be taken back.
type DrainCardInput struct {
	Unit
}

// DrainCardResult is what is known after the request was sent.
type DrainCardResult struct {
	// Attempt is the number of the request among those of all runs, from 1; zero if none was sent.
	Attempt int `json:"attempt,omitempty"`
	// Before reports whether nothing was sent, because another run may have taken the value back before.
	Before bool `json:"before,omitempty"`
	// Unclear says why it is unknown whether the issuer has taken the request; empty if the issuer has confirmed it.
	Unclear string `json:"unclear,omitempty"`
}

// DrainCardType is the name of [Cards.DrainCard] in Temporal.
const DrainCardType = "DrainCard"

// Drained is what is known of the attempts to take the value of a card back.
type Drained int

// What may be known. Later ones outweigh earlier ones.
const (
	// NotDrained: no attempt can have had an effect.
	NotDrained Drained = iota
	// PerhapsDrained: one may have been sent, and it is not known whether the issuer has taken it.
	PerhapsDrained
	// SurelyDrained: the issuer has taken one, when nothing of the card was spent, and has not said since that it failed; or it
	// has said that it was done.
	SurelyDrained
)

// DrainCard asks the issuer once to take the value of an unspent card back. It must not be retried, and of all runs that may
// ask for the same card, one does. It fails, with [NotSent] among the details, if it is certain that nothing will come of the
// attempt. The issuer says by a callback what came of it, and [Cards.LookAtBalance] sees it.
func (c *Cards) DrainCard(ctx context.Context, in DrainCardInput) (DrainCardResult, error) {
	attempt, err := c.drain(ctx, in.Unit)
	switch {
	case err == nil:
		return DrainCardResult{Attempt: attempt, Before: attempt == 0}, nil
	case attempt > 0 && issuer.EffectOf(err) != issuer.None:
		return DrainCardResult{Attempt: attempt, Unclear: err.Error()}, nil
	}
	return DrainCardResult{}, activities.Failure(ctx, in.doing("taking its value back"), err, NotSent{true})
}

func (c *Cards) drain(ctx context.Context, u Unit) (attempt int, err error) {
	by, err := c.issuer(u.Issuer)
	if err != nil {
		return 0, err
	}
	if by.Canceller == nil {
		return 0, giftcard.Errorf(giftcard.InvalidRequest, "%s does not take the value of a card back", by.Words().Issuer)
	}
	card, err := c.Temporal.CardOf(ctx, u)
	if err != nil {
		return 0, err
	}
	run := activity.GetInfo(ctx).WorkflowExecution
	attempt, err = c.Temporal.ClaimDrain(ctx, u, activities.WorkflowRun{WorkflowID: run.ID, RunID: run.RunID})
	if err != nil || attempt == 0 {
		return 0, err
	}
	address, err := c.address(ctx, u.Issuer, issuer.Draining, attempt)
	if err != nil {
		return 0, err
	}
	_, err = by.Cancel(ctx, issuer.Cancellation{Reference: string(card.Code), Callback: address})
	return attempt, err
}

// LookAtBalanceInput identifies a card that exists.
type LookAtBalanceInput struct {
	Unit
}

// LookAtBalanceResult is what is on a card.
type LookAtBalanceResult struct {
	// Cancelled reports whether the value of the card was taken back.
	Cancelled bool `json:"cancelled,omitempty"`
	// Spent reports whether something of the card was spent, or may have been.
	Spent bool `json:"spent,omitempty"`
	// Unclear reports whether the card is empty, and it is not known whether its value was taken back or somebody spent it.
	Unclear bool `json:"unclear,omitempty"`
	// Balance is what is left on the card, a decimal in Currency.
	Balance  string `json:"balance,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// LookAtBalance asks the issuer what is on a card. The code of the card is read from the record of its workflow, so that
// neither input nor result holds it.
func (c *Cards) LookAtBalance(ctx context.Context, in LookAtBalanceInput) (LookAtBalanceResult, error) {
	out, err := c.balance(ctx, in.Unit)
	return out, c.failed(ctx, in.Unit, "looking at what is on it", err)
}

func (c *Cards) balance(ctx context.Context, u Unit) (LookAtBalanceResult, error) {
	by, err := c.issuer(u.Issuer)
	if err != nil {
		return LookAtBalanceResult{}, err
	}
	if by.Inspector == nil {
		return LookAtBalanceResult{}, giftcard.Errorf(giftcard.InvalidRequest, "%s does not show what is on a card", by.Words().Issuer)
	}
	card, err := c.Temporal.CardOf(ctx, u)
	if err != nil {
		return LookAtBalanceResult{}, err
	}
	now, err := by.Inspector.Inspect(ctx, "", string(card.Code))
	if err != nil {
		return LookAtBalanceResult{}, err
	}
	out := LookAtBalanceResult{Balance: now.CurrentBalance, Currency: now.Currency, Spent: activities.Spent(now)}
	left, err := giftcard.ParseMoney(now.CurrentBalance, now.Currency)
	if err != nil || left.Hundredths != 0 || now.Cancelled {
		out.Cancelled = now.Cancelled
		return out, nil
	}
	// An issuer may not tell a card that was emptied from one that was spent.
	drained, err := c.Temporal.Drained(ctx, u)
	out.Cancelled, out.Unclear = drained == SurelyDrained, drained == PerhapsDrained
	return out, err
}
