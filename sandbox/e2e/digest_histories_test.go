package e2e_test

import (
	"net/http"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// Histories of digests, reruns and cancelled cards, kept like the histories of orders and polls.
func TestHistoriesOfDigests(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: plainly})
	kept := func(name string) {
		_, d, err := w.tryDigest()
		require.NoError(t, err)
		w.keep(name, d.WorkflowID, d.RunID)
	}
	kept("DailyDigest/nothing-to-say")

	unknown, several := w.PlaceKind(scenario.UnknownMerchant), w.PlaceKind(scenario.SeveralUnits)
	w.poll()
	w.show(several, executions.Completed)
	w.awaitFailed(1)
	w.addMerchant(cashstartest.Merchant{Name: "Stranger 1", MerchantCode: "STRANGER", Currencies: []string{"USD"}})
	kept("DailyDigest/with-reruns")
	w.show(unknown, executions.Completed)
	w.keep("RerunOrders/pages", workflows.RerunOrdersID, "")

	d := w.show(several, executions.Completed)
	card, err := d.CardToCancel(2)
	require.NoError(t, err)
	_, err = w.Operator.CancelCard(w.ctx, d, card, nil, "ada@desk", "bought by mistake")
	require.NoError(t, err)
	w.keep("CancelCard/cancelled", workflows.CancelCardID(stack.Shop, orderNumber(several), 2), "")

	w.Issuer.Inject(cashstartest.Fault{
		Kind: cashstartest.ServerError, Status: http.StatusForbidden, Operation: cashstartest.CancelCard,
	})
	card, err = d.CardToCancel(1)
	require.NoError(t, err)
	_, err = w.Operator.CancelCard(w.ctx, d, card, nil, "ada@desk", "bought by mistake")
	require.Error(t, err)
	w.keep("CancelCard/refused", workflows.CancelCardID(stack.Shop, orderNumber(several), 1), "")
}

// Histories of digests in trouble: orders are already being run again, the mail server is briefly unavailable, or it
// refuses the mail.
func TestHistoriesOfDigestsInTrouble(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: plainly})
	failed := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.show(failed, executions.Failed)
	w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(failed)}, Reason: "ada@desk"})
	w.keep("RerunOrders/named", workflows.RerunOrdersID, "")
	w.show(failed, executions.Failed)

	// A workflow that no worker runs.
	_, err := w.plain.ExecuteWorkflow(w.ctx,
		client.StartWorkflowOptions{ID: workflows.RerunOrdersID, TaskQueue: "nobody"}, workflows.RerunOrdersType,
		workflows.RerunOrdersInput{})
	require.NoError(t, err)
	w.Mail.Fail(mailtest.Fault{Kind: mailtest.Greylist})
	out, d, err := w.tryDigest()
	require.NoError(t, err)
	require.Contains(t, out.RerunProblem, "somebody was running failed orders again")
	w.keep("DailyDigest/somebody-reruns", d.WorkflowID, d.RunID)
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, workflows.RerunOrdersID, "", "the test is over"))

	w.Mail.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient})
	_, d, err = w.tryDigest()
	require.Error(t, err)
	w.keep("DailyDigest/mail-refused", d.WorkflowID, d.RunID)
}
