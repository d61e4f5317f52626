package fourwayshopissuer_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
)

// wrong is an adapter with one defect.
type wrong struct {
	*fourwayshopissuer.Issuer

	words    func() issuer.Words
	generate func(err error) error
	before   func(ctx *context.Context, a *issuer.Activation)
	activate func(a issuer.Activation, err error) error
	look     func(s issuer.Standing, err error) (issuer.Standing, error)
	answer   func(a issuer.Answer, err error) (issuer.Answer, error)
}

func (w wrong) Words() issuer.Words {
	if w.words != nil {
		return w.words()
	}
	return w.Issuer.Words()
}

func (w wrong) Generate(ctx context.Context, item, callback string) error {
	err := w.Issuer.Generate(ctx, item, callback)
	if w.generate != nil {
		return w.generate(err)
	}
	return err
}

func (w wrong) Activate(ctx context.Context, a issuer.Activation) error {
	if w.before != nil {
		w.before(&ctx, &a)
	}
	err := w.Issuer.Activate(ctx, a)
	if w.activate != nil {
		return w.activate(a, err)
	}
	return err
}

func (w wrong) Look(ctx context.Context, code issuer.Code) (issuer.Standing, error) {
	s, err := w.Issuer.Look(ctx, code)
	if w.look != nil {
		return w.look(s, err)
	}
	return s, err
}

func (w wrong) Answer(step issuer.Step, body []byte) (issuer.Answer, error) {
	a, err := w.Issuer.Answer(step, body)
	if w.answer != nil {
		return w.answer(a, err)
	}
	return a, err
}

// effect makes an adapter that says the same of every activation that failed.
func effect(e issuer.Effect) wrong {
	return wrong{activate: func(_ issuer.Activation, err error) error {
		if err == nil {
			return nil
		}
		return &issuer.Error{Effect: e, Err: err}
	}}
}

// wrongs are adapters that break a promise, by the case that notices it.
var wrongs = map[string]wrong{
	"has a name for messages": {words: func() issuer.Words { return issuer.Words{} }},
	"generates cards that are worth nothing": {look: func(s issuer.Standing, err error) (issuer.Standing, error) {
		s.Active = s.Known
		return s, err
	}},
	"activates a card with its value": {before: func(_ *context.Context, a *issuer.Activation) { a.Value.Hundredths *= 2 }},
	"reports an unknown item": {answer: func(a issuer.Answer, err error) (issuer.Answer, error) {
		a.Kind = giftcard.Unavailable
		return a, err
	}},
	"reports an activation that failed": {answer: func(a issuer.Answer, err error) (issuer.Answer, error) {
		a.OK = true
		return a, err
	}},
	"does not know a card that is not there": {look: func(s issuer.Standing, _ error) (issuer.Standing, error) { return s, nil }},
	"calls certain only what is certain":     effect(issuer.None),
	"calls certain what is certain":          effect(issuer.Unclear),
	"knows that a lost answer may be an activation": {activate: func(_ issuer.Activation, err error) error {
		if issuer.EffectOf(err) == issuer.Unclear {
			return nil
		}
		return err
	}},
	"knows that nobody was asked": effect(issuer.Unclear),
	"decides a kind for every status": {generate: func(err error) error {
		if err == nil {
			return nil
		}
		return giftcard.Errorf(giftcard.Timeout, "%v", err)
	}},
	"does not take just anything for a callback": {answer: func(a issuer.Answer, _ error) (issuer.Answer, error) { return a, nil }},
	"ends with its context": {activate: func(_ issuer.Activation, err error) error {
		if err == nil {
			return nil
		}
		return &issuer.Error{Effect: issuer.Unclear, Err: giftcard.Errorf(giftcard.Unavailable, "%v", err)}
	}},
	"tells no secrets": {activate: func(a issuer.Activation, err error) error {
		if err == nil {
			return nil
		}
		return &issuer.Error{Effect: issuer.EffectOf(err), Err: fmt.Errorf("card %s: %w", string(a.Code), err)}
	}},
}

// spy notices that a case failed, and ends it.
type spy struct {
	*testing.T

	failed bool
}

func (s *spy) Errorf(string, ...any) { s.failed = true }

func (s *spy) FailNow() {
	s.failed = true
	runtime.Goexit()
}

// requireNoticed requires that a check fails.
func requireNoticed(t *testing.T, check func(*spy)) {
	t.Helper()
	s, done := &spy{T: t}, make(chan struct{})
	go func() {
		defer close(done)
		check(s)
	}()
	<-done
	require.True(t, s.failed)
}

// Every promise is one that an adapter can break, and the suite notices it.
func TestSuiteNoticesWrongAdapters(t *testing.T) {
	t.Parallel()
	for _, c := range issuertest.DeferredCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			defect, ok := wrongs[c.Name]
			require.True(t, ok, "no adapter breaks this promise")
			w := issuertest.NewDeferredWorld(t, simulate(t, false).vendor(t, func(i *fourwayshopissuer.Issuer) issuer.Issuer {
				defect := defect
				defect.Issuer = i
				return defect
			}))
			requireNoticed(t, func(s *spy) { c.Check(s, w) })
		})
	}
	require.Len(t, wrongs, len(issuertest.DeferredCases()))
}
