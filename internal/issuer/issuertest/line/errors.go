package line

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Outcome requires that err is a failed request whose effect and kind are known, and returns both.
func Outcome(t T, err error) (issuer.Effect, giftcard.Kind) {
	t.Helper()
	var failed *issuer.Error
	require.ErrorAs(t, err, &failed)
	var decided *giftcard.Error
	require.ErrorAs(t, err, &decided, "it has a kind")
	require.Contains(t, giftcard.Kinds, decided.Kind)
	return failed.Effect, decided.Kind
}

// RequireKind requires that err has a kind.
func RequireKind(t T, err error, want giftcard.Kind) {
	t.Helper()
	var decided *giftcard.Error
	require.ErrorAs(t, err, &decided)
	require.Equal(t, want, decided.Kind)
}

// RequireNone requires that err does not contain a secret.
func RequireNone(t T, err error, secret string) {
	t.Helper()
	require.Error(t, err)
	for e := err; e != nil; e = errors.Unwrap(e) {
		require.NotContains(t, strings.ToLower(e.Error()), strings.ToLower(secret))
	}
}

// explanations are the two kinds of refusals.
var explanations = []bool{false, true}

// Each calls check with every status of a refusal, explained or not.
func Each(check func(status int, explained bool)) {
	for status := 300; status <= 599; status++ {
		for _, explained := range explanations {
			check(status, explained)
		}
	}
}

// MayMislead reports whether a status can be returned after the request took effect, whoever the vendor is.
func MayMislead(status int) bool {
	return status < 400 || status >= 500 || status == http.StatusRequestTimeout
}

// Certain reports whether a refusal with this status means that nothing will come of the request. explained says whether it
// is in the vendor's format.
type Certain func(status int, explained bool) bool

// CertainOnly requires that only what is certain is called so.
func (l *Line) CertainOnly(t T, certain Certain, ask func() error) {
	t.Helper()
	Each(func(status int, explained bool) {
		is := certain(status, explained)
		require.False(t, is && MayMislead(status) && !explained, "%d can be returned after the effect", status)
		l.With(Fault{Answer: l.Status(status, explained)})
		effect, _ := Outcome(t, ask())
		if !is {
			require.Equal(t, issuer.Unclear, effect, "%d, explained: %t", status, explained)
		}
	})
}

// CertainAll requires that all that is certain is called so.
func (l *Line) CertainAll(t T, certain Certain, ask func() error) {
	t.Helper()
	n := 0
	Each(func(status int, explained bool) {
		if !certain(status, explained) {
			return
		}
		n++
		l.With(Fault{Answer: l.Status(status, explained)})
		effect, _ := Outcome(t, ask())
		require.Equal(t, issuer.None, effect, "%d, explained: %t", status, explained)
	})
	require.Positive(t, n)
}

// Kinds requires that every status of a refusal gives every request a kind, by its name, and that what may pass is not final.
// A status below 400 with an explanation is left out: the vendor may use any status for its refusals.
func (l *Line) Kinds(t T, ask func() map[string]error) {
	t.Helper()
	Each(func(status int, explained bool) {
		if status < 400 && explained {
			return
		}
		l.With(Fault{All: true, Answer: l.Status(status, explained)})
		for what, err := range ask() {
			kind, _ := giftcard.KindOf(err)
			said := fmt.Sprintf("%s, %d, explained: %t", what, status, explained)
			var decided *giftcard.Error
			require.ErrorAs(t, err, &decided, said)
			switch {
			case status == http.StatusTooManyRequests:
				require.Equal(t, giftcard.RateLimited, kind, said)
			case status == http.StatusUnauthorized:
				require.Equal(t, giftcard.Unauthorized, kind, said)
			case status >= 500 && status != http.StatusNotImplemented:
				require.Equal(t, giftcard.Unavailable, kind, said)
			case status == http.StatusBadRequest && explained:
				require.True(t, kind.Final(), said)
			}
		}
	})
}

// NoCallbacks are bodies that are no callback of any vendor's.
var NoCallbacks = []string{"", "null", "[]", "{}", "<html></html>", `"ok"`, `{"success"`, "\x00"}
