package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// Histories of each kind of failure of an order. Retryable failures were retried until the retry budget was spent.
func TestHistoriesOfFailedOrders(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		fault cashstartest.Fault
		want  giftcard.Kind
	}{
		"invalid-request":     {cashstartest.Fault{Kind: cashstartest.ServerError, Status: 400}, giftcard.InvalidRequest},
		"unauthorized":        {cashstartest.Fault{Kind: cashstartest.ServerError, Status: 401}, giftcard.Unauthorized},
		"card-declined":       {declined, giftcard.CardDeclined},
		"unexpected-response": {cashstartest.Fault{Kind: cashstartest.WrongMerchant}, giftcard.UnexpectedResponse},
		"rate-limited":        {cashstartest.Fault{Kind: cashstartest.RateLimit}, giftcard.RateLimited},
		"unavailable":         {cashstartest.Fault{Kind: cashstartest.ServerError}, giftcard.Unavailable},
		"timeout":             {cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour}, giftcard.Timeout},
	}
	tr := trouble{of: map[string]cashstartest.Fault{}}
	for name, k := range kinds {
		tr.of[strings.ToUpper(name)] = k.fault
	}
	issuer := tr.options()
	for _, code := range []string{"TWIN1", "TWIN2"} {
		twin := merchant("TWIN")
		twin.MerchantCode = code
		issuer.Merchants = append(issuer.Merchants, twin)
	}
	w := start(t, stack.Options{CashStar: issuer, Configure: plainly})
	placed := map[string]scenario.Placed{}
	for name := range kinds {
		placed[name] = w.orderFor(strings.ToUpper(name), 1)
	}
	placed["merchant-ambiguous"] = w.orderFor("TWIN", 1)
	placed["too-many-cards"] = w.orderFor("TWIN", 1001)
	w.poll()
	for name, p := range placed {
		w.keepOrder("GiftCardOrder/"+name, p, executions.Failed)
	}
	for name, k := range kinds {
		require.EqualValues(t, k.want, w.show(placed[name], executions.Failed).Failure.Kind, name)
	}
	require.EqualValues(t, giftcard.MerchantAmbiguous, w.show(placed["merchant-ambiguous"], executions.Failed).Failure.Kind)
	require.EqualValues(t, giftcard.InvalidRequest, w.show(placed["too-many-cards"], executions.Failed).Failure.Kind)

	// Everything is done again, from the first workflow task.
	tr.cured.Store(true)
	again := placed["card-declined"]
	w.resetRun(orderID(again), "", firstTask)
	w.show(again, executions.Completed)
	w.keepOrder("GiftCardOrder/reset-to-first-task", again, executions.Completed)
}

// More cards than are issued at once, an order that is cancelled while its cards are being issued, and an order that is
// issued under a rate limit.
func TestHistoriesOfManyCards(t *testing.T) {
	t.Parallel()
	var issuer gate
	t.Cleanup(issuer.open)
	options := createOrderFault(issuer.pass)
	options.Merchants = []cashstartest.Merchant{merchant("BULK")}
	w := start(t, stack.Options{CashStar: options, Configure: func(c *config.Config) {
		plainly(c)
		c.CashStar.MaxRPS, c.CashStar.Timeout = 100, 40*time.Second
	}})
	many := w.orderFor("BULK", 12)
	w.poll()
	w.keepOrder("GiftCardOrder/more-cards-than-at-once", many, executions.Completed)

	issuer.shut()
	cancelled := w.orderFor("BULK", 12)
	w.poll()
	w.await("issuing", func() bool {
		waiting, retried := issuer.inFlight(nil)
		return waiting > 0 && retried > 0
	})
	require.NoError(t, w.plain.CancelWorkflow(w.ctx, orderID(cancelled), ""))
	w.keepOrder("GiftCardOrder/cancelled", cancelled, executions.Canceled)
}

// A card whose worker was lost is issued by another worker after a time-out.
func TestHistoriesOfLostWorker(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	faults := make(chan *cashstartest.Fault, 1)
	faults <- &cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour}
	w := start(t, stack.Options{
		NoWorker: true, Configure: plainly,
		CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
			select {
			case f := <-faults:
				close(asked)
				return f
			default:
				return nil
			}
		}),
	})
	lost := w.startProcess("CASHSTAR_TIMEOUT=40s")
	p := w.PlaceKind(scenario.Single)
	w.poll()
	<-asked
	lost.kill()
	w.startProcess()
	w.keepOrder("GiftCardOrder/worker-lost", p, executions.Completed)
	w.requireBalance()
}

// A long manual poll in small pages. The runs in its middle continue a run and are continued by another.
func TestHistoriesOfPollByHand(t *testing.T) {
	t.Parallel()
	var shop denied
	shop.after.Store(never)
	w := start(t, stack.Options{
		Shopify:       shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Faults: shopifytest.Faults{Next: shop.next}},
		Configure:     func(c *config.Config) { plainly(c); c.Poll.PageSize = 2 },
		DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 15},
	})
	w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 12)...)
	poll, err := w.Operator.PollWindow(w.ctx, time.Now().Add(-time.Hour), time.Now().Add(time.Minute))
	require.NoError(t, err)
	result, err := poll.Wait(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 12, result.Started)
	middle := w.keep("PollOrders/by-hand", poll.WorkflowID, poll.RunID)
	require.NotEmpty(t, middle)
	require.NotEmpty(t, w.keep("PollOrders/continued-middle", poll.WorkflowID, middle), "two runs are not enough")

	shop.after.Store(0)
	poll, err = w.Operator.PollWindow(w.ctx, time.Now().Add(-2*time.Hour), time.Now())
	require.NoError(t, err)
	_, err = poll.Wait(w.ctx)
	require.Error(t, err)
	w.keep("PollOrders/by-hand-failed", poll.WorkflowID, poll.RunID)
}

// An order that is refunded while CashStar is unavailable gets no card.
func TestHistoriesOfChangedOrder(t *testing.T) {
	t.Parallel()
	issuer := hesitation{fault: cashstartest.Fault{Kind: cashstartest.RateLimit}}
	w := start(t, stack.Options{CashStar: issuer.options("BUSY"), Configure: func(c *config.Config) {
		plainly(c)
		c.CashStar.Timeout, c.Issue.RetryBudget = config.Default().CashStar.Timeout, time.Hour
	}})
	p := w.orderFor("BUSY", 1)
	w.poll()
	w.await("asked for", func() bool { return issuer.cards() == 1 })
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		o.FinancialStatus, o.Lines[0].Removed = "REFUNDED", 1
	}))
	issuer.letGo()
	w.keepOrder("GiftCardOrder/order-changed", p, executions.Failed)
	failure := w.show(p, executions.Failed).Failure
	require.EqualValues(t, giftcard.OrderChanged, failure.Kind, failure.Message)
	require.Contains(t, failure.Message, "the order is no longer paid (REFUNDED)")
	require.Empty(t, w.Issuer.Cards())
}

// Two cards in doubt, and what a person says about them: one exists, the other does not.
func TestHistoriesOfUnknownOutcomes(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{
		"ISSUED":     {Kind: cashstartest.Drop, AfterCommit: true},
		"NOT-ISSUED": {Kind: cashstartest.Drop},
	}}
	w := start(t, stack.Options{CashStar: tr.options(), Configure: func(c *config.Config) {
		plainly(c)
		c.Issue.Dedupes, c.Issue.RetryBudget = false, time.Minute // The doubt about one card holds the other back for a while.
	}})
	issued, notIssued := w.orderFor("ISSUED", 1), w.orderFor("NOT-ISSUED", 1)
	w.poll()
	w.keepOrder("GiftCardOrder/outcome-unknown", issued, executions.Failed)
	w.show(notIssued, executions.Failed)

	tr.cured.Store(true)
	for _, c := range []struct {
		name   string
		order  scenario.Placed
		exists bool
	}{{"issued", issued, true}, {"not-issued", notIssued, false}} {
		d := w.show(c.order, executions.Failed)
		require.EqualValues(t, giftcard.OutcomeUnknown, d.Failure.Kind)
		require.NoError(t, w.Operator.ResolveCard(w.ctx, d, 1, c.exists, "ada@desk", "looked it up at CashStar"))
		w.keep("ResolveCard/"+c.name, workflows.ResolveCardID(stack.Shop, orderNumber(c.order), 1), "")
		w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(c.order)}, Force: true, Reason: "ada@desk"})
		done := w.show(c.order, executions.Completed)
		require.Equal(t, c.exists, done.Result.Cards[0].Existed)
		w.keep("GiftCardOrder/resolved-"+c.name, done.WorkflowID, done.RunID)
	}
	require.Len(t, w.Issuer.Cards(), 2)
}

// An order of two cards, one of which the issuer refuses until its address is corrected.
func TestHistoriesOfFixedOrders(t *testing.T) {
	t.Parallel()
	const bad = "mistyped@example.com"
	w := start(t, stack.Options{CashStar: bounces(bad, "GIFT"), Configure: plainly})
	p := w.twoLines("GIFT", bad)
	w.poll()
	correction, err := left.ReadFix("corrected@example.com", "", workflows.SendNow)
	require.NoError(t, err)
	plan, err := w.Operator.PlanFix(w.ctx, w.show(p, executions.Failed), nil, correction)
	require.NoError(t, err)
	_, err = w.Operator.Fix(w.ctx, plan, "somebody", "the customer called")
	require.NoError(t, err)
	w.keepOrder("GiftCardOrder/fixed", p, executions.Completed)
	require.Equal(t, 2, w.cardsOf("GIFT"))

	_, err = w.Operator.Fix(w.ctx, plan, "somebody else", "the same plan")
	require.ErrorContains(t, err, "was run again or corrected by somebody else meanwhile")
}

// rerun reruns one failed order.
func (w *system) rerun(in workflows.RerunOrdersInput) {
	w.t.Helper()
	rerun, err := w.Operator.RerunOrders(w.ctx, in)
	require.NoError(w.t, err)
	result, err := rerun.Wait(w.ctx)
	require.NoError(w.t, err)
	require.Equal(w.t, 1, result.Rerun)
}
