package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	code    = "2900000000016"
	endUser = "buyer-4711"
	key     = "0c9b6f2e-attempt"
	bearer  = "hush-hush"
	id      = "0123456789abcdef0123456789abcdef"
)

// shop is a desk and a guard, and what they were asked.
type shop struct {
	rights []api.Right
	wait   time.Duration

	balance    checkout.Balance
	redemption *workflows.Redemption
	err        error

	redeems  []checkout.Request
	reverses []checkout.ReversalRequest
	balances []string
	looks    []string
	admitted []string
	unusable []string
	answered []api.Answered
	log      bytes.Buffer
}

func newShop() *shop {
	return &shop{rights: api.Rights, redemption: settled(redemption.Succeeded)}
}

func settled(s redemption.State) *workflows.Redemption {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	r := &workflows.Redemption{Redemption: redemption.Redemption{
		ID: id, State: s, Amount: "20.00", Currency: "EUR", Taken: "20.00", Order: "#2001", AcceptedAt: at,
	}}
	if s != redemption.Accepted {
		r.SettledAt = at.Add(time.Second)
	}
	return r
}

func declined(p redemption.Problem) *workflows.Redemption {
	r := settled(redemption.Declined)
	r.Taken, r.Problem = "", &p
	return r
}

func (s *shop) Authenticate(h http.Header) (api.Client, bool) {
	return api.Client{Name: "web", Rights: s.rights}, h.Get("Authorization") == "Bearer "+bearer
}

func (s *shop) Admit(client, endUser string) (time.Duration, bool) {
	s.admitted = append(s.admitted, client+"/"+endUser)
	return s.wait, s.wait == 0
}

func (s *shop) Unusable(client, endUser string) { s.unusable = append(s.unusable, client+"/"+endUser) }

func (s *shop) Balance(_ context.Context, c issuer.Code, currency string) (checkout.Balance, error) {
	s.balances = append(s.balances, string(c)+" "+currency)
	return s.balance, s.err
}

func (s *shop) Redeem(_ context.Context, r checkout.Request) (*workflows.Redemption, error) {
	s.redeems = append(s.redeems, r)
	return s.redemption, s.err
}

func (s *shop) Redemption(_ context.Context, client, id string) (*workflows.Redemption, error) {
	s.looks = append(s.looks, client+"/"+id)
	return s.redemption, s.err
}

func (s *shop) Reverse(_ context.Context, r checkout.ReversalRequest) (*workflows.Redemption, error) {
	s.reverses = append(s.reverses, r)
	return s.redemption, s.err
}

// request is a request, which tests change.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+bearer)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", `"`+key+`"`)
	}
	return r
}

func (s *shop) ask(r *http.Request) *httptest.ResponseRecorder {
	h := api.New(api.Options{
		Desk: s, Guard: s, Log: zerolog.New(&s.log), Observe: func(a api.Answered) { s.answered = append(s.answered, a) },
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const purchase = `{"code":"` + code + `","amount":"20.0","currency":"EUR","order":"#2001","end_user":"` + endUser + `"}`

func redeem() *http.Request { return request(http.MethodPost, "/v1/redemptions", purchase) }
func reverse() *http.Request {
	return request(http.MethodPost, "/v1/redemptions/"+id+"/reversals", "{}")
}
func look() *http.Request { return request(http.MethodGet, "/v1/redemptions/"+id, "") }
func balance() *http.Request {
	return request(http.MethodPost, "/v1/balances", `{"code":"`+code+`","end_user":"`+endUser+`"}`)
}

// requireProblem checks that an answer is a problem as RFC 9457 has it.
func requireProblem(t *testing.T, w *httptest.ResponseRecorder, status int, typ string) map[string]any {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body)
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	var p map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, typ, p["type"], w.Body)
	require.EqualValues(t, status, p["status"])
	require.NotEmpty(t, p["title"])
	return p
}

func TestBalance(t *testing.T) {
	t.Parallel()
	s := newShop()
	free := giftcard.Money{Hundredths: 3000, Currency: "EUR"}
	s.balance = checkout.Balance{
		Issuer: "fourwayshop", Balance: giftcard.Money{Hundredths: 5000, Currency: "EUR"}, Available: &free, InParts: true,
		ExpiresAt: time.Date(2027, 7, 1, 2, 0, 0, 0, time.FixedZone("", 7200)),
	}
	w := s.ask(balance())
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.JSONEq(t, `{"balance":"50.00","available":"30.00","currency":"EUR","expires_at":"2027-07-01T00:00:00Z",`+
		`"partial_use":true,"issuer":"fourwayshop"}`, w.Body.String())
	require.Equal(t, []string{code + " "}, s.balances)
	require.Equal(t, []string{"web/" + endUser}, s.admitted)

	s.balance = checkout.Balance{Balance: giftcard.Money{Hundredths: 5000, Currency: "EUR"}}
	w = s.ask(request(http.MethodPost, "/v1/balances", `{"code":"`+code+`","currency":"EUR"}`))
	require.JSONEq(t, `{"balance":"50.00","currency":"EUR","partial_use":false}`, w.Body.String())
	require.Equal(t, code+" EUR", s.balances[1])
	require.Equal(t, "web/", s.admitted[1])
}

// The status of an answer says where the redemption stands.
func TestRedeem(t *testing.T) {
	t.Parallel()
	const common = `"id":"` + id + `","amount":"20.00","currency":"EUR","order":"#2001","accepted_at":"2026-07-01T12:00:00Z"`
	const late = `,"settled_at":"2026-07-01T12:00:01Z"`
	for state, want := range map[redemption.State]struct {
		status int
		body   string
	}{
		redemption.Succeeded: {http.StatusCreated, `{"state":"succeeded","taken":"20.00",` + common + late + `}`},
		redemption.Reversed:  {http.StatusCreated, `{"state":"reversed","taken":"20.00",` + common + late + `}`},
		redemption.Accepted:  {http.StatusAccepted, `{"state":"pending",` + common + `}`},
		redemption.Unknown:   {http.StatusAccepted, `{"state":"unknown",` + common + late + `}`},
	} {
		s := newShop()
		s.redemption = settled(state)
		w := s.ask(redeem())
		require.Equal(t, want.status, w.Code)
		require.Equal(t, "/v1/redemptions/"+id, w.Header().Get("Location"))
		require.JSONEq(t, want.body, w.Body.String())
		w = s.ask(look())
		require.Equal(t, http.StatusOK, w.Code)
		require.Empty(t, w.Header().Get("Location"))
		require.JSONEq(t, want.body, w.Body.String())
		require.Equal(t, []string{"web/" + id}, s.looks)
		require.Len(t, s.redeems, 1)
		got := s.redeems[0]
		require.NotEmpty(t, got.Body)
		got.Body = ""
		require.Equal(t, checkout.Request{
			Client: "web", Key: key, Code: code, Order: "#2001", Amount: giftcard.Money{Hundredths: 2000, Currency: "EUR"},
		}, got)
		require.Equal(t, []string{"web/" + endUser}, s.admitted, "a look is no guess")
	}
}

// What was declined has its problem as the answer, and in the redemption.
func TestDeclined(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.redemption = declined(redemption.Problem{Type: redemption.InsufficientBalance, Available: "12.50", Currency: "EUR"})
	p := requireProblem(t, s.ask(redeem()), http.StatusUnprocessableEntity, "insufficient_balance")
	require.Equal(t, "12.50", p["available"])
	require.Equal(t, "EUR", p["currency"])
	require.Equal(t, id, p["redemption"])
	w := s.ask(look())
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"id":"`+id+`","state":"declined","amount":"20.00","currency":"EUR","order":"#2001",`+
		`"accepted_at":"2026-07-01T12:00:00Z","settled_at":"2026-07-01T12:00:01Z","problem":{"type":"insufficient_balance",`+
		`"title":"There is too little on the card","status":422,"available":"12.50","currency":"EUR","redemption":"`+id+`"}}`,
		w.Body.String())

	// A worker of a newer release may know other reasons.
	s.redemption = declined(redemption.Problem{Type: "card_on_holiday"})
	requireProblem(t, s.ask(redeem()), http.StatusUnprocessableEntity, "card_on_holiday")
	s.redemption.Problem = nil
	p = requireProblem(t, s.ask(redeem()), http.StatusServiceUnavailable, "issuer_unavailable")
	require.Contains(t, p["detail"], "new key", "nothing will become of this one")
}

func TestReverse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 13, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		state  redemption.State
		back   *workflows.Reversal
		status int
		body   string
	}{
		"done": {
			redemption.Reversed, &workflows.Reversal{ID: "b", State: redemption.Succeeded, AskedAt: at, SettledAt: at},
			http.StatusCreated,
			`{"id":"b","state":"succeeded","asked_at":"2026-07-01T13:00:00Z","settled_at":"2026-07-01T13:00:00Z"}`,
		},
		"open": {
			redemption.Succeeded, &workflows.Reversal{ID: "b", State: redemption.Accepted, AskedAt: at},
			http.StatusAccepted, `{"id":"b","state":"pending","asked_at":"2026-07-01T13:00:00Z"}`,
		},
		"unknown": {
			redemption.Succeeded, &workflows.Reversal{ID: "b", State: redemption.Unknown, AskedAt: at, SettledAt: at},
			http.StatusAccepted,
			`{"id":"b","state":"unknown","asked_at":"2026-07-01T13:00:00Z","settled_at":"2026-07-01T13:00:00Z"}`,
		},
		"nothing was taken": {
			redemption.Declined, &workflows.Reversal{ID: "b", State: redemption.Succeeded, AskedAt: at, SettledAt: at},
			http.StatusCreated,
			`{"id":"b","state":"succeeded","asked_at":"2026-07-01T13:00:00Z","settled_at":"2026-07-01T13:00:00Z"}`,
		},
	} {
		s := newShop()
		s.redemption = settled(tt.state)
		s.redemption.Reversal = tt.back
		w := s.ask(reverse())
		require.Equal(t, tt.status, w.Code, name)
		require.Equal(t, "/v1/redemptions/"+id, w.Header().Get("Location"))
		var got struct {
			Reversal json.RawMessage `json:"reversal"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.JSONEq(t, tt.body, string(got.Reversal))
		require.Equal(t, []checkout.ReversalRequest{{
			Client: "web", Key: key, Redemption: id, Body: "POST /v1/redemptions/" + id + "/reversals\n",
		}}, s.reverses)
		require.Empty(t, s.admitted)
	}
	s := newShop()
	s.redemption.Reversal = &workflows.Reversal{ID: "b", State: redemption.Declined, Problem: redemption.IssuerUnavailable}
	p := requireProblem(t, s.ask(reverse()), http.StatusServiceUnavailable, "issuer_unavailable")
	require.Equal(t, id, p["redemption"])
	r := reverse()
	r.Body, r.ContentLength = http.NoBody, 0
	r.Header.Del("Content-Type")
	requireProblem(t, s.ask(r), http.StatusServiceUnavailable, "issuer_unavailable")
	requireProblem(t, s.ask(request(http.MethodPost, "/v1/redemptions/"+id+"/reversals", `{"amount":"5"}`)),
		http.StatusBadRequest, "invalid_request")
	require.Len(t, s.reverses, 2)
}

// What makes two requests the same is what they ask for: not how they are written, nor who has typed the code.
func TestSameRequest(t *testing.T) {
	t.Parallel()
	s := newShop()
	for _, body := range []string{
		purchase,
		`{ "partial": false, "order":"#2001", "currency":"EUR", "amount":"020.00", "code":"` + code + `" }`,
		`{"code":"` + code + `","amount":"20.01","currency":"EUR","order":"#2001"}`,
		`{"code":"` + code + `","amount":"20","currency":"USD","order":"#2001"}`,
		`{"code":"` + code + `","amount":"20","currency":"EUR","order":"#2002"}`,
		`{"code":"` + code + `","amount":"20","currency":"EUR","order":"#2001","partial":true}`,
		`{"code":"2900000000023","amount":"20","currency":"EUR","order":"#2001"}`,
	} {
		require.Equal(t, http.StatusCreated, s.ask(request(http.MethodPost, "/v1/redemptions", body)).Code, body)
	}
	require.Equal(t, s.redeems[0].Body, s.redeems[1].Body)
	seen := map[string]bool{}
	for _, r := range s.redeems {
		seen[r.Body] = true
	}
	require.Len(t, seen, 6)
}
