package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

const window = "poll of 2026-07-07T12:00:00Z to 2026-07-10T11:59:00Z: "

// A poll that cannot read a page fails with that page's kind; the orders that it had requested by then exist.
func TestPollFailingPage(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(time.Hour)
	first := pageOf(1, 70)
	first.NextCursor = "page 2"
	e.list = func(in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		if in.Cursor == "" {
			return first, nil
		}
		return activities.ListGiftCardOrdersResult{}, final(giftcard.Unauthorized, "listing orders: ACCESS_DENIED")
	}
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	e.requireFailure(t, giftcard.Unauthorized, window+"listing orders: ACCESS_DENIED")
	require.Len(t, e.started, 70)
	require.Equal(t,
		[]string{"2026-07-07T12:00:00Z to 2026-07-10T11:59:00Z: 70 seen, 70 started, 0 known."}, e.calls.details)
}

// Transient failures of a page are retried for a quarter of an hour.
func TestPollRetriesAPage(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(0)
	attempts := 0
	e.list = func(activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		if attempts++; attempts < 6 {
			return activities.ListGiftCardOrdersResult{}, transient("listing orders: no answer")
		}
		return pageOf(1, 1), nil
	}
	require.Equal(t, 1, e.poll(t, rules()).Started)
	require.Equal(t, noon.Add((1+2+4+8+16)*time.Second), e.Now().UTC().Truncate(time.Second))
}

// The next poll begins where this one did, so a poll does not retry forever.
func TestPollGivesUpOnAPage(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.list = func(activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		return activities.ListGiftCardOrdersResult{}, transient("listing orders: no answer")
	}
	e.ExecuteWorkflow(workflows.PollOrders, rules()) // The test environment itself gives up after ten attempts.
	e.requireFailure(t, giftcard.Unavailable, window+"listing orders: no answer")
	options := e.calls.of("ListGiftCardOrders")[0].activity
	require.Equal(t, 15*time.Minute, options.ScheduleToCloseTimeout)
	require.Equal(t, time.Minute, options.StartToCloseTimeout)
	require.Zero(t, options.RetryPolicy.MaximumAttempts)
}

// Cancelling a poll means the poll: the orders that it has started go on.
func TestPollCanceled(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var ended []error
	e.RegisterWorkflowWithOptions(
		func(ctx workflow.Context, _ workflows.GiftCardOrderInput) (workflows.GiftCardOrderResult, error) {
			err := workflow.Sleep(ctx, time.Minute)
			ended = append(ended, err)
			return workflows.GiftCardOrderResult{}, err
		}, workflow.RegisterOptions{Name: workflows.GiftCardOrderType})
	first := pageOf(1, 3)
	first.NextCursor = "page 2"
	e.list = func(in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		if in.Cursor == "" {
			return first, nil
		}
		return activities.ListGiftCardOrdersResult{}, transient("listing orders: no answer")
	}
	e.RegisterDelayedCallback(e.CancelWorkflow, 10*time.Second)
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	require.True(t, e.IsWorkflowCompleted())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, e.GetWorkflowError(), &canceled)
	require.Equal(t, []error{nil, nil, nil}, ended)
}

// An order that the server will not start fails the poll, which names the order; the next poll tries again.
func TestPollOrderThatCannotStart(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withPages(pageOf(1, 2))
	e.RegisterWorkflowWithOptions(workflows.GiftCardOrder, workflow.RegisterOptions{Name: workflows.GiftCardOrderType})
	e.OnWorkflow(workflows.GiftCardOrderType, mock.Anything, mock.Anything).
		Return(workflows.GiftCardOrderResult{}, testsuite.ErrMockStartChildWorkflowFailed)
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	var failed *temporal.ApplicationError
	require.ErrorAs(t, e.GetWorkflowError(), &failed)
	require.Equal(t, string(giftcard.Unavailable), failed.Type())
	require.Contains(t, failed.Message(), window+"order #1001 could not be started: ")
}
