package crowd

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
)

const (
	// tries is how often a shopper tries again, each time with a new key, who was told to.
	tries = 6
	// again is the pause before that, and before a request whose answer was lost is sent again, and lookEvery the one between
	// looks at what is pending.
	again     = 500 * time.Millisecond
	lookEvery = 300 * time.Millisecond
	// longest limits the pause after which a request is sent again; answers may ask for more.
	longest = 8 * time.Second
	// currency is that of all cards.
	currency = "EUR"
)

// The types of problems after which the same request, or one with a new key, may do.
const (
	inProgress  = "request_in_progress"
	rateLimited = "rate_limited"
	unavailable = "issuer_unavailable"
	cardBusy    = "card_busy"
	keyReused   = "idempotency_key_reused"
)

// ask sends one request.
type ask func(context.Context, *shopper.Client) (*shopper.Redemption, error)

// payment is an amount that a shopper wants taken off a card, with one key.
type payment struct {
	*Crowd

	plan.Visit
	asked shopper.Purchase
	key   *spends.Key
}

// visit carries out a visit.
func (c *Crowd) visit(ctx context.Context, v plan.Visit) {
	for range tries {
		p := c.newPayment(v)
		r, problem := p.pay(ctx)
		if problem == nil && r != nil {
			p.follow(ctx, r)
			return
		}
		if ctx.Err() != nil || problem == nil || problem.Type != cardBusy && problem.Type != unavailable {
			return
		}
		wait(ctx, again)
	}
}

func (c *Crowd) newPayment(v plan.Visit) *payment {
	p := &payment{Crowd: c, Visit: v, asked: shopper.Purchase{
		Code: c.options.Codes[v.Card], Amount: decimal(v.Amount), Currency: currency, Partial: v.What == plan.ShopperTakesRest,
		Order: fmt.Sprintf("#%d", 5000+v.Shopper), EndUser: c.endUser(v.Shopper),
	}}
	p.key = &spends.Key{
		Name: fmt.Sprintf("%s-key-%06d", c.options.Name, c.keys.Add(1)), Card: p.asked.Code, Amount: v.Amount, Partial: p.asked.Partial,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.books = append(c.books, p.key)
	return p
}

// pay takes the amount off the card, as the shopper does it, and waits until it is not pending any more.
func (p *payment) pay(ctx context.Context) (*shopper.Redemption, *shopper.Problem) {
	var first *exchange
	switch p.What { //nolint:exhaustive // All others lose nothing.
	case plan.ShopperUnsent:
		first = &exchange{loses: theRequest}
	case plan.ShopperUnanswered:
		first = &exchange{loses: theAnswer}
	case plan.ShopperLooks:
		p.balance(ctx)
	case plan.ShopperAsksTwice:
		var other sync.WaitGroup
		other.Go(func() { _, _ = p.once(ctx, nil, p.redeem) })
		defer other.Wait()
		p.happened(p.What)
	}
	r, problem := p.once(ctx, first, p.redeem)
	if first != nil && (first.loses == theRequest || first.status != 0) {
		p.happened(p.What)
	}
	if r != nil {
		if r = p.settled(ctx, r); r.State == shopper.Declined && r.Problem != nil {
			r, problem = nil, r.Problem
		}
	}
	if p.What == plan.ShopperAsksAgain && ctx.Err() == nil {
		_, _ = p.once(ctx, nil, p.redeem)
		p.happened(p.What)
	}
	if p.What == plan.ShopperAsksOther && ctx.Err() == nil {
		p.askOther(ctx)
	}
	return r, problem
}

func (p *payment) redeem(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
	return s.Redeem(ctx, p.key.Name, p.asked)
}

// once asks until there is an answer for good, and notes all answers.
func (p *payment) once(ctx context.Context, first *exchange, what ask) (*shopper.Redemption, *shopper.Problem) {
	return p.insist(ctx, first, what, p.note)
}

// note notes an answer.
func (p *payment) note(a spends.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key.Answers = append(p.key.Answers, a)
}

// settled looks until a redemption, and its reversal, are not pending any more.
func (p *payment) settled(ctx context.Context, r *shopper.Redemption) *shopper.Redemption {
	for r.State == shopper.Pending || r.Reversal != nil && r.Reversal.State == shopper.Pending {
		if wait(ctx, lookEvery); ctx.Err() != nil {
			return r
		}
		now, _ := p.once(ctx, nil, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
			return s.Redemption(ctx, r.ID)
		})
		if now == nil {
			return r
		}
		r = now
	}
	return r
}

// balance asks what is on the card. Its answer is for the shopper alone.
func (p *payment) balance(ctx context.Context) {
	_, _ = p.insist(ctx, nil, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
		_, err := s.Balance(ctx, p.asked.Code, p.asked.EndUser)
		return nil, err
	}, func(spends.Answer) {})
}

// askOther asks for another amount with the same key, which a key cannot mean too.
func (p *payment) askOther(ctx context.Context) {
	other := p.asked
	other.Amount = decimal(p.Amount + 1)
	_, problem := p.insist(ctx, nil, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
		return s.Redeem(ctx, p.key.Name, other)
	}, func(a spends.Answer) {
		a.Other = true
		p.note(a)
	})
	if problem != nil && problem.Type == keyReused {
		p.happened(p.What)
	}
}

// follow does what the shopper does after a payment.
func (p *payment) follow(ctx context.Context, r *shopper.Redemption) {
	switch p.What { //nolint:exhaustive // The others were counted when they happened.
	case plan.ShopperLooks:
		if now, _ := p.once(ctx, nil, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
			return s.Redemption(ctx, r.ID)
		}); now != nil {
			p.happened(p.What)
		}
	case plan.ShopperPays, plan.ShopperTakesRest:
		p.happened(p.What)
	case plan.ShopperReverses, plan.ShopperReversesTwice, plan.ShopperReversalUnanswered:
		if r.State == shopper.Succeeded {
			p.reverse(ctx, r.ID)
		}
	}
}

// reverse has what was taken given back.
func (p *payment) reverse(ctx context.Context, id string) {
	p.mu.Lock()
	p.key.Reverses = true
	p.mu.Unlock()
	for n := range tries {
		key := fmt.Sprintf("%s-back-%d", p.key.Name, n)
		back := func(key string, first *exchange) (*shopper.Redemption, *shopper.Problem) {
			r, problem := p.insist(ctx, first, func(ctx context.Context, s *shopper.Client) (*shopper.Redemption, error) {
				return s.Reverse(ctx, key, id)
			}, func(a spends.Answer) {
				a.Back = true
				p.note(a)
			})
			if r != nil {
				r = p.settled(ctx, r)
			}
			return r, problem
		}
		var first *exchange
		if p.What == plan.ShopperReversalUnanswered {
			first = &exchange{loses: theAnswer}
		}
		r, problem := back(key, first)
		if first != nil && first.status != 0 || first == nil && r != nil && p.What == plan.ShopperReverses {
			p.happened(p.What)
		}
		if p.What == plan.ShopperReversesTwice && r != nil && r.State == shopper.Reversed {
			_, _ = back(key, nil)
			_, _ = back(key+"-too", nil)
			p.happened(p.What)
		}
		if ctx.Err() != nil || r != nil && (r.Reversal == nil || r.Reversal.State != shopper.Declined) ||
			problem != nil && problem.Type != cardBusy && problem.Type != unavailable {
			return
		}
		wait(ctx, again)
	}
}

// insist sends a request until there is an answer for good: receivers in turn, and the first time over a network that loses what
// first says. It tells note each answer. Without an error it returns what was answered, or nil if that is no redemption.
func (c *Crowd) insist(
	ctx context.Context, first *exchange, what ask, note func(spends.Answer),
) (*shopper.Redemption, *shopper.Problem) {
	pause := again / 2
	for x := first; ctx.Err() == nil; x = nil {
		if x == nil {
			x = &exchange{}
		}
		to := c.options.Receivers[c.next.Add(1)%uint64(len(c.options.Receivers))]
		r, err := what(with(ctx, x), &shopper.Client{BaseURL: to, Key: c.options.Key, HTTP: c.client})
		problem := shopper.ProblemOf(err)
		c.count(x, err == nil, problem)
		switch {
		case problem != nil:
			a := spends.Answer{Status: problem.Status, ID: problem.Redemption, Problem: problem.Type}
			note(a)
			passing := slices.Contains([]string{inProgress, rateLimited, unavailable}, problem.Type)
			if !passing || problem.Redemption != "" && problem.Type != inProgress {
				return nil, problem
			}
		case err == nil:
			if r != nil {
				note(spends.Answer{Status: x.status, ID: r.ID, State: r.State})
			}
			return r, nil
		}
		// Fifty shoppers who do not wait as they are told keep a busy checkout busy.
		if pause = min(2*pause, longest); problem != nil {
			pause = max(pause, problem.RetryAfter)
		}
		wait(ctx, pause)
	}
	return nil, nil
}

// count counts an answer, whether it has arrived or not.
func (c *Crowd) count(x *exchange, answered bool, problem *shopper.Problem) {
	if x.status == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[x.status]++
	if x.status >= http.StatusBadRequest && !answered && problem == nil && x.loses == nothing {
		c.mute++
	}
}
