package workflows

import (
	"cmp"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

// movement is an amount that is taken off a card, or given back.
type movement interface {
	of() *Redemption
	step() spending.Step
	askedAt() time.Time
	// number returns the number of the request to the issuer; zero if there was none. begin sets it.
	number() int
	begin(number int, amount giftcard.Money)
	// state returns what is known about it, and settle sets that.
	state() redemption.State
	settle(at time.Time, s redemption.State, p redemption.Type)
	// should returns what has to be on the card afterwards.
	should(before, amount int64) int64
	// sure reports whether a balance confirms what the issuer's callback says: that the amount was moved.
	sure(balance, should int64) bool
}

type spend struct{ r *Redemption }

func (m spend) of() *Redemption         { return m.r }
func (m spend) step() spending.Step     { return spending.Spending }
func (m spend) askedAt() time.Time      { return m.r.AcceptedAt }
func (m spend) number() int             { return m.r.Movement }
func (m spend) state() redemption.State { return m.r.State }

func (m spend) begin(number int, amount giftcard.Money) {
	m.r.Movement, m.r.Taken = number, amount.Amount()
}

func (m spend) settle(at time.Time, s redemption.State, p redemption.Type) {
	m.r.State, m.r.SettledAt = s, at.UTC()
	if s == redemption.Declined {
		m.r.Taken, m.r.Problem = "", &redemption.Problem{Type: p}
	}
}

func (m spend) should(before, amount int64) int64 { return before - amount }
func (m spend) sure(balance, should int64) bool   { return balance <= should }

type reverse struct{ r *Redemption }

func (m reverse) of() *Redemption         { return m.r }
func (m reverse) step() spending.Step     { return spending.Reversing }
func (m reverse) askedAt() time.Time      { return m.r.Reversal.AskedAt }
func (m reverse) number() int             { return m.r.Reversal.Movement }
func (m reverse) state() redemption.State { return m.r.Reversal.State }

func (m reverse) begin(number int, _ giftcard.Money) { m.r.Reversal.Movement = number }

func (m reverse) settle(at time.Time, s redemption.State, p redemption.Type) {
	m.r.Reversal.State, m.r.Reversal.Problem, m.r.Reversal.SettledAt = s, p, at.UTC()
	if s == redemption.Succeeded && m.r.State == redemption.Succeeded {
		m.r.State = redemption.Reversed
	}
}

func (m reverse) should(before, amount int64) int64 { return before + amount }
func (m reverse) sure(balance, should int64) bool   { return balance >= should }

func (r *Redemption) decline(at time.Time, p redemption.Type) {
	spend{r}.settle(at, redemption.Declined, p)
}

// The pauses between looks at a card of which a movement is open.
const (
	// A callback usually comes within a second, so the first look without one may wait.
	firstUntold = 2 * time.Second
	firstTold   = time.Second
	lastUntold  = 30 * time.Second
)

// run does a movement, and returns once it is certain what has become of it, or that a person has to find out.
func (s *spendCard) run(ctx workflow.Context, m movement) error {
	if s.reset {
		s.leave(ctx, m)
		return nil
	}
	amount, before, err := s.judge(ctx, m)
	if err != nil || amount.Hundredths == 0 {
		return err
	}
	s.movements++
	n := s.movements
	m.begin(n, amount)
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Asking the issuer to move an amount, request %d.", n))
	out, err := call(once(ctx), tills.MoveAmount, spending.MoveAmountInput{
		Card: s.in.Card, Step: m.step(), Amount: amount.Amount(), Currency: amount.Currency, Reference: m.of().ID, Number: n,
		NotAfter: s.sendUntil(ctx, m),
	}).get(ctx)
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err == nil && out.Refused != "":
		m.settle(workflow.Now(ctx), redemption.Declined, problemOf(out.Refused))
		return nil
	}
	// Whatever else has happened, the request may have been sent.
	return s.watch(ctx, m, amount, before)
}

// sendUntil returns until when the issuer may be asked for a movement. Nobody has to wait for a reversal.
func (s *spendCard) sendUntil(ctx workflow.Context, m movement) time.Time {
	if m.step() == spending.Reversing {
		return workflow.Now(ctx).Add(MaxIssueTime)
	}
	return m.askedAt().Add(sendWithin)
}

// judge looks at the card, and decides how much is moved. It returns zero if it has declined the movement; otherwise also what
// is on the card.
func (s *spendCard) judge(ctx workflow.Context, m movement) (amount giftcard.Money, before int64, err error) {
	decline := func(p redemption.Type) (giftcard.Money, int64, error) {
		m.settle(workflow.Now(ctx), redemption.Declined, p)
		return giftcard.Money{}, 0, nil
	}
	r := m.of()
	back := m.step() == spending.Reversing
	if back && r.Taken == "" {
		m.settle(workflow.Now(ctx), redemption.Succeeded, "")
		return giftcard.Money{}, 0, nil
	}
	if !back && workflow.Now(ctx).After(s.sendUntil(ctx, m)) {
		return decline(redemption.CardBusy)
	}
	funds, err := s.look(ctx)
	switch {
	case temporal.IsCanceledError(err):
		return giftcard.Money{}, 0, err
	case err != nil:
		kind, _ := cause(err)
		return decline(problemOf(kind))
	}
	now := workflow.Now(ctx)
	balance, err := giftcard.ParseMoney(funds.Balance, funds.Currency)
	wanted, bad := giftcard.ParseMoney(cmp.Or(r.Taken, r.Amount), r.Currency)
	switch {
	case bad != nil || wanted.Hundredths <= 0:
		return decline(redemption.InvalidRequest)
	case back && err == nil && balance.Currency == wanted.Currency:
		return wanted, balance.Hundredths, nil
	case !funds.Active || err != nil:
		return decline(redemption.CardNotUsable)
	case !funds.ValidUntil.IsZero() && !now.Before(funds.ValidUntil):
		return decline(redemption.CardExpired)
	case balance.Currency != wanted.Currency:
		return decline(redemption.CurrencyMismatch)
	}
	take, problem := r.takes(wanted.Hundredths, balance.Hundredths, s.reserved(), funds.InParts)
	if problem != "" {
		amount, before, err = decline(problem)
		if problem == redemption.InsufficientBalance {
			free := giftcard.Money{Hundredths: max(balance.Hundredths-s.reserved(), 0), Currency: balance.Currency}
			r.Problem.Available, r.Problem.Currency = free.Amount(), free.Currency
		}
		return amount, before, err
	}
	return giftcard.Money{Hundredths: take, Currency: balance.Currency}, balance.Hundredths, nil
}

// takes returns how much is taken of a balance of which an amount is reserved, or why nothing is.
func (r *Redemption) takes(wanted, balance, reserved int64, inParts bool) (int64, redemption.Type) {
	free := balance - reserved
	take := wanted
	switch {
	case wanted <= free:
	case wanted <= balance, r.Partial && free <= 0 && balance > 0:
		// What is reserved may turn out not to have been taken.
		return 0, redemption.CardBusy
	case r.Partial && free > 0:
		take = free
	default:
		return 0, redemption.InsufficientBalance
	}
	if take < balance && !inParts {
		return 0, redemption.PartialUseNotAllowed
	}
	return take, ""
}

// reserved returns the sum of the amounts of which it is unknown whether they were taken.
func (s *spendCard) reserved() int64 {
	sum := int64(0)
	for _, r := range s.redemptions {
		if open, err := r.Reserved(); err == nil && r.State == redemption.Unknown {
			sum += open.Hundredths
		}
	}
	return sum
}

// watch waits until it is certain what has become of a movement that may have been sent.
func (s *spendCard) watch(ctx workflow.Context, m movement, amount giftcard.Money, before int64) error {
	n, began := m.number(), workflow.Now(ctx)
	should := m.should(before, amount.Hundredths)
	told, looks := false, 0
	for {
		pause := growing(firstUntold, lastUntold, looks)
		if told {
			pause = growing(firstTold, lastUntold, looks)
		}
		if err := s.await(ctx, s.hurried(pause), func() bool {
			_, now := s.answers[n]
			return m.state() != redemption.Accepted || now && !told
		}); err != nil || m.state() != redemption.Accepted {
			return err
		}
		answer, now := s.answers[n]
		if looks++; now && !told {
			told, looks = true, 0
		}
		balance, err := s.balance(ctx, m)
		if temporal.IsCanceledError(err) {
			return err
		}
		at := workflow.Now(ctx)
		switch {
		case err != nil:
		// Without a callback, the balance tells only if nothing else is open that could have changed it.
		case told && answer.OK && m.sure(balance, should), !told && balance == should && !s.unknown():
			m.settle(at, redemption.Succeeded, "")
			return nil
		case told && !answer.OK && balance != should:
			m.settle(at, redemption.Declined, problemOf(answer.Kind))
			return nil
		}
		if at.Sub(began) >= s.hurried(spendPatience) {
			s.leave(ctx, m)
			return nil
		}
	}
}

// leave leaves a movement to people.
func (s *spendCard) leave(ctx workflow.Context, m movement) {
	if m.of().Taken == "" {
		m.of().Taken = m.of().Amount
	}
	m.settle(workflow.Now(ctx), redemption.Unknown, "")
	markUnknown(ctx)
	workflow.GetMetricsHandler(ctx).Counter(UnknownRedemptions).Inc(1)
	workflow.GetLogger(ctx).Warn("it is unknown whether the issuer has moved an amount: a person has to find out",
		"redemption", m.of().ID)
}

// UnknownRedemptions is the metric that counts amounts of which it is unknown whether they were taken off a card, or given
// back to it.
const UnknownRedemptions = "giftbridge_unknown_redemptions"

// UnknownRedemption is what the search attribute TemporalChangeVersion holds of a card with an amount of which it is, or was,
// unknown whether it was moved. So these cards are listed by one query.
const UnknownRedemption = unknownChange + "-1"

const unknownChange = "unknown-redemption"

// markUnknown marks a card for people to find.
func markUnknown(ctx workflow.Context) {
	workflow.GetVersion(ctx, unknownChange, workflow.DefaultVersion, 1)
}

// take takes in a callback. The first answer to a request counts.
func (s *spendCard) take(ctx workflow.Context, a DeferredAnswer) {
	if a.Attempt < 1 || a.Attempt > s.movements {
		return
	}
	m := s.movement(a.Attempt)
	if m == nil || m.step() != a.Step {
		return
	}
	if _, known := s.answers[a.Attempt]; known {
		return
	}
	s.answers[a.Attempt] = a.Answer
	switch {
	case m.state() == redemption.Unknown && a.OK:
		m.settle(workflow.Now(ctx), redemption.Succeeded, "")
	case m.state() == redemption.Unknown:
		m.settle(workflow.Now(ctx), redemption.Declined, problemOf(a.Kind))
	case m.state() == redemption.Succeeded && !a.OK:
		// What the card has shown may have been the doing of another till.
		m.of().Contradicted = true
		markUnknown(ctx)
		workflow.GetMetricsHandler(ctx).Counter(UnknownRedemptions).Inc(1)
		workflow.GetLogger(ctx).Warn("the issuer says that it did not move an amount, though the card has shown it",
			"redemption", m.of().ID)
	}
}

// movement returns the movement with a number; nil if it is not kept any more.
func (s *spendCard) movement(number int) movement {
	for _, r := range s.redemptions {
		if r.Movement == number {
			return spend{r}
		}
		if r.Reversal != nil && r.Reversal.Movement == number {
			return reverse{r}
		}
	}
	return nil
}

// resolve takes in what a person has found out. It counts only as long as it is unknown.
func (s *spendCard) resolve(ctx workflow.Context, said RedemptionResolution) {
	r := s.redemption(said.ID)
	if r == nil {
		return
	}
	var m movement = spend{r}
	if said.Reversing {
		if r.Reversal == nil {
			return
		}
		m = reverse{r}
	}
	if m.state() != redemption.Unknown {
		return
	}
	said.At = workflow.Now(ctx).UTC()
	r.Resolved = &said
	if said.Moved {
		m.settle(said.At, redemption.Succeeded, "")
	} else {
		m.settle(said.At, redemption.Declined, redemption.IssuerUnavailable)
	}
}

// look asks for what is on the card. It is a local activity: it changes nothing, and people wait for it.
func (s *spendCard) look(ctx workflow.Context) (spending.LookAtFundsResult, error) {
	var out spending.LookAtFundsResult
	err := workflow.ExecuteLocalActivity(lookingAtFunds(ctx), tills.LookAtFunds, spending.LookAtFundsInput{Card: s.in.Card}).
		Get(ctx, &out)
	return out, err
}

// balance returns what is on the card while a movement is open, in hundredths. A balance below zero is the issuer's: it has let
// another till spend more than there was. People are told.
func (s *spendCard) balance(ctx workflow.Context, m movement) (int64, error) {
	funds, err := s.look(ctx)
	if err != nil {
		return 0, err
	}
	balance, err := giftcard.ParseMoney(funds.Balance, funds.Currency)
	if err == nil && balance.Hundredths < 0 && m.of().BelowZero == "" {
		m.of().BelowZero = balance.Amount()
		markUnknown(ctx)
		workflow.GetMetricsHandler(ctx).Counter(CardsBelowZero).Inc(1)
		workflow.GetLogger(ctx).Warn("the issuer shows a card below zero: more was spent than was on it", "redemption", m.of().ID)
	}
	return balance.Hundredths, err
}

// CardsBelowZero is the metric that counts redemptions after which a card was below zero.
const CardsBelowZero = "giftbridge_cards_below_zero"

// problemOf returns the problem that a shop is told of if a request has failed with a kind.
func problemOf(k giftcard.Kind) redemption.Type {
	switch k {
	case giftcard.InvalidRequest, giftcard.CardDeclined:
		return redemption.CardNotUsable
	default:
		return redemption.IssuerUnavailable
	}
}
