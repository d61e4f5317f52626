package documents

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

// Cases returns every promise.
func Cases() []Case {
	return []Case{
		{"makes the document of a card", makes},
		{"makes no document of a card that is not there", unknown},
		{"says why there is none, whatever happens", saysWhy},
		{"has few reasons", fewReasons},
		{"ends with its context", endsWithContext},
		{"tells no secrets", tellsNoSecrets},
	}
}

func makes(t issuertest.T, w *World) {
	document, err := w.Issuer.Documenter.Document(t.Context(), w.Card)
	require.NoError(t, err)
	require.Equal(t, w.Data, document.Data)
	_, _, err = mime.ParseMediaType(document.ContentType)
	require.NoError(t, err, "mails need the type")
	require.Regexp(t, `^\.[a-z0-9]+$`, document.Extension)
}

func unknown(t issuertest.T, w *World) { none(t, w.Issuer, w.Unknown) }

// none requires that there is no document of a card, and returns the reason.
func none(t issuertest.T, by issuer.Abilities, code issuer.Code) string {
	t.Helper()
	document, err := by.Documenter.Document(t.Context(), code)
	require.Error(t, err)
	require.Nil(t, document)
	reason := issuer.WhyNoDocument(err)
	require.NotEmpty(t, strings.TrimSpace(reason), "%v", err)
	return reason
}

// answering returns an answer with a status and a body.
func answering(status int, body string) func([]byte) (int, []byte) {
	return func([]byte) (int, []byte) { return status, []byte(body) }
}

// troubles are what can happen to a request, by name. A redirect is among the statuses.
func troubles() map[string]line.Fault {
	return map[string]line.Fault{
		"the connection breaks": {},
		"half an answer":        {Answer: answering(http.StatusOK, `{"succ`)},
		"a proxy's page":        {Answer: line.Page},
		"an empty answer":       {Answer: answering(http.StatusOK, "")},
		"an empty object":       {Answer: answering(http.StatusOK, "{}")},
	}
}

// each calls check with the reason of everything that can happen.
func each(t issuertest.T, w *World, check func(said, reason string)) {
	t.Helper()
	for name, f := range troubles() {
		w.everywhere(f, func() { check(name, none(t, w.Issuer, w.Card)) })
	}
	line.Each(func(status int, explained bool) {
		w.everywhere(line.Fault{Answer: w.Status(status, explained)}, func() {
			check(http.StatusText(status), none(t, w.Issuer, w.Card))
		})
	})
	w.everywhere(line.Fault{Hang: true}, func() { check("no answer in time", none(t, w.Slow, w.Card)) })
	check("nobody is there", none(t, w.Nobody, w.Card))
}

// A mail goes without its document, and a metric says why.
func saysWhy(t issuertest.T, w *World) { each(t, w, func(string, string) {}) }

// most is how many reasons an adapter may have, and longest the length of one: they are the values of a metric.
const most, longest = 20, 40

func fewReasons(t issuertest.T, w *World) {
	reasons := map[string]bool{}
	each(t, w, func(said, reason string) {
		require.LessOrEqual(t, len(reason), longest, said)
		reasons[reason] = true
	})
	require.LessOrEqual(t, len(reasons), most)
}

func endsWithContext(t issuertest.T, w *World) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	document, err := w.Issuer.Documenter.Document(ctx, w.Card)
	require.Error(t, err)
	require.Nil(t, document)
}

// No error contains what an indiscreet issuer says about the card or the account.
func tellsNoSecrets(t issuertest.T, w *World) {
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500, 503} {
		for _, secret := range append([]string{string(w.Card)}, w.Secrets...) {
			answer := answering(status, string(w.Refusal("nothing for "+secret+".")))
			w.everywhere(line.Fault{Answer: answer}, func() {
				_, err := w.Issuer.Documenter.Document(t.Context(), w.Card)
				line.RequireNone(t, err, secret)
			})
		}
	}
}
