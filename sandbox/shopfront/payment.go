package shopfront

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// payment is a payment with a gift card.
type payment struct {
	// key is the idempotency key, and charge what is to be taken. Neither changes, so that each repetition is the same request.
	key    string
	charge Charge
	// known is what giftbridge has said; it has no ID as long as that is nothing.
	known Redemption
	// unsure is set once a request may have had an effect though its answer did not say so.
	unsure bool
	// reversal is the idempotency key with which the payment is given back.
	reversal string
	// kept is set if the issuer gives nothing back.
	kept bool
}

func newPayment(c Charge) *payment {
	return &payment{key: rand.Text(), reversal: rand.Text(), charge: c}
}

// open reports whether the amount may still be taken.
func (p *payment) open() bool {
	return p.known.ID == "" || p.known.State == Pending || p.known.State == Unknown
}

// taken returns what was taken off the card.
func (p *payment) taken() (Cents, error) { return parseCents(cmp.Or(p.known.Taken, p.known.Amount)) }

// refuses reports whether a problem says that nothing was taken and nothing will be. What says nothing of the payment itself,
// such as a limit, says that of a first request alone: one that was sent before may be on its way.
func (p *payment) refuses(problem *Problem) bool {
	switch problem.Type {
	case CardNotUsable, CardExpired, CardBusy, CurrencyMismatch, InsufficientBalance, PartialUseNotAllowed, NotSupported,
		InvalidRequest:
		return true
	case RateLimited, Unauthorized, Forbidden:
		return !p.unsure
	}
	return false
}

// step is a request to giftbridge.
type step func(context.Context, *API) (Redemption, error)

// next returns what the shop has to ask about a payment; nil if nothing is open. canceled is set if the order is.
func (p *payment) next(canceled bool) step {
	key, charge, reversal, id := p.key, p.charge, p.reversal, p.known.ID
	switch {
	case id == "":
		return func(ctx context.Context, a *API) (Redemption, error) { return a.Redeem(ctx, key, charge) }
	case p.open():
		return func(ctx context.Context, a *API) (Redemption, error) { return a.Redemption(ctx, id) }
	case canceled && p.known.State == Succeeded && !p.kept:
		return func(ctx context.Context, a *API) (Redemption, error) { return a.Reverse(ctx, reversal, id) }
	}
	return nil
}

// learn takes in an answer. It returns the problem for which the payment was refused, and how long to wait before the next
// request.
func (p *payment) learn(r Redemption, err error) (refused *Problem, wait time.Duration) {
	problem, isProblem := errors.AsType[*Problem](err)
	switch {
	case err == nil && r.State == Declined:
		return cmp.Or(r.Problem, &Problem{}), 0
	case err == nil:
		p.known = r
		p.kept = r.Reversal != nil && r.Reversal.State == Declined
	case isProblem && p.known.ID == "" && p.refuses(problem):
		return problem, 0
	case isProblem && problem.Type == AlreadyReversed:
		p.known.State = Reversed
	case isProblem && !p.open() && problem.Type == NotSupported:
		p.kept = true
	case isProblem:
		p.unsure = true
		return nil, problem.RetryAfter
	default:
		p.unsure = true
	}
	return nil, 0
}
