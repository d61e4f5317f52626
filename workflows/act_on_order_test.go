package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

var used = workflows.ActOnOrderInput{
	Order: "gift-card-order/shop/1", RunID: "named", Name: "#1", Action: workflows.RunAgain, By: "link of the digest of 2026-07-10",
}

// A link runs its one order again, if the run that the mail named is still the newest, and says who asked for it.
func TestActOnOrderRunsAgain(t *testing.T) {
	t.Parallel()
	for _, told := range []activities.RerunOrder{{WorkflowID: used.Order, RunID: "new"}, {WorkflowID: used.Order, LeftAlone: "it is running"}} {
		e := newDigestEnv(t)
		e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
			return activities.RerunFailedOrdersResult{Orders: []activities.RerunOrder{told}}, nil
		}
		e.ExecuteWorkflow(workflows.ActOnOrder, used)
		require.NoError(t, e.GetWorkflowError())
		var out workflows.ActOnOrderResult
		require.NoError(t, e.GetWorkflowResult(&out))
		require.Equal(t, workflows.ActOnOrderResult{RunID: told.RunID, LeftAlone: told.LeftAlone}, out)
		require.Equal(t, []activities.RerunFailedOrdersInput{{
			Orders: []string{used.Order}, Run: "named", Reason: used.By, Since: noon,
		}}, e.pages)
	}
}

func TestActOnOrderFails(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		return activities.RerunFailedOrdersResult{}, final(giftcard.InvalidRequest, "no such page")
	}
	e.ExecuteWorkflow(workflows.ActOnOrder, used)
	e.requireFailure(t, giftcard.InvalidRequest, "no such page")

	e = newDigestEnv(t) // It says nothing about the order.
	e.ExecuteWorkflow(workflows.ActOnOrder, used)
	e.requireFailure(t, giftcard.UnexpectedResponse, "the re-run does not say what became of the order")

	e = newDigestEnv(t)
	in := used
	in.Action = "issue"
	e.ExecuteWorkflow(workflows.ActOnOrder, in)
	e.requireFailure(t, giftcard.InvalidRequest, "there is no action issue")
	require.Empty(t, e.pages)
}

func TestActOnOrderSettles(t *testing.T) {
	t.Parallel()
	in := used
	in.Action, in.Note = workflows.SettleOrder, "ticket 4711"
	e := newDigestEnv(t)
	var settled []activities.SettleOrderInput
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.SettleOrderInput) (activities.SettleOrderResult, error) {
			settled = append(settled, in)
			if len(settled) < 3 {
				return activities.SettleOrderResult{}, transient("failed orders are being run again")
			}
			return activities.SettleOrderResult{RunID: "record"}, nil
		}, activity.RegisterOptions{Name: "SettleOrder"})
	e.ExecuteWorkflow(workflows.ActOnOrder, in)
	require.NoError(t, e.GetWorkflowError())
	var out workflows.ActOnOrderResult
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, workflows.ActOnOrderResult{RunID: "record"}, out)
	require.Len(t, settled, 3)
	require.Equal(t, activities.SettleOrderInput{Order: in.Order, RunID: "named", By: in.By, Note: "ticket 4711"}, settled[0])
	require.Equal(t, workflows.RerunTimeout+time.Hour, e.calls.of("SettleOrder")[0].activity.ScheduleToCloseTimeout,
		"longer than any other re-run takes")
}
