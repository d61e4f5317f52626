package e2e_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// An issuer that makes a second card for a repeated audit number never gets a number twice, however often and in
// whatever way the order is run again, until a person has said that there is no card.
func TestAtMostOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	issuer := createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		switch asked.Add(1) {
		case 1:
			return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
		case 2:
			return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503}
		case 3:
			return &cashstartest.Fault{Kind: cashstartest.RateLimit, RetryAfter: "1"}
		}
		return nil
	})
	issuer.Duplicates = cashstartest.IssueAgain
	issuer.Merchants = []cashstartest.Merchant{merchant("MUCH")}
	w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) { c.Issue.Dedupes = false }})
	order := w.orderFor("MUCH", 4)
	w.poll()
	failed := w.show(order, executions.Failed)
	require.Equal(t, string(giftcard.OutcomeUnknown), failed.Failure.Kind)
	require.Len(t, failed.Units.Issued, 2)
	require.Len(t, failed.Units.Failed, 2)
	require.EqualValues(t, 5, asked.Load(), "the one that was told to wait was asked for again")
	require.Len(t, w.Issuer.Cards(), 3)

	out := w.digest()
	require.Equal(t, []int{1, 0}, []int{out.Failed, out.Rerun})
	row := w.lastMail().row(w, order.Name)
	require.Equal(t, string(giftcard.OutcomeUnknown), row["kind"])
	require.Equal(t, "giftbridge orders resolve '"+order.Name+"'", row["command"])
	require.Equal(t, "2", row["cards"], "two of four exist")

	// Run it again in every possible way: by force, by a reset to the first task, and by a reset of a run that is not the
	// newest, which terminates the newest one.
	first := failed.RunID
	forced := w.starter(nil, "orders", "retry", order.Name, "--force", "--yes")
	require.Equal(t, app.ExitOK, forced.code, forced.stderr)
	second := w.failsAgain(order, first)
	w.resetRun(orderID(order), second.RunID, firstTask)
	third := w.failsAgain(order, second.RunID)
	w.resetRun(orderID(order), first, firstTask)
	again := w.failsAgain(order, third.RunID)
	require.EqualValues(t, 5, asked.Load(), "nothing was asked again")
	require.Len(t, again.Units.Issued, 2)

	// A person looks at the issuer's ledger, where one of the two cards in doubt exists.
	exists := map[string]bool{}
	for _, c := range w.Issuer.Cards() {
		exists[c.AuditNumber] = true
	}
	for _, u := range again.Units.Failed {
		found := "--not-issued"
		if exists[u.AuditNumber] {
			found = "--issued"
		}
		said := w.starter(nil, "orders", "resolve", order.Name, "--unit", strconv.Itoa(u.Unit), found, "--yes")
		require.Equal(t, app.ExitOK, said.code, said.stderr)
		w.await("resolved", func() bool { return w.newest(orderID(order)).GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING })
	}
	done := w.show(order, executions.Completed)
	require.Len(t, done.Result.Cards, 4)
	require.EqualValues(t, 6, asked.Load())
	require.Equal(t, 4, w.cardsOf("MUCH"))

	// What was resolved stays resolved.
	w.resetRun(orderID(order), done.RunID, firstTask)
	w.await("done again", func() bool { return w.newest(orderID(order)).GetExecution().GetRunId() != done.RunID })
	w.show(order, executions.Completed)
	require.EqualValues(t, 6, asked.Load())
}

// firstTask is the ID of the event that completes an order's first workflow task.
const firstTask = 4

// failsAgain waits until an order has failed in a newer run.
func (w *system) failsAgain(p stack.Placed, after string) *orders.OrderDetails {
	w.t.Helper()
	w.await("run again", func() bool { return w.newest(orderID(p)).GetExecution().GetRunId() != after })
	return w.show(p, executions.Failed)
}
