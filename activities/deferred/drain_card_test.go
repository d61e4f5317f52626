package deferred_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

// till is an issuer that takes the value of one card back, and the part of Temporal that this needs. It notes what is done.
type till struct {
	issuer.Deferred
	deferred.Temporal

	did []string
	// taken reports whether another run may take the value back, and claimErr why nobody can say.
	taken    bool
	claimErr error
	unknown  bool
	refusal  error
	shows    issuer.State
	away     error
	drained  deferred.Drained
}

const code = "2900000000016"

func (*till) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (s *till) CardOf(context.Context, deferred.Unit) (*deferred.Card, error) {
	if s.unknown {
		return nil, giftcard.Errorf(giftcard.InvalidRequest, "no card is on record for it")
	}
	return &deferred.Card{Code: code}, nil
}

func (s *till) ClaimDrain(_ context.Context, u deferred.Unit, by activities.WorkflowRun) (int, error) {
	if u.Key != secondOfThree().Key || by.WorkflowID == "" || by.RunID == "" {
		return 0, errors.New("another claim")
	}
	s.did = append(s.did, "claimed")
	if s.taken {
		return 0, s.claimErr
	}
	return 1, s.claimErr
}

func (s *till) Drained(context.Context, deferred.Unit) (deferred.Drained, error) {
	return s.drained, nil
}

func (s *till) Cancel(_ context.Context, c issuer.Cancellation) (issuer.State, error) {
	if c.Reference != code || c.Callback == "" {
		return issuer.State{}, errors.New("another card")
	}
	s.did = append(s.did, "asked")
	return issuer.State{}, s.refusal
}

func (s *till) Inspect(_ context.Context, _, reference string) (issuer.State, error) {
	if reference != code {
		return issuer.State{}, errors.New("another card")
	}
	return s.shows, s.away
}

func (s *till) abilities() issuer.Abilities {
	return issuer.Abilities{Issuer: s, Deferred: s, Inspector: s, Canceller: s}
}

// drainOf executes an activity with an issuer.
func drainOf[Out any](t *testing.T, s *till, by issuer.Abilities, name string, in any) (out Out, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	keys := token.Keys{{ID: "k", Secret: []byte(strings.Repeat("k", 32))}}
	env.RegisterActivity(&deferred.Cards{
		Issuers: map[string]issuer.Abilities{"acme": by}, Temporal: s,
		Callbacks: callback.New("https://receiver.example", keys),
	})
	value, err := env.ExecuteActivity(name, in)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	return out, err
}

// requireDrainFailed checks a failure, which names the order and never shows a code.
func requireDrainFailed(t *testing.T, err error, kind giftcard.Kind, says string) *temporal.ApplicationError {
	t.Helper()
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(kind), app.Type(), app.Message())
	require.Contains(t, app.Message(), "order #1001, card 2, ")
	require.Contains(t, app.Message(), says)
	require.NotContains(t, app.Message(), code)
	return app
}

// The value of a card is claimed for a run before the issuer is asked for it. What is said of a request that failed is whether
// it may have had an effect.
func TestDrainCard(t *testing.T) {
	t.Parallel()
	refused := func(effect issuer.Effect) error {
		return &issuer.Error{Effect: effect, Err: giftcard.Errorf(giftcard.CardDeclined, "something of it was spent")}
	}
	for name, tt := range map[string]struct {
		change  func(*till)
		without bool
		did     []string
		out     deferred.DrainCardResult
		kind    giftcard.Kind
		says    string
	}{
		"asked": {did: []string{"claimed", "asked"}, out: deferred.DrainCardResult{Attempt: 1}},
		"another run may have": {
			change: func(s *till) { s.taken = true }, did: []string{"claimed"}, out: deferred.DrainCardResult{Before: true},
		},
		"nobody knows who": {
			change: func(s *till) { s.claimErr = errors.New("Temporal is away") }, did: []string{"claimed"},
			kind: giftcard.Unavailable, says: "Temporal is away",
		},
		"no such card": {change: func(s *till) { s.unknown = true }, kind: giftcard.InvalidRequest, says: "no card is on record"},
		"refused": {
			change: func(s *till) { s.refusal = refused(issuer.None) }, did: []string{"claimed", "asked"},
			kind: giftcard.CardDeclined, says: "something of it was spent",
		},
		"answer lost": {
			change: func(s *till) { s.refusal = refused(issuer.Unclear) }, did: []string{"claimed", "asked"},
			out: deferred.DrainCardResult{Attempt: 1, Unclear: refused(issuer.Unclear).Error()},
		},
		"an issuer that cannot": {without: true, kind: giftcard.InvalidRequest, says: "Acme does not take the value of a card back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &till{}
			if tt.change != nil {
				tt.change(s)
			}
			by := s.abilities()
			if tt.without {
				by.Canceller = nil
			}
			in := deferred.DrainCardInput{Unit: secondOfThree().Unit}
			out, err := drainOf[deferred.DrainCardResult](t, s, by, "DrainCard", in)
			require.Equal(t, tt.did, s.did)
			require.Equal(t, tt.out, out)
			if tt.kind == "" {
				require.NoError(t, err)
				return
			}
			app := requireDrainFailed(t, err, tt.kind, tt.says)
			var said deferred.NotSent
			require.True(t, app.HasDetails())
			require.NoError(t, app.Details(&said))
			require.True(t, said.NotSent)
		})
	}
}

// A card is cancelled if it is empty and its value was taken back. A card that is empty because it was spent is spent.
func TestLookAtBalance(t *testing.T) {
	t.Parallel()
	state := func(left string) issuer.State {
		return issuer.State{InitialBalance: "50.00", CurrentBalance: left, Currency: "EUR"}
	}
	cancelled := state("50.00")
	cancelled.Cancelled = true
	for name, tt := range map[string]struct {
		shows   issuer.State
		drained deferred.Drained
		out     deferred.LookAtBalanceResult
	}{
		"unspent":                 {shows: state("50.00"), out: deferred.LookAtBalanceResult{Balance: "50.00"}},
		"unspent, was asked for":  {shows: state("50.00"), drained: deferred.SurelyDrained, out: deferred.LookAtBalanceResult{Balance: "50.00"}},
		"spent in part":           {shows: state("20.00"), out: deferred.LookAtBalanceResult{Balance: "20.00", Spent: true}},
		"spent in part, too late": {shows: state("20.00"), drained: deferred.SurelyDrained, out: deferred.LookAtBalanceResult{Balance: "20.00", Spent: true}},
		"spent":                   {shows: state("0.00"), out: deferred.LookAtBalanceResult{Balance: "0.00", Spent: true}},
		"taken back":              {shows: state("0.00"), drained: deferred.SurelyDrained, out: deferred.LookAtBalanceResult{Balance: "0.00", Spent: true, Cancelled: true}},
		"cancelled by the issuer": {shows: cancelled, out: deferred.LookAtBalanceResult{Balance: "50.00", Cancelled: true}},
		"no balance":              {shows: state("plenty"), drained: deferred.SurelyDrained, out: deferred.LookAtBalanceResult{Balance: "plenty", Spent: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &till{shows: tt.shows, drained: tt.drained}
			tt.out.Currency = "EUR"
			in := deferred.LookAtBalanceInput{Unit: secondOfThree().Unit}
			out, err := drainOf[deferred.LookAtBalanceResult](t, s, s.abilities(), "LookAtBalance", in)
			require.NoError(t, err)
			require.Equal(t, tt.out, out)
			require.Empty(t, s.did)

			blind := s.abilities()
			blind.Inspector = nil
			_, err = drainOf[deferred.LookAtBalanceResult](t, s, blind, "LookAtBalance", in)
			requireDrainFailed(t, err, giftcard.InvalidRequest, "Acme does not show what is on a card")
			s.away = giftcard.Errorf(giftcard.Unavailable, "away")
			_, err = drainOf[deferred.LookAtBalanceResult](t, s, s.abilities(), "LookAtBalance", in)
			requireDrainFailed(t, err, giftcard.Unavailable, "away")
		})
	}
}
