package fourwayshopissuer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/spendertest"
)

// till is a simulated 4WS at which amounts are spent, and whose adapter is changed by wrap.
func till(t *testing.T, adds bool, wrap func(*fourwayshopissuer.Issuer) issuer.Issuer) spendertest.Vendor {
	t.Helper()
	s := simulate(t, adds)
	v := s.vendor(t, wrap)
	return spendertest.Vendor{
		Ends: line.Ends{Handler: v.Handler, Adapter: v.Adapter, Asks: v.Activates, Refusal: v.Refusal},
		Card: func() issuer.Code { return issuer.Code(s.Issue("GIFT50", 5000)) }, Unknown: "4440000000000",
		Movements: func(code issuer.Code) []giftcard.Money { return moved(s.Server, code) },
		Till: func(code issuer.Code, amount giftcard.Money) {
			require.Empty(t, s.Spend(string(code), ledger.Hundredths(amount.Hundredths)))
		},
		FailNext: v.FailNext, Settle: s.Queue().Wait, Certain: v.Certain, Secrets: v.Secrets,
	}
}

// moved returns what jobs have moved on a card, without what put its value on it.
func moved(s *fourwayshoptest.Server, code issuer.Code) []giftcard.Money {
	var out []giftcard.Money
	for _, c := range s.Cards() {
		if c.Barcode != string(code) {
			continue
		}
		for _, m := range c.Movements[1:] {
			if m.ID != fourwayshoptest.TillID {
				out = append(out, giftcard.Money{Hundredths: int64(m.Amount), Currency: c.Currency})
			}
		}
	}
	return out
}

func TestSpenderConformance(t *testing.T) {
	t.Parallel()
	for name, adds := range map[string]bool{"adds": true, "not known to add": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spendertest.Run(t, func() spendertest.Vendor { return till(t, adds, same) })
		})
	}
}

// wrongSpender is an adapter with one defect.
type wrongSpender struct {
	*fourwayshopissuer.Issuer

	// before changes what is asked for, and moved what is said of it.
	before func(*issuer.Movement)
	moved  func(w wrongSpender, ctx context.Context, m issuer.Movement, err error) error
	look   func(issuer.Standing, error) (issuer.Standing, error)
	answer func(issuer.Answer, error) (issuer.Answer, error)
}

func (w wrongSpender) move(
	ctx context.Context, m issuer.Movement, ask func(context.Context, issuer.Movement) error,
) error {
	if w.before != nil {
		w.before(&m)
	}
	err := ask(ctx, m)
	if w.moved != nil {
		return w.moved(w, ctx, m, err)
	}
	return err
}

func (w wrongSpender) Spend(ctx context.Context, m issuer.Movement) error {
	return w.move(ctx, m, w.Issuer.Spend)
}

func (w wrongSpender) Reverse(ctx context.Context, m issuer.Movement) error {
	return w.move(ctx, m, w.Issuer.Reverse)
}

func (w wrongSpender) Look(ctx context.Context, code issuer.Code) (issuer.Standing, error) {
	s, err := w.Issuer.Look(ctx, code)
	if w.look != nil {
		return w.look(s, err)
	}
	return s, err
}

func (w wrongSpender) Answer(step issuer.Step, body []byte) (issuer.Answer, error) {
	a, err := w.Issuer.Answer(step, body)
	if w.answer != nil {
		return w.answer(a, err)
	}
	return a, err
}

// says makes an adapter that says something else of every request that failed.
func says(other func(m issuer.Movement, err error) error) wrongSpender {
	return wrongSpender{moved: func(_ wrongSpender, _ context.Context, m issuer.Movement, err error) error {
		if err == nil {
			return nil
		}
		return other(m, err)
	}}
}

// spends makes an adapter that says the same of the effect of every request that failed.
func spends(e issuer.Effect) wrongSpender {
	return says(func(_ issuer.Movement, err error) error { return &issuer.Error{Effect: e, Err: err} })
}

// refuses makes an adapter that reads the same in every callback.
func refuses(as issuer.Answer) wrongSpender {
	return wrongSpender{answer: func(_ issuer.Answer, err error) (issuer.Answer, error) { return as, err }}
}

// wrongSpenders are adapters that break a promise, by the case that notices it.
var wrongSpenders = map[string]wrongSpender{
	"takes amounts off a card": {before: func(m *issuer.Movement) { m.Amount.Hundredths -= m.Amount.Hundredths % 100 }},
	"shows what another till has taken": {look: func(s issuer.Standing, err error) (issuer.Standing, error) {
		s.Value = s.Original
		return s, err
	}},
	"takes no amount that is not above zero": {before: func(m *issuer.Movement) {
		if m.Amount.Hundredths < 0 {
			m.Amount.Hundredths = -m.Amount.Hundredths
		}
	}},
	"reports a job that failed":                         refuses(issuer.Answer{OK: true}),
	"reports an amount above the balance":               refuses(issuer.Answer{Kind: giftcard.Unavailable}),
	"reports a card that is not there":                  refuses(issuer.Answer{Kind: giftcard.Timeout}),
	"gives back what it took, or says that it does not": {before: func(m *issuer.Movement) { m.Reference += "!"; m.Amount.Hundredths *= 2 }},
	"calls certain only what is certain":                spends(issuer.None),
	"calls certain what is certain":                     spends(issuer.Unclear),
	// It sends a request again whose answer was lost.
	"knows that a lost answer may be a movement": {moved: func(w wrongSpender, ctx context.Context, m issuer.Movement, err error) error {
		if issuer.EffectOf(err) == issuer.Unclear {
			return w.Issuer.Spend(ctx, m)
		}
		return err
	}},
	"knows that nobody was asked": spends(issuer.Unclear),
	"decides a kind for every status": says(func(_ issuer.Movement, err error) error {
		return giftcard.Errorf(giftcard.Timeout, "%v", err)
	}),
	"does not take just anything for a callback": {answer: func(a issuer.Answer, _ error) (issuer.Answer, error) { return a, nil }},
	"ends with its context": says(func(_ issuer.Movement, err error) error {
		return &issuer.Error{Effect: issuer.Unclear, Err: giftcard.Errorf(giftcard.Unavailable, "%v", err)}
	}),
	"tells no secrets": says(func(m issuer.Movement, err error) error {
		return &issuer.Error{Effect: issuer.EffectOf(err), Err: fmt.Errorf("card %s: %w", string(m.Code), err)}
	}),
}

// Every promise is one that an adapter can break, and the suite notices it.
func TestSpenderSuiteNoticesWrongAdapters(t *testing.T) {
	t.Parallel()
	for _, c := range spendertest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			defect, ok := wrongSpenders[c.Name]
			require.True(t, ok, "no adapter breaks this promise")
			w := spendertest.NewWorld(t, till(t, true, func(i *fourwayshopissuer.Issuer) issuer.Issuer {
				defect := defect
				defect.Issuer = i
				return defect
			}))
			requireNoticed(t, func(s *spy) { c.Check(s, w) })
		})
	}
	require.Len(t, wrongSpenders, len(spendertest.Cases()))
}

// What a callback says of a spend is read whatever the language; the job's identifier is passed on.
func TestAnswersToSpends(t *testing.T) {
	t.Parallel()
	i := fourwayshopissuer.New(nil, fourwayshopissuer.Options{})
	for body, want := range map[string]issuer.Answer{
		`{"success":true,"id":"7571b744-8e2d-4dde-99d8-b60c0dff1aca"}`: {OK: true, Job: "7571b744-8e2d-4dde-99d8-b60c0dff1aca"},
		`{"success":true,"id":"2900000000016"}`:                        {OK: true, Job: "[number]"},
		`{"success":true}`:                                             {OK: true},
		`{"success":false,"message":"barcode not found"}`:              {Kind: giftcard.CardDeclined, Message: "barcode not found"},
		`{"success":false,"message":"importo insufficiente"}`:          {Kind: giftcard.CardDeclined, Message: "importo insufficiente"},
	} {
		for _, step := range []issuer.Step{issuer.Spending, issuer.Reversing} {
			got, err := i.Answer(step, []byte(body))
			require.NoError(t, err, body)
			require.Equal(t, want, got, body)
		}
	}
}

// An issuer of which it is not known what it does is not asked.
func TestReverseIsNotSent(t *testing.T) {
	t.Parallel()
	c := newCounter(t, true)
	found, err := issuer.Find(c.Issuer)
	require.NoError(t, err)
	require.Contains(t, found.Names(), "spend")
	require.NotContains(t, found.Names(), "reverse")
	err = found.Reverse(t.Context(), issuer.Movement{
		Code: issuer.Code(c.code), Amount: giftcard.Money{Hundredths: 500, Currency: "EUR"}, At: time.Now(),
	})
	require.Equal(t, issuer.None, issuer.EffectOf(err))
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, giftcard.InvalidRequest, kind)
	require.Zero(t, c.updates.Load())
}
