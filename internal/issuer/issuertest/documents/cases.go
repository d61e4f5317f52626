package documents

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
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
	document, err := w.maker.Document(t.Context(), w.Card)
	require.NoError(t, err)
	require.Equal(t, w.Data, document.Data)
	_, _, err = mime.ParseMediaType(document.ContentType)
	require.NoError(t, err, "mails need the type")
	require.Regexp(t, `^\.[a-z0-9]+$`, document.Extension)
}

func unknown(t issuertest.T, w *World) { none(t, w, w.maker, w.Unknown) }

// none requires that there is no document of a card, and returns the reason.
func none(t issuertest.T, _ *World, by issuer.Documenter, code issuer.Code) string {
	t.Helper()
	document, err := by.Document(t.Context(), code)
	require.Error(t, err)
	require.Nil(t, document)
	reason := issuer.WhyNoDocument(err)
	require.NotEmpty(t, strings.TrimSpace(reason), "%v", err)
	return reason
}

// troubles are what can happen to a request, by name.
func (w *World) troubles() map[string]func(http.ResponseWriter, *http.Request) {
	return map[string]func(http.ResponseWriter, *http.Request){
		"the connection breaks": breaks,
		"half an answer":        answers(http.StatusOK, []byte(`{"succ`)),
		"a proxy's page":        answers(http.StatusOK, []byte("<html>welcome</html>")),
		"an empty answer":       answers(http.StatusOK, nil),
		"an empty object":       answers(http.StatusOK, []byte("{}")),
		"a redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "/elsewhere", http.StatusFound)
		},
	}
}

// each calls check with the reason of everything that can happen.
func each(t issuertest.T, w *World, check func(said, reason string)) {
	t.Helper()
	for _, meant := range w.steps() {
		for name, trouble := range w.troubles() {
			w.with(meant, trouble)
			check(name, none(t, w, w.maker, w.Card))
		}
		for status := 300; status <= 599; status++ {
			for _, body := range [][]byte{w.Refusal("not today"), []byte("<html>no</html>")} {
				w.with(meant, answers(status, body))
				check(http.StatusText(status), none(t, w, w.maker, w.Card))
			}
		}
		w.with(meant, hangs)
		check("no answer in time", none(t, w, w.slow, w.Card))
	}
	check("nobody is there", none(t, w, w.nobody, w.Card))
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
	document, err := w.maker.Document(ctx, w.Card)
	require.Error(t, err)
	require.Nil(t, document)
}

// No error contains what an indiscreet issuer says about the card or the account.
func tellsNoSecrets(t issuertest.T, w *World) {
	for _, meant := range w.steps() {
		for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500, 503} {
			for _, secret := range append([]string{string(w.Card)}, w.Secrets...) {
				w.with(meant, answers(status, w.Refusal("nothing for "+secret+".")))
				_, err := w.maker.Document(t.Context(), w.Card)
				require.Error(t, err)
				for e := err; e != nil; e = errors.Unwrap(e) {
					require.NotContains(t, e.Error(), secret)
				}
			}
		}
	}
}
