package e2e_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/workflows"
)

// One of two cards is refunded while both wait for their issuer: one of them gets its value, and the other one does not.
func TestDeferredCardRefundedWhileItWaits(t *testing.T) {
	t.Parallel()
	v := &vendor{silent: map[issuer.Step]bool{issuer.Generating: true}}
	w := startDeferredReading(t, v, func(w *system, p *promises.Promises) deferred.Orders {
		orders, err := app.NewOrders(w.Config)
		require.NoError(t, err)
		return &deferred.OrderCheck{Reader: intake.NewReader(orders.Source, 0), Cards: p}
	})
	p := w.placeOrder("TWS", shopifytest.LineItem{SKU: "LATER", Title: "Gift card", Quantity: 2, UnitPrice: "50.0"})
	in := deferredOrder(w, int(p.ID), 2)
	in.Order.Name, in.ReadAt = p.Name, time.Now().Add(-intake.GoodFor-time.Minute)
	line := &in.Order.Lines[0]
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		line.ID, line.Currency = strconv.FormatInt(o.Lines[0].ID, 10), "USD"
	}))
	started, err := w.Operator.StartOrder(w.ctx, in)
	require.NoError(t, err)
	require.True(t, started)
	w.await("both cards generated", func() bool {
		return len(v.Cards()) == 2
	})
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 1
	}))

	// The second card waits for none.
	card := func(unit int) string {
		return workflows.DeferredCardID("acme", giftcard.AuditNumber("", in.Order.Shop, in.Order.ID, line.ID, unit), 1)
	}
	for _, unit := range []int{2, 1} {
		require.NoError(t, w.keyed.SignalWorkflow(w.ctx, card(unit), "", workflows.CallbackSignal, workflows.DeferredAnswer{
			Step: deferred.Generating, Attempt: 1, Answer: issuer.Answer{OK: true, Code: v.Cards()[unit-1].Code},
		}))
		err := w.keyed.GetWorkflow(w.ctx, card(unit), "").Get(w.ctx, nil)
		if unit == 1 {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, string(giftcard.OrderChanged))
		require.ErrorContains(t, err, "the card was refunded or removed: 1 of 2 cards of its line remain; no card was issued for it")
	}
	d := w.show(p, executions.Failed)
	require.Equal(t, string(giftcard.OrderChanged), d.Failure.Kind)
	require.Contains(t, d.Failure.Message, p.Name)
	require.Len(t, d.Units.Issued, 1)
	require.Equal(t, 2, d.Units.Failed[0].Unit)
	active := 0
	for _, card := range v.Cards() {
		active += card.Activations
	}
	require.Equal(t, 1, active)
}
