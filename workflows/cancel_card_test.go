package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestCancelCard(t *testing.T) {
	t.Parallel()
	in := workflows.CancelCardInput{
		CancelCardInput: activities.CancelCardInput{OrderName: "#1001", Unit: 2, MerchantCode: "TWS", EGCCode: "egc"},
		By:              "ada@desk", Reason: "bought by mistake",
	}
	run := func(t *testing.T, cancelAfter time.Duration, answer func() error) (*env, int) {
		t.Helper()
		e := newEnv(t)
		var asked []activities.CancelCardInput
		e.RegisterActivityWithOptions(
			func(_ context.Context, got activities.CancelCardInput) (activities.CancelCardResult, error) {
				note(e, &asked, got)
				return activities.CancelCardResult{Status: "CANCELLED"}, answer()
			}, activity.RegisterOptions{Name: "CancelCard"})
		if cancelAfter > 0 {
			e.RegisterDelayedCallback(e.CancelWorkflow, cancelAfter)
		}
		e.ExecuteWorkflow(workflows.CancelCard, in)
		require.True(t, e.IsWorkflowCompleted())
		for _, got := range asked {
			require.Equal(t, in.CancelCardInput, got)
		}
		return e, len(asked)
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		e, asked := run(t, 0, func() error { return nil })
		var out activities.CancelCardResult
		require.NoError(t, e.GetWorkflowResult(&out))
		require.Equal(t, activities.CancelCardResult{Status: "CANCELLED"}, out)
		require.Equal(t, 1, asked)
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		e, asked := run(t, 0, func() error { return final(giftcard.InvalidRequest, "no such card") })
		e.requireFailure(t, giftcard.InvalidRequest, "no such card")
		require.Equal(t, 1, asked)
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		e, asked := run(t, 0, func() error { return transient("no answer") })
		e.requireFailure(t, giftcard.Unavailable, "no answer")
		require.Greater(t, asked, 5)
		require.LessOrEqual(t, e.Now().Sub(noon), 10*time.Minute, "somebody waits for it")
	})
	t.Run("called off", func(t *testing.T) {
		t.Parallel()
		e, _ := run(t, time.Minute, func() error { return transient("no answer") })
		require.True(t, temporal.IsCanceledError(e.GetWorkflowError()))
	})
}
