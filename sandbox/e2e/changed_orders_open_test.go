package e2e_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// awaitPause waits until the change of an order pauses before it looks at the order again.
func (w *system) awaitPause(p scenario.Placed) {
	w.t.Helper()
	w.await("change of "+p.Name, func() bool {
		all, err := w.Operator.Outcomes(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10))
		require.NoError(w.t, err)
		if len(all) != 1 {
			return false
		}
		return count(w.history(all[0].WorkflowID, all[0].RunID), enumspb.EVENT_TYPE_TIMER_STARTED) > 0
	})
}

// Histories of changed orders that cannot be judged at once: an order whose cards are not issued yet, a card that somebody
// else is cancelling, and a card of which only a person can say whether it exists.
func TestHistoriesOfChangedOrdersThatAreOpen(t *testing.T) {
	t.Parallel()
	tr := trouble{first: 1, of: map[string]cashstartest.Fault{
		"WAITS": {Kind: cashstartest.ServerError, Status: http.StatusTooManyRequests}, // Certainly not issued, and asked for again.
		"DOUBT": {Kind: cashstartest.Drop, AfterCommit: true},
		"BUSY":  {}, // Its only card is its first.
	}}
	options := stack.Options{CashStar: tr.options(), Configure: func(c *config.Config) {
		plainly(c)
		c.Orders.CancelledOrders, c.Poll.Interval, c.Poll.SettleDelay = config.Cancel, time.Minute, 0
		c.Issue.Dedupes, c.Issue.RetryBudget = false, time.Hour
	}}
	w := start(t, options)
	doubt, busy := w.orderFor("DOUBT", 2), w.orderFor("BUSY", 1)
	w.poll()

	require.EqualValues(t, giftcard.OutcomeUnknown, w.show(doubt, executions.Failed).Failure.Kind)
	w.refund(doubt, 1)
	require.Equal(t, 1, w.seen(doubt))
	inDoubt := w.outcome(doubt, 1)
	require.EqualValues(t, giftcard.OutcomeUnknown, inDoubt.Failure.Kind)
	w.keep("ChangedOrder/in-doubt", inDoubt.WorkflowID, inDoubt.RunID)

	w.show(busy, executions.Completed)
	other := client.StartWorkflowOptions{
		ID: workflows.CancelCardID(stack.Shop, strconv.FormatInt(busy.ID, 10), 1), TaskQueue: "polled-by-nobody",
	}
	run, err := w.keyed.ExecuteWorkflow(w.ctx, other, workflows.CancelCardType)
	require.NoError(t, err)
	w.refund(busy, 1)
	require.Equal(t, 1, w.seen(busy))
	w.awaitPause(busy)
	require.NoError(t, w.keyed.TerminateWorkflow(w.ctx, run.GetID(), run.GetRunID(), "the other has given up"))
	again := w.outcome(busy, 1)
	require.Equal(t, []int{1}, again.Result.Cancelled)
	w.keep("ChangedOrder/looks-again", again.WorkflowID, again.RunID)

	waits := w.orderFor("WAITS", 2) // The last one: while the issuer is in trouble, no other card is asked for.
	w.poll()
	w.refund(waits, 1)
	require.Equal(t, 1, w.seen(waits))
	w.awaitPause(waits)
	tr.cured.Store(true)
	waited := w.outcome(waits, 1)
	w.keep("ChangedOrder/waits", waited.WorkflowID, waited.RunID)
}
