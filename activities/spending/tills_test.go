package spending_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// vendor is an issuer that remembers what it was asked for.
type vendor struct {
	issuer.Spender

	standing      issuer.Standing
	err           error
	spent, gained []issuer.Movement
}

func (*vendor) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (v *vendor) Look(context.Context, issuer.Code) (issuer.Standing, error) {
	return v.standing, v.err
}

func (v *vendor) Spend(_ context.Context, m issuer.Movement) error {
	v.spent = append(v.spent, m)
	return v.err
}

func (v *vendor) Reverse(_ context.Context, m issuer.Movement) error {
	v.gained = append(v.gained, m)
	return v.err
}

// worker returns where the activities of an issuer run.
func (v *vendor) worker() *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(&spending.Tills{
		Issuers: map[string]issuer.Abilities{
			"acme": {Issuer: v, Spender: v}, "makes": {Issuer: v},
		},
		Callbacks: callback.New("https://hooks.example.com", token.Keys{{ID: "k1", Secret: []byte(strings.Repeat("k", 32))}}),
		Now:       func() time.Time { return noon },
	})
	return env
}

func (v *vendor) moves(t *testing.T, in spending.MoveAmountInput) (out spending.MoveAmountResult) {
	t.Helper()
	got, err := v.worker().ExecuteActivity((*spending.Tills)(nil).MoveAmount, in)
	require.NoError(t, err)
	require.NoError(t, got.Get(&out))
	return out
}

func ten() spending.MoveAmountInput {
	return spending.MoveAmountInput{
		Card: spending.Card{Issuer: "acme", Code: "b-1"}, Step: spending.Spending, Amount: "10.00", Currency: "EUR",
		Reference: "r-1", Number: 3, NotAfter: noon,
	}
}

// An amount is asked for once, with the address to which the issuer answers.
func TestMoveAmount(t *testing.T) {
	t.Parallel()
	v := &vendor{}
	require.Zero(t, v.moves(t, ten()))
	require.Len(t, v.spent, 1)
	require.Empty(t, v.gained)
	m := v.spent[0]
	require.True(t, strings.HasPrefix(m.Callback, "https://hooks.example.com/"), m.Callback)
	require.NotContains(t, m.Callback, "b-1")
	m.Callback = ""
	require.Equal(t, issuer.Movement{
		Code: "b-1", Amount: giftcard.Money{Hundredths: 1000, Currency: "EUR"}, Reference: "r-1", At: noon,
	}, m)

	back := ten()
	back.Step = spending.Reversing
	require.Zero(t, v.moves(t, back))
	require.Len(t, v.spent, 1)
	require.Len(t, v.gained, 1)
}

// What was certainly not moved is told from what may have been.
func TestMoveAmountFails(t *testing.T) {
	t.Parallel()
	none := &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.CardDeclined, "no")}
	unclear := &issuer.Error{Effect: issuer.Unclear, Err: giftcard.Errorf(giftcard.Timeout, "no answer")}
	for name, tt := range map[string]struct {
		err    error
		change func(*spending.MoveAmountInput)
		kind   giftcard.Kind
		asked  int
	}{
		"refused":             {none, func(*spending.MoveAmountInput) {}, giftcard.CardDeclined, 1},
		"no answer":           {unclear, func(*spending.MoveAmountInput) {}, "", 1},
		"an error of no kind": {errors.New("reset"), func(*spending.MoveAmountInput) {}, "", 1},
		"too late":            {nil, func(in *spending.MoveAmountInput) { in.NotAfter = noon.Add(-1) }, giftcard.Timeout, 0},
		"no such issuer":      {nil, func(in *spending.MoveAmountInput) { in.Issuer = "other" }, giftcard.Unauthorized, 0},
		"an issuer that only makes cards": {
			nil, func(in *spending.MoveAmountInput) { in.Issuer = "makes" }, giftcard.Unauthorized, 0,
		},
		"no amount": {nil, func(in *spending.MoveAmountInput) { in.Amount = "ten" }, giftcard.InvalidRequest, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, in := &vendor{err: tt.err}, ten()
			tt.change(&in)
			out := v.moves(t, in)
			require.Equal(t, tt.kind, out.Refused, "%+v", out)
			require.Equal(t, tt.kind == "", out.Unclear != "")
			require.Equal(t, tt.kind != "", out.Message != "")
			require.NotContains(t, out.Message+out.Unclear, "b-1")
			require.Len(t, v.spent, tt.asked)
		})
	}
}

func TestLookAtFunds(t *testing.T) {
	t.Parallel()
	look := func(v *vendor) (out spending.LookAtFundsResult, err error) {
		got, err := v.worker().ExecuteActivity((*spending.Tills)(nil).LookAtFunds, spending.LookAtFundsInput{Card: ten().Card})
		if err == nil {
			err = got.Get(&out)
		}
		return out, err
	}
	v := &vendor{standing: issuer.Standing{
		Known: true, Active: true, Value: giftcard.Money{Hundredths: -250, Currency: "EUR"}, ValidUntil: noon, InParts: true,
	}}
	out, err := look(v)
	require.NoError(t, err)
	require.Equal(t, spending.LookAtFundsResult{
		Active: true, Balance: "-2.50", Currency: "EUR", ValidUntil: noon, InParts: true,
	}, out)
	v.standing.Known = false
	out, err = look(v)
	require.NoError(t, err)
	require.False(t, out.Active)

	v.err = giftcard.Errorf(giftcard.Unavailable, "away")
	_, err = look(v)
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(giftcard.Unavailable), app.Type())
}
