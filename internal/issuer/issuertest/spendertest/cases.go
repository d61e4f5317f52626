package spendertest

import (
	"context"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

// Cases returns every promise.
func Cases() []Case {
	return []Case{
		{"takes amounts off a card", takes},
		{"shows what another till has taken", showsOthers},
		{"takes no amount that is not above zero", takesAmounts},
		{"reports a job that failed", reportsFailure},
		{"reports an amount above the balance", reportsOverdraft},
		{"reports a card that is not there", reportsUnknown},
		{"gives back what it took, or says that it does not", reverses},
		{"calls certain only what is certain", certainOnly},
		{"calls certain what is certain", certainAll},
		{"knows that a lost answer may be a movement", lostAnswers},
		{"knows that nobody was asked", nobodyAsked},
		{"decides a kind for every status", kinds},
		{"does not take just anything for a callback", readsOnlyCallbacks},
		{"ends with its context", endsWithContext},
		{"tells no secrets", tellsNoSecrets},
	}
}

// Each amount is taken to the cent, and once, though all have the same reference.
func takes(t line.T, w *World) {
	code := w.Card()
	w.left(t, code, euros(5000))
	left, taken := int64(5000), []giftcard.Money(nil)
	for _, amount := range []int64{1, 1234, 1000, 1000, 1765} {
		require.NoError(t, w.Issuer.Spend(t.Context(), w.movement(code, euros(amount))))
		require.True(t, w.answer(t, issuer.Spending).OK)
		left -= amount
		taken = append(taken, euros(-amount))
		require.Equal(t, taken, w.Movements(code))
		w.left(t, code, euros(left))
	}
	require.Zero(t, left)
}

func showsOthers(t line.T, w *World) {
	code := w.Card()
	w.Till(code, euros(1999))
	w.left(t, code, euros(3001))
}

// An amount with the wrong sign would be given away.
func takesAmounts(t line.T, w *World) {
	for _, m := range w.moves() {
		code := w.spent(euros(2000))
		for _, amount := range []int64{0, -1, -500} {
			effect, kind := line.Outcome(t, m.ask(w.Issuer, t.Context(), w.movement(code, euros(amount))))
			require.Equal(t, issuer.None, effect, m.step)
			require.True(t, kind.Final(), kind)
		}
		w.settle(t)
		require.Empty(t, w.Movements(code), m.step)
	}
}

func reportsFailure(t line.T, w *World) {
	for _, m := range w.moves() {
		code := w.spent(euros(2000))
		w.FailNext()
		require.NoError(t, m.ask(w.Issuer, t.Context(), w.movement(code, euros(500))))
		a := w.answer(t, m.step)
		require.False(t, a.OK, m.step)
		require.Contains(t, giftcard.Kinds, a.Kind)
		require.Empty(t, w.Movements(code), m.step)
	}
}

func reportsOverdraft(t line.T, w *World) {
	code := w.spent(euros(2000))
	w.refused(t, issuer.Spending, w.Issuer.Spend(t.Context(), w.movement(code, euros(3001))))
	require.Empty(t, w.Movements(code))
	w.left(t, code, euros(3000))
}

func reportsUnknown(t line.T, w *World) {
	for _, m := range w.moves() {
		w.refused(t, m.step, m.ask(w.Issuer, t.Context(), w.movement(w.Unknown, euros(500))))
	}
}

func reverses(t line.T, w *World) {
	code := w.Card()
	require.NoError(t, w.Issuer.Spend(t.Context(), w.movement(code, euros(2050))))
	require.True(t, w.answer(t, issuer.Spending).OK)
	err := w.Issuer.Reverse(t.Context(), w.movement(code, euros(1025)))
	if !w.Issuer.Spender.Reverses() {
		effect, kind := line.Outcome(t, err)
		require.Equal(t, issuer.None, effect)
		require.Equal(t, giftcard.InvalidRequest, kind)
		w.settle(t)
		require.Equal(t, []giftcard.Money{euros(-2050)}, w.Movements(code))
		return
	}
	require.NoError(t, err)
	require.True(t, w.answer(t, issuer.Reversing).OK)
	require.Equal(t, []giftcard.Money{euros(-2050), euros(1025)}, w.Movements(code))
	w.left(t, code, euros(3975))
}

func certainOnly(t line.T, w *World) {
	for _, m := range w.moves() {
		code := w.spent(euros(2000))
		w.CertainOnly(t, w.Certain, func() error { return m.ask(w.Issuer, t.Context(), w.movement(code, euros(500))) })
	}
}

func certainAll(t line.T, w *World) {
	for _, m := range w.moves() {
		code := w.spent(euros(2000))
		w.CertainAll(t, w.Certain, func() error { return m.ask(w.Issuer, t.Context(), w.movement(code, euros(500))) })
	}
}

// A request whose answer was lost has moved its amount once: nothing is sent again.
func lostAnswers(t line.T, w *World) {
	check := func(m move, name string, by issuer.Abilities, f line.Fault) {
		code := w.spent(euros(2000))
		w.With(f)
		effect, _ := line.Outcome(t, m.ask(by, t.Context(), w.movement(code, euros(500))))
		require.Equal(t, issuer.Unclear, effect, name)
		w.settle(t)
		require.Equal(t, []giftcard.Money{euros(500 * m.sign)}, w.Movements(code), name)
	}
	w.ready(t, w.Slow)
	for _, m := range w.moves() {
		for name, f := range w.Lost() {
			check(m, name, w.Issuer, f)
		}
		check(m, "no answer in time", w.Slow, line.Fault{Reach: true, Hang: true})
	}
}

func nobodyAsked(t line.T, w *World) {
	for _, m := range w.moves() {
		effect, kind := line.Outcome(t, m.ask(w.Nobody, t.Context(), w.movement(w.Unknown, euros(500))))
		require.Equal(t, issuer.None, effect, m.step)
		require.False(t, kind.Final(), "the issuer may be there later")
	}
}

func kinds(t line.T, w *World) {
	code := w.spent(euros(2000))
	w.Kinds(t, func() map[string]error {
		errs := map[string]error{}
		for _, m := range w.moves() {
			errs[string(m.step)] = m.ask(w.Issuer, t.Context(), w.movement(code, euros(500)))
		}
		_, errs["look"] = w.Issuer.Spender.Look(t.Context(), code)
		return errs
	})
}

func readsOnlyCallbacks(t line.T, w *World) {
	for _, m := range w.moves() {
		for _, body := range line.NoCallbacks {
			_, err := w.Issuer.Spender.Answer(m.step, []byte(body))
			require.Error(t, err, "%s %q", m.step, body)
		}
		code := w.spent(euros(2000))
		require.NoError(t, m.ask(w.Issuer, t.Context(), w.movement(code, euros(500))))
		body := w.callbacks.Next(t)
		for n := range len(body) - 1 {
			_, err := w.Issuer.Spender.Answer(m.step, body[:n])
			require.Error(t, err, "half a callback is none")
		}
	}
}

func endsWithContext(t line.T, w *World) {
	for _, m := range w.moves() {
		w.ends(t, m)
	}
}

func (w *World) ends(t line.T, m move) {
	code := w.spent(euros(2000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.With(line.Fault{Reach: true, Hang: true})
	go func() {
		<-w.callbacks.Bodies
		cancel()
	}()
	err := m.ask(w.Issuer, ctx, w.movement(code, euros(500)))
	effect, _ := line.Outcome(t, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, issuer.Unclear, effect, m.step)
}

// No error contains what an indiscreet issuer says about the card, the address of the callback or the account.
func tellsNoSecrets(t line.T, w *World) {
	w.ready(t, w.Issuer)
	code := w.spent(euros(2000))
	for _, status := range []int{200, 302, 400, 401, 403, 404, 422, 429, 500, 503} {
		for _, s := range append([]string{string(code), line.SecretPart}, w.Secrets...) {
			if status == http.StatusUnauthorized && s == line.SecretPart {
				continue // That may answer a login, which knows of no callback.
			}
			body := w.Refusal("nothing for " + s + ".")
			w.With(line.Fault{All: true, Answer: func([]byte) (int, []byte) { return status, body }})
			for _, m := range w.moves() {
				line.RequireNone(t, m.ask(w.Issuer, t.Context(), w.movement(code, euros(500))), s)
			}
		}
	}
}
