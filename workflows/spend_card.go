package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

// SpendCardInput is a card that is spent at checkouts, and what became of earlier attempts to do so.
type SpendCardInput struct {
	spending.Card

	// Redemptions are what an earlier run has handed over, oldest first.
	Redemptions []*Redemption `json:"redemptions,omitempty"`
	// Movements is the number of requests to the issuer that earlier runs have made.
	Movements int `json:"movements,omitempty"`
	// Forgotten is when the latest redemption was taken in that is no longer kept; zero if all are kept.
	Forgotten time.Time `json:"forgotten,omitzero"`
	// Hurry divides all pauses; zero is one. Only installations in which everything runs faster have another.
	Hurry int `json:"hurry,omitempty"`
}

// Redemption is a redemption as the workflow of its card knows it.
type Redemption struct {
	redemption.Redemption

	// Client is the shop's name among those that may spend cards.
	Client string `json:"client"`
	// Partial allows to take less than the amount, if there is less on the card.
	Partial bool `json:"partial,omitempty"`
	// Movement is the number of the request to the issuer; zero if there was none.
	Movement int `json:"movement,omitempty"`
	// Contradicted reports whether the issuer has said later that it did not move the amount, though the card shows it.
	Contradicted bool `json:"contradicted,omitempty"`
	// BelowZero is what the issuer has shown on the card, a decimal in Currency, if that was below zero while this was open:
	// more was spent than was on it, at another till as well. It is empty otherwise.
	BelowZero string `json:"below_zero,omitempty"`
	// Reversal is the latest attempt to give back what was taken; nil if there is none.
	Reversal *Reversal `json:"reversal,omitempty"`
	// Resolved is what a person has found out about it; nil if none had to.
	Resolved *RedemptionResolution `json:"resolved,omitempty"`
}

// Reversal is an attempt to give back what was taken off a card.
type Reversal struct {
	ID        string           `json:"id"`
	State     redemption.State `json:"state"`
	Problem   redemption.Type  `json:"problem,omitempty"`
	Movement  int              `json:"movement,omitempty"`
	AskedAt   time.Time        `json:"asked_at"`
	SettledAt time.Time        `json:"settled_at,omitzero"`
}

// SpendRequest is what a shop asks for.
type SpendRequest struct {
	// ID identifies the redemption: one for each idempotency key of a client.
	ID string `json:"id"`
	// Client is the shop's name among those that may spend cards.
	Client string `json:"client"`
	// Order is the shop's name for what is paid; it may be empty.
	Order string `json:"order,omitempty"`
	// Amount is a decimal in Currency, above zero.
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	// Partial allows to take less, if there is less on the card.
	Partial bool `json:"partial,omitempty"`
}

// SpendUpdate asks a [SpendCard] to take an amount off its card. Its argument is a [SpendUpdateInput], its result the
// [Redemption] as it is once it is settled. If others wait for the same card, the result is what is known at once, which is that it
// is accepted. The same ID again changes nothing.
const SpendUpdate = "spend"

// SpendUpdateInput is the argument of a [SpendUpdate].
type SpendUpdateInput struct {
	SpendRequest

	// Until is when the shop no longer waits. Temporal executes an update that its caller has given up once a worker is
	// there; after this time it is refused, so that nothing is taken of which the shop does not know.
	Until time.Time `json:"until"`
	// ClaimedAt is when the idempotency key was claimed; zero if it was claimed for this very request.
	ClaimedAt time.Time `json:"claimed_at,omitzero"`
}

// ReverseUpdate asks a [SpendCard] to give back what a redemption has taken. Its argument is a [ReverseUpdateInput], its
// result the [Redemption] as it is then.
const ReverseUpdate = "reverse"

// ReverseUpdateInput is the argument of a [ReverseUpdate].
type ReverseUpdateInput struct {
	// ID is the redemption's, and ReversalID identifies the attempt: one for each idempotency key of a client.
	ID         string `json:"id"`
	ReversalID string `json:"reversal_id"`
	// Until is as in [SpendUpdateInput].
	Until time.Time `json:"until"`
}

// The kinds of errors with which an update is refused. Nothing was done then, and nothing will be.
const (
	// TooLateError: nobody waits for the update any more.
	TooLateError = "TooLate"
	// NoRedemptionError: the card has no such redemption.
	NoRedemptionError = "NoRedemption"
	// ForgottenError: the key is so old that what became of it may no longer be kept. A second amount might be taken.
	ForgottenError = "Forgotten"
)

// RedemptionQuery returns the [Redemption] with an ID; nil if there is none.
const RedemptionQuery = "redemption"

// RedemptionsQuery returns all redemptions, as []*[Redemption], oldest first.
const RedemptionsQuery = "redemptions"

// RedemptionResolution is what a person has found out about a redemption, or about its reversal, of which it was unknown
// whether the issuer has moved the amount. It is sent as a [ResolveSignal].
type RedemptionResolution struct {
	ID string `json:"id"`
	// Reversing says that it is about the reversal.
	Reversing bool `json:"reversing,omitempty"`
	// Moved reports whether the amount was moved.
	Moved bool `json:"moved"`
	// By and Reason are for the record.
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at,omitzero"`
}

var tills *spending.Tills // Nil on purpose: only the method names are used.

const (
	// maxQueue is the number of amounts that may wait for a card at the same time. A checkout that waits longer than
	// sendWithin is told that the card is busy, so that there is never a reason for more.
	maxQueue = 100
	// maxLingering is the number of updates that wait for what becomes of them.
	maxLingering = 5
	// sendWithin is how long after the shop has asked the issuer may still be asked.
	sendWithin = 10 * time.Second
	// spendPatience is how long a request may stay unclear before a person has to look.
	spendPatience = 15 * time.Minute
	// keepDeclined is how long the answer to an idempotency key is kept if nothing was taken, and keepMoved if something was,
	// or may have been.
	keepDeclined = 48 * time.Hour
	keepMoved    = 30 * 24 * time.Hour
	// maxKept bounds the settled redemptions of a card. Only a card that is spent more than a thousand times within a month
	// forgets older ones earlier.
	maxKept = 1000
	// lingers is how long a card that has nothing on record stays, for the update for which it was started.
	lingers = time.Minute
	// renewAfter is the number of requests after which the history begins anew.
	renewAfter = 100
)

// SpendCard takes amounts off one card, one after the other, whatever checkouts ask for them. So no two checkouts spend the
// same money, and no card goes below zero by them. It ends when nothing has to be kept any more.
//
// The issuer is asked once for each amount. Its callback and what it shows tell what came of that. As long as that is unclear,
// the amount counts as taken.
func SpendCard(ctx workflow.Context, in SpendCardInput) error {
	s := &spendCard{
		in: in, redemptions: in.Redemptions, movements: in.Movements, forgotten: in.Forgotten, answers: map[int]spending.Answer{},
		callbacks: workflow.GetSignalChannel(ctx, CallbackSignal), resolutions: workflow.GetSignalChannel(ctx, ResolveSignal),
	}
	// A run that a reset created does not know what the run before it has asked of the issuer.
	run := workflow.GetInfo(ctx)
	s.reset = run.OriginalRunID != "" && run.OriginalRunID != run.WorkflowExecution.RunID
	if s.unknown() {
		markUnknown(ctx)
	}
	if err := s.serve(ctx); err != nil {
		return err
	}
	for {
		if m := s.next(); m != nil {
			if err := s.run(ctx, m); err != nil {
				return err
			}
		} else if err := s.await(ctx, s.idleFor(workflow.Now(ctx)), func() bool { return s.next() != nil }); err != nil {
			return err
		}
		s.hear(ctx)
		s.forget(workflow.Now(ctx))
		switch {
		case s.next() == nil && len(s.redemptions) == 0:
			return nil
		case s.movements-in.Movements >= renewAfter, s.reset && s.next() == nil, run.GetContinueAsNewSuggested():
			s.leaving = true
			if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
			in.Redemptions, in.Movements, in.Forgotten = s.redemptions, s.movements, s.forgotten
			return workflow.NewContinueAsNewError(ctx, SpendCardType, in)
		}
	}
}

// spendCard is a card that is spent.
type spendCard struct {
	in SpendCardInput
	// redemptions are all that are kept, oldest first.
	redemptions []*Redemption
	// movements is the number of requests to the issuer so far, and answers the first answer to each of this run.
	movements int
	answers   map[int]spending.Answer
	// forgotten is when the latest redemption was taken in that is no longer kept.
	forgotten time.Time
	// reset reports whether a reset created this run.
	reset bool

	// lingering is the number of updates that wait for what becomes of them, and leaving ends that, because the history begins
	// anew.
	lingering int
	leaving   bool

	callbacks, resolutions workflow.ReceiveChannel
}

// serve takes in what checkouts ask for, and answers questions.
func (s *spendCard) serve(ctx workflow.Context) error {
	timely := func(ctx workflow.Context, until time.Time) error {
		if workflow.Now(ctx).After(until) {
			return temporal.NewNonRetryableApplicationError("the update is too late: nobody waits for it any more", TooLateError, nil)
		}
		return nil
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, SpendUpdate,
		func(ctx workflow.Context, u SpendUpdateInput) (*Redemption, error) {
			r := s.ask(workflow.Now(ctx).UTC(), u.SpendRequest)
			return r, s.linger(ctx, func() bool { return r.State == redemption.Accepted })
		},
		workflow.UpdateHandlerOptions{Validator: func(ctx workflow.Context, u SpendUpdateInput) error {
			if s.redemption(u.ID) == nil && !u.ClaimedAt.IsZero() && !u.ClaimedAt.After(s.forgotten) {
				return temporal.NewNonRetryableApplicationError("redemption "+u.ID+" may no longer be kept", ForgottenError, nil)
			}
			return timely(ctx, u.Until)
		}},
	); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, ReverseUpdate,
		func(ctx workflow.Context, u ReverseUpdateInput) (*Redemption, error) {
			r := s.askBack(workflow.Now(ctx).UTC(), s.redemption(u.ID), u.ReversalID)
			return r, s.linger(ctx, func() bool {
				return r.Reversal.ID == u.ReversalID && r.Reversal.State == redemption.Accepted
			})
		},
		workflow.UpdateHandlerOptions{Validator: func(ctx workflow.Context, u ReverseUpdateInput) error {
			if s.redemption(u.ID) == nil {
				return temporal.NewNonRetryableApplicationError("the card has no redemption "+u.ID, NoRedemptionError, nil)
			}
			return timely(ctx, u.Until)
		}},
	); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, RedemptionQuery, func(id string) (*Redemption, error) {
		return s.redemption(id), nil
	}); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, RedemptionsQuery, func() ([]*Redemption, error) { return s.redemptions, nil })
}

// linger waits as long as something is open, for a checkout that waits for it. Temporal has ten updates of a workflow in flight at
// most, so that only a few wait; the other checkouts ask again.
func (s *spendCard) linger(ctx workflow.Context, open func() bool) error {
	if s.lingering >= maxLingering {
		return nil
	}
	s.lingering++
	defer func() { s.lingering-- }()
	return workflow.Await(ctx, func() bool { return s.leaving || !open() })
}

// redemption returns the redemption with an ID; nil if there is none.
func (s *spendCard) redemption(id string) *Redemption {
	for _, r := range s.redemptions {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// ask puts a redemption into the queue.
func (s *spendCard) ask(now time.Time, asked SpendRequest) *Redemption {
	if r := s.redemption(asked.ID); r != nil {
		return r
	}
	waiting := 0
	for _, r := range s.redemptions {
		if r.State == redemption.Accepted {
			waiting++
		}
	}
	r := &Redemption{
		Redemption: redemption.Redemption{
			ID: asked.ID, State: redemption.Accepted, Amount: asked.Amount, Currency: asked.Currency, Order: asked.Order,
			AcceptedAt: now,
		},
		Client: asked.Client, Partial: asked.Partial,
	}
	if waiting >= maxQueue {
		r.decline(now, redemption.CardBusy)
	}
	s.redemptions = append(s.redemptions, r)
	return r
}

// askBack puts a reversal into the queue, unless there is one already that has not failed.
func (s *spendCard) askBack(now time.Time, r *Redemption, id string) *Redemption {
	if r.Reversal == nil || r.Reversal.ID != id && r.Reversal.State == redemption.Declined {
		r.Reversal = &Reversal{ID: id, State: redemption.Accepted, AskedAt: now}
	}
	return r
}

// next returns what is to be done next: of all that can be done now, what was asked for first. It returns nil if there is
// nothing.
func (s *spendCard) next() movement {
	var first movement
	for _, r := range s.redemptions {
		var m movement
		switch back := r.Reversal; {
		case r.State == redemption.Accepted:
			m = spend{r}
		// As long as it is unknown whether an amount was taken, it is not given back.
		case back != nil && back.State == redemption.Accepted && r.State != redemption.Unknown:
			m = reverse{r}
		default:
			continue
		}
		if first == nil || m.askedAt().Before(first.askedAt()) {
			first = m
		}
	}
	return first
}

// unknown reports whether a person has to find out what became of an amount.
func (s *spendCard) unknown() bool {
	for _, r := range s.redemptions {
		if r.State == redemption.Unknown || r.Reversal != nil && r.Reversal.State == redemption.Unknown {
			return true
		}
	}
	return false
}

// await waits until something is true, for at most a time. It takes in callbacks, and what people have found out. They stay in
// their channels until then, so that none is lost when the history begins anew.
func (s *spendCard) await(ctx workflow.Context, most time.Duration, until func() bool) error {
	over, passed := workflow.Now(ctx).Add(most), most <= 0
	for !passed && !until() {
		// The timer is stopped as soon as it is not needed: one that fires later costs a workflow task.
		timed, stop := workflow.WithCancel(ctx)
		timer := workflow.NewTimer(timed, over.Sub(workflow.Now(ctx)))
		err := workflow.Await(ctx, func() bool {
			return timer.IsReady() || until() || s.callbacks.Len() > 0 || s.resolutions.Len() > 0
		})
		passed = timer.IsReady()
		stop()
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		s.hear(ctx)
	}
	return nil
}

// hear takes in the callbacks that have come, and what people have found out.
func (s *spendCard) hear(ctx workflow.Context) {
	for {
		var a DeferredAnswer
		if !s.callbacks.ReceiveAsync(&a) {
			break
		}
		s.take(ctx, a)
	}
	for {
		var r RedemptionResolution
		if !s.resolutions.ReceiveAsync(&r) {
			return
		}
		s.resolve(ctx, r)
	}
}

// hurried returns a pause as it is where everything runs faster.
func (s *spendCard) hurried(pause time.Duration) time.Duration {
	return pause / time.Duration(max(s.in.Hurry, 1))
}
