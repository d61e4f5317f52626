package deferred_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

// shelf is an issuer that has one item, and shows one card. It also is the part of Temporal that a claim needs.
type shelf struct {
	issuer.Deferred
	deferred.Temporal
	card issuer.Standing
}

func (*shelf) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (*shelf) Generate(_ context.Context, item, _ string) error {
	if item != "I50" {
		return giftcard.Errorf(giftcard.InvalidRequest, "there is no item %s", item)
	}
	return nil
}

func (s *shelf) Look(context.Context, issuer.Code) (issuer.Standing, error) { return s.card, nil }

func (*shelf) Claim(context.Context, string, string, string) (bool, error) { return true, nil }

// do executes an activity of cards.
func (s *shelf) do(t *testing.T, name string, in any) (out deferred.ClaimCardResult, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(&deferred.Cards{
		Issuers:   map[string]issuer.Abilities{"acme": {Issuer: s, Deferred: s}},
		Callbacks: callback.New("https://receiver.example", token.Keys{{ID: "k", Secret: []byte(strings.Repeat("k", 32))}}),
		Temporal:  s, IDKey: []byte("id"), Now: time.Now,
	})
	value, err := env.ExecuteActivity(name, in)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	return out, err
}

// What is wrong with a card of an order fails with a kind that no repetition helps, and names the order.
func TestCardsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	unit := secondOfThree().Unit
	generate := func(change func(*deferred.Unit)) any {
		u := unit
		change(&u)
		return deferred.GenerateCardInput{Unit: u, Attempt: 1}
	}
	for name, tt := range map[string]struct {
		activity string
		in       any
		card     issuer.Standing
		kind     giftcard.Kind
		says     string
	}{
		"an unknown item": {
			activity: "GenerateCard", in: generate(func(u *deferred.Unit) { u.Item = "I5O" }), kind: giftcard.InvalidRequest,
			says: "there is no item I5O",
		},
		"no value": {
			activity: "GenerateCard", in: generate(func(u *deferred.Unit) { u.Price = "0.00" }), kind: giftcard.InvalidRequest,
			says: "a card needs a value above zero",
		},
		"a value with a tenth of a cent": {
			activity: "GenerateCard", in: generate(func(u *deferred.Unit) { u.Price = "50.001" }), kind: giftcard.InvalidRequest,
			says: "its value is invalid",
		},
		"not a value": {
			activity: "GenerateCard", in: generate(func(u *deferred.Unit) { u.Price = "fifty" }), kind: giftcard.InvalidRequest,
			says: "its value is invalid",
		},
		"an unknown issuer": {
			activity: "GenerateCard", in: generate(func(u *deferred.Unit) { u.Issuer = "emca" }), kind: giftcard.Unauthorized,
			says: `no settings for the issuer "emca"`,
		},
		"an address that is none": {
			activity: "BeginCard", in: deferred.BeginCardInput{Unit: unit, SendTo: &deferred.SendTo{Email: "grace@example", At: time.Now()}},
			kind: giftcard.InvalidRequest, says: "address",
		},
		"a currency that the item does not have": {
			activity: "ClaimCard", in: deferred.ClaimCardInput{Unit: unit, Code: "b-1"}, kind: giftcard.InvalidRequest,
			card: issuer.Standing{Known: true, Item: "I50", Value: giftcard.Money{Currency: "CHF"}},
			says: "cards of the item I50 are in CHF, and the order is in EUR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := (&shelf{card: tt.card}).do(t, tt.activity, tt.in)
			app, ok := errors.AsType[*temporal.ApplicationError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, string(tt.kind), app.Type(), app.Message())
			require.True(t, app.NonRetryable())
			require.Contains(t, app.Message(), tt.says)
			require.True(t, strings.HasPrefix(app.Message(), "order #1001, card 2, "), app.Message())
			require.NotContains(t, app.Message(), "b-1")
			require.NotContains(t, app.Message(), "grace@")
		})
	}
}

// A card whose currency the issuer does not show before it has a value is accepted, and so is one in the right currency.
func TestClaimOfACurrency(t *testing.T) {
	t.Parallel()
	for currency, known := range map[string]bool{"": true, "EUR": true, "CHF": false} {
		s := &shelf{card: issuer.Standing{Known: known, Item: "I50", Value: giftcard.Money{Currency: currency}}}
		out, err := s.do(t, "ClaimCard", deferred.ClaimCardInput{Unit: secondOfThree().Unit, Code: "b-1"})
		require.NoError(t, err)
		require.Empty(t, out.Refused)
	}
	old := deferred.ClaimCardInput{Unit: secondOfThree().Unit, Code: "b-1", ValidUntil: time.Now().Add(-time.Hour)}
	out, err := (&shelf{card: issuer.Standing{Known: true, Item: "I50"}}).do(t, "ClaimCard", old)
	require.NoError(t, err)
	require.Equal(t, deferred.Expired, out.Refused)
}
