package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A body that is not understood to the last field is refused, and the answer says which field is wrong.
func TestBodies(t *testing.T) {
	t.Parallel()
	const good = `"code":"c","amount":"1","currency":"EUR"`
	for body, detail := range map[string]string{
		``:                                "not a JSON object",
		`[]`:                              "not a JSON object",
		`null`:                            "not a JSON object",
		`{`:                               "not a JSON object",
		`{"code"}`:                        "not a JSON object",
		`{"code":}`:                       "not a JSON object",
		`{` + good + `,}`:                 "not a JSON object",
		`{` + good + `}{}`:                "follows the JSON object",
		`{` + good + `} x`:                "follows the JSON object",
		"{\"code\":\"\xff\"}":             "not UTF-8",
		`{"code":"c",` + good[1:]:         "not a JSON object",
		`{` + good + `,"code":"d"}`:       `"code" comes twice`,
		`{` + good + `,"Partial":true}`:   `"Partial" is not known`,
		`{` + good + `,"pin":"1"}`:        `"pin" is not known`,
		`{"amount":"1","currency":"EUR"}`: `"code" is missing`,
		`{"code":"c","currency":"EUR"}`:   `"amount" is missing`,
		`{"code":"c","amount":"1"}`:       `"currency" is missing`,
		`{"code":1,"amount":"1","currency":"EUR"}`:                                 `"code" is not a string`,
		`{"code":null,"amount":"1","currency":"EUR"}`:                              `"code" is not a string`,
		`{"code":"","amount":"1","currency":"EUR"}`:                                `"code" has 1 to 64`,
		`{"code":"a b","amount":"1","currency":"EUR"}`:                             `"code" has 1 to 64`,
		`{"code":"ä","amount":"1","currency":"EUR"}`:                               `"code" has 1 to 64`,
		`{"code":"` + strings.Repeat("c", 65) + `","amount":"1","currency":"EUR"}`: `"code" has 1 to 64`,
		`{"code":"c","amount":20,"currency":"EUR"}`:                                `"amount" is not a string`,
		`{"code":"c","amount":"0.00","currency":"EUR"}`:                            `"amount" is not a decimal number above zero`,
		`{"code":"c","amount":"-1","currency":"EUR"}`:                              `"amount" is not a decimal number above zero`,
		`{"code":"c","amount":"1,5","currency":"EUR"}`:                             `"amount" is not a decimal`,
		`{"code":"c","amount":"1.005","currency":"EUR"}`:                           `"amount" is not a decimal`,
		`{"code":"c","amount":"99999999999999999999","currency":"EUR"}`:            `"amount" is not a decimal`,
		`{"code":"c","amount":"1","currency":"eur"}`:                               `"currency" is not an ISO 4217 code`,
		`{"code":"c","amount":"1","currency":""}`:                                  `"currency" is not an ISO 4217 code`,
		`{` + good + `,"partial":"yes"}`:                                           `"partial" is not a boolean`,
		`{` + good + `,"partial":null}`:                                            `"partial" is not a boolean`,
		`{` + good + `,"order":7}`:                                                 `"order" is not a string`,
		`{` + good + `,"order":"a\u0000"}`:                                         `"order" has at most 128 characters`,
		`{` + good + `,"order":"` + strings.Repeat("x", 129) + `"}`:                `"order" has at most 128 characters`,
		`{` + good + `,"end_user":"` + strings.Repeat("x", 129) + `"}`:             `"end_user" has at most 128 characters`,
	} {
		s := newShop()
		p := requireProblem(t, s.ask(request(http.MethodPost, "/v1/redemptions", body)), http.StatusBadRequest, "invalid_request")
		require.Contains(t, p["detail"], detail, body)
		require.Empty(t, s.redeems)
	}
	for _, body := range []string{
		`{` + good + `}`, ` {` + good + `,"order":"","end_user":"","partial":true} `,
		`{` + good + `,"order":"` + strings.Repeat("é", 128) + `"}`,
		`{"code":"` + strings.Repeat("~", 64) + `","amount":"0.01","currency":"EUR"}`,
	} {
		s := newShop()
		require.Equal(t, http.StatusCreated, s.ask(request(http.MethodPost, "/v1/redemptions", body)).Code, body)
	}
	s := newShop()
	r := request(http.MethodPost, "/v1/balances", `{"code":"c"}`)
	r.Header.Set("Content-Type", `application/json; charset="UTF-8"`)
	require.Equal(t, http.StatusOK, s.ask(r).Code)
	p := requireProblem(t, s.ask(request(http.MethodPost, "/v1/balances", `{"code":"c","currency":""}`)), 400, "invalid_request")
	require.Contains(t, p["detail"], "ISO 4217")
}

// A key is a string of a structured field, or the same without quotes.
func TestKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 255)
	for line, want := range map[string]string{
		`"abc"`: "abc", `abc`: "abc", ` "abc" `: "abc", `"a b;c,d"`: "a b;c,d", `"a\"b\\c"`: `a"b\c`, `a:b/c=+`: "a:b/c=+",
		long: long, `"` + long + `"`: long,
		`""`: "", `"abc`: "", `"abc"d`: "", `"abc";p=1`: "", `"a\b"`: "", `a"b`: "", `a b`: "", `a,b`: "", `a;b`: "", `"é"`: "", `é`: "",
		`"` + long + `k"`: "", `a\b`: "", `"abc\`: "",
	} {
		s := newShop()
		r := redeem()
		r.Header.Set("Idempotency-Key", line)
		w := s.ask(r)
		if want == "" {
			requireProblem(t, w, http.StatusBadRequest, "invalid_request")
			continue
		}
		require.Equal(t, http.StatusCreated, w.Code, line)
		require.Equal(t, want, s.redeems[0].Key)
	}
	s := newShop()
	r := redeem()
	r.Header.Add("Idempotency-Key", "another")
	requireProblem(t, s.ask(r), http.StatusBadRequest, "invalid_request")
}
