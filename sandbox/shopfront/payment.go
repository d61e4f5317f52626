package shopfront

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
)

// The types of problems that the shop tells apart.
const (
	insufficientBalance  = "insufficient_balance"
	cardNotUsable        = "card_not_usable"
	cardExpired          = "card_expired"
	cardBusy             = "card_busy"
	currencyMismatch     = "currency_mismatch"
	partialUseNotAllowed = "partial_use_not_allowed"
	alreadyReversed      = "already_reversed"
	notSupported         = "not_supported"
	invalidRequest       = "invalid_request"
	rateLimited          = "rate_limited"
	unauthorized         = "unauthorized"
	forbidden            = "forbidden"
)

// payment is a payment with a gift card.
type payment struct {
	// key is the idempotency key, and charge what is to be taken. Neither changes, so that each repetition is the same request.
	key    string
	charge shopper.Purchase
	// known is what giftbridge has said; it has no ID as long as that is nothing.
	known shopper.Redemption
	// unsure is set once a request may have had an effect though its answer did not say so.
	unsure bool
	// reversal is the idempotency key with which the payment is given back.
	reversal string
	// kept is set if the issuer gives nothing back.
	kept bool
}

func newPayment(c shopper.Purchase) *payment {
	return &payment{key: rand.Text(), reversal: rand.Text(), charge: c}
}

// open reports whether the amount may still be taken.
func (p *payment) open() bool {
	return p.known.ID == "" || p.known.State == shopper.Pending || p.known.State == shopper.Unknown
}

// taken returns what was taken off the card.
func (p *payment) taken() (Cents, error) { return parseCents(cmp.Or(p.known.Taken, p.known.Amount)) }

// refuses reports whether a problem says that nothing was taken and nothing will be. What says nothing of the payment itself,
// such as a limit, says that of a first request alone: one that was sent before may be on its way.
func (p *payment) refuses(problem *shopper.Problem) bool {
	switch problem.Type {
	case cardNotUsable, cardExpired, cardBusy, currencyMismatch, insufficientBalance, partialUseNotAllowed, notSupported,
		invalidRequest:
		return true
	case rateLimited, unauthorized, forbidden:
		return !p.unsure
	}
	return false
}

// step is a request to giftbridge.
type step func(context.Context, *shopper.Client) (*shopper.Redemption, error)

// next returns what the shop has to ask about a payment; nil if nothing is open. canceled is set if the order is.
func (p *payment) next(canceled bool) step {
	key, charge, reversal, id := p.key, p.charge, p.reversal, p.known.ID
	switch {
	case id == "":
		return func(ctx context.Context, c *shopper.Client) (*shopper.Redemption, error) {
			return c.Redeem(ctx, key, charge)
		}
	case p.open():
		return func(ctx context.Context, c *shopper.Client) (*shopper.Redemption, error) {
			return c.Redemption(ctx, id)
		}
	case canceled && p.known.State == shopper.Succeeded && !p.kept:
		return func(ctx context.Context, c *shopper.Client) (*shopper.Redemption, error) {
			return c.Reverse(ctx, reversal, id)
		}
	}
	return nil
}

// learn takes in an answer. It returns the problem for which the payment was refused, and how long to wait before the next
// request.
func (p *payment) learn(r *shopper.Redemption, err error) (refused *shopper.Problem, wait time.Duration) {
	problem := shopper.ProblemOf(err)
	switch {
	case err == nil && r.State == shopper.Declined:
		return cmp.Or(r.Problem, &shopper.Problem{}), 0
	case err == nil:
		p.known = *r
		p.kept = r.Reversal != nil && r.Reversal.State == shopper.Declined
	case problem == nil:
		p.unsure = true
	case p.known.ID == "" && p.refuses(problem):
		return problem, 0
	case problem.Type == alreadyReversed:
		p.known.State = shopper.Reversed
	case problem.Type == notSupported && !p.open():
		p.kept = true
	default:
		p.unsure = true
		return nil, problem.RetryAfter
	}
	return nil, 0
}
