package e2e_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// changing returns the options of a system that does what policy says with the cards of changed orders.
func changing(policy string) stack.Options {
	return stack.Options{
		CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("CHANGED")}},
		Configure: func(c *config.Config) {
			plainly(c)
			c.Orders.CancelledOrders, c.Poll.Interval, c.Poll.SettleDelay = policy, time.Minute, 0
		},
	}
}

// issued places an order, waits for its cards, and returns it.
func (w *system) issued(cards int) scenario.Placed {
	w.t.Helper()
	p := w.orderFor("CHANGED", cards)
	w.poll()
	w.show(p, executions.Completed)
	return p
}

// refund has the shop refund units of the order's line.
func (w *system) refund(p scenario.Placed, units int) {
	w.t.Helper()
	require.True(w.t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		o.Lines[0].Removed += units
		if o.FinancialStatus = "PARTIALLY_REFUNDED"; o.Lines[0].Removed == o.Lines[0].Quantity {
			o.FinancialStatus = "REFUNDED"
		}
	}))
}

// sweepChanges looks for changed orders by the window over the orders' update time.
func (w *system) sweepChanges() workflows.SweptChanges {
	w.t.Helper()
	out := decoded[workflows.SweepOrdersResult](w, "sweep")
	require.NotNil(w.t, out.Changes)
	return *out.Changes
}

// seen looks at orders as a webhook has giftbridge look at them, and returns how many changes that started.
func (w *system) seen(orders ...scenario.Placed) int {
	w.t.Helper()
	rules, err := w.Operator.Rules(w.ctx)
	require.NoError(w.t, err)
	require.NotNil(w.t, rules)
	var numbers []string
	for _, p := range orders {
		numbers = append(numbers, strconv.FormatInt(p.ID, 10))
	}
	shop, err := app.NewOrders(w.Config)
	require.NoError(w.t, err)
	check := intake.ChangeCheck{Source: shop.Source, Orders: w.Operator}
	out, err := check.Check(w.ctx, *rules, numbers)
	require.NoError(w.t, err)
	return out.Started
}

// outcome waits until an order's changes are acted on, and returns the newest of n.
func (w *system) outcome(p scenario.Placed, n int) changed.Outcome {
	w.t.Helper()
	var all []changed.Outcome
	w.await("changes of "+p.Name, func() bool {
		var err error
		all, err = w.Operator.Outcomes(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10))
		require.NoError(w.t, err)
		return len(all) == n && all[0].State != executions.Running
	})
	return all[0]
}

// cancelledUnits returns the cards of the ledger that are cancelled, counted from 1 in the order in which the order has them.
func (w *system) cancelledUnits(p scenario.Placed) (units []int) {
	w.t.Helper()
	byAudit := map[string]string{}
	for _, c := range w.Issuer.Cards() {
		byAudit[c.AuditNumber] = c.Status
	}
	for _, c := range w.show(p, executions.Completed).Cards() {
		if byAudit[c.AuditNumber] == cashstartest.StatusCancelled {
			units = append(units, c.Unit)
		}
	}
	return units
}

// A refund of two of three cards is reported once, by webhook and sweep alike, in each digest until a person has seen to it.
func TestChangedOrdersAreReported(t *testing.T) {
	t.Parallel()
	w := start(t, changing(config.Report))
	p, other, money := w.issued(3), w.issued(2), w.issued(1)
	require.True(t, w.Shop.UpdateOrder(other.ID, func(o *shopifytest.Order) { o.FinancialStatus = "PAID" }))
	require.True(t, w.Shop.UpdateOrder(money.ID, func(o *shopifytest.Order) { o.FinancialStatus = "REFUNDED" }))
	w.refund(p, 2)
	require.Equal(t, 1, w.seen(p, other, money))
	require.Zero(t, w.seen(p, p, other, money), "visibility or the workflow ID knows it")
	out := w.outcome(p, 1)
	require.Equal(t, []int{3, 1, 2}, []int{out.Result.Existing, out.Result.Left, len(out.Result.TooMany)})
	require.Equal(t, []int{3, 2}, []int{out.Result.TooMany[0].Unit, out.Result.TooMany[1].Unit})
	swept := w.sweepChanges()
	require.Equal(t, []int{1, 0}, []int{swept.Changed, swept.Started}, "money alone is no change: %+v", swept)
	require.Len(t, w.Issuer.Cards(), 6)

	w.digest()
	m := w.lastMail()
	require.Equal(t, "cards_too_many", m.row(w, p.Name)["state"])
	require.Equal(t, "giftbridge orders cancel-card '"+p.Name+"' --unit 3 --reason WHY", m.row(w, p.Name)["command"])
	require.Contains(t, strings.Join(strings.Fields(m.Text), " "), "of 3 cards, 1 owed; too many: cards 3, 2")
	require.Contains(t, w.ok("orders", "show", p.Name), "too many: card 3")
	require.Contains(t, w.ok("orders", "why", p.Name), "orders recheck")

	w.ok("orders", "cancel-card", p.Name, "--unit", "3", "--reason", "refunded", "--yes")
	w.await("card 3 left the list", func() bool {
		o, err := w.Operator.OpenOf(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10))
		require.NoError(t, err)
		return o != nil && len(o.Result.TooMany) == 1
	})
	w.ok("orders", "settle", p.Name, "--note", "the customer keeps card 2", "--yes")
	w.await("settled", func() bool {
		o, err := w.Operator.OpenOf(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10))
		require.NoError(t, err)
		return o == nil
	})
	require.Contains(t, w.ok("orders", "show", p.Name), "the customer keeps card 2")
	require.Len(t, w.show(p, executions.Completed).Cards(), 3, "the order itself stays as it is")

	// What happens next to the order is another change.
	w.refund(p, 1)
	w.await("seen by the sweep", func() bool { return w.sweepChanges().Started == 1 })
	require.Len(t, w.outcome(p, 3).Result.TooMany, 2)
}

// The highest-numbered unspent cards of a refunded line are cancelled, once; what was spent is reported with its balance.
func TestChangedOrdersAreCancelled(t *testing.T) {
	t.Parallel()
	w := start(t, changing(config.Cancel))
	p := w.issued(4)
	cards := w.show(p, executions.Completed).Cards()
	require.True(t, w.Issuer.Spend(cards[3].EGCCode, "4.50"))
	w.refund(p, 2)
	swept := w.sweepChanges()
	require.Equal(t, 1, swept.Started)
	require.Zero(t, w.seen(p), "the sweep has started it")
	out := w.outcome(p, 1)
	require.Equal(t, []int{3, 2}, out.Result.Cancelled)
	require.Empty(t, out.Result.TooMany)
	require.Equal(t, []int{2, 3}, w.cancelledUnits(p))

	// One more is refunded: card 4 is spent, so card 1 goes. Then all: only the spent one is left.
	w.refund(p, 1)
	require.Equal(t, 1, w.seen(p))
	require.Equal(t, []int{1}, w.outcome(p, 2).Result.Cancelled)
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.CancelledAt = time.Now() }))
	w.refund(p, 1)
	require.Equal(t, 1, w.seen(p))
	out = w.outcome(p, 3)
	require.True(t, out.Result.OrderCancelled)
	require.Equal(t, []workflows.CardTooMany{{
		Unit: 4, AuditNumber: cards[3].AuditNumber, Amount: "25.00", Currency: "USD", Why: workflows.CardSpent, Balance: "4.50",
	}}, out.Result.TooMany)
	require.Equal(t, []int{1, 2, 3}, w.cancelledUnits(p))
	w.digest()
	require.Contains(t, strings.Join(strings.Fields(w.lastMail().Text), " "), "card 4 was spent, 4.50 USD are left")
	require.Equal(t, 3, w.Issuer.Stats().Requests[cashstartest.CancelCard][http.StatusOK], "each card once")
}

// Notices of the same changes come twice while the sweep looks at them too: each change has one run, and each card is cancelled
// once. A start that has asked visibility for nothing is refused by the workflow ID alone.
func TestChangesByTwoPathsAtOnce(t *testing.T) {
	t.Parallel()
	const orders = 5
	w := start(t, changing(config.Cancel))
	var placed []scenario.Placed
	for range orders {
		placed = append(placed, w.issued(2))
	}
	for _, p := range placed {
		w.refund(p, 1)
	}
	started := make([]int, 3)
	var all sync.WaitGroup
	all.Go(func() { started[0] = w.seen(placed...) })
	all.Go(func() { started[1] = w.seen(placed...) })
	all.Go(func() { started[2] = w.sweepChanges().Started })
	all.Wait()
	require.Equal(t, orders, started[0]+started[1]+started[2])
	for _, p := range placed {
		out := w.outcome(p, 1)
		require.Equal(t, []int{2}, out.Result.Cancelled)
		did, err := w.Operator.StartOnce(w.ctx, out.WorkflowID, workflows.ListingOfChanged(out.Shop, out.Order, out.Name),
			workflows.ChangedOrderType, workflows.ChangedOrderInput{Shop: out.Shop, OrderID: out.Order, Cancel: true})
		require.NoError(t, err)
		require.False(t, did)
		require.Equal(t, []int{2}, w.cancelledUnits(p))
	}
	require.Equal(t, orders, w.Issuer.Stats().Requests[cashstartest.CancelCard][http.StatusOK])
}

// A card that is spent after the change has looked at it is left alone, and reported.
func TestCardSpentBeforeItsCancellation(t *testing.T) {
	t.Parallel()
	w := start(t, changing(config.Cancel))
	p := w.issued(1)
	card := w.show(p, executions.Completed).Cards()[0]
	require.True(t, w.Issuer.Spend(card.EGCCode, "4.50"))
	run, err := w.keyed.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{
		ID: workflows.CancelCardID(stack.Shop, strconv.FormatInt(p.ID, 10), 1), TaskQueue: workflows.TaskQueue,
	}, workflows.CancelCardType, workflows.CancelCardInput{CancelCardInput: activities.CancelCardInput{
		OrderName: p.Name, Unit: 1, MerchantCode: card.MerchantCode, EGCCode: card.EGCCode, Unspent: true,
	}})
	require.NoError(t, err)
	require.ErrorContains(t, run.Get(w.ctx, nil), "something of the card was spent")
	require.Empty(t, w.cancelledUnits(p))
	w.refund(p, 1)
	require.Equal(t, 1, w.seen(p))
	require.Equal(t, workflows.CardSpent, w.outcome(p, 1).Result.TooMany[0].Why)
}

// The issuer refuses a cancellation: the change fails, is in status and digest, and can be run again.
func TestCancellationsThatFail(t *testing.T) {
	t.Parallel()
	w := start(t, changing(config.Cancel))
	p := w.issued(2)
	w.Issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusForbidden, Operation: cashstartest.CancelCard})
	w.refund(p, 1)
	require.Equal(t, 1, w.seen(p))
	require.NotNil(t, w.outcome(p, 1).Failure)
	require.Contains(t, w.starter(nil, "status").stdout, "the cards of 1 order that were cancelled or refunded")
	survey, err := w.Operator.Survey(w.ctx, time.Now())
	require.NoError(t, err)
	require.Equal(t, 1, survey.FailedChanges)
	w.digest()
	require.Equal(t, "change_failed", w.lastMail().row(w, p.Name)["state"])
	require.Equal(t, "giftbridge orders recheck '"+p.Name+"'", w.lastMail().row(w, p.Name)["command"])
	require.Empty(t, w.cancelledUnits(p))

	require.Contains(t, w.ok("orders", "recheck", p.Name), "cancelled: card 2")
	require.Equal(t, []int{2}, w.cancelledUnits(p))
	w.await("status", func() bool { s, err := w.Operator.Survey(w.ctx, time.Now()); return err == nil && s.FailedChanges == 0 })
}

// An order is cancelled while its cards are being issued, too late for the one that is under way. The change waits for it.
func TestChangeWaitsForTheCards(t *testing.T) {
	t.Parallel()
	asked, free := make(chan struct{}), make(chan struct{})
	o := changing(config.Cancel)
	o.CashStar = createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		asked <- struct{}{}
		<-free
		return nil
	})
	o.CashStar.Merchants = []cashstartest.Merchant{merchant("CHANGED")}
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		configure(c)
		c.CashStar.Timeout = 40 * time.Second
	}
	w := start(t, o)
	p := w.orderFor("CHANGED", 1)
	w.poll()
	<-asked
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.CancelledAt = time.Now() }))
	require.Equal(t, 1, w.seen(p))
	close(free)
	w.show(p, executions.Completed)
	require.Equal(t, []int{1}, w.outcome(p, 1).Result.Cancelled)
}

// Ordinary updates of orders cost nothing: however many gift-card orders were paid, noted or fulfilled, a sweep is two
// activities, and no change starts.
func TestCostsOfUpdatedOrders(t *testing.T) {
	t.Parallel()
	w := start(t, changing(config.Cancel))
	p := w.issued(2)
	for range 3 {
		require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) { o.FinancialStatus = "PAID" }))
	}
	require.Zero(t, w.seen(p))
	w.sweepChanges()
	require.Equal(t, 3, count(w.history(workflows.SweepByHandID, ""), enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED),
		"a sweep looks for missed, changed and disputed orders, whatever has changed")
	all, err := w.Operator.Outcomes(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10))
	require.NoError(t, err)
	require.Empty(t, all)
}

// Histories of changed orders.
func TestHistoriesOfChangedOrders(t *testing.T) {
	t.Parallel()
	o := changing(config.Cancel)
	w := start(t, o)
	p := w.issued(3)
	w.refund(p, 2)
	require.Equal(t, 1, w.seen(p))
	cancelled := w.outcome(p, 1)
	w.keep("ChangedOrder/cancelled", cancelled.WorkflowID, cancelled.RunID)
	require.NoError(t, w.Operator.SettleChange(w.ctx, cancelled, "ada@desk", "ticket 4711"))
	settled := w.outcome(p, 2)
	w.keep("ChangedOrder/settled", settled.WorkflowID, settled.RunID)

	q := w.issued(1)
	w.Issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusForbidden, Operation: cashstartest.CancelCard})
	w.refund(q, 1)
	require.Equal(t, 1, w.seen(q))
	failed := w.outcome(q, 1)
	w.keep("ChangedOrder/cancellation-refused", failed.WorkflowID, failed.RunID)
	swept, err := w.Operator.SweepNow(w.ctx, false)
	require.NoError(t, err)
	_, err = swept.Wait(w.ctx)
	require.NoError(t, err)
	w.keep("SweepOrders/changes", swept.WorkflowID, swept.RunID)
}
