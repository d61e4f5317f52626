package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// till is an issuer at which one card of 50 euros is spent.
type till struct {
	*mint

	mu       sync.Mutex
	standing issuer.Standing
	// away is why the issuer does not show the card.
	away error
	// move says what becomes of a request, which counts from 1.
	move func(step issuer.Step, m issuer.Movement, n int) error
	now  func() time.Time

	requests int
	// moved are the redemptions whose amount was taken, and given back, with how often.
	taken, given map[string]int
	// least is the least that was ever on the card.
	least int64
	// answers are what the workflow has answered to updates, by ID, and refused the kinds with which it has refused them.
	answers map[string]*workflows.Redemption
	refused map[string]string
}

func newTill(t *testing.T) *till {
	t.Helper()
	v := &till{
		mint: newMint(t), least: fifty.Hundredths, now: func() time.Time { return noon },
		standing: issuer.Standing{Known: true, Active: true, Value: fifty, Original: fifty, InParts: true},
		taken:    map[string]int{}, given: map[string]int{},
		answers: map[string]*workflows.Redemption{}, refused: map[string]string{},
	}
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		v.works(step, m)
		v.calls(step, n, issuer.Answer{OK: true})
		return nil
	}
	v.RegisterActivity(&spending.Tills{
		Issuers:   map[string]issuer.Abilities{"acme": {Issuer: v, Spender: v}},
		Callbacks: v.callbacks, Now: func() time.Time { return v.now() },
	})
	return v
}

func (v *till) Look(context.Context, issuer.Code) (issuer.Standing, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.standing, v.away
}

func (v *till) Spend(_ context.Context, m issuer.Movement) error {
	return v.asked(issuer.Spending, m)
}

func (*till) Reverses() bool { return true }

func (v *till) Reverse(_ context.Context, m issuer.Movement) error {
	return v.asked(issuer.Reversing, m)
}

func (v *till) asked(step issuer.Step, m issuer.Movement) error {
	n := v.attempt(m.Callback, step)
	v.mu.Lock()
	v.requests++
	v.mu.Unlock()
	return v.move(step, m, n)
}

// works moves an amount.
func (v *till) works(step issuer.Step, m issuer.Movement) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if step == issuer.Spending {
		v.taken[m.Reference]++
		v.standing.Value.Hundredths -= m.Amount.Hundredths
	} else {
		v.given[m.Reference]++
		v.standing.Value.Hundredths += m.Amount.Hundredths
	}
	v.least = min(v.least, v.standing.Value.Hundredths)
}

// calls sends a callback.
func (v *till) calls(step issuer.Step, n int, a issuer.Answer) {
	v.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{Step: step, Attempt: n, Answer: a})
}

// otherTill takes an amount without us.
func (v *till) otherTill(hundredths int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.standing.Value.Hundredths -= hundredths
}

// update sends an update at a time after the start, and notes its answer.
func (v *till) update(at time.Duration, name, id string, in any) {
	v.after(at, func() {
		v.UpdateWorkflow(name, "update-"+id, &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) {
				app, ok := errors.AsType[*temporal.ApplicationError](err)
				if !ok {
					panic(err)
				}
				v.refused[id] = app.Type()
			},
			OnComplete: func(out any, err error) {
				if err != nil {
					panic(err)
				}
				r := *out.(*workflows.Redemption)
				v.answers[id] = &r
			},
		}, in)
	})
}

// spends asks for an amount at a time after the start.
func (v *till) spends(at time.Duration, id, amount string) {
	v.update(at, workflows.SpendUpdate, id, spendOf(at, id, amount))
}

func spendOf(at time.Duration, id, amount string) workflows.SpendUpdateInput {
	return workflows.SpendUpdateInput{
		SpendRequest: workflows.SpendRequest{ID: id, Client: "shop", Order: "#2001", Amount: amount, Currency: "EUR"},
		Until:        noon.Add(at + 3*time.Second),
	}
}

// reverses asks for an amount back at a time after the start.
func (v *till) reverses(at time.Duration, id, reversalID string) {
	v.update(at, workflows.ReverseUpdate, reversalID, workflows.ReverseUpdateInput{
		ID: id, ReversalID: reversalID, Until: noon.Add(at + 3*time.Second),
	})
}

// resolves says at a time after the start what a person has found out.
func (v *till) resolves(at time.Duration, id string, moved bool) {
	v.after(at, func() {
		v.SignalWorkflow(workflows.ResolveSignal, workflows.RedemptionResolution{ID: id, Moved: moved, By: "ana", Reason: "asked"})
	})
}

// open runs the workflow to its end, and returns the redemptions that it has at a time after its start.
func (v *till) open(t *testing.T, at time.Duration) map[string]*workflows.Redemption {
	t.Helper()
	var out map[string]*workflows.Redemption
	v.after(at, func() { out = v.redemptions(t) })
	v.ExecuteWorkflow(workflows.SpendCard, workflows.SpendCardInput{Card: spending.Card{Issuer: "acme", Code: "b-1"}})
	require.True(t, v.IsWorkflowCompleted())
	require.NoError(t, v.GetWorkflowError())
	return out
}

// requireState checks what became of a redemption.
func requireState(t *testing.T, r *workflows.Redemption, s redemption.State, p redemption.Type) {
	t.Helper()
	require.NotNil(t, r)
	require.Equal(t, s, r.State)
	if p == "" {
		require.Nil(t, r.Problem)
	} else {
		require.Equal(t, p, r.Problem.Type)
	}
}

// A redemption takes one request, and the answer to the checkout does not wait for it.
func TestSpendCard(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "20.00")
	v.spends(time.Second, "r-1", "20.00")
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	require.Equal(t, "20.00", all["r-1"].Taken)
	require.Equal(t, 1, all["r-1"].Movement)
	require.Equal(t, 1, v.requests)
	require.Equal(t, int64(3000), v.standing.Value.Hundredths)
	require.Equal(t, redemption.Succeeded, v.answers["r-1"].State, "the same ID again finds what became of it")
}

// Two checkouts at the same moment cannot spend the same money.
func TestSpendCardInTurn(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "30.00")
	v.spends(0, "r-2", "30.00")
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	requireState(t, all["r-2"], redemption.Declined, redemption.InsufficientBalance)
	require.Equal(t, "20.00", all["r-2"].Problem.Available)
	require.Empty(t, all["r-2"].Taken)
	require.Equal(t, 1, v.requests)
}

// What a card does not allow is declined without asking the issuer for it.
func TestSpendCardDeclines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		with func(v *till, in *workflows.SpendUpdateInput)
		want redemption.Type
	}{
		"inactive":       {func(v *till, _ *workflows.SpendUpdateInput) { v.standing.Active = false }, redemption.CardNotUsable},
		"unknown":        {func(v *till, _ *workflows.SpendUpdateInput) { v.standing = issuer.Standing{} }, redemption.CardNotUsable},
		"expired":        {func(v *till, _ *workflows.SpendUpdateInput) { v.standing.ValidUntil = noon }, redemption.CardExpired},
		"other currency": {func(_ *till, in *workflows.SpendUpdateInput) { in.Currency = "USD" }, redemption.CurrencyMismatch},
		"not a number":   {func(_ *till, in *workflows.SpendUpdateInput) { in.Amount = "1e3" }, redemption.InvalidRequest},
		"nothing":        {func(_ *till, in *workflows.SpendUpdateInput) { in.Amount = "0.00" }, redemption.InvalidRequest},
		"a look that cannot be read": {func(v *till, _ *workflows.SpendUpdateInput) {
			v.away = giftcard.Errorf(giftcard.UnexpectedResponse, "no JSON")
		}, redemption.IssuerUnavailable},
		"not in parts": {func(v *till, _ *workflows.SpendUpdateInput) { v.standing.InParts = false }, redemption.PartialUseNotAllowed},
		"too much":     {func(_ *till, in *workflows.SpendUpdateInput) { in.Amount = "50.01" }, redemption.InsufficientBalance},
		"away":         {func(v *till, _ *workflows.SpendUpdateInput) { v.away = errors.New("away") }, redemption.IssuerUnavailable},
		"no worker in time": {func(v *till, _ *workflows.SpendUpdateInput) {
			v.now = func() time.Time { return noon.Add(time.Minute) }
		}, redemption.IssuerUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTill(t)
			in := spendOf(0, "r-1", "20.00")
			test.with(v, &in)
			v.update(0, workflows.SpendUpdate, "r-1", in)
			all := v.open(t, time.Hour)
			requireState(t, all["r-1"], redemption.Declined, test.want)
			require.Empty(t, all["r-1"].Taken)
			require.Zero(t, v.requests)
		})
	}
}

// A shop that takes what there is gets the rest of the card.
func TestSpendCardPartly(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	in := spendOf(0, "r-1", "80.00")
	in.Partial = true
	v.update(0, workflows.SpendUpdate, "r-1", in)
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	require.Equal(t, "50.00", all["r-1"].Taken)
	require.Zero(t, v.standing.Value.Hundredths)
}

// An update that comes when nobody waits for it any more spends nothing.
func TestSpendCardTooLate(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	late := spendOf(0, "r-1", "20.00")
	late.Until = noon.Add(4 * time.Second)
	v.update(5*time.Second, workflows.SpendUpdate, "r-1", late)
	v.update(5*time.Second, workflows.ReverseUpdate, "v-1", workflows.ReverseUpdateInput{ID: "r-1", ReversalID: "v-1"})
	all := v.open(t, 30*time.Second)
	require.Empty(t, all)
	require.Equal(t, map[string]string{"r-1": workflows.TooLateError, "v-1": workflows.NoRedemptionError}, v.refused)
	require.Zero(t, v.requests)
}

// Without a callback, the balance tells. A request of which nothing is seen is left to people, and stays reserved.
func TestSpendCardWithoutCallback(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		switch n {
		case 1:
			v.after(20*time.Second, func() { v.works(step, m) })
			return &issuer.Error{Effect: issuer.Unclear, Err: errors.New("the connection broke")}
		case 2:
			return &issuer.Error{Effect: issuer.Unclear, Err: errors.New("the connection broke")}
		}
		v.works(step, m)
		v.calls(step, n, issuer.Answer{OK: true})
		return nil
	}
	v.spends(0, "r-1", "10.00")
	v.spends(time.Minute, "r-2", "25.00")
	v.spends(2*time.Minute, "r-3", "1.00")
	v.spends(time.Hour, "r-4", "30.00")
	v.spends(time.Hour, "r-5", "15.00")
	v.spends(time.Hour+time.Minute, "r-6", "50.00")
	v.reverses(2*time.Hour, "r-2", "v-2")
	v.resolves(3*time.Hour, "r-2", false)
	v.spends(4*time.Hour, "r-7", "25.00")
	all := v.open(t, 5*time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	requireState(t, all["r-3"], redemption.Declined, redemption.CardBusy)
	requireState(t, all["r-4"], redemption.Declined, redemption.CardBusy)
	requireState(t, all["r-5"], redemption.Succeeded, "")
	requireState(t, all["r-6"], redemption.Declined, redemption.InsufficientBalance)
	require.Equal(t, "0.00", all["r-6"].Problem.Available)
	requireState(t, all["r-2"], redemption.Declined, redemption.IssuerUnavailable)
	require.Equal(t, "ana", all["r-2"].Resolved.By)
	require.Equal(t, redemption.Succeeded, all["r-2"].Reversal.State, "nothing was taken, so there is nothing to give back")
	requireState(t, all["r-7"], redemption.Succeeded, "")
	require.Equal(t, map[string]int{"r-1": 1, "r-5": 1, "r-7": 1}, v.taken)
	require.Empty(t, v.given)
	require.Zero(t, v.standing.Value.Hundredths)
	require.Equal(t, int64(1), v.counted.of(workflows.UnknownRedemptions))
}

// A callback that says that a request has failed settles it, unless the card shows that it has not.
func TestSpendCardRefused(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		if n == 2 {
			v.works(step, m)
		}
		v.calls(step, n, issuer.Answer{Kind: giftcard.CardDeclined, Message: "non va"})
		return nil
	}
	v.spends(0, "r-1", "10.00")
	v.spends(time.Minute, "r-2", "10.00")
	v.resolves(24*time.Hour, "r-2", true)
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Declined, redemption.CardNotUsable)
	requireState(t, all["r-2"], redemption.Unknown, "")
}

// What was taken is given back once, and only if it was taken.
func TestSpendCardReverses(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "20.00")
	v.reverses(time.Second, "r-1", "v-1")
	v.reverses(time.Minute, "r-1", "v-2")
	v.spends(2*time.Minute, "r-2", "60.00")
	v.reverses(3*time.Minute, "r-2", "v-3")
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Reversed, "")
	require.Equal(t, "v-1", all["r-1"].Reversal.ID)
	require.Equal(t, "v-1", v.answers["v-2"].Reversal.ID, "the second attempt finds the first")
	requireState(t, all["r-2"], redemption.Declined, redemption.InsufficientBalance)
	require.Equal(t, map[string]int{"r-1": 1}, v.given)
	require.Equal(t, fifty, v.standing.Value)
}

// Another till's purchase between the look and the request is no reason to tell a shop that it has its money.
func TestSpendCardBesideAnotherTill(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		v.otherTill(4500)
		if n == 1 { // The issuer refuses what there is no money for.
			v.calls(step, n, issuer.Answer{Kind: giftcard.CardDeclined, Message: "saldo"})
			return nil
		}
		v.works(step, m) // The issuer lets it through.
		v.calls(step, n, issuer.Answer{OK: true})
		return nil
	}
	v.spends(0, "r-1", "20.00")
	v.spends(time.Minute, "r-2", "5.00")
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Declined, redemption.CardNotUsable)
	requireState(t, all["r-2"], redemption.Succeeded, "")
	require.Equal(t, int64(1), v.counted.of(workflows.CardsBelowZero))
	require.Equal(t, []string{"", "-45.00"}, []string{all["r-1"].BelowZero, all["r-2"].BelowZero})
}

// The workflow ends once nothing has to be kept: what was declined for two days, what was taken for thirty.
func TestSpendCardEnds(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "20.00")
	v.spends(time.Minute, "r-2", "60.00")
	at := map[string][]string{}
	for name, d := range map[string]time.Duration{"soon": time.Hour, "later": 72 * time.Hour} {
		v.after(d, func() {
			for id := range v.redemptions(t) {
				at[name] = append(at[name], id)
			}
		})
	}
	v.open(t, time.Hour)
	slices.Sort(at["soon"])
	require.Equal(t, map[string][]string{"soon": {"r-1", "r-2"}, "later": {"r-1"}}, at)
	require.Equal(t, 30*24*time.Hour, v.Now().Sub(noon).Truncate(time.Hour))
}

// A callback only says when to look: what the card shows decides.
func TestSpendCardLooksAfterCallback(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		if n == 1 { // It shows late.
			v.after(time.Minute, func() { v.works(step, m) })
		}
		v.calls(step, n, issuer.Answer{OK: true})
		return nil
	}
	v.spends(0, "r-1", "10.00")
	v.after(30*time.Second, func() { requireState(t, v.redemptions(t)["r-1"], redemption.Accepted, "") })
	v.spends(10*time.Minute, "r-2", "10.00")
	v.resolves(24*time.Hour, "r-2", false)
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	requireState(t, all["r-2"], redemption.Unknown, "")
}

// Five checkouts wait for what becomes of their amounts. The others are told at once that theirs is accepted.
func TestSpendCardAnswersCrowds(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		v.after(time.Second, func() {
			v.works(step, m)
			v.calls(step, n, issuer.Answer{OK: true})
		})
		return nil
	}
	for i := range 7 {
		v.spends(0, fmt.Sprintf("r-%d", i), "1.00")
	}
	early := map[string]redemption.State{}
	v.after(time.Second/2, func() {
		for id, r := range v.answers {
			early[id] = r.State
		}
	})
	all := v.open(t, time.Hour)
	require.Equal(t, map[string]redemption.State{"r-5": redemption.Accepted, "r-6": redemption.Accepted}, early)
	for id, r := range all {
		requireState(t, r, redemption.Succeeded, "")
		if early[id] == "" {
			requireState(t, v.answers[id], redemption.Succeeded, "")
		}
	}
	require.Len(t, all, 7)
}

// As long as it is unknown what became of one amount, the balance says nothing about another one.
func TestSpendCardTrustsNoBalanceBesideTheUnknown(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	var marked []string
	v.OnUpsertTypedSearchAttributes(mock.Anything).Maybe().Return(nil)
	v.OnGetVersion("unknown-redemption", workflow.DefaultVersion, 1).Maybe().Run(func(args mock.Arguments) {
		marked = append(marked, args.String(0))
	}).Return(workflow.Version(1))
	var first issuer.Movement
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		if n == 1 {
			first = m
			return nil // Nothing is heard of it, and nothing to be seen.
		}
		v.works(step, first) // It comes about now, while nothing becomes of the second one.
		return nil
	}
	v.spends(0, "r-1", "10.00")
	v.spends(time.Hour, "r-2", "10.00")
	v.after(time.Hour/2, func() { require.Len(t, marked, 1, "people find the card") })
	v.resolves(24*time.Hour, "r-1", true)
	v.resolves(24*time.Hour, "r-2", false)
	all := v.open(t, 2*time.Hour)
	requireState(t, all["r-1"], redemption.Unknown, "")
	requireState(t, all["r-2"], redemption.Unknown, "")
	require.Equal(t, 2, v.requests)
}

// The first answer to a request counts. A second one that says otherwise changes nothing.
func TestSpendCardHearsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "20.00")
	v.after(time.Minute, func() { v.calls(issuer.Spending, 1, issuer.Answer{Kind: giftcard.CardDeclined, Message: "saldo"}) })
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	require.False(t, all["r-1"].Contradicted)
}

// What a person says counts only of what is unknown.
func TestSpendCardKnowsBetter(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	v.spends(0, "r-1", "20.00")
	v.resolves(time.Minute, "r-1", false)
	v.resolves(time.Minute, "r-2", false) // There is none.
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Succeeded, "")
	require.Nil(t, all["r-1"].Resolved)
}

// A worker that dies may have asked. So nobody asks again, and a person finds out.
func TestSpendCardAsksOnce(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	asked := 0
	v.OnActivity((*spending.Tills)(nil).MoveAmount, mock.Anything, mock.Anything).Return(
		func(context.Context, spending.MoveAmountInput) (spending.MoveAmountResult, error) {
			asked++
			return spending.MoveAmountResult{}, errors.New("the worker has died")
		})
	v.spends(0, "r-1", "20.00")
	v.resolves(24*time.Hour, "r-1", false)
	all := v.open(t, time.Hour)
	requireState(t, all["r-1"], redemption.Unknown, "")
	require.Equal(t, 1, asked)
}

// However often a card is spent, its history stays short: it begins anew, with what is kept.
func TestSpendCardBeginsAnew(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	for i := range 101 {
		v.spends(time.Duration(i)*time.Minute/2, fmt.Sprintf("r-%d", i), "0.10")
	}
	v.spends(99*time.Minute/2, "r-next", "0.10") // It waits for its turn, and so does the update.
	v.ExecuteWorkflow(workflows.SpendCard, workflows.SpendCardInput{Card: spending.Card{Issuer: "acme", Code: "b-1"}})
	anew, ok := errors.AsType[*workflow.ContinueAsNewError](v.GetWorkflowError())
	require.True(t, ok, "%v", v.GetWorkflowError())
	require.Equal(t, workflows.SpendCardType, anew.WorkflowType.Name)
	var next workflows.SpendCardInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(anew.Input, &next))
	require.Len(t, next.Redemptions, 101)
	requireState(t, next.Redemptions[100], redemption.Accepted, "")
	requireState(t, v.answers["r-next"], redemption.Accepted, "")
	require.Equal(t, 100, next.Movements)
	require.Equal(t, 100, v.requests)
	requireState(t, next.Redemptions[99], redemption.Succeeded, "")
	require.Zero(t, next.Forgotten)

	again := newTill(t)
	again.standing.Value.Hundredths = 4000
	again.spends(0, "r-0", "0.10")
	again.spends(time.Second, "r-101", "0.10")
	again.after(time.Hour, func() { requireState(t, again.redemptions(t)["r-101"], redemption.Succeeded, "") })
	again.ExecuteWorkflow(workflows.SpendCard, next)
	require.NoError(t, again.GetWorkflowError())
	require.Equal(t, 2, again.requests, "what was asked for before is not asked for again")
	require.Equal(t, "0.10", again.answers["r-0"].Taken)
}

// A card remembers a thousand redemptions. A key that is older than what it has forgotten is refused, because the amount may
// have been taken; a new one is not.
func TestSpendCardRefusesForgottenKeys(t *testing.T) {
	t.Parallel()
	v := newTill(t)
	in := workflows.SpendCardInput{Card: spending.Card{Issuer: "acme", Code: "b-1"}}
	for i := range 1001 {
		at := noon.Add(time.Duration(i-2000) * time.Second)
		in.Redemptions = append(in.Redemptions, &workflows.Redemption{Redemption: redemption.Redemption{
			ID: fmt.Sprintf("r-%d", i), State: redemption.Succeeded, Amount: "0.10", Taken: "0.10", Currency: "EUR",
			AcceptedAt: at, SettledAt: at,
		}})
	}
	claimed := func(at time.Duration, id string, by time.Time) {
		u := spendOf(at, id, "0.10")
		u.ClaimedAt = by
		v.update(at, workflows.SpendUpdate, id, u)
	}
	forgotten := in.Redemptions[0].AcceptedAt
	v.spends(0, "r-1001", "0.10") // The workflow forgets once it has done something.
	claimed(time.Minute, "r-0", forgotten.Add(-time.Second))
	claimed(time.Minute, "r-1000", forgotten.Add(-time.Second)) // It is kept.
	claimed(2*time.Minute, "r-new", forgotten.Add(time.Minute))
	v.ExecuteWorkflow(workflows.SpendCard, in)
	require.NoError(t, v.GetWorkflowError())
	require.Equal(t, map[string]string{"r-0": workflows.ForgottenError}, v.refused)
	require.Equal(t, "0.10", v.answers["r-1000"].Taken)
	require.Equal(t, redemption.Succeeded, v.answers["r-new"].State)
	require.Equal(t, 2, v.requests)
}
