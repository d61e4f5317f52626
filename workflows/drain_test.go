package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/workflows"
)

// The value of a card is taken back by one request. It is sent again only if the last one was certainly not sent, and what
// the issuer shows decides what it came to.
func TestCancelCardOfAnIssuerThatAnswersLater(t *testing.T) {
	t.Parallel()
	unsent := func(kind giftcard.Kind) error {
		return &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(kind, "not now")}
	}
	for name, tt := range map[string]struct {
		// drain is what becomes of the request, and shows when the card shows the effect; 0 means never.
		drain  func(attempt int) error
		shows  time.Duration
		before bool
		// known is what is known of another run's request, and answers is what the issuer says after a second, if anything.
		known   deferred.Drained
		answers *issuer.Answer
		away    error
		asked   int
		empty   bool
		kind    giftcard.Kind
		clean   bool
		says    string
	}{
		"at once":           {shows: time.Millisecond, asked: 1},
		"a queue that lags": {shows: 20 * time.Hour, asked: 1},
		"never shown":       {asked: 1, kind: giftcard.OutcomeUnknown, says: "it shows 50.00 EUR"},
		"answer lost": {
			drain: func(int) error { return errors.New("reset") }, shows: time.Hour, asked: 1, kind: giftcard.OutcomeUnknown, empty: true,
			says: "it is empty, and it is not known whether",
		},
		"answer lost, and the callback came": {
			drain: func(int) error { return errors.New("reset") }, answers: &issuer.Answer{OK: true}, shows: time.Hour, asked: 1,
		},
		"answer lost, empty in the last hour": {
			drain: func(int) error { return errors.New("reset") }, shows: 23*time.Hour + 50*time.Minute, asked: 1,
			kind: giftcard.OutcomeUnknown, empty: true, says: "it is empty",
		},
		"refused later": {
			answers: &issuer.Answer{Kind: giftcard.CardDeclined, Message: "non va"}, asked: 1, kind: giftcard.CardDeclined, clean: true,
			says: "the issuer has refused to take its value back: non va (it shows 50.00 EUR)",
		},
		"refused later, because it was spent": {
			answers: &issuer.Answer{Kind: giftcard.Unavailable}, shows: time.Minute, asked: 1, kind: giftcard.CardDeclined, clean: true,
			says: "(it shows 0.00 EUR)",
		},
		"answer lost, nothing": {drain: func(int) error { return errors.New("reset") }, asked: 1, kind: giftcard.OutcomeUnknown},
		"worker died": {
			drain: func(int) error { panic("died") }, shows: time.Hour, asked: 1, kind: giftcard.OutcomeUnknown, empty: true,
		},
		"refused": {
			drain: func(int) error { return unsent(giftcard.CardDeclined) }, asked: 1, kind: giftcard.CardDeclined, clean: true,
			says: "not now",
		},
		"away at first": {
			drain: func(attempt int) error {
				if attempt < 3 {
					return unsent(giftcard.Unavailable)
				}
				return nil
			}, shows: time.Hour, asked: 3,
		},
		"away for days": {
			drain: func(int) error { return unsent(giftcard.Unavailable) }, asked: 29, kind: giftcard.Unavailable, clean: true,
		},
		"asked by another run": {before: true, known: deferred.SurelyDrained, shows: time.Hour},
		"perhaps asked by another run": {
			before: true, known: deferred.PerhapsDrained, shows: time.Hour, kind: giftcard.OutcomeUnknown, empty: true,
		},
		"cannot be looked at": {away: giftcard.Errorf(giftcard.Unavailable, "away"), asked: 1, kind: giftcard.OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMint(t)
			m.value("b-1", fifty)
			m.drainedBefore, m.drained, m.away = tt.before, tt.known, tt.away
			m.drain = func(code issuer.Code, attempt int) error {
				require.Equal(t, issuer.Code("b-1"), code)
				if tt.drain == nil {
					return nil
				}
				return tt.drain(attempt)
			}
			if tt.shows > 0 {
				m.after(tt.shows, func() { m.value("b-1", giftcard.Money{Currency: "EUR"}) })
			}
			if tt.answers != nil {
				m.after(time.Second, func() { m.saysOfDrain(*tt.answers) })
			}
			m.ExecuteWorkflow(workflows.CancelCard, workflows.CancelCardInput{
				By: "ada@desk", Reason: "bought by mistake", Later: &deferred.Unit{
					Issuer: "acme", Key: "5001-A", OrderName: "#1001", Number: 2, Price: "50.00", Currency: "EUR",
				},
			})
			require.True(t, m.IsWorkflowCompleted())
			require.Equal(t, tt.asked, m.drains)
			if tt.kind == "" {
				var out activities.CancelCardResult
				require.NoError(t, m.GetWorkflowResult(&out))
				require.Equal(t, "emptied", out.Status)
				return
			}
			app, ok := errors.AsType[*temporal.ApplicationError](m.GetWorkflowError())
			require.True(t, ok)
			require.Equal(t, string(tt.kind), app.Type())
			require.Contains(t, app.Message(), tt.says)
			require.Contains(t, app.Message(), "order #1001, card 2")
			require.NotContains(t, app.Message(), "b-1")
			var said workflows.CancelCardFailure
			require.NoError(t, app.Details(&said))
			require.Equal(t, tt.clean, said.Clean)
			require.Equal(t, tt.empty, said.Empty)
		})
	}
}

// Of an order with a card that its issuer makes later, the value of the card is taken back, unless it was spent.
func TestChangedOrderOfCardsMadeLater(t *testing.T) {
	t.Parallel()
	card := activities.ExistingCard{Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Issuer: "acme", Item: "GIFT50"}
	for name, tt := range map[string]struct {
		left   int64
		cannot bool
		report bool
		// lost reports whether the answer to the request is lost, and known is what is known of an earlier one.
		lost  bool
		known deferred.Drained
		done  []int
		kept  []workflows.CardTooMany
		asked int
	}{
		"unspent": {left: 5000, done: []int{2}, asked: 1},
		"spent": {left: 2000, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Why: workflows.CardSpent, Balance: "20.00",
		}}},
		"emptied by somebody": {left: 5000, lost: true, asked: 1, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Why: workflows.CardEmptied,
		}}},
		"emptied before by somebody": {known: deferred.PerhapsDrained, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Why: workflows.CardEmptied,
		}}},
		"spent before it was asked for": {known: deferred.NotDrained, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Why: workflows.CardSpent, Balance: "0.00",
		}}},
		"taken back before": {known: deferred.SurelyDrained},
		"cannot": {left: 5000, cannot: true, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR", Why: workflows.CardNotCancellable,
		}}},
		"report": {left: 5000, report: true, kept: []workflows.CardTooMany{{
			Unit: 2, AuditNumber: "5001-A", Amount: "50.00", Currency: "EUR",
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMint(t)
			e := newChangedEnvOf(t, m.env, func(int) activities.CompareOrderResult {
				return activities.CompareOrderResult{Cancelled: true, Existing: 1, Lines: []activities.ComparedLine{{
					LineID: "9", TooMany: 1, Cards: []activities.ExistingCard{card}, CanCancel: !tt.cannot,
				}}}
			}, nil, nil)
			m.value("b-1", giftcard.Money{Hundredths: tt.left, Currency: "EUR"})
			m.drained = tt.known
			m.drain = func(issuer.Code, int) error {
				m.value("b-1", giftcard.Money{Currency: "EUR"})
				if tt.lost {
					return errors.New("reset")
				}
				return nil
			}
			e.ExecuteWorkflow(workflows.ChangedOrder, workflows.ChangedOrderInput{
				Shop: shop, OrderID: "5001", OrderName: "#1001", Cancel: !tt.report,
			})
			require.True(t, e.IsWorkflowCompleted())
			var out workflows.ChangedOrderResult
			require.NoError(t, e.GetWorkflowResult(&out))
			require.Equal(t, tt.done, out.Cancelled)
			require.Equal(t, tt.kept, out.TooMany)
			require.Equal(t, tt.asked, m.drains)
			require.Empty(t, e.cancelled, "the issuer that issues at once is not asked")
		})
	}
}

// A callback that names another card than an earlier one, or one that cannot be used, marks the card's workflow, so that a list
// finds it.
func TestSuspiciousCallbackIsMarked(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]bool{"one card": false, "two cards": true, "a card in use": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMint(t)
			var marked []string
			m.OnUpsertTypedSearchAttributes(mock.Anything).Maybe().Return(nil)
			m.OnGetVersion("suspicious-callback", workflow.DefaultVersion, 1).Maybe().Run(func(args mock.Arguments) {
				marked = append(marked, args.String(0))
			}).Return(workflow.Version(1))
			m.value("used", fifty)
			m.generate = func(attempt int) error {
				if name == "a card in use" && attempt == 1 {
					m.names(attempt, "used")
					return nil
				}
				m.names(attempt, "b-1")
				if name == "two cards" {
					m.names(attempt, "b-2")
				}
				return nil
			}
			_, err := m.make(t)
			require.NoError(t, err)
			require.Equal(t, odd, len(marked) > 0)
			require.Equal(t, "suspicious-callback-1", workflows.SuspiciousCallback)
		})
	}
}
