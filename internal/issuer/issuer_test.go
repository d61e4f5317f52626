package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// named is an issuer that can do nothing.
type named struct{}

func (named) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

// direct is an issuer that only issues cards, or fails with err.
type direct struct {
	named
	err error
}

func (d direct) Issue(context.Context, issuer.Request) (issuer.Card, error) {
	return issuer.Card{Reference: "c-1"}, d.err
}

func (direct) Dedupes() bool { return false }

func (direct) Probe(context.Context) error { return nil }

func TestFind(t *testing.T) {
	t.Parallel()
	_, err := issuer.Find(named{})
	require.EqualError(t, err, "Acme cannot issue cards")

	found, err := issuer.Find(direct{})
	require.NoError(t, err)
	require.Equal(t, []string{"direct", "probe"}, found.Names())
	require.Nil(t, found.Accounts)
	require.Equal(t, "Acme", found.Words().Issuer)
	for _, ability := range found.Table() {
		require.NotEmpty(t, ability.Means, ability.Name)
	}
}

// What is not known of a request may have issued a card.
func TestIssueThatDoesNotSay(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]issuer.Effect{
		errors.New("boom"): issuer.Unclear,
		giftcard.Errorf(giftcard.InvalidRequest, "no"):               issuer.Unclear,
		&issuer.Error{Effect: issuer.None, Err: errors.New("no")}:    issuer.None,
		&issuer.Error{Effect: issuer.Duplicate, Err: errors.New("")}: issuer.Duplicate,
	} {
		found, e := issuer.Find(direct{err: err})
		require.NoError(t, e)
		card, e := found.Issue(t.Context(), issuer.Request{})
		require.Zero(t, card)
		require.ErrorIs(t, e, err)
		require.EqualError(t, e, err.Error())
		require.Equal(t, want, issuer.EffectOf(fmt.Errorf("card 2: %w", e)))
	}
	found, err := issuer.Find(direct{})
	require.NoError(t, err)
	card, err := found.Issue(t.Context(), issuer.Request{})
	require.NoError(t, err)
	require.Equal(t, "c-1", card.Reference)
}

// An error that is not about a request, such as one of the shop, has no effect.
func TestEffectOfOtherErrors(t *testing.T) {
	t.Parallel()
	require.Equal(t, issuer.None, issuer.EffectOf(nil))
	require.Equal(t, issuer.None, issuer.EffectOf(errors.New("frontend is away")))
}

// spender is an issuer at which amounts are taken off cards, or not, with err.
type spender struct {
	direct
	reverses bool
}

func (s spender) Spend(context.Context, issuer.Movement) error { return s.err }

func (s spender) Reverses() bool { return s.reverses }

func (s spender) Reverse(context.Context, issuer.Movement) error { return s.err }

func (spender) Look(context.Context, issuer.Code) (issuer.Standing, error) {
	return issuer.Standing{}, nil
}

func (spender) Answer(issuer.Step, []byte) (issuer.Answer, error) { return issuer.Answer{}, nil }

func TestSpenders(t *testing.T) {
	t.Parallel()
	for reverses, want := range map[bool][]string{
		true: {"direct", "spend", "reverse", "probe"}, false: {"direct", "spend", "probe"},
	} {
		found, err := issuer.Find(spender{reverses: reverses})
		require.NoError(t, err)
		require.Equal(t, want, found.Names())
	}
	// What is not known of a request may have moved the amount.
	for err, want := range map[error]issuer.Effect{
		errors.New("boom"): issuer.Unclear,
		&issuer.Error{Effect: issuer.None, Err: errors.New("no")}: issuer.None,
		nil: issuer.None,
	} {
		found, e := issuer.Find(spender{direct: direct{err: err}})
		require.NoError(t, e)
		for _, e := range []error{
			found.Spend(t.Context(), issuer.Movement{}), found.Reverse(t.Context(), issuer.Movement{}),
		} {
			require.ErrorIs(t, e, err)
			require.Equal(t, want, issuer.EffectOf(e))
		}
	}
}

// An issuer without the ability says so, and is not asked.
func TestNoSpender(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(direct{})
	require.NoError(t, err)
	for want, err := range map[string]error{
		"Acme does not take amounts off its cards":                      found.Spend(t.Context(), issuer.Movement{}),
		"Acme does not take amounts off its cards, and gives none back": found.Reverse(t.Context(), issuer.Movement{}),
	} {
		require.EqualError(t, err, want)
		kind, _ := giftcard.KindOf(err)
		require.Equal(t, giftcard.InvalidRequest, kind)
		require.Equal(t, issuer.None, issuer.EffectOf(err))
	}
}
