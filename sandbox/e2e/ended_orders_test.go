package e2e_test

import (
	"testing"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// Orders whose workflow was cancelled or terminated are in the digest, with the cards that exist. They are rerun only
// if they are named.
func TestOrdersThatSomebodyEnded(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"ENDED": {Kind: cashstartest.RateLimit}}, first: 1}
	w := start(t, stack.Options{CashStar: tr.options()})
	cancelled, terminated := w.orderFor("ENDED", 2), w.orderFor("ENDED", 2)
	failed := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	w.await("one card of the two orders", func() bool { return w.cardsOf("ENDED") == 1 })
	require.NoError(t, w.plain.CancelWorkflow(w.ctx, orderID(cancelled), ""))
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, orderID(terminated), "", "a test of ours"))
	w.await("ended", func() bool {
		return w.newest(orderID(cancelled)).GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED &&
			w.newest(orderID(terminated)).GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	})
	tr.cured.Store(true)

	require.Equal(t, 3, w.digest().Failed)
	m := w.lastMail()
	require.ElementsMatch(t, []string{cancelled.Name, terminated.Name, failed.Name}, m.states()["failed"])
	says := []string{m.row(w, cancelled.Name)["message"], m.row(w, terminated.Name)["message"]}
	require.Equal(t, "Canceled", m.row(w, cancelled.Name)["kind"])
	require.Contains(t, says[0], "somebody cancelled it")
	require.Equal(t, "Terminated", m.row(w, terminated.Name)["kind"])
	require.Contains(t, says[1], "somebody terminated it: a test of ours")
	require.Contains(t, says[0]+says[1], "(1 of its cards exist)")
	require.Equal(t, 1, w.cardsOf("ENDED"), "the digest runs neither again")
	listed := decoded[[]executions.Order](w, "orders", "list", "--kind", "canceled")
	require.Len(t, listed, 1)
	require.Equal(t, cancelled.Name, listed[0].Name)

	all := w.starter(nil, "orders", "retry", "--all-failed", "--yes")
	require.Equal(t, cli.ExitOK, all.code, all.stderr)
	require.Equal(t, 1, w.cardsOf("ENDED"))
	w.ok("orders", "retry", cancelled.Name, terminated.Name, "--yes")
	w.show(cancelled, executions.Completed)
	w.show(terminated, executions.Completed)
	require.Equal(t, 4, w.cardsOf("ENDED"))
}
