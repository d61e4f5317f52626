package issuertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/line"
)

// DeferredVendor is a simulator of a vendor that makes cards later, with an adapter for it. Each case gets a new one.
type DeferredVendor struct {
	// Handler is the simulator. It calls back soon after a job was enqueued.
	Handler http.Handler
	// Adapter returns the adapter for the issuer at an address. It gives up a request after the time-out.
	Adapter func(baseURL string, timeout time.Duration) issuer.Issuer
	// Item is an item whose cards can have the value of the suite, 50.00 EUR, and Unknown one that does not exist.
	Item, Unknown string
	// Cards returns the cards that exist, active or not.
	Cards func() []DeferredCard
	// FailNext makes the next job fail.
	FailNext func()
	// Activates reports whether a request asks to activate a card.
	Activates func(*http.Request) bool
	// Refusal returns a refusal with this text, in the vendor's format.
	Refusal func(text string) []byte
	// Certain reports whether a refusal with this status means that nothing was enqueued. explained says whether it is in
	// the vendor's format.
	Certain func(status int, explained bool) bool
	// Secrets are what no error may contain.
	Secrets []string
}

// DeferredCard is a card in the simulator's ledger.
type DeferredCard struct {
	Code        issuer.Code
	Item        string
	Value       giftcard.Money
	Activations int
}

// DeferredCase is one promise of an adapter of an issuer that makes cards later.
type DeferredCase struct {
	Name  string
	Check func(t T, w *DeferredWorld)
}

// RunDeferred checks that an adapter keeps every promise.
func RunDeferred(t *testing.T, vendor func() DeferredVendor) {
	t.Helper()
	for _, c := range DeferredCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Check(t, NewDeferredWorld(t, vendor()))
		})
	}
}

// DeferredWorld is an adapter, a simulator, the connection between them, and a receiver of its callbacks.
type DeferredWorld struct {
	*World
	DeferredVendor

	callbacks *line.Receiver
}

// fifty is the value of a card.
var fifty = giftcard.Money{Hundredths: 5000, Currency: "EUR"}

// NewDeferredWorld returns a world in which nothing has happened yet.
func NewDeferredWorld(t *testing.T, v DeferredVendor) *DeferredWorld {
	t.Helper()
	return &DeferredWorld{
		DeferredVendor: v, callbacks: line.NewReceiver(t),
		World: NewWorld(t, Vendor{
			Handler: v.Handler, Adapter: v.Adapter, Asks: v.Activates, Refusal: v.Refusal, Certain: v.Certain,
		}),
	}
}

// answer waits for the next callback, and returns what the adapter reads in it.
func (w *DeferredWorld) answer(t T, step issuer.Step) issuer.Answer {
	t.Helper()
	a, err := w.Issuer.Deferred.Answer(step, w.callbacks.Next(t))
	require.NoError(t, err)
	return a
}

// generated returns the code of a new card.
func (w *DeferredWorld) generated(t T) issuer.Code {
	t.Helper()
	require.NoError(t, w.Issuer.Deferred.Generate(t.Context(), w.Item, w.callbacks.URL))
	a := w.answer(t, issuer.Generating)
	require.True(t, a.OK, "%s %s", a.Kind, a.Message)
	require.NotEmpty(t, a.Code)
	return a.Code
}

func (w *DeferredWorld) activation(code issuer.Code) issuer.Activation {
	return issuer.Activation{
		Code: code, Item: w.Item, Value: fifty, Reference: "1001-A", At: time.Now().UTC(), Callback: w.callbacks.URL,
	}
}

// card returns a card of the ledger.
func (w *DeferredWorld) card(t T, code issuer.Code) DeferredCard {
	t.Helper()
	for _, c := range w.Cards() {
		if c.Code == code {
			return c
		}
	}
	require.Fail(t, "the card is not in the ledger")
	return DeferredCard{}
}

// DeferredCases returns every promise.
func DeferredCases() []DeferredCase {
	return []DeferredCase{
		{"has a name for messages", func(t T, w *DeferredWorld) { require.NotEmpty(t, w.Issuer.Words().Issuer) }},
		{"generates cards that are worth nothing", generatesWorthless},
		{"activates a card with its value", activatesOnce},
		{"reports an unknown item", reportsUnknownItem},
		{"reports an activation that failed", reportsFailure},
		{"does not know a card that is not there", unknownCard},
		{"calls certain only what is certain", activationCertainOnly},
		{"calls certain what is certain", activationCertainAll},
		{"knows that a lost answer may be an activation", lostActivations},
		{"knows that nobody was asked", nobodyActivates},
		{"decides a kind for every status", deferredKinds},
		{"does not take just anything for a callback", readsOnlyCallbacks},
		{"ends with its context", activationEndsWithContext},
		{"tells no secrets", deferredTellsNoSecrets},
	}
}

func generatesWorthless(t T, w *DeferredWorld) {
	first, second := w.generated(t), w.generated(t)
	require.NotEqual(t, first, second, "a repeated request makes another card")
	for _, code := range []issuer.Code{first, second} {
		require.Equal(t, DeferredCard{Code: code, Item: w.Item}, worth(w.card(t, code)))
		found, err := w.Issuer.Deferred.Look(t.Context(), code)
		require.NoError(t, err)
		require.False(t, found.Active)
		require.Zero(t, found.Value.Hundredths)
		require.Zero(t, found.Original.Hundredths)
	}
}

// worth returns a card without the currency of nothing.
func worth(c DeferredCard) DeferredCard {
	if c.Value.Hundredths == 0 {
		c.Value.Currency = ""
	}
	return c
}

func activatesOnce(t T, w *DeferredWorld) {
	code := w.generated(t)
	require.NoError(t, w.Issuer.Activate(t.Context(), w.activation(code)))
	require.True(t, w.answer(t, issuer.Activating).OK)
	require.Equal(t, DeferredCard{Code: code, Item: w.Item, Value: fifty, Activations: 1}, w.card(t, code))
	found, err := w.Issuer.Deferred.Look(t.Context(), code)
	require.NoError(t, err)
	require.True(t, found.Known && found.Active)
	require.Equal(t, fifty, found.Value)
	require.Equal(t, fifty, found.Original)
	require.Contains(t, []string{"", w.Item}, found.Item)
}

func reportsUnknownItem(t T, w *DeferredWorld) {
	err := w.Issuer.Deferred.Generate(t.Context(), w.Unknown, w.callbacks.URL)
	kind, _ := giftcard.KindOf(err)
	if err == nil {
		a := w.answer(t, issuer.Generating)
		require.False(t, a.OK)
		require.Empty(t, a.Code)
		kind = a.Kind
	}
	require.Equal(t, giftcard.InvalidRequest, kind)
}

func reportsFailure(t T, w *DeferredWorld) {
	code := w.generated(t)
	w.FailNext()
	require.NoError(t, w.Issuer.Activate(t.Context(), w.activation(code)))
	a := w.answer(t, issuer.Activating)
	require.False(t, a.OK)
	require.Contains(t, giftcard.Kinds, a.Kind)
	require.Zero(t, w.card(t, code).Activations)
}

// Only the issuer's own word says that there is no such card. Anything else is an error.
func unknownCard(t T, w *DeferredWorld) {
	found, err := w.Issuer.Deferred.Look(t.Context(), "2999999999999")
	require.NoError(t, err)
	require.Equal(t, issuer.Standing{}, found)
	for _, status := range []int{200, 401, 403, 404, 410, 500, 502} {
		w.With(line.Fault{All: true, Answer: w.Status(status, false)})
		_, err = w.Issuer.Deferred.Look(t.Context(), "2999999999999")
		require.Error(t, err, status)
	}
	w.With(line.Fault{All: true, Reach: true, Answer: func([]byte) (int, []byte) { return http.StatusOK, []byte("{}") }})
	_, err = w.Issuer.Deferred.Look(t.Context(), "2999999999999")
	require.Error(t, err)
}

func activationCertainOnly(t T, w *DeferredWorld) {
	code := w.generated(t)
	w.CertainOnly(t, w.Certain, func() error { return w.Issuer.Activate(t.Context(), w.activation(code)) })
}

func activationCertainAll(t T, w *DeferredWorld) {
	code := w.generated(t)
	w.CertainAll(t, w.Certain, func() error { return w.Issuer.Activate(t.Context(), w.activation(code)) })
}

func lostActivations(t T, w *DeferredWorld) {
	check := func(name string, by issuer.Abilities, f line.Fault) {
		w.Well()
		code := w.generated(t)
		w.With(f)
		effect, _ := line.Outcome(t, by.Activate(t.Context(), w.activation(code)))
		require.Equal(t, issuer.Unclear, effect, name)
		if f.Reach {
			w.answer(t, issuer.Activating)
			require.Equal(t, 1, w.card(t, code).Activations, name)
		}
	}
	for name, f := range w.Lost() {
		check(name, w.Issuer, f)
	}
	check("no answer in time", w.Slow, line.Fault{Reach: true, Hang: true})
}

func nobodyActivates(t T, w *DeferredWorld) {
	effect, kind := line.Outcome(t, w.Nobody.Activate(t.Context(), w.activation("2999999999999")))
	require.Equal(t, issuer.None, effect)
	require.False(t, kind.Final(), "the issuer may be there later")
}

func deferredKinds(t T, w *DeferredWorld) {
	code := w.generated(t)
	w.Kinds(t, func() map[string]error {
		errs := map[string]error{
			"generate": w.Issuer.Deferred.Generate(t.Context(), w.Item, w.callbacks.URL),
			"activate": w.Issuer.Activate(t.Context(), w.activation(code)),
		}
		_, errs["look"] = w.Issuer.Deferred.Look(t.Context(), code)
		return errs
	})
}

func readsOnlyCallbacks(t T, w *DeferredWorld) {
	for _, step := range []issuer.Step{issuer.Generating, issuer.Activating} {
		for _, body := range line.NoCallbacks {
			_, err := w.Issuer.Deferred.Answer(step, []byte(body))
			require.Error(t, err, "%s %q", step, body)
		}
	}
	require.NoError(t, w.Issuer.Deferred.Generate(t.Context(), w.Item, w.callbacks.URL))
	body := <-w.callbacks.Bodies
	for n := range len(body) - 1 {
		a, err := w.Issuer.Deferred.Answer(issuer.Generating, body[:n])
		require.Error(t, err, "half a callback names %s", a.Code)
	}
}

func activationEndsWithContext(t T, w *DeferredWorld) {
	code := w.generated(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.With(line.Fault{Reach: true, Hang: true})
	go func() {
		<-w.callbacks.Bodies
		cancel()
	}()
	err := w.Issuer.Activate(ctx, w.activation(code))
	effect, _ := line.Outcome(t, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, issuer.Unclear, effect)
}

// No error contains what an indiscreet issuer says about the card, the address of the callback or the account.
func deferredTellsNoSecrets(t T, w *DeferredWorld) {
	code := w.generated(t)
	for _, status := range []int{200, 302, 400, 401, 403, 404, 422, 429, 500, 503} {
		for _, s := range append([]string{string(code), line.SecretPart}, w.Secrets...) {
			if status == http.StatusUnauthorized && s == line.SecretPart {
				continue // That may answer a login, which knows of no callback.
			}
			body := w.Refusal("nothing for " + s + ".")
			w.With(line.Fault{All: true, Answer: func([]byte) (int, []byte) { return status, body }})
			line.RequireNone(t, w.Issuer.Activate(t.Context(), w.activation(code)), s)
			line.RequireNone(t, w.Issuer.Deferred.Generate(t.Context(), w.Item, w.callbacks.URL), s)
			if _, err := w.Issuer.Deferred.Look(t.Context(), code); err != nil && s != line.SecretPart {
				line.RequireNone(t, err, s)
			}
		}
	}
}
