package workflows_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// existing returns cards of an order, the highest-numbered first.
func existing(units ...int) (cards []activities.ExistingCard) {
	for _, u := range units {
		cards = append(cards, activities.ExistingCard{
			Unit: u, AuditNumber: "a", MerchantCode: "TWS", EGCCode: string(rune('0' + u)), Amount: "25.00", Currency: "USD",
		})
	}
	return cards
}

// changedEnv runs ChangedOrder with fakes of shop and issuer.
type changedEnv struct {
	*env
	compared  int
	inspected []int
	cancelled []int
}

func newChangedEnv(
	t *testing.T, compare func(n int) activities.CompareOrderResult,
	inspect func(unit int) (activities.InspectCardResult, error), cancel func(unit int) error,
) *changedEnv {
	t.Helper()
	return newChangedEnvOf(t, newEnv(t), compare, inspect, cancel)
}

func newChangedEnvOf(
	t *testing.T, of *env, compare func(n int) activities.CompareOrderResult,
	inspect func(unit int) (activities.InspectCardResult, error), cancel func(unit int) error,
) *changedEnv {
	t.Helper()
	e := &changedEnv{env: of}
	e.RegisterWorkflow(workflows.CancelCard)
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.CompareOrderInput) (activities.CompareOrderResult, error) {
			require.Equal(t, activities.CompareOrderInput{Shop: shop, OrderID: "5001", OrderName: "#1001"}, in)
			e.compared++
			return compare(e.compared), nil
		}, activity.RegisterOptions{Name: "CompareOrder"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.InspectCardInput) (activities.InspectCardResult, error) {
			note(e.env, &e.inspected, in.Unit)
			return inspect(in.Unit)
		}, activity.RegisterOptions{Name: "InspectCard"})
	e.RegisterActivityWithOptions(
		func(_ context.Context, in activities.CancelCardInput) (activities.CancelCardResult, error) {
			note(e.env, &e.cancelled, in.Unit)
			return activities.CancelCardResult{Status: "CANCELLED"}, cancel(in.Unit)
		}, activity.RegisterOptions{Name: "CancelCard"})
	return e
}

// Of a line, as many cards are cancelled as are not owed: unspent ones, the highest-numbered first.
func TestChangedOrderCancels(t *testing.T) {
	t.Parallel()
	refused := temporal.NewNonRetryableApplicationError("no", string(giftcard.CardDeclined), nil)
	tests := map[string]struct {
		cards     []activities.ExistingCard
		tooMany   int
		report    bool
		cannot    bool
		spent     []int
		gone      []int
		away      int // The card that the issuer does not show.
		refuses   int
		cancelled []int
		kept      map[int]workflows.CardKept
		inspected int
		fails     bool
	}{
		"two of three":      {cards: existing(3, 2, 1), tooMany: 2, cancelled: []int{3, 2}, inspected: 3},
		"none":              {cards: existing(2, 1)},
		"all":               {cards: existing(2, 1), tooMany: 2, cancelled: []int{2, 1}, inspected: 2},
		"one is spent":      {cards: existing(3, 2, 1), tooMany: 1, spent: []int{3}, cancelled: []int{2}, inspected: 3},
		"too many spent":    {cards: existing(2, 1), tooMany: 2, spent: []int{1}, cancelled: []int{2}, kept: map[int]workflows.CardKept{1: workflows.CardSpent}, inspected: 2},
		"cancelled by hand": {cards: existing(3, 2, 1), tooMany: 1, gone: []int{1}, inspected: 3},
		"one cancelled by hand, one to go": {
			cards: existing(3, 2, 1), tooMany: 2, gone: []int{3}, cancelled: []int{2}, inspected: 3,
		},
		"reported": {
			cards: existing(3, 2, 1), tooMany: 2, report: true, kept: map[int]workflows.CardKept{3: "", 2: ""},
		},
		"an issuer that does not cancel": {
			cards: existing(2, 1), tooMany: 1, cannot: true, kept: map[int]workflows.CardKept{2: workflows.CardNotCancellable},
		},
		"the issuer is away": {
			cards: existing(2, 1), tooMany: 1, away: 1, kept: map[int]workflows.CardKept{2: workflows.CancellationFailed},
			inspected: 2, fails: true,
		},
		"one is refused, the others go on": {
			cards: existing(3, 2, 1), tooMany: 2, refuses: 3, cancelled: []int{3, 2},
			kept: map[int]workflows.CardKept{3: workflows.CancellationFailed}, inspected: 3, fails: true,
		},
		"without its reference": {
			cards: []activities.ExistingCard{{Unit: 2}, existing(1)[0]}, tooMany: 1, cancelled: []int{1}, inspected: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newChangedEnv(t, func(int) activities.CompareOrderResult {
				out := activities.CompareOrderResult{
					Existing: len(tt.cards), Left: len(tt.cards) - tt.tooMany, CanCancel: !tt.cannot,
				}
				if tt.tooMany > 0 {
					out.Lines = []activities.ComparedLine{{LineID: "9", TooMany: tt.tooMany, Cards: tt.cards}}
				}
				return out
			}, func(unit int) (activities.InspectCardResult, error) {
				if unit == tt.away {
					return activities.InspectCardResult{}, refused
				}
				return activities.InspectCardResult{
					Spent: slices.Contains(tt.spent, unit), Cancelled: slices.Contains(tt.gone, unit), Balance: "4.50",
				}, nil
			}, func(unit int) error {
				if unit == tt.refuses {
					return refused
				}
				return nil
			})
			e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
				Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: !tt.report,
			})
			require.True(t, e.IsWorkflowCompleted())
			var out workflows.ChangedOrderResult
			if err := e.GetWorkflowError(); tt.fails {
				var app *temporal.ApplicationError
				require.ErrorAs(t, err, &app)
				require.Equal(t, string(giftcard.CardDeclined), app.Type())
				require.NoError(t, app.Details(&out))
			} else {
				require.NoError(t, err)
				require.NoError(t, e.GetWorkflowResult(&out))
			}
			require.Equal(t, tt.cancelled, e.cancelled)
			require.Len(t, e.inspected, tt.inspected)
			kept := map[int]workflows.CardKept{}
			for _, card := range out.TooMany {
				kept[card.Unit] = card.Why
			}
			require.Len(t, kept, len(tt.kept))
			for unit, why := range tt.kept {
				require.Contains(t, kept, unit)
				require.Equal(t, why, kept[unit])
			}
		})
	}
}

// The issuer is away for hours, comes back, cancels a card, and is away again before it answers. The run waits, and cancels
// each card once.
func TestChangedOrderWhileTheIssuerIsAway(t *testing.T) {
	t.Parallel()
	var e *changedEnv
	gone, cancels := map[int]bool{}, 0
	away := func() error {
		at := e.Now().Sub(noon)
		if at < 6*time.Hour || cancels == 1 && at < 7*time.Hour {
			// The test environment gives up after ten attempts.
			return temporal.NewApplicationErrorWithOptions("away", string(giftcard.Unavailable),
				temporal.ApplicationErrorOptions{NextRetryDelay: 45 * time.Minute})
		}
		return nil
	}
	e = newChangedEnv(t, func(int) activities.CompareOrderResult {
		return activities.CompareOrderResult{Existing: 3, Left: 1, CanCancel: true, Lines: []activities.ComparedLine{
			{LineID: "9", TooMany: 2, Cards: existing(3, 2, 1)},
		}}
	}, func(unit int) (activities.InspectCardResult, error) {
		return activities.InspectCardResult{Cancelled: gone[unit]}, away()
	}, func(unit int) error {
		if err := away(); err != nil {
			return err
		}
		require.False(t, gone[unit], "card %d is cancelled a second time", unit)
		gone[unit] = true
		cancels++
		return away()
	})
	e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
		Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: true,
	})
	require.True(t, e.IsWorkflowCompleted())
	require.NoError(t, e.GetWorkflowError())
	require.Equal(t, map[int]bool{3: true, 2: true}, gone)
	require.Equal(t, 2, e.compared, "the cards were looked at again after the cancellation without an answer")
	require.Greater(t, e.Now().Sub(noon), 7*time.Hour)
}

// An issuer that shows cards and cancels none is asked a bounded number of times.
func TestChangedOrderGivesUpOnTheIssuer(t *testing.T) {
	t.Parallel()
	e := newChangedEnv(t, func(int) activities.CompareOrderResult {
		return activities.CompareOrderResult{Existing: 1, CanCancel: true, Lines: []activities.ComparedLine{
			{LineID: "9", TooMany: 1, Cards: existing(1)},
		}}
	}, func(int) (activities.InspectCardResult, error) { return activities.InspectCardResult{}, nil },
		func(int) error { return temporal.NewApplicationError("away", string(giftcard.Unavailable)) })
	e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
		Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: true,
	})
	require.True(t, e.IsWorkflowCompleted())
	var app *temporal.ApplicationError
	require.ErrorAs(t, e.GetWorkflowError(), &app)
	require.Equal(t, string(giftcard.Unavailable), app.Type())
	var out workflows.ChangedOrderResult
	require.NoError(t, app.Details(&out))
	require.Equal(t, workflows.CancellationFailed, out.TooMany[0].Why)
	require.Equal(t, 20, e.compared)
}

// A card of which only a person can say whether it exists may be one too many: the run does what is certain, and fails.
func TestChangedOrderInDoubt(t *testing.T) {
	t.Parallel()
	e := newChangedEnv(t, func(int) activities.CompareOrderResult {
		return activities.CompareOrderResult{
			Cancelled: true, Existing: 1, CanCancel: true, InDoubt: []int{2, 3},
			Lines: []activities.ComparedLine{{LineID: "9", TooMany: 1, Cards: existing(1)}},
		}
	}, func(int) (activities.InspectCardResult, error) { return activities.InspectCardResult{}, nil },
		func(int) error { return nil })
	e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
		Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: true,
	})
	var app *temporal.ApplicationError
	require.ErrorAs(t, e.GetWorkflowError(), &app)
	require.Equal(t, string(giftcard.OutcomeUnknown), app.Type())
	require.Contains(t, app.Message(), "(2 3)")
	var out workflows.ChangedOrderResult
	require.NoError(t, app.Details(&out))
	require.Equal(t, []int{1}, out.Cancelled)
	require.Equal(t, []int{2, 3}, out.InDoubt)
}

// Cards whose line the shop does not show are cancelled only with the whole order: the shop keeps the lines that were removed.
func TestChangedOrderWithCardsOfAnUnknownLine(t *testing.T) {
	t.Parallel()
	for _, cancelled := range []bool{false, true} {
		e := newChangedEnv(t, func(int) activities.CompareOrderResult {
			return activities.CompareOrderResult{Cancelled: cancelled, Existing: 2, CanCancel: true, Lines: []activities.ComparedLine{
				{TooMany: 2, Cards: existing(2, 1)},
			}}
		}, func(int) (activities.InspectCardResult, error) { return activities.InspectCardResult{}, nil },
			func(int) error { return nil })
		e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
			Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: true,
		})
		require.NoError(t, e.GetWorkflowError())
		var out workflows.ChangedOrderResult
		require.NoError(t, e.GetWorkflowResult(&out))
		if cancelled {
			require.Equal(t, []int{2, 1}, e.cancelled)
			require.Empty(t, out.TooMany)
			continue
		}
		require.Empty(t, e.cancelled)
		require.Len(t, out.TooMany, 2)
		require.Equal(t, workflows.CardWithoutLine, out.TooMany[0].Why)
	}
}

// An order whose cards are being issued is looked at again, with growing pauses, for three days.
func TestChangedOrderWaits(t *testing.T) {
	t.Parallel()
	for name, ready := range map[string]int{"in the end": 5, "never": 1_000_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newChangedEnv(t, func(n int) activities.CompareOrderResult {
				if n < ready {
					return activities.CompareOrderResult{Waits: "its cards are being issued"}
				}
				return activities.CompareOrderResult{Existing: 1, CanCancel: true, Lines: []activities.ComparedLine{
					{LineID: "9", TooMany: 1, Cards: existing(1)},
				}}
			}, func(int) (activities.InspectCardResult, error) { return activities.InspectCardResult{}, nil },
				func(int) error { return nil })
			e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
				Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: true,
			})
			require.True(t, e.IsWorkflowCompleted())
			if ready > 100 {
				require.ErrorContains(t, e.GetWorkflowError(), "its cards are being issued")
				require.InDelta(t, 78, e.compared, 3, "hourly for three days")
				require.Empty(t, e.cancelled)
				return
			}
			require.NoError(t, e.GetWorkflowError())
			require.Equal(t, ready, e.compared)
			require.Equal(t, []int{1}, e.cancelled)
		})
	}
}

func TestChangedOrderSettled(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	by := &workflows.ChangeSettled{By: "ada@desk", Note: "ticket 4711"}
	e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{Shop: shop, OrderID: "5001", Settled: by})
	require.NoError(t, e.GetWorkflowError())
	var out workflows.ChangedOrderResult
	require.NoError(t, e.GetWorkflowResult(&out))
	require.Equal(t, workflows.ChangedOrderResult{Settled: by}, out)
}

func TestChangedOrderID(t *testing.T) {
	t.Parallel()
	id := workflows.ChangedOrderID(shop, "5001", "ABC")
	require.Equal(t, "changed-order/example.myshopify.com/5001/ABC", id)
	gotShop, order, err := workflows.ParseChangedOrderID(id)
	require.NoError(t, err)
	require.Equal(t, []string{shop, "5001"}, []string{gotShop, order})
	for _, bad := range []string{"", "changed-order/", "changed-order/s/1", "changed-order/s/1/", "changed-order//1/h", "x/s/1/h", id + "/x"} {
		_, _, err := workflows.ParseChangedOrderID(bad)
		require.Error(t, err, bad)
	}
}

// A sweep looks for changes where the last one ended, with an overlap; the first one looks back two days, and one by hand as
// far as for orders. A schedule of an earlier release does not look for them.
func TestSweepOrdersLooksForChanges(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) *time.Time { at := noon.Add(-d); return &at }
	for name, tt := range map[string]struct {
		policy string
		last   *time.Time // The end of the last sweep's window.
		whole  bool
		since  *time.Time
		cancel bool
	}{
		"earlier release": {},
		"the first":       {policy: "report", since: ago(48 * time.Hour)},
		"the next":        {policy: "cancel", last: ago(time.Hour), since: ago(time.Hour + 10*time.Minute + 30*time.Minute), cancel: true},
		"after a month":   {policy: "report", last: ago(700 * time.Hour), since: ago(700*time.Hour + 40*time.Minute)},
		"a wrong clock":   {policy: "report", last: ago(-time.Hour), since: ago(48 * time.Hour)},
		"whole, by hand":  {policy: "report", whole: true, since: ago(240 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			if tt.last != nil {
				e.SetLastCompletionResult(workflows.SweepOrdersResult{Changes: &workflows.SweptChanges{Until: *tt.last}})
			}
			var asked []activities.SweepChangesInput
			e.RegisterActivityWithOptions(func(context.Context, activities.SweepInput) (activities.SweepResult, error) {
				return activities.SweepResult{}, nil
			}, activity.RegisterOptions{Name: "Sweep"})
			e.RegisterActivityWithOptions(
				func(_ context.Context, in activities.SweepChangesInput) (activities.SweepChangesResult, error) {
					note(e, &asked, in)
					return activities.SweepChangesResult{Started: 2}, nil
				}, activity.RegisterOptions{Name: "SweepChanges"})
			in := workflows.SweepOrdersInput{
				Poll: rules(), Every: workflows.Duration(time.Hour), Recent: workflows.Duration(48 * time.Hour), Whole: tt.whole,
				CancelledOrders: tt.policy,
			}
			in.Poll.CreatedAtMin = noon.AddDate(0, 0, -10)
			e.ExecuteWorkflow(workflows.SweepOrders, in)
			require.NoError(t, e.GetWorkflowError())
			var out workflows.SweepOrdersResult
			require.NoError(t, e.GetWorkflowResult(&out))
			if tt.policy == "" {
				require.Nil(t, out.Changes)
				require.Empty(t, asked)
				return
			}
			until := noon.Add(-time.Minute)
			require.Equal(t, []activities.SweepChangesInput{{
				SKUs: in.Poll.SKUs, UpdatedFrom: *tt.since, UpdatedBefore: until, Cancel: tt.cancel,
			}}, asked)
			require.Equal(t, []time.Time{*tt.since, until}, []time.Time{out.Changes.Since, out.Changes.Until})
			require.Equal(t, 2, out.Changes.Started)
		})
	}
}
