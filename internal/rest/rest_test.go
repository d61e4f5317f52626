package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
)

const op = "create order"

type answer struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func newClient(t *testing.T, h http.HandlerFunc) *rest.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := rest.New("Vendor", server.URL+"/v2", server.Client())
	require.NoError(t, err)
	return c
}

func do(t *testing.T, c *rest.Client, out any) error {
	t.Helper()
	req, err := c.NewRequest(t.Context(), http.MethodPost, "order/", map[string]string{"secret": "s3cret"})
	require.NoError(t, err)
	_, err = c.Do(req, op, out, func(b []byte) (string, string) { return "CODE", string(b) })
	return err
}

func requireError(t *testing.T, err error, want rest.Outcome) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Outcome)
	require.Equal(t, "Vendor", e.Service)
	require.Equal(t, op, e.Op)
	return e
}

func TestNewRefusesWhatIsNoBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "example.com", "ftp://example.com", "/v2", "http://", "http://[", "://"} {
		_, err := rest.New("Vendor", base, http.DefaultClient)
		require.Error(t, err, base)
	}
	_, err := rest.New("Vendor", "ftp://user:hunter2@example.com/?key=hunter2", http.DefaultClient)
	require.ErrorContains(t, err, "ftp://example.com/")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestNewRequest(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://example.com/v2", "https://example.com/v2/"} {
		c, err := rest.New("Vendor", base, http.DefaultClient)
		require.NoError(t, err)

		req, err := c.NewRequest(t.Context(), http.MethodPost, "merchant/A%2FB/?q=1", map[string]int{"n": 1})
		require.NoError(t, err)
		require.Equal(t, "https://example.com/v2/merchant/A%2FB/?q=1", req.URL.String())
		require.Equal(t, "application/json", req.Header.Get("Accept"))
		require.Equal(t, "application/json", req.Header.Get("Content-Type"))
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		require.JSONEq(t, `{"n":1}`, string(body))

		req, err = c.NewRequest(t.Context(), http.MethodGet, "merchant/", nil)
		require.NoError(t, err)
		require.Nil(t, req.Body)
		require.Empty(t, req.Header.Get("Content-Type"))
	}
}

func TestNewRequestRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	c, err := rest.New("Vendor", "https://example.com", http.DefaultClient)
	require.NoError(t, err)
	_, err = c.NewRequest(t.Context(), http.MethodPost, "order/", func() {})
	require.ErrorContains(t, err, "encode request")
	_, err = c.NewRequest(t.Context(), http.MethodGet, "%zz", nil)
	require.ErrorContains(t, err, "path of a request")
	_, err = c.NewRequest(t.Context(), "BAD METHOD", "order/", nil)
	require.ErrorContains(t, err, "build request")
}

func TestDoDecodesEverySuccess(t *testing.T) {
	t.Parallel()
	for status := 200; status <= 299; status++ {
		if status == http.StatusNoContent {
			continue
		}
		c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"name":"a","count":2,"unknown":true}`)
		})
		var got answer
		require.NoError(t, do(t, c, &got), status)
		require.Equal(t, answer{Name: "a", Count: 2}, got)
	}
}

func TestDoRefusesEveryOtherStatus(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscan(r.URL.Query().Get("status"), &status)
		w.Header().Set("Location", "https://elsewhere.invalid/")
		w.Header().Set("Retry-After", "7")
		w.Header().Set("X-Request-Id", "abc")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "no\nthanks")
	})
	for status := 300; status <= 599; status++ {
		req, err := c.NewRequest(t.Context(), http.MethodPost, fmt.Sprintf("order/?status=%d", status), nil)
		require.NoError(t, err)
		var got answer
		_, err = c.Do(req, op, &got, func(b []byte) (string, string) { return "CODE", string(b) })
		e := requireError(t, err, rest.Refused)
		require.Equal(t, status, e.Status)
		require.Equal(t, status, rest.StatusOf(fmt.Errorf("wrapped: %w", err)))
		require.Equal(t, 7*time.Second, e.RetryAfter)
		require.Equal(t, "abc", e.RequestID)
		if status != http.StatusNotModified { // it has no body
			require.Equal(t, "no thanks", e.Message)
		}
		require.Zero(t, got)
	}
}

func TestDoFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var elsewhere bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	e := requireError(t, do(t, c, nil), rest.Refused)
	require.Equal(t, http.StatusTemporaryRedirect, e.Status)
	other.Close() // waits for requests
	require.False(t, elsewhere)
}

func TestDoWithoutOutIgnoresTheBody(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "anything") })
	require.NoError(t, do(t, c, nil))
}

func TestDoUnreadable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body, want string
	}{
		{"empty", "", "", "0 bytes that are not whole JSON"},
		{"HTML", "text/html; charset=utf-8", "<p>s3cret</p>", "13 bytes of text/html instead of JSON"},
		{"cut off", "application/json", `{"name":"s3cret`, "15 bytes that are not whole JSON"},
		{"two values", "application/json", `{} {"name":"s3cret"}`, "20 bytes that are not whole JSON"},
		{"wrong type", "application/json", `{"count":"s3cret"}`, "unexpected string in JSON field count"},
		{"number as text", "application/json", `{"name":4111111111111111}`, "unexpected number in JSON field name"},
		{"wrong root", "application/json", `["s3cret"]`, "unexpected JSON array"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				_, _ = io.WriteString(w, tt.body)
			})
			e := requireError(t, do(t, c, &answer{}), rest.Unreadable)
			require.Equal(t, http.StatusOK, e.Status)
			require.EqualError(t, e.Err, tt.want)
		})
	}
}

func TestDoBodyShorterThanPromised(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"name":"a"}`)
	})
	require.ErrorContains(t, requireError(t, do(t, c, &answer{}), rest.Unreadable), "cut off after 12 bytes")
}

func TestDoBodyTooLarge(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range rest.MaxBody>>20 + 1 {
			_, _ = w.Write(chunk)
		}
	})
	require.ErrorContains(t, requireError(t, do(t, c, &answer{}), rest.Unreadable), "larger than")
}

func TestDoNoAnswer(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	e := requireError(t, do(t, c, &answer{}), rest.NoAnswer)
	require.Zero(t, e.Status)
	require.False(t, e.Unsent)
	require.ErrorIs(t, e, io.EOF)
	require.NotContains(t, e.Error(), "order/")
}

func TestDoNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := rest.New("Vendor", server.URL, http.DefaultClient)
	require.NoError(t, err)
	e := requireError(t, do(t, c, nil), rest.NoAnswer)
	var refused *net.OpError
	require.ErrorAs(t, e, &refused)
	require.True(t, e.Unsent)
}

func TestDoAnswerThatIsNoHTTP(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, "s3cret steve@example.com\r\n\r\n")
			_ = conn.Close()
		}
	})
	e := requireError(t, do(t, c, nil), rest.NoAnswer)
	require.EqualError(t, e, "Vendor: create order: no answer: malformed HTTP answer")
}

func TestDoTimedOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		begin string
	}{
		{"before the answer", ""},
		{"within the answer", `{"name":`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // lets the server notice that the client is gone
				if tt.begin != "" {
					_, _ = io.WriteString(w, tt.begin)
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			req, err := c.NewRequest(ctx, http.MethodPost, "order/", nil)
			require.NoError(t, err)
			_, err = c.Do(req, op, &answer{}, nil)
			e := requireError(t, err, rest.TimedOut)
			require.ErrorIs(t, e, context.DeadlineExceeded)
		})
	}
}

func TestDoClientTimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	c, err := rest.New("Vendor", server.URL, &http.Client{Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	req, err := c.NewRequest(t.Context(), http.MethodGet, "", nil)
	require.NoError(t, err)
	_, err = c.Do(req, op, nil, nil)
	requireError(t, err, rest.TimedOut)
}

func TestDoCancelled(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := c.NewRequest(ctx, http.MethodGet, "", nil)
	require.NoError(t, err)
	_, err = c.Do(req, op, nil, nil)
	require.ErrorIs(t, requireError(t, err, rest.NoAnswer), context.Canceled)
}

func TestErrorsQuoteNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(string(b))
	})
	require.NotContains(t, do(t, c, &answer{}).Error(), "s3cret")
	require.Zero(t, rest.StatusOf(errors.New("another")))
}
