package e2e_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// takingBack is a system that cancels what is no longer owed, with an issuer that makes cards later.
func takingBack(t *testing.T) *system {
	t.Helper()
	o := bothIssuers(fourwayshoptest.Options{})
	o.Configure = func(c *config.Config) {
		c.Orders.CancelledOrders, c.Poll.Interval, c.Poll.SettleDelay = config.Cancel, time.Minute, 0
	}
	return start(t, o)
}

// madeLater places an order of cards that are made later, and returns it with its cards once they are made.
func (w *system) madeLater(n int) (scenario.Placed, []orders.Card) {
	w.t.Helper()
	product := scenario.LaterProducts()[0]
	p := w.laterCards(n, product.SKU, product.Price)
	w.poll()
	cards := w.show(p, executions.Completed).Cards()
	require.Len(w.t, cards, n)
	return p, cards
}

// entry returns what the issuer that makes cards later knows of a card.
func (w *system) entry(card orders.Card) ledger.Card {
	w.t.Helper()
	var made workflows.DeferredCardResult
	id := workflows.DeferredCardID(fourwayshopissuer.Name, card.AuditNumber, 1)
	require.NoError(w.t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &made))
	for _, c := range w.Later.Cards() {
		if c.Barcode == string(made.Code) {
			return c
		}
	}
	require.Failf(w.t, "no such card", "%s", id)
	return ledger.Card{}
}

// unitOf returns a card as the unit of its order.
func unitOf(p scenario.Placed, card orders.Card) deferred.Unit {
	return deferred.Unit{
		Issuer: fourwayshopissuer.Name, Key: card.AuditNumber, OrderName: p.Name, OrderWorkflowID: orderID(p), Number: card.Unit,
		Item: scenario.LaterProducts()[0].Item, Price: card.Amount, Currency: card.Currency,
	}
}

// spend spends from a card at a till.
func (w *system) spend(card orders.Card, amount ledger.Hundredths) {
	w.t.Helper()
	require.Empty(w.t, w.Later.Spend(w.entry(card).Barcode, amount))
}

// requireLeft requires the balance of a card, and in how many movements it came about.
func (w *system) requireLeft(card orders.Card, left ledger.Hundredths, movements int) {
	w.t.Helper()
	c := w.entry(card)
	require.Equal(w.t, left, c.Amount)
	require.Len(w.t, c.Movements, movements)
}

// The histories of cards that were made later and are no longer owed: the value of those that were not spent is taken back, once.
// A card that was spent keeps what is left, whoever asks, and whenever that was seen.
func TestHistoriesOfCardsTakenBack(t *testing.T) {
	t.Parallel()
	w := takingBack(t)
	p, cards := w.madeLater(3)
	shopID := strconv.FormatInt(p.ID, 10)
	w.spend(cards[2], 1000)
	w.refund(p, 2)
	require.Equal(t, 1, w.seen(p))
	taken := w.outcome(p, 1)
	require.Equal(t, []int{2, 1}, taken.Result.Cancelled, "%+v", taken.Failure)
	require.Empty(t, taken.Result.TooMany)
	w.requireLeft(cards[0], 0, 2)
	w.requireLeft(cards[1], 0, 2)
	w.requireLeft(cards[2], 2000, 2)
	w.keepOpened("ChangedOrder/taken-back", taken.WorkflowID, taken.RunID)
	w.keepOpened("CancelCard/taken-back", workflows.CancelCardID(stack.Shop, shopID, 2), "")
	w.keepOpened("ClaimCode/taken-back", workflows.DrainClaimID(fourwayshopissuer.Name, cards[1].AuditNumber, 1), "")

	w.refund(p, 1)
	require.Equal(t, 1, w.seen(p))
	spent := w.outcome(p, 2)
	require.Empty(t, spent.Result.Cancelled)
	require.Equal(t, []workflows.CardTooMany{{
		Unit: 3, AuditNumber: cards[2].AuditNumber, Amount: "30.0", Currency: "USD", Why: workflows.CardSpent, Balance: "20.00",
	}}, spent.Result.TooMany)
	w.keepOpened("ChangedOrder/spent-made-later", spent.WorkflowID, spent.RunID)

	// Somebody who does not look first is refused by the issuer's adapter. The claim that this left behind does not make the card
	// one whose value was taken back.
	later := unitOf(p, cards[2])
	run, err := w.keyed.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{
		ID: workflows.CancelCardID(stack.Shop, shopID, 3), TaskQueue: workflows.TaskQueue,
	}, workflows.CancelCardType, workflows.CancelCardInput{By: "somebody", Reason: "bought by mistake", Later: &later})
	require.NoError(t, err)
	require.ErrorContains(t, run.Get(w.ctx, nil), string(giftcard.CardDeclined))
	refused := w.keepOpened("CancelCard/not-taken-back", run.GetID(), run.GetRunID()).GetEvents()
	require.Contains(t, refused[len(refused)-1].GetWorkflowExecutionFailedEventAttributes().GetFailure().GetMessage(),
		"order "+p.Name+", card 3, taking its value back: something of the card was spent")
	w.spend(cards[2], 2000)
	again, err := w.Operator.Recheck(w.ctx, stack.Shop, shopID, p.Name)
	require.NoError(t, err)
	require.NotNil(t, again.Result, "%+v", again.Failure)
	require.Len(t, again.Result.TooMany, 1)
	require.Equal(t, workflows.CardSpent, again.Result.TooMany[0].Why)
	require.Equal(t, "0.00", again.Result.TooMany[0].Balance)
	w.requireLeft(cards[2], 0, 3)
}

// Both paths see the same refund, and a person asks as well: the value of the card is taken back by one request.
func TestCardTakenBackOnce(t *testing.T) {
	t.Parallel()
	w := takingBack(t)
	p, cards := w.madeLater(1)
	w.refund(p, 1)
	seen, swept := 0, 0
	var both sync.WaitGroup
	both.Go(func() { seen = w.seen(p) })
	both.Go(func() { swept = w.sweepChanges().Started })
	both.Wait()
	require.Equal(t, 1, seen+swept)
	require.Equal(t, []int{1}, w.outcome(p, 1).Result.Cancelled)
	w.requireLeft(cards[0], 0, 2)
	later := unitOf(p, cards[0])
	_, err := w.Operator.CancelCard(w.ctx, w.show(p, executions.Completed), cards[0], &later, "somebody", "refunded")
	require.ErrorContains(t, err, "card 1 of order "+p.Name+" is already cancelled")
	again, err := w.Operator.Recheck(w.ctx, stack.Shop, strconv.FormatInt(p.ID, 10), p.Name)
	require.NoError(t, err)
	require.Empty(t, again.Result.Cancelled)
	w.requireLeft(cards[0], 0, 2)
}
