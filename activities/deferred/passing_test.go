package deferred_test

import (
	"context"
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

// vague is an issuer whose answers cannot be understood, beside the part of Temporal that claims need.
type vague struct {
	issuer.Deferred
	deferred.Temporal
}

func (vague) Words() issuer.Words { return issuer.Words{Issuer: "Vague"} }

func (vague) Generate(context.Context, string, string) error {
	return giftcard.Errorf(giftcard.UnexpectedResponse, "the answer says nothing")
}

func (vague) Look(context.Context, issuer.Code) (issuer.Standing, error) {
	return issuer.Standing{}, giftcard.Errorf(giftcard.UnexpectedResponse, "the answer says nothing")
}

func (vague) Claim(context.Context, string, string, string) (bool, error) { return true, nil }

// A vague answer to what may be repeated is no reason to give a card up.
func TestVagueAnswersAreRepeated(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(vague{})
	require.NoError(t, err)
	cards := &deferred.Cards{
		Issuers: map[string]issuer.Abilities{"vague": found}, Temporal: vague{}, IDKey: []byte("id"), Now: time.Now,
		Callbacks: callback.New("https://example.com", token.Keys{{ID: "k", Secret: []byte(strings.Repeat("k", 32))}}),
	}
	unit := deferred.Unit{Issuer: "vague", Key: "k", OrderName: "#1", Number: 1, Item: "I", Price: "50.00", Currency: "EUR"}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(cards)
	_, generated := env.ExecuteActivity(cards.GenerateCard, deferred.GenerateCardInput{Unit: unit, Attempt: 1})
	_, claimed := env.ExecuteActivity(cards.ClaimCard, deferred.ClaimCardInput{Unit: unit, Code: "1"})
	for _, err := range []error{generated, claimed} {
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, string(giftcard.Unavailable), app.Type())
		require.False(t, app.NonRetryable())
		require.ErrorContains(t, err, "#1")
	}
}
