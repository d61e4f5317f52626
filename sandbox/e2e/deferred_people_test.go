package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/sandbox/e2e/acme"
	"github.com/giftbridge/giftbridge/workflows"
)

// begun starts an order of one card, and waits until the card is as wanted.
func (d *deferring) begun(number int, state cardlog.State) (in workflows.GiftCardOrderInput, id string) {
	d.t.Helper()
	in = deferredOrder(d, number, 1)
	started, err := d.Operator.StartOrder(d.ctx, in)
	require.NoError(d.t, err)
	require.True(d.t, started)
	id = workflows.GiftCardOrderID(in.Order.Shop, in.Order.ID)
	require.Eventually(d.t, func() bool {
		shown, err := d.Operator.ShowOrder(d.ctx, in.Order.Name)
		if err != nil {
			return false
		}
		all, err := d.Operator.Promises.Standings(d.ctx, id, shown.RunIDs()...)
		return err == nil && len(all) == 1 && all[0].State == state
	}, *patience, lookEvery)
	return in, id
}

// A person says what became of a card whose activation stays open: its workflow and its order end at once.
func TestPeopleResolveOpenCards(t *testing.T) {
	t.Parallel()
	a := &vendor{silent: map[issuer.Step]bool{issuer.Activating: true}}
	w := startDeferred(t, a)
	a.Fate = func(step issuer.Step, item, address string) acme.Fate {
		f := a.fate(step, item, address)
		if step == issuer.Activating {
			f.Reason = "lost" // Nothing ever shows of it.
		}
		return f
	}
	_, id := w.begun(1001, cardlog.Activating)
	shown := w.starter(nil, "orders", "show", "#1001")
	require.Contains(t, shown.stdout, "its activation is open")
	said := w.starter(nil, "orders", "resolve", "#1001", "--unit", "1", "--issued", "--reason", "ticket 1", "--yes")
	require.Zero(t, said.code, said.stderr)
	var out workflows.GiftCardOrderResult
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &out))
	require.Len(t, out.Cards, 1)
	again := w.starter(nil, "orders", "resolve", "#1001", "--unit", "1", "--issued", "--yes")
	require.NotZero(t, again.code)
	require.Contains(t, again.stderr, "is not in doubt: settled")
}

// A card whose workflow was ended is made anew once a person says that none has a value. Lists find odd callbacks.
func TestPeopleResolveEndedCards(t *testing.T) {
	t.Parallel()
	a := &vendor{silent: map[issuer.Step]bool{issuer.Generating: true}}
	w := startDeferred(t, a)
	in, id := w.begun(1001, cardlog.Asked)
	first := workflows.DeferredCardID("acme", key(in, 1), 1)
	for _, code := range []issuer.Code{"x-1", "x-2"} {
		require.NoError(t, w.keyed.SignalWorkflow(w.ctx, first, "", workflows.CallbackSignal, workflows.DeferredAnswer{
			Step: issuer.Generating, Attempt: 1, Answer: issuer.Answer{OK: true, Code: code},
		}))
	}
	require.Eventually(t, func() bool {
		now, err := w.Operator.Making(w.ctx, time.Now(), time.Now())
		return err == nil && now.Cards == 1 && len(now.Suspicious) == 1 && now.Suspicious[0].Name == "#1001" &&
			now.Suspicious[0].Unit == 1 && now.Suspicious[0].Order == "1001"
	}, *patience, lookEvery)
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, first, "", "test"))

	w.resetRun(id, "", firstTask)
	require.Error(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	shown, err := w.Operator.ShowOrder(w.ctx, "#1001")
	require.NoError(t, err)
	all, err := w.Operator.Promises.Standings(w.ctx, id, shown.RunIDs()...)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.True(t, all[0].InDoubt())
	require.NoError(t, w.Operator.Promises.Resolve(w.ctx, shown, all[0], false, "ada@desk", "ticket 1"))
	a.mu.Lock()
	a.silent = nil
	a.mu.Unlock()
	w.resetRun(id, "", firstTask)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	a.requireCards(t, 1)
	// The order ends as soon as it knows of the card, and the card's own workflow a moment later.
	second := workflows.DeferredCardID("acme", key(in, 1), 2)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, second, "").Get(w.ctx, nil))
}
