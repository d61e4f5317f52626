package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// doubt has Shopify recommend to do something about an order.
func (w *system) doubt(p scenario.Placed, recommendation string) {
	w.t.Helper()
	require.True(w.t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.Recommendation = recommendation }))
}

// With RISK=hold, what Shopify doubts is left to people, before an order is taken in and while it waits. A release issues its
// cards, but one that judges again does not, for as long as Shopify doubts the order.
func TestHistoriesOfDoubtedOrders(t *testing.T) {
	t.Parallel()
	const wait = 20 * time.Second
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("GOOD")}},
		Configure: func(c *config.Config) {
			plainly(c)
			c.CashStar.Timeout = config.Default().CashStar.Timeout
			c.Orders.Risk, c.Issue.After = config.Hold, wait
		},
	})
	before, after, sound := w.orderFor("GOOD", 1), w.orderFor("GOOD", 1), w.orderFor("GOOD", 1)
	w.doubt(before, "INVESTIGATE")
	w.doubt(sound, "ACCEPT")
	require.Equal(t, 1, w.poll().LeftOut[giftcard.Risky])
	w.doubt(after, "CANCEL")
	require.Equal(t, giftcard.Risky, w.show(before, executions.Left).Left.Reason)
	require.Contains(t, w.ok("orders", "show", after.Name), "waits until")
	require.Contains(t, w.ok("orders", "why", after.Name), "it waits until")
	require.Empty(t, w.Issuer.Cards())

	w.keepOrder("GiftCardOrder/waited", sound, executions.Completed)
	w.keepOrder("GiftCardOrder/doubted", after, executions.Failed)
	failure := w.show(after, executions.Failed).Failure
	require.EqualValues(t, giftcard.OrderChanged, failure.Kind)
	require.Contains(t, failure.Message, "Shopify now recommends to cancel the order or to investigate it")
	require.Equal(t, 1, w.cardsOf("GOOD"))

	again := w.starter(nil, "orders", "release", "--all", "--rejudge", "--yes")
	require.Contains(t, again.stderr, "no order to release")
	w.ok("orders", "release", before.Name, "--yes")
	w.ok("orders", "release", after.Name, "--yes")
	w.show(before, executions.Completed)
	w.show(after, executions.Completed)
	require.Equal(t, 3, w.cardsOf("GOOD"))
}

// A wait costs an order one timer and the workflow task after it, and nothing if there is none.
func TestCostsOfAWait(t *testing.T) {
	t.Parallel()
	events := func(after time.Duration) map[enumspb.EventType]int {
		w := start(t, stack.Options{
			CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("GOOD")}},
			Configure: func(c *config.Config) {
				c.CashStar.Timeout, c.Issue.After = config.Default().CashStar.Timeout, after
			},
		})
		p := w.orderFor("GOOD", 1)
		w.poll()
		d := w.show(p, executions.Completed)
		out := map[enumspb.EventType]int{}
		for _, e := range w.history(d.WorkflowID, d.RunID).GetEvents() {
			out[e.GetEventType()]++
		}
		return out
	}
	want := events(0)
	require.Zero(t, want[enumspb.EVENT_TYPE_TIMER_STARTED])
	for _, more := range []enumspb.EventType{
		enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_TIMER_FIRED, enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
	} {
		want[more]++
	}
	require.Equal(t, want, events(20*time.Second))
}

// A dispute about an issued order is recorded once, and the digest lists it until it is won.
func TestHistoriesOfDisputes(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{
		CashStar:  cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("GOOD")}},
		Configure: plainly,
	})
	issued, other := w.orderFor("GOOD", 1), w.place(scenario.Mixed)[0]
	w.poll()
	w.show(issued, executions.Completed)
	w.show(other, executions.Left)
	dispute := func(p scenario.Placed, status string) {
		require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
			o.Disputes = []shopifytest.Dispute{{ID: p.ID + 1, Status: status}}
		}))
	}
	sweep := func() *workflows.SweepOrdersResult {
		run, err := w.Operator.SweepNow(w.ctx, false)
		require.NoError(t, err)
		out, err := run.Wait(w.ctx)
		require.NoError(t, err)
		w.keep("SweepOrders/disputes", run.WorkflowID, run.RunID)
		return &out
	}
	dispute(issued, "NEEDS_RESPONSE")
	dispute(other, "NEEDS_RESPONSE")
	for _, recorded := range []int{1, 0} {
		found := sweep()
		require.Empty(t, found.DisputesFailed)
		require.Equal(t, []int{2, recorded}, []int{found.Disputes.Disputed, found.Disputes.Recorded})
	}
	id := workflows.DisputedOrderID(stack.Shop, orderNumber(issued), orderNumber(scenario.Placed{ID: issued.ID + 1}))
	w.keep("DisputedOrder/chargeback", id, "")
	w.ok("orders", "settle", other.Name, "--note", "by hand", "--yes") // A digest lists it, sooner or later.

	disputed := func() (rows []map[string]string) {
		w.digest()
		for _, row := range w.lastMail().rows {
			if row["state"] == "disputed" {
				rows = append(rows, row)
			}
		}
		return rows
	}
	rows := disputed()
	require.Len(t, rows, 1)
	require.Equal(t, []string{issued.Name, "chargeback", "needs response", "giftbridge orders balance '" + issued.Name + "'"},
		[]string{rows[0]["order"], rows[0]["kind"], rows[0]["message"], rows[0]["command"]})
	dispute(issued, "LOST")
	require.Equal(t, "lost", disputed()[0]["message"])
	dispute(issued, "WON")
	require.False(t, w.digest().Sent, "nothing else is to be reported")

	// A dispute that is lost stays in the digest until somebody settles it, and the sweep does not bring it back.
	dispute(issued, "LOST")
	require.Len(t, disputed(), 1)
	settled := w.starter(nil, "orders", "settle", issued.Name, "--note", "lost, ticket 4711", "--yes")
	require.Zero(t, settled.code, settled.stderr)
	require.Contains(t, settled.stderr, "its payment is disputed (chargeback, recorded ")
	w.keep("DisputedOrder/settled", id, "")
	require.Zero(t, sweep().Disputes.Recorded)
	w.await("settled", func() bool { return !w.digest().Sent })
}
