package shopfront_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const apiKey = "shop-key"

// asked is a request that the stub has answered.
type asked struct{ method, path, key, body string }

// giftbridge stands in for giftbridge. It has one card, and answers as the API does.
type giftbridge struct {
	*httptest.Server

	t *testing.T

	mu       sync.Mutex
	balance  int
	requests []asked
	// answers are given to the next requests, before the stub thinks for itself.
	answers []func(w http.ResponseWriter)
	// taken are the amounts by redemption, bodies what was asked for with each key.
	taken  map[string]int
	bodies map[string]string
	// states are what redemptions are in, where that is not succeeded.
	states map[string]string
	// gate, if set, is waited for before a redemption is answered.
	gate chan struct{}
}

const code = "2900000000016"

func newGiftbridge(t *testing.T, balance int) *giftbridge {
	t.Helper()
	g := &giftbridge{t: t, balance: balance, taken: map[string]int{}, bodies: map[string]string{}, states: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/balances", g.serve(g.balances))
	mux.HandleFunc("POST /v1/redemptions", g.serve(g.redeem))
	mux.HandleFunc("GET /v1/redemptions/{id}", g.serve(g.look))
	mux.HandleFunc("POST /v1/redemptions/{id}/reversals", g.serve(g.reverse))
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

// serve checks what every request has to have, and notes it.
func (g *giftbridge) serve(answer func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+apiKey {
			problem(w, http.StatusUnauthorized, "unauthorized", "")
			return
		}
		g.mu.Lock()
		g.requests = append(g.requests, asked{r.Method, r.URL.String(), r.Header.Get("Idempotency-Key"), string(body)})
		if len(g.answers) > 0 {
			next := g.answers[0]
			g.answers = g.answers[1:]
			g.mu.Unlock()
			next(w)
			return
		}
		gate := g.gate
		g.mu.Unlock()
		if gate != nil && r.URL.Path == "/v1/redemptions" {
			<-gate
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		answer(w, r, string(body))
	}
}

func (g *giftbridge) balances(w http.ResponseWriter, _ *http.Request, body string) {
	if !strings.Contains(body, `"`+code+`"`) {
		problem(w, http.StatusUnprocessableEntity, "card_not_usable", "")
		return
	}
	say(w, http.StatusOK, fmt.Sprintf(`{"balance":%q,"currency":"USD","partial_use":true}`, decimal(g.balance)))
}

func (g *giftbridge) redeem(w http.ResponseWriter, r *http.Request, body string) {
	var in struct{ Code, Amount, Currency, Order string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || in.Currency != "USD" || !strings.HasPrefix(in.Order, "#") {
		problem(w, http.StatusBadRequest, "invalid_request", "")
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, ok := g.bodies[key]; ok && before != body {
		problem(w, http.StatusUnprocessableEntity, "idempotency_key_reused", "")
		return
	}
	id := "r-" + strings.Trim(key, `"`)
	if _, again := g.taken[id]; !again {
		var amount int
		_, _ = fmt.Sscan(strings.ReplaceAll(in.Amount, ".", ""), &amount)
		switch {
		case in.Code != code:
			problem(w, http.StatusUnprocessableEntity, "card_not_usable", "")
			return
		case amount > g.balance:
			problem(w, http.StatusUnprocessableEntity, "insufficient_balance", decimal(g.balance))
			return
		}
		g.balance -= amount
		g.taken[id], g.bodies[key] = amount, body
	}
	g.say(w, id, http.StatusCreated)
}

func (g *giftbridge) look(w http.ResponseWriter, r *http.Request, _ string) {
	if _, ok := g.taken[r.PathValue("id")]; !ok {
		problem(w, http.StatusNotFound, "not_found", "")
		return
	}
	g.say(w, r.PathValue("id"), http.StatusOK)
}

func (g *giftbridge) reverse(w http.ResponseWriter, r *http.Request, _ string) {
	id := r.PathValue("id")
	if g.states[id] == "reversed" {
		problem(w, http.StatusConflict, "already_reversed", "")
		return
	}
	g.states[id] = "reversed"
	g.balance += g.taken[id]
	g.say(w, id, http.StatusCreated)
}

func (g *giftbridge) say(w http.ResponseWriter, id string, status int) {
	state := g.states[id]
	if state == "" {
		state = "succeeded"
	}
	if state == "pending" || state == "unknown" {
		status = http.StatusAccepted
	}
	say(w, status, fmt.Sprintf(`{"id":%q,"state":%q,"amount":%q,"taken":%[3]q,"currency":"USD"}`, id, state, decimal(g.taken[id])))
}

func decimal(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func problem(w http.ResponseWriter, status int, kind, available string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"type":%q,"status":%d,"detail":"only for developers","available":%q,"currency":"USD"}`, kind, status, available)
}

// next has the stub give these answers to the next requests.
func (g *giftbridge) next(answers ...func(http.ResponseWriter)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, answers...)
}

// become puts all redemptions into a state.
func (g *giftbridge) become(state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.taken {
		g.states[id] = state
	}
}

// seen returns the requests so far whose path ends so.
func (g *giftbridge) seen(end string) (out []asked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.requests {
		if strings.HasSuffix(a.path, end) {
			out = append(out, a)
		}
	}
	return out
}

// left returns what is on the card.
func (g *giftbridge) left() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.balance
}

// requireDiscreet checks that no address has the code of a card.
func (g *giftbridge) requireDiscreet() {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	require.NotEmpty(g.t, g.requests)
	for _, a := range g.requests {
		require.NotContains(g.t, a.path, code)
	}
}
