package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// What the digest, re-runs and cancelled cards do, as histories, kept like those of orders and polls.
func TestHistoriesOfDigests(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: inTheClear})
	kept := func(name string) {
		_, d, err := w.tryDigest()
		require.NoError(t, err)
		w.keep(name, d.WorkflowID, d.RunID)
	}
	kept("DailyDigest/nothing-to-say")

	unknown, several := w.PlaceKind(stack.UnknownMerchant), w.PlaceKind(stack.SeveralUnits)
	w.poll()
	w.show(several, operator.Completed)
	w.awaitFailed(1)
	w.addMerchant(cashstartest.Merchant{Name: "Stranger 1", MerchantCode: "STRANGER", Currencies: []string{"USD"}})
	kept("DailyDigest/with-reruns")
	w.show(unknown, operator.Completed)
	w.keep("RerunOrders/pages", workflows.RerunOrdersID, "")

	d := w.show(several, operator.Completed)
	card, err := d.CardToCancel(2)
	require.NoError(t, err)
	_, err = w.Operator.CancelCard(w.ctx, d, card, "ada@desk", "bought by mistake")
	require.NoError(t, err)
	w.keep("CancelCard/cancelled", workflows.CancelCardID(stack.Shop, orderNumber(several), 2), "")
}
