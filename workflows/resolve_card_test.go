package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestResolveCardStaysOnRecord(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	said := workflows.CardResolution{Issued: true, RunID: "run-1"}
	e.ExecuteWorkflow(workflows.ResolveCard, workflows.ResolveCardInput{CardResolution: said, By: "ops", Reason: "seen"})
	require.NoError(t, e.GetWorkflowError())
	var out workflows.CardResolution
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, said, out)
}

// An order fails with the kind of the card that a person has to look for, so that it is not rerun in vain.
func TestOrderFailsAsItsCardInDoubt(t *testing.T) {
	t.Parallel()
	kinds := map[int]giftcard.Kind{1: giftcard.CardDeclined, 3: giftcard.OutcomeUnknown}
	e := newEnv(t)
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		if kind, fails := kinds[in.Unit]; fails {
			return activities.IssueCardResult{}, final(kind, "as "+string(kind))
		}
		return cardOf(in), nil
	}
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 3)})
	e.requireFailure(t, giftcard.OutcomeUnknown, "as OutcomeUnknown (of 3 gift cards, failed: 1, 3; issued: 2)")
}
