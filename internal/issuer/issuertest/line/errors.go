package line

import (
	"errors"
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
