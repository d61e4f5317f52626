package deferred_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// purse is an issuer of one card, with the part of Temporal that knows who has emptied it.
type purse struct {
	issuer.Deferred
	deferred.Temporal
	state   issuer.State
	drained deferred.Drained
}

func (purse) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (p purse) Inspect(context.Context, string, string) (issuer.State, error) { return p.state, nil }

func (p purse) Drained(context.Context, deferred.Unit) (deferred.Drained, error) {
	return p.drained, nil
}

func (purse) CardOf(context.Context, deferred.Unit) (*deferred.Card, error) {
	return &deferred.Card{Code: "b-1"}, nil
}

// An empty card is one whose value was taken back only if that is known. If it may have been, nobody can say who has emptied it.
func TestLookAtBalanceOfAnEmptyCard(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		left    string
		drained deferred.Drained
		want    deferred.LookAtBalanceResult
	}{
		"unspent":                  {left: "50.00", want: deferred.LookAtBalanceResult{}},
		"not empty, and asked for": {left: "50.00", drained: deferred.SurelyDrained},
		"spent":                    {left: "0.00", drained: deferred.NotDrained, want: deferred.LookAtBalanceResult{Spent: true}},
		"taken back":               {left: "0.00", drained: deferred.SurelyDrained, want: deferred.LookAtBalanceResult{Spent: true, Cancelled: true}},
		"nobody knows":             {left: "0.00", drained: deferred.PerhapsDrained, want: deferred.LookAtBalanceResult{Spent: true, Unclear: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := purse{state: issuer.State{InitialBalance: "50.00", CurrentBalance: tt.left, Currency: "EUR"}, drained: tt.drained}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			cards := &deferred.Cards{
				Issuers: map[string]issuer.Abilities{"acme": {Issuer: p, Deferred: p, Inspector: p}}, Temporal: p,
			}
			env.RegisterActivity(cards)
			value, err := env.ExecuteActivity(cards.LookAtBalance, deferred.LookAtBalanceInput{Unit: deferred.Unit{Issuer: "acme"}})
			require.NoError(t, err)
			var got deferred.LookAtBalanceResult
			require.NoError(t, value.Get(&got))
			tt.want.Balance, tt.want.Currency = tt.left, "EUR"
			require.Equal(t, tt.want, got)
		})
	}
}
