// Package spendertest is the conformance suite of adapters whose issuers take amounts off cards: what giftbridge relies on,
// whatever the vendor. The test of an adapter calls [Run] with its vendor's simulator behind it. The suite compares what the
// adapter says with what was taken off the cards.
package spendertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

// Vendor is a vendor's simulator with an adapter for it. Each case gets a new one.
type Vendor struct {
	// Ends asks for what moves an amount. The simulator carries its jobs out soon, and calls back.
	line.Ends

	// Card makes a card of 50.00 EUR that can be spent in parts, and returns its code.
	Card func() issuer.Code
	// Unknown is a code of no card.
	Unknown issuer.Code
	// Movements returns the amounts that were taken off a card, below zero, and given back to it, oldest first.
	Movements func(issuer.Code) []giftcard.Money
	// Till takes an amount off a card at once, as another till does. It does not count among the movements.
	Till func(issuer.Code, giftcard.Money)
	// FailNext makes the next job fail.
	FailNext func()
	// Settle waits until all jobs are done.
	Settle func(context.Context) error
	// Certain reports whether a refusal means that nothing was enqueued.
	Certain line.Certain
	// Secrets are what no error may contain.
	Secrets []string
}

// Case is one promise of an adapter.
type Case struct {
	Name string
	// Check fails if the adapter does not keep the promise.
	Check func(t line.T, w *World)
}

// Run checks that an adapter keeps every promise.
func Run(t *testing.T, vendor func() Vendor) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Check(t, NewWorld(t, vendor()))
		})
	}
}

// World is an adapter, a simulator, the line between them, and a receiver of callbacks.
type World struct {
	Vendor
	*line.Line

	callbacks *line.Receiver
}

// NewWorld returns a world in which nothing has happened yet.
func NewWorld(t *testing.T, v Vendor) *World {
	t.Helper()
	w := &World{v, line.New(t, v.Ends), line.NewReceiver(t)}
	require.NotNil(t, w.Issuer.Spender, "the adapter has no such ability")
	return w
}

func euros(hundredths int64) giftcard.Money {
	return giftcard.Money{Hundredths: hundredths, Currency: "EUR"}
}

// move is a way in which an amount is moved.
type move struct {
	step issuer.Step
	ask  func(issuer.Abilities, context.Context, issuer.Movement) error
	// sign is that of the amount in the ledger.
	sign int64
}

// moves returns the ways of the issuer.
func (w *World) moves() []move {
	out := []move{{issuer.Spending, issuer.Abilities.Spend, -1}}
	if w.Issuer.Spender.Reverses() {
		out = append(out, move{issuer.Reversing, issuer.Abilities.Reverse, 1})
	}
	return out
}

// movement returns the request to move an amount.
func (w *World) movement(code issuer.Code, amount giftcard.Money) issuer.Movement {
	return issuer.Movement{Code: code, Amount: amount, Reference: "r-1", At: time.Now().UTC(), Callback: w.callbacks.URL}
}

// spent returns a card off which an amount was taken, so that it can be given back. The adapter has no part in it.
func (w *World) spent(amount giftcard.Money) issuer.Code {
	code := w.Card()
	w.Till(code, amount)
	return code
}

// ready waits until an adapter has got an answer, so that it is logged in if the vendor wants that.
func (w *World) ready(t line.T, by issuer.Abilities) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), line.Timeout)
	defer cancel()
	for {
		_, err := by.Spender.Look(ctx, w.Unknown)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			require.NoError(t, err)
		}
	}
}

// answer waits for the next callback, and returns what the adapter reads in it.
func (w *World) answer(t line.T, step issuer.Step) issuer.Answer {
	t.Helper()
	a, err := w.Issuer.Spender.Answer(step, w.callbacks.Next(t))
	require.NoError(t, err)
	return a
}

// settle waits until nothing happens any more. It leaves no callback.
func (w *World) settle(t line.T) {
	t.Helper()
	require.NoError(t, w.Settle(t.Context()))
	for len(w.callbacks.Bodies) > 0 {
		<-w.callbacks.Bodies
	}
}

// left requires what is on a card.
func (w *World) left(t line.T, code issuer.Code, want giftcard.Money) {
	t.Helper()
	found, err := w.Issuer.Spender.Look(t.Context(), code)
	require.NoError(t, err)
	require.True(t, found.Known && found.Active && found.InParts)
	require.Equal(t, want, found.Value)
	require.Equal(t, euros(5000), found.Original)
}

// refused requires that a request, whose error was err, was refused for good, at once or by its job.
func (w *World) refused(t line.T, step issuer.Step, err error) {
	t.Helper()
	if err != nil {
		effect, kind := line.Outcome(t, err)
		require.Equal(t, issuer.None, effect)
		require.True(t, kind.Final(), kind)
		return
	}
	a := w.answer(t, step)
	require.False(t, a.OK)
	require.True(t, slices.Contains(giftcard.Kinds, a.Kind) && a.Kind.Final(), "another attempt is refused, too: %q", a.Kind)
}
