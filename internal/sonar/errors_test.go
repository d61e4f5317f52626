package sonar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/sonar"
)

const queued = `{"to":"+14155550123","text":"x","status":"queued"}`

type transport func(*http.Request) (int, http.Header, string)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	if header == nil {
		header = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// stub returns a client of a service with answers that the simulator never sends.
func stub(t testing.TB, answer transport) *sonar.Client {
	t.Helper()
	return newClient(t, sonar.Options{URL: "https://sonar.invalid/base", HTTPClient: &http.Client{Transport: answer}})
}

func answering(t testing.TB, status int, body string) *sonar.Client {
	t.Helper()
	return stub(t, func(*http.Request) (int, http.Header, string) { return status, nil, body })
}

// requireDiscreet requires that an error holds nothing of the token and of the message.
func requireDiscreet(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{token, "4155550123", "5550123", "Berman", "Hacker", "1ZW098R40361231305"} {
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), secret)
	}
}

func saying(t testing.TB, text string) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{"error": text})
	require.NoError(t, err)
	return string(b)
}

// texts are all texts that are known, and some that are not.
var texts = map[string]sonar.Reason{
	"Bad Token":                          sonar.BadToken,
	"Bad Publishable-Key":                sonar.BadToken,
	"Token or publishable_key not found": sonar.BadToken,
	"No Active Subscription":             sonar.NoSubscription,
	"Company inactive":                   sonar.CompanyClosed,
	"Company cancelled":                  sonar.CompanyClosed,
	"Api Disabled For Company":           sonar.APIDisabled,
	"Trial Customer Limit Reached":       sonar.TrialLimit,
	"Trial Message Limit Reached":        sonar.TrialLimit,
	"Invalid Phone Number":               sonar.InvalidPhone,
	" invalid  phone number. ":           sonar.InvalidPhone,
	"Forbidden":                          sonar.Forbidden,
	"Request Timed Out":                  sonar.TimedOut,
	"text is missing, to is missing":     sonar.BadFields,
	"items[0].id is invalid":             sonar.BadFields,
	"type does not have a valid value":   sonar.BadFields,
	"text is empty":                      sonar.BadFields,
	"text is missing, or so":             sonar.Other,
	"Forbidden fruit":                    sonar.Other,
	"Something went wrong":               sonar.Other,
}

// The text decides why, whatever the status; text and status decide whether the customer may have got the message.
func TestEveryStatusAndText(t *testing.T) {
	t.Parallel()
	for text, reason := range texts {
		body := saying(t, text)
		for status := 200; status <= 599; status++ {
			_, err := stub(t, func(*http.Request) (int, http.Header, string) {
				return status, http.Header{"Retry-After": {"7"}}, body
			}).Send(t.Context(), message())
			e := requireError(t, err, rest.Refused)
			wantReason, wantEffect := reason, sonar.Unsent
			switch {
			case status == 429 && reason == sonar.Other:
				wantReason = sonar.TooMany
			case status >= 500 || reason == sonar.TimedOut || reason == sonar.Other && status < 400:
				wantEffect = sonar.Unclear
			}
			require.Equal(t, wantReason, sonar.ReasonOf(err), "%d %s", status, text)
			require.Equal(t, wantEffect, sonar.EffectOf(err), "%d %s", status, text)
			require.Equal(t, wantEffect, sonar.EffectOf(fmt.Errorf("send: %w", err)))
			if status >= 300 {
				require.Equal(t, status, e.Status)
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
		}
	}
}

// Without the service's words, an intermediary may have answered after the service took the message.
func TestEveryStatusWithoutWords(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "<h1>Forbidden</h1>", "{}", `{"error":null}`, `{"error":""}`, `{"error":7}`, `{"error":{"text":"Bad Token"}}`, `["Bad Token"]`,
		`"Bad Token"`, `{"error":"Bad Tok`, `{"message":"Bad Token"}`,
	} {
		for status := 300; status <= 599; status++ {
			_, err := answering(t, status, body).Send(t.Context(), message())
			requireError(t, err, rest.Refused)
			wantReason, wantEffect := sonar.Reason(""), sonar.Unclear
			switch status {
			case 401, 407:
				wantEffect = sonar.Unsent
			case 429:
				wantReason, wantEffect = sonar.TooMany, sonar.Unsent
			}
			require.Equal(t, wantReason, sonar.ReasonOf(err), "%d %s", status, body)
			require.Equal(t, wantEffect, sonar.EffectOf(err), "%d %s", status, body)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]sonar.Status{
		queued:                sonar.Queued,
		`{"status":"queued"}`: sonar.Queued,
		`{"status":"queued","error":null,"more":[{}]}`: sonar.Queued,
		`{"status":"unsubscribed"}`:                    sonar.Unsubscribed,
	} {
		for _, status := range []int{200, 201, 202} {
			got, err := stub(t, func(*http.Request) (int, http.Header, string) {
				return status, http.Header{"X-Request-Id": {"r1"}}, body
			}).Send(t.Context(), message())
			require.NoError(t, err, body)
			require.Equal(t, sonar.Answer{Status: want, RequestID: "r1"}, got)
		}
	}
	for body, outcome := range map[string]rest.Outcome{
		"":                    rest.Unreadable,
		"<h1>Thanks</h1>":     rest.Unreadable,
		`{"status":"queu`:     rest.Unreadable,
		`{"status":7}`:        rest.Unreadable,
		`[]`:                  rest.Unreadable,
		`"queued"`:            rest.Unreadable,
		"null":                rest.Contradictory,
		"{}":                  rest.Contradictory,
		`{"status":""}`:       rest.Contradictory,
		`{"status":"failed"}`: rest.Contradictory,
		`{"status":"queued","error":"Bad Token"}`:         rest.Contradictory,
		`{"status":"` + strings.Repeat("x", 2<<20) + `"}`: rest.Unreadable,
		`{"x":` + strings.Repeat("[", 1<<19) + `}`:        rest.Unreadable,
		queued + queued: rest.Unreadable,
		`{"status":"Matt Berman +14155550123 ` + token + `"}`: rest.Contradictory,
	} {
		_, err := answering(t, 202, body).Send(t.Context(), message())
		requireError(t, err, outcome)
		require.Equal(t, sonar.Unclear, sonar.EffectOf(err))
		require.Empty(t, sonar.ReasonOf(err))
		require.Less(t, len(err.Error()), 400)
		requireDiscreet(t, err)
	}
}

// A service may repeat whatever it was sent.
func TestErrorsAreDiscreet(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"no such plan":                         "no such plan",
		"+14155550123 is a landline":           "[number] is a landline",
		"tel4155550123, (415) 555-0123":        "tel[number], ([number]",
		"Dear MATT berman of 1 Hacker Way":     "Dear [redacted] [redacted] of 1 [redacted] [redacted]",
		"token " + token + " is old":           "token [redacted] is old",
		"see https://example.com/?to=1 or a@b": "see [URL] or [address]",
		"one\n\ttwo":                           "one two",
		strings.Repeat("x", 400):               strings.Repeat("x", 300) + "…",
	} {
		for _, status := range []int{200, 400, 500} {
			_, err := answering(t, status, saying(t, said)).Send(t.Context(), message())
			require.Equal(t, want, requireError(t, err, rest.Refused).Message)
			requireDiscreet(t, err)
		}
	}
	for _, id := range []string{token, "x-14155550123", "4155550123", "a5550123b"} {
		c := stub(t, func(*http.Request) (int, http.Header, string) {
			return 400, http.Header{"X-Request-Id": {id}}, ""
		})
		_, err := c.Send(t.Context(), message())
		require.Contains(t, requireError(t, err, rest.Refused).RequestID, "[redacted]")
		requireDiscreet(t, err)
		got, err := stub(t, func(*http.Request) (int, http.Header, string) {
			return 202, http.Header{"X-Request-Id": {id}}, queued
		}).Send(t.Context(), message())
		require.NoError(t, err)
		require.Contains(t, got.RequestID, "[redacted]")
	}
}

func TestRefusalsReadWell(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		saying(t, "Bad Token"):      "Sonar: send message: refused: HTTP 400: bad token",
		saying(t, "to is missing"):  "Sonar: send message: refused: HTTP 400: to is missing: a field is missing or not valid",
		saying(t, "No such planet"): "Sonar: send message: refused: HTTP 400: No such planet: not a known reason",
		"<h1>No</h1>":               "Sonar: send message: refused: HTTP 400",
	} {
		_, err := answering(t, 400, body).Send(t.Context(), message())
		require.EqualError(t, err, want)
	}
}

func TestErrorsOfOthers(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("bad token"), &rest.Error{Service: "Shopify", Outcome: rest.NoAnswer}} {
		require.Empty(t, sonar.EffectOf(err))
		require.Empty(t, sonar.ReasonOf(err))
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(202, queued)
	f.Add(400, `{"error":"text is missing, to is missing"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			status = 202
		}
		got, err := answering(t, status, body).Send(t.Context(), message())
		if err == nil {
			require.Less(t, status, 300)
			require.Contains(t, []sonar.Status{sonar.Queued, sonar.Unsubscribed}, got.Status)
			return
		}
		var e *rest.Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, sonar.EffectOf(err))
		require.Less(t, len(err.Error()), 500)
		if sonar.EffectOf(err) == sonar.Unsent {
			require.Equal(t, rest.Refused, e.Outcome)
			require.Less(t, status, 500)
		}
		requireDiscreet(t, err)
	})
}

// FuzzErrorText wraps any text in a refusal, so that the fuzzer does not have to discover JSON.
func FuzzErrorText(f *testing.F) {
	f.Add("call 415-555-0123 or write to steve@example.com")
	f.Add("Matt Berman, 1 Hacker Way")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := answering(t, 400, saying(t, text)).Send(t.Context(), message())
		e := requireError(t, err, rest.Refused)
		requireDiscreet(t, err)
		require.NotContains(t, strings.ToLower(e.Message), "https://")
		digits := 0
		for _, r := range e.Message {
			if digits++; r < '0' || r > '9' {
				digits = 0
			}
			require.Less(t, digits, 7, e.Message)
		}
	})
}
