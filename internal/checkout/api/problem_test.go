package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

// statuses are the statuses of all problems of the desk, and whether they say when to ask again.
var statuses = map[redemption.Type]struct {
	status int
	again  bool
}{
	redemption.InvalidRequest:       {400, false},
	redemption.KeyRequired:          {400, false},
	redemption.NotFound:             {404, false},
	redemption.InProgress:           {409, true},
	redemption.AlreadyReversed:      {409, false},
	redemption.CardBusy:             {409, true},
	redemption.KeyReused:            {422, false},
	redemption.CardNotUsable:        {422, false},
	redemption.CardExpired:          {422, false},
	redemption.CurrencyMismatch:     {422, false},
	redemption.InsufficientBalance:  {422, false},
	redemption.PartialUseNotAllowed: {422, false},
	redemption.NotSupported:         {422, false},
	redemption.RateLimited:          {429, true},
	redemption.IssuerUnavailable:    {503, true},
}

// Each problem of the desk has a status, whatever was asked for.
func TestProblems(t *testing.T) {
	t.Parallel()
	require.Len(t, statuses, len(redemption.Types))
	for _, typ := range redemption.Types {
		want := statuses[typ]
		require.Equal(t, want.again, typ.Passing(), typ)
		for _, r := range []*http.Request{balance(), redeem(), look(), reverse()} {
			s := newShop()
			s.err = fmt.Errorf("%w: because", &redemption.Problem{Type: typ})
			w := s.ask(r)
			p := requireProblem(t, w, want.status, string(typ))
			require.NotContains(t, p, "redemption")
			require.Equal(t, want.again, w.Header().Get("Retry-After") != "", typ)
		}
		// A redemption that was declined for this reason answers the same.
		s := newShop()
		s.redemption = declined(redemption.Problem{Type: typ})
		w := s.ask(redeem())
		p := requireProblem(t, w, want.status, string(typ))
		require.Equal(t, id, p["redemption"])
		require.Equal(t, "declined", func() string {
			w := s.ask(look())
			require.Equal(t, http.StatusOK, w.Code)
			return strings.Split(strings.SplitAfter(w.Body.String(), `"state":"`)[1], `"`)[0]
		}())
	}
}

// What is nobody's fault is an issuer that cannot be reached, and its cause is in the log.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.err = errors.New("temporal is away")
	p := requireProblem(t, s.ask(redeem()), http.StatusServiceUnavailable, "issuer_unavailable")
	require.Contains(t, p["detail"], "same key")
	require.NotContains(t, fmt.Sprint(p), "temporal is away")
	require.Contains(t, s.log.String(), "temporal is away")
}

func TestProblemsOfHTTP(t *testing.T) {
	t.Parallel()
	with := func(r *http.Request, name, value string) *http.Request {
		r.Header.Set(name, value)
		return r
	}
	for name, tt := range map[string]struct {
		r              *http.Request
		status         int
		typ            string
		header, expect string
	}{
		"no key of a client":    {with(redeem(), "Authorization", ""), 401, "unauthorized", "Www-Authenticate", "Bearer"},
		"another key":           {with(look(), "Authorization", "Bearer x"), 401, "unauthorized", "Www-Authenticate", "Bearer"},
		"no idempotency key":    {with(redeem(), "Idempotency-Key", ""), 400, "idempotency_key_required", "", ""},
		"none for the reversal": {with(reverse(), "Idempotency-Key", " "), 400, "idempotency_key_required", "", ""},
		"damaged key":           {with(redeem(), "Idempotency-Key", `"abc`), 400, "invalid_request", "", ""},
		"long key":              {with(redeem(), "Idempotency-Key", strings.Repeat("k", 256)), 400, "invalid_request", "", ""},
		"form":                  {with(redeem(), "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type", "", ""},
		"no type":               {with(balance(), "Content-Type", ""), 415, "unsupported_media_type", "", ""},
		"another charset":       {with(balance(), "Content-Type", "application/json; charset=utf-16"), 415, "unsupported_media_type", "", ""},
		"compressed":            {with(balance(), "Content-Encoding", "gzip"), 415, "unsupported_media_type", "", ""},
		"long body":             {request("POST", "/v1/balances", strings.Repeat(" ", 65<<10)), 413, "content_too_large", "", ""},
		"method":                {request("GET", "/v1/redemptions", ""), 405, "method_not_allowed", "Allow", "POST"},
		"method of a look":      {request("DELETE", "/v1/redemptions/"+id, ""), 405, "method_not_allowed", "Allow", "GET"},
		"method of a balance":   {request("OPTIONS", "/v1/balances", ""), 405, "method_not_allowed", "Allow", "POST"},
		"method of a reversal":  {request("PUT", "/v1/redemptions/"+id+"/reversals", ""), 405, "method_not_allowed", "Allow", "POST"},
		"address":               {request("GET", "/v1/cards", ""), 404, "not_found", "", ""},
		"end of an address":     {request("POST", "/v1/balances/", "{}"), 404, "not_found", "", ""},
		"part of a redemption":  {request("GET", "/v1/redemptions/"+id+"/x", ""), 404, "not_found", "", ""},
		"no id":                 {request("GET", "/v1/redemptions/", ""), 404, "not_found", "", ""},
		"what is no id":         {request("GET", "/v1/redemptions/"+strings.ToUpper(id), ""), 404, "not_found", "", ""},
	} {
		s := newShop()
		w := s.ask(tt.r)
		requireProblem(t, w, tt.status, tt.typ)
		if tt.header != "" {
			require.Equal(t, tt.expect, w.Header().Get(tt.header), name)
		}
		require.Empty(t, s.redeems, name)
		require.Empty(t, s.balances, name)
		require.Empty(t, s.admitted, name)
	}
	s := newShop()
	s.redemption = nil
	requireProblem(t, s.ask(look()), http.StatusNotFound, "not_found")
}

// A client gets what it has the right to, and nothing else.
func TestRights(t *testing.T) {
	t.Parallel()
	for _, right := range append(api.Rights, "another") {
		s := newShop()
		s.rights = []api.Right{right}
		s.redemption.Reversal = nil
		for _, tt := range []struct {
			r     *http.Request
			needs api.Right
		}{
			{balance(), api.RightBalance}, {redeem(), api.RightRedeem}, {look(), api.RightRedeem}, {reverse(), api.RightReverse},
		} {
			w := s.ask(tt.r)
			if right == tt.needs {
				require.Less(t, w.Code, 300, right)
				continue
			}
			p := requireProblem(t, w, http.StatusForbidden, "forbidden")
			require.Contains(t, p["detail"], string(tt.needs))
		}
	}
}

// Who guesses is slowed down, and each code that is not that of a usable card is reported.
func TestGuesses(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.err = &redemption.Problem{Type: redemption.CardNotUsable}
	s.ask(balance())
	s.ask(redeem())
	require.Equal(t, []string{"web/" + endUser, "web/" + endUser}, s.unusable)
	s.err = &redemption.Problem{Type: redemption.CardExpired}
	s.ask(balance())
	require.Len(t, s.unusable, 2)
	require.Len(t, s.admitted, 3)
	s.wait = 1500 * time.Millisecond
	w := s.ask(redeem())
	requireProblem(t, w, http.StatusTooManyRequests, "rate_limited")
	require.Equal(t, "2", w.Header().Get("Retry-After"))
	s.wait = time.Millisecond
	require.Equal(t, "1", s.ask(balance()).Header().Get("Retry-After"))
	require.Len(t, s.redeems, 1)
	require.Len(t, s.balances, 2)
	requireProblem(t, s.ask(request("POST", "/v1/balances", "{}")), http.StatusBadRequest, "invalid_request")
	require.Len(t, s.admitted, 5, "what is not well-formed is no guess")
}

// No answer and no line of the log repeats a code, a key or what is said about the buyer.
func TestLeaksNothing(t *testing.T) {
	t.Parallel()
	s := newShop()
	var said strings.Builder
	bodies := []string{
		purchase,
		`{"code":"` + code + `","amount":"` + endUser + `","currency":"EUR"}`,
		`{"code":["` + code + `"],"end_user":7}`,
		`{"code":"` + code + ` ` + endUser + `","amount":"1","currency":"` + endUser + `"}`,
		`{"code":"` + code + `","amount":"1","currency":"EUR","x":"` + endUser + `"}`,
		`{"code":"` + code + `","amount":"1","currency":"EUR","order":"` + "\u202e" + endUser + `"}`,
		`"` + code + `"`, `{"code":"` + code + `"`, `{"code":"` + code + `"} "` + endUser + `"`,
	}
	for _, err := range []error{
		nil, errors.New("cannot ask about " + code + " with " + key + " for " + endUser),
		fmt.Errorf("%w: %s %s %s", &redemption.Problem{Type: redemption.IssuerUnavailable}, code, key, endUser),
	} {
		s.err = err
		for _, path := range []string{"/v1/balances", "/v1/redemptions", "/v1/redemptions/" + id + "/reversals", "/v1/" + code} {
			for _, body := range bodies {
				w := s.ask(request(http.MethodPost, path, body))
				require.NoError(t, w.Result().Header.Write(&said))
				said.WriteString(w.Body.String())
			}
		}
	}
	require.Contains(t, s.log.String(), "[redacted]")
	for _, a := range s.answered {
		fmt.Fprintf(&said, "%+v", a)
	}
	for _, secret := range []string{code, key, endUser, bearer} {
		require.NotContains(t, s.log.String(), secret)
		require.NotContains(t, said.String(), secret)
	}
}

// Each request has a line, by whose ID its answer is found.
func TestLog(t *testing.T) {
	t.Parallel()
	s := newShop()
	w := s.ask(redeem())
	request := w.Header().Get("X-Request-Id")
	require.NotEmpty(t, request)
	require.Contains(t, s.log.String(), `"client":"web","route":"redemptions","redemption":"`+id+`","status":201,"request":"`+request+`"`)
	require.Len(t, s.answered, 1)
	s.answered[0].Took = 0
	require.Equal(t, api.Answered{Route: "redemptions", Client: "web", Status: 201, Redemption: id}, s.answered[0])
	s.err = &redemption.Problem{Type: redemption.CardExpired}
	s.ask(balance())
	require.Equal(t, "card_expired", s.answered[1].Type)
	require.NotEqual(t, request, s.ask(look()).Header().Get("X-Request-Id"))
	require.Equal(t, 3, strings.Count(s.log.String(), "\n"))
}
