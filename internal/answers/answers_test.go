package answers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/giftbridge/giftbridge/internal/answers"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/workflows"
)

const barcode = "2900000000016"

// acme is an issuer whose callbacks are JSON.
type acme struct{ issuer.Deferred }

func (acme) Answer(_ issuer.Step, body []byte) (issuer.Answer, error) {
	var a struct{ Barcode issuer.Code }
	if err := json.Unmarshal(body, &a); err != nil {
		return issuer.Answer{}, err
	}
	return issuer.Answer{OK: true, Code: a.Barcode}, nil
}

// temporal records signals.
type temporal struct {
	err  error
	id   string
	told []workflows.DeferredAnswer
}

func (s *temporal) SignalWorkflow(ctx context.Context, id, run, name string, arg any) error {
	if _, limited := ctx.Deadline(); !limited || run != "" || name != workflows.CallbackSignal {
		return errors.New("another signal")
	}
	if s.err != nil {
		return s.err
	}
	s.id = id
	s.told = append(s.told, arg.(workflows.DeferredAnswer))
	return nil
}

func keys(secret string) token.Keys { return token.Keys{{ID: "k1", Secret: []byte(secret)}} }

func TestCallbacks(t *testing.T) {
	t.Parallel()
	target := callback.Target{Issuer: "acme", WorkflowID: "card-issue/acme/5001-A", Step: issuer.Generating, Attempt: 2}
	good, other := callback.New("https://r.example/", keys(strings.Repeat("k", 32))), callback.New("", keys("other"))
	address := func(a *callback.Addresses, change func(*callback.Target)) string {
		tt := target
		if change != nil {
			change(&tt)
		}
		full, err := a.For(tt)
		require.NoError(t, err)
		_, path, _ := strings.Cut(full, "r.example")
		if path == "" {
			path = full
		}
		return path
	}
	body := `{"barcode":"` + barcode + `"}`
	unread := io.NopCloser(readerFunc(func([]byte) (int, error) { panic("the body was read before the address was checked") }))
	for name, tt := range map[string]struct {
		method, path string
		body         io.Reader
		away         error
		status       int
		outcome      answers.Outcome
	}{
		"taken":         {body: strings.NewReader(body), status: 204, outcome: answers.Told},
		"ended":         {body: strings.NewReader(body), away: serviceerror.NewNotFound("gone"), status: 204, outcome: answers.Gone},
		"Temporal away": {body: strings.NewReader(body), away: errors.New("away"), status: 503, outcome: answers.Away},
		"not JSON":      {body: strings.NewReader("<html>" + barcode), status: 400, outcome: answers.Malformed},
		"empty":         {body: strings.NewReader(""), status: 400, outcome: answers.Malformed},
		"too large":     {body: bytes.NewReader(make([]byte, answers.MaxBody+1)), status: 413, outcome: answers.Oversized},
		"cut off": {
			body: readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }), status: 400, outcome: answers.CutOff,
		},
		"GET":           {method: http.MethodGet, body: unread, status: 405},
		"no token":      {path: "/callbacks/acme/", body: unread, status: 404, outcome: answers.Unknown},
		"another key":   {path: address(other, nil), body: unread, status: 404, outcome: answers.Unknown},
		"changed":       {path: address(good, nil) + "A", body: unread, status: 404, outcome: answers.Unknown},
		"other issuer":  {path: strings.Replace(address(good, nil), "acme", "evil", 1), body: unread, status: 404, outcome: answers.Unknown},
		"not one of us": {path: address(good, func(c *callback.Target) { c.Issuer = "evil" }), body: unread, status: 404, outcome: answers.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, counted := &temporal{err: tt.away}, []answers.Outcome(nil)
			var log bytes.Buffer
			h := answers.New(answers.Options{
				Addresses: good, Issuers: map[string]issuer.Deferred{"acme": acme{}}, Temporal: s, Log: zerolog.New(&log),
				Count: func(_ string, o answers.Outcome) { counted = append(counted, o) },
			})
			path, method := tt.path, tt.method
			if path == "" {
				path = address(good, nil)
			}
			if method == "" {
				method = http.MethodPost
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, tt.body))
			require.Equal(t, tt.status, w.Code)
			if tt.outcome == "" {
				require.Empty(t, counted)
			} else {
				require.Equal(t, []answers.Outcome{tt.outcome}, counted)
			}
			for _, text := range []string{log.String(), w.Body.String()} {
				require.NotContains(t, text, barcode)
				if _, secret, _ := strings.Cut(path, "/acme/"); secret != "" {
					require.NotContains(t, text, secret)
				}
			}
			if known := tt.outcome != "" && tt.outcome != answers.Unknown; known && tt.outcome != answers.Told {
				require.Contains(t, log.String(), `"card":"`+target.WorkflowID+`"`, "the card has the order's number in its ID")
				require.Contains(t, log.String(), `"outcome":"`+string(tt.outcome)+`"`)
			} else {
				require.Empty(t, log.String())
			}
			if tt.outcome == answers.Told {
				require.Equal(t, target.WorkflowID, s.id)
				require.Equal(t, []workflows.DeferredAnswer{{
					Step: issuer.Generating, Attempt: 2, Answer: issuer.Answer{OK: true, Code: barcode},
				}}, s.told)
			} else {
				require.Empty(t, s.told)
			}
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
