package workflows_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// withReruns returns that many pages of failed orders; two orders of each page are rerun and one is not.
func (e *digestEnv) withReruns(pages int) *digestEnv {
	e.rerun = func(in activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		out := activities.RerunFailedOrdersResult{Rerun: 2, LeftAlone: 1}
		n, _ := strconv.Atoi(string(in.PageToken))
		if n++; n < pages {
			out.PageToken = []byte(strconv.Itoa(n))
		}
		return out, nil
	}
	return e
}

func TestRerunOrders(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t).withReruns(3)
	in := workflows.RerunOrdersInput{
		Kinds: []giftcard.Kind{giftcard.CardDeclined}, Force: true, Reason: "ticket 4711 (by ada@desk)",
	}
	e.ExecuteWorkflow(workflows.RerunOrders, in)
	require.NoError(t, e.GetWorkflowError())
	var out workflows.RerunOrdersResult
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, workflows.RerunOrdersResult{Rerun: 6, LeftAlone: 3}, out)
	page := activities.RerunFailedOrdersInput{Kinds: in.Kinds, Force: true, Reason: in.Reason, Since: noon}
	second, third := page, page
	second.PageToken, third.PageToken = []byte("1"), []byte("2")
	require.Equal(t, []activities.RerunFailedOrdersInput{page, second, third}, e.pages)
}

// Named orders are reported one by one.
func TestRerunNamedOrders(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	told := []activities.RerunOrder{{WorkflowID: "a", RunID: "r"}, {WorkflowID: "b", LeftAlone: "it is running"}}
	e.rerun = func(in activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		require.Equal(t, []string{"a", "b"}, in.Orders)
		return activities.RerunFailedOrdersResult{Rerun: 1, LeftAlone: 1, Orders: told}, nil
	}
	e.ExecuteWorkflow(workflows.RerunOrders, workflows.RerunOrdersInput{Orders: []string{"a", "b"}, Reason: "r"})
	var out workflows.RerunOrdersResult
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, workflows.RerunOrdersResult{Rerun: 1, LeftAlone: 1, Orders: told}, out)
}

// A long rerun continues in another run, with the same start time: the orders that it has reset itself are younger than
// that.
func TestRerunOrdersContinues(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t).withReruns(4)
	e.SetContinueAsNewSuggested(true)
	in := workflows.RerunOrdersInput{Kinds: []giftcard.Kind{giftcard.Timeout}, Force: true, Reason: "r"}
	e.ExecuteWorkflow(workflows.RerunOrders, in)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, e.GetWorkflowError(), &next)
	require.Equal(t, workflows.RerunOrdersType, next.WorkflowType.Name)
	var got workflows.RerunOrdersInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &got))
	want := in
	want.Progress = &workflows.RerunProgress{
		Since: noon, PageToken: []byte("1"), Result: workflows.RerunOrdersResult{Rerun: 2, LeftAlone: 1},
	}
	require.Equal(t, want, got)

	e = newDigestEnv(t).withReruns(4)
	e.SetStartTime(noon.Add(time.Hour))
	e.ExecuteWorkflow(workflows.RerunOrders, got)
	require.NoError(t, e.GetWorkflowError())
	var out workflows.RerunOrdersResult
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, workflows.RerunOrdersResult{Rerun: 8, LeftAlone: 4}, out)
	require.Len(t, e.pages, 3)
	for _, p := range e.pages {
		require.Equal(t, noon, p.Since)
	}
}

func TestRerunOrdersFails(t *testing.T) {
	t.Parallel()
	e := newDigestEnv(t)
	e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		return activities.RerunFailedOrdersResult{}, transient("running failed orders again: unavailable")
	}
	e.ExecuteWorkflow(workflows.RerunOrders, workflows.RerunOrdersInput{Reason: "r"})
	e.requireFailure(t, giftcard.Unavailable, "running failed orders again: unavailable")
	require.Greater(t, len(e.pages), 1)
	require.Equal(t, time.Hour, e.calls.of("RerunFailedOrders")[0].activity.ScheduleToCloseTimeout)

	e = newDigestEnv(t)
	e.rerun = func(activities.RerunFailedOrdersInput) (activities.RerunFailedOrdersResult, error) {
		return activities.RerunFailedOrdersResult{}, transient("unavailable")
	}
	e.RegisterDelayedCallback(e.CancelWorkflow, time.Minute)
	e.ExecuteWorkflow(workflows.RerunOrders, workflows.RerunOrdersInput{Reason: "r"})
	require.True(t, temporal.IsCanceledError(e.GetWorkflowError()))
}
