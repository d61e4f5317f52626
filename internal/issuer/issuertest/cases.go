package issuertest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

// Cases returns every promise.
func Cases() []Case {
	return []Case{
		{"has words for messages", hasWords},
		{"issues the card that was requested", issues},
		{"issues one card for a key", issuesOnce},
		{"issues a card for each key", issuesEach},
		{"takes a card to exist only from evidence", needsEvidence},
		{"calls certain only what is certain", certainOnly},
		{"calls certain what is certain", certainAll},
		{"knows that a lost answer may be a card", lostAnswers},
		{"finds the card of a lost answer", findsAgain},
		{"knows that nobody was asked", nobodyAsked},
		{"decides a kind for every status", kinds},
		{"passes on how long to wait", waits},
		{"notices a card of another value", anotherValue},
		{"ends with its context", endsWithContext},
		{"tells no secrets", tellsNoSecrets},
		{"lists accounts", listsAccounts},
		{"shows what is offered", showsOffers},
		{"cancels a card", cancels},
		{"answers a harmless request", probes},
	}
}

func hasWords(t T, w *World) {
	words := w.Issuer.Words()
	for _, word := range []string{words.Issuer, words.Account, words.Accounts, words.Key, words.Reference} {
		require.NotEmpty(t, strings.TrimSpace(word), "%+v", words)
	}
}

func issues(t T, w *World) {
	r := w.request("1001-A")
	card, err := w.Issuer.Issue(t.Context(), r)
	require.NoError(t, err)
	require.NotEmpty(t, card.Reference)
	require.Len(t, w.Cards(), 1)
	got := w.Cards()[0]
	require.True(t, r.SendOn.Equal(got.SendOn), "%s", got.SendOn)
	got.SendOn = r.SendOn
	require.Equal(t, Card{
		Key: r.Key, Account: r.Account, Reference: card.Reference, Value: r.Value, Email: r.To.Email, SendOn: r.SendOn,
		AdditionalContent: r.AdditionalContent,
	}, got)
}

// The same request again issues no second card, if the issuer recognises keys: the answer is the card, or that it
// exists.
func issuesOnce(t T, w *World) {
	r := w.request("1001-A")
	first, err := w.Issuer.Issue(t.Context(), r)
	require.NoError(t, err)
	if !w.Issuer.Direct.Dedupes() {
		return
	}
	second, err := w.Issuer.Issue(t.Context(), r)
	require.Len(t, w.Cards(), 1)
	if err == nil {
		require.Equal(t, first, second)
		return
	}
	effect, _ := line.Outcome(t, err)
	require.Equal(t, issuer.Duplicate, effect)
}

func issuesEach(t T, w *World) {
	seen := map[string]bool{}
	for _, key := range []string{"1001-A", "1001-B", "1002-A"} {
		card, err := w.Issuer.Issue(t.Context(), w.request(key))
		require.NoError(t, err)
		require.False(t, seen[card.Reference])
		seen[card.Reference] = true
		require.Equal(t, 1, w.count(key))
	}
}

// A card that is taken to exist is never requested again: a refusal that only resembles the one of a used key would
// leave a customer without a card.
func needsEvidence(t T, w *World) {
	r := w.request("1001-A")
	bodies := [][]byte{nil, []byte("<html>duplicate</html>"), w.Refusal("not today")}
	for _, text := range w.Unlike(r.Key) {
		bodies = append(bodies, w.Refusal(text))
	}
	for _, body := range bodies {
		for _, status := range []int{400, 403, 404, 409, 422, 500, 503} {
			w.With(line.Fault{Answer: func([]byte) (int, []byte) { return status, body }})
			_, err := w.Issuer.Issue(t.Context(), r)
			effect, _ := line.Outcome(t, err)
			require.NotEqual(t, issuer.Duplicate, effect, "%d %s", status, body)
		}
	}
}

// An outcome that is not certain is never called certain, since the card would be requested again, or the order be
// taken for one without a card.
func certainOnly(t T, w *World) {
	r := w.request("1001-A")
	line.Each(func(status int, explained bool) {
		certain := w.Certain(status, explained)
		require.False(t, certain && line.MayMislead(status), "%d can be returned after the effect", status)
		w.With(line.Fault{Answer: w.Status(status, explained)})
		_, err := w.Issuer.Issue(t.Context(), r)
		if effect, _ := line.Outcome(t, err); !certain {
			require.Equal(t, issuer.Unclear, effect, "%d, explained: %t", status, explained)
		}
	})
}

// A refusal that is certain is called so: otherwise people have to look for cards that do not exist.
func certainAll(t T, w *World) {
	r, n := w.request("1001-A"), 0
	line.Each(func(status int, explained bool) {
		if !w.Certain(status, explained) {
			return
		}
		n++
		w.With(line.Fault{Answer: w.Status(status, explained)})
		_, err := w.Issuer.Issue(t.Context(), r)
		effect, _ := line.Outcome(t, err)
		require.Equal(t, issuer.None, effect, "%d, explained: %t", status, explained)
	})
	require.Positive(t, n)
}

func lostAnswers(t T, w *World) {
	n := 0
	check := func(name string, by issuer.Abilities, f line.Fault) {
		n++
		r := w.request(fmt.Sprintf("1001-%d", n))
		w.With(f)
		_, err := by.Issue(t.Context(), r)
		effect, _ := line.Outcome(t, err)
		require.Equal(t, issuer.Unclear, effect, name)
		if f.Reach {
			require.Equal(t, 1, w.count(r.Key), name)
		}
	}
	for name, f := range w.Lost() {
		check(name, w.Issuer, f)
	}
	check("no answer in time", w.Slow, line.Fault{Reach: true, Hang: true})
	// The adapter cannot tell these from the others.
	check("the connection breaks before", w.Issuer, line.Fault{})
	check("no answer in time, and no card", w.Slow, line.Fault{Hang: true})
}

func findsAgain(t T, w *World) {
	if !w.Issuer.Direct.Dedupes() {
		return
	}
	n := 0
	for name, f := range w.Lost() {
		n++
		r := w.request(fmt.Sprintf("1001-%d", n))
		w.With(f)
		_, err := w.Issuer.Issue(t.Context(), r)
		require.Error(t, err, name)
		w.Well()
		if _, err = w.Issuer.Issue(t.Context(), r); err != nil {
			effect, _ := line.Outcome(t, err)
			require.Equal(t, issuer.Duplicate, effect, name)
		}
		require.Len(t, w.Cards(), n, name)
	}
}

func nobodyAsked(t T, w *World) {
	_, err := w.Nobody.Issue(t.Context(), w.request("1001-A"))
	effect, kind := line.Outcome(t, err)
	require.Equal(t, issuer.None, effect)
	require.False(t, kind.Final(), "the issuer may be there later")
}

// A refusal of every status has a kind, and what may pass is not final.
func kinds(t T, w *World) {
	r := w.request("1001-A")
	line.Each(func(status int, explained bool) {
		w.With(line.Fault{Answer: w.Status(status, explained)})
		_, err := w.Issuer.Issue(t.Context(), r)
		_, kind := line.Outcome(t, err)
		switch {
		case status == http.StatusTooManyRequests:
			require.Equal(t, giftcard.RateLimited, kind)
		case status == http.StatusUnauthorized:
			require.Equal(t, giftcard.Unauthorized, kind)
		case status >= 500 && status != http.StatusNotImplemented:
			require.Equal(t, giftcard.Unavailable, kind, status)
		case status < 400:
			require.Equal(t, giftcard.UnexpectedResponse, kind, status)
		case status == http.StatusBadRequest && explained:
			require.True(t, kind.Final(), "the same request is refused again")
		}
	})
}

func waits(t T, w *World) {
	for _, status := range []int{429, 503} {
		w.With(line.Fault{Answer: w.Status(status, true)})
		_, err := w.Issuer.Issue(t.Context(), w.request("1001-A"))
		_, wait := giftcard.KindOf(err)
		require.Equal(t, 7*time.Second, wait, status)
	}
}

func anotherValue(t T, w *World) {
	for n, currency := range []bool{false, true} {
		w.With(line.Fault{Reach: true, Answer: func(answer []byte) (int, []byte) {
			return http.StatusOK, w.Differ(answer, currency)
		}})
		_, err := w.Issuer.Issue(t.Context(), w.request(fmt.Sprint("1001-", n)))
		effect, kind := line.Outcome(t, err)
		require.Equal(t, issuer.Different, effect)
		require.Equal(t, giftcard.UnexpectedResponse, kind)
	}
}

func endsWithContext(t T, w *World) {
	ctx, cancel := context.WithCancel(t.Context())
	w.With(line.Fault{Reach: true, Hang: true})
	go func() {
		for w.count("1001-A") == 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Millisecond):
			}
		}
		cancel()
	}()
	_, err := w.Issuer.Issue(ctx, w.request("1001-A"))
	effect, _ := line.Outcome(t, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, issuer.Unclear, effect)
	cancel()
}

// No error contains what an indiscreet issuer says about the recipient or the account.
func tellsNoSecrets(t T, w *World) {
	r := w.request("1001-A")
	said := []string{r.To.Email, r.To.Name, r.To.From, r.To.Message}
	said = append(said, w.Secrets...)
	for _, status := range []int{200, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503} {
		for _, s := range said {
			body := w.Refusal("no card for " + s + ".")
			w.With(line.Fault{All: true, Answer: func([]byte) (int, []byte) { return status, body }})
			_, err := w.Issuer.Issue(t.Context(), r)
			line.RequireNone(t, err, s)
			if slices.Contains(w.Secrets, s) && w.Issuer.Prober != nil {
				line.RequireNone(t, w.Issuer.Prober.Probe(t.Context()), s)
			}
		}
	}
}
