package relay_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/giftbridge/giftbridge/internal/relay"
)

var (
	current  = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("c", 24)))
	previous = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("p", 64)))
	loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
)

type received struct {
	header http.Header
	body   []byte
}

// endpoint starts a server that answers with answer, and returns a client of it and what arrives.
func endpoint(t *testing.T, o relay.Options, answer http.HandlerFunc) (*relay.Client, chan received) {
	t.Helper()
	got := make(chan received, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	if o.URL == "" {
		o.URL = server.URL + "/hook?company=hush7"
	}
	if o.Secrets == nil {
		o.Secrets = []string{current}
	}
	if o.Allowed == nil {
		o.Allowed = loopback
	}
	o.Endpoint = "orders"
	c, err := relay.New(o)
	require.NoError(t, err)
	return c, got
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

var event = relay.Event{
	ID: relay.ID("orders", "orders/create", "order/1", []byte(`{"id": 1}`)), Topic: "orders/create", Resource: "order/1",
	Shop: "example.myshopify.com", APIVersion: "2026-07", Body: []byte("{\"id\": 1, \"note\":\"\u00e9\\u00e9\"}\r\n"),
	TriggeredAt: time.Date(2026, 7, 1, 12, 0, 0, 5000, time.FixedZone("", 3600)), Attempt: 3,
}

func TestPost(t *testing.T) {
	t.Parallel()
	c, got := endpoint(t, relay.Options{
		Secrets: []string{current, previous},
		Headers: []relay.Header{{"Authorization", "Basic hush"}, {"Content-Type", "text/plain"}},
	}, status(http.StatusAccepted))
	stale := event
	stale.Stale, stale.Replayed = true, true
	answer, err := c.Post(t.Context(), stale)
	require.NoError(t, err)
	require.Equal(t, relay.Answer{Status: 202}, answer)
	r := <-got
	require.Equal(t, string(event.Body), string(r.body), "byte for byte")
	for name, want := range map[string]string{
		"Webhook-Id": event.ID, "Content-Type": "application/json", "Authorization": "Basic hush", "User-Agent": "giftbridge",
		"Giftbridge-Topic": "orders/create", "Giftbridge-Resource": "order/1", "Giftbridge-Shop": "example.myshopify.com",
		"Giftbridge-Api-Version": "2026-07", "Giftbridge-Triggered-At": "2026-07-01T11:00:00.000005Z", "Giftbridge-Attempt": "3",
		"Giftbridge-Stale": "true", "Giftbridge-Replayed": "true", "Giftbridge-Oversized": "",
	} {
		require.Equal(t, want, r.header.Get(name), name)
	}
	for i, secret := range []string{current, previous} {
		w, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		require.NoError(t, w.Verify(r.body, r.header))
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		require.NoError(t, err)
		h := hmac.New(sha256.New, key)
		fmt.Fprintf(h, "%s.%s.%s", event.ID, r.header.Get("Webhook-Timestamp"), event.Body)
		require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)), strings.Split(r.header.Get("Webhook-Signature"), " ")[i])
	}

	plain := event
	plain.Body, plain.Oversized, plain.Topic, plain.Attempt = nil, 5<<20, "orders/\x01create", 0
	_, err = c.Post(t.Context(), plain)
	require.NoError(t, err)
	r = <-got
	require.Equal(t, "{}", string(r.body))
	require.Equal(t, "5242880", r.header.Get("Giftbridge-Oversized"))
	require.Equal(t, "1", r.header.Get("Giftbridge-Attempt"))
	require.Empty(t, r.header.Values("Giftbridge-Topic"), "no header can have that value")
	require.Empty(t, r.header.Values("Giftbridge-Stale"))
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]struct {
		outcome relay.Outcome
		ofEvent bool
		after   time.Duration
	}{
		301: {relay.Unavailable, false, 0}, 302: {relay.Unavailable, false, 0}, 307: {relay.Unavailable, false, 0}, 308: {relay.Unavailable, false, 0},
		400: {relay.Refused, true, 0}, 401: {relay.Refused, false, 0}, 403: {relay.Refused, false, 0}, 404: {relay.Refused, false, 0},
		405: {relay.Refused, false, 0}, 408: {relay.Unavailable, false, 0}, 409: {relay.Refused, true, 0}, 410: {relay.Gone, false, 0},
		413: {relay.Refused, true, 0}, 422: {relay.Refused, true, 0}, 425: {relay.Unavailable, false, 0},
		429: {relay.Throttled, false, 7 * time.Second}, 500: {relay.Unavailable, false, 0}, 502: {relay.Unavailable, false, 7 * time.Second},
		503: {relay.Unavailable, false, 7 * time.Second}, 504: {relay.Unavailable, false, 7 * time.Second},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			c, got := endpoint(t, relay.Options{}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.Header().Set("Location", "https://hush.example.com/%zz?x=hush")
				w.Header().Set("X-Request-Id", "req-1")
				w.WriteHeader(code)
				_, _ = io.WriteString(w, "hush")
			})
			_, err := c.Post(t.Context(), event)
			var fail *relay.Error
			require.ErrorAs(t, err, &fail)
			require.Equal(t, want.outcome, fail.Outcome)
			require.Equal(t, want.ofEvent, fail.OfEvent())
			require.Equal(t, want.after, fail.RetryAfter)
			require.EqualError(t, err, fmt.Sprintf("endpoint orders: %s: HTTP %d (request req-1)", want.outcome, code))
			require.Len(t, got, 1, "it is sent once, and follows nothing")
		})
	}
}

// Retry-After may be a date, and is bounded.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, most := range map[string]time.Duration{
		time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second, "99999999": 24 * time.Hour,
	} {
		c, _ := endpoint(t, relay.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := c.Post(t.Context(), event)
		var fail *relay.Error
		require.ErrorAs(t, err, &fail)
		require.Positive(t, fail.RetryAfter)
		require.LessOrEqual(t, fail.RetryAfter, most)
	}
}

// Once 2xx was answered, the rest of the answer does not matter: it is neither read to its end nor understood.
func TestTakenIsTaken(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
		},
		"HTML": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<p>thanks") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := endpoint(t, relay.Options{}, answer)
			answer, err := c.Post(t.Context(), event)
			require.NoError(t, err)
			require.Equal(t, 200, answer.Status)
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"dropped": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "hush hush\r\n\r\n")
				_ = conn.Close()
			}
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, got := endpoint(t, relay.Options{Timeout: 2 * time.Second}, answer)
			_, err := c.Post(t.Context(), event)
			var fail *relay.Error
			require.ErrorAs(t, err, &fail)
			require.Equal(t, relay.Unavailable, fail.Outcome)
			require.False(t, fail.Unsent)
			require.NotContains(t, err.Error(), "hush")
			require.Len(t, got, 1, "it is not repeated")
		})
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	c, _ := endpoint(t, relay.Options{URL: closed.URL + "/hush?hush"}, status(200))
	_, err := c.Post(t.Context(), event)
	var fail *relay.Error
	require.ErrorAs(t, err, &fail)
	require.True(t, fail.Unsent)
	require.NotContains(t, err.Error(), "hush")
}

// A name that leads to the internet when it is looked at, and to this machine when it is called, does not get there.
func TestAddressesAreCheckedWhenTheyAreUsed(t *testing.T) {
	t.Parallel()
	answers := []string{"203.0.113.1", "127.0.0.1", "169.254.169.254"}
	var asked atomic.Int32
	dns := nameServer(t, func() string { return answers[min(int(asked.Add(1))-1, len(answers)-1)] })
	c, got := endpoint(t, relay.Options{URL: "http://erp.example.com:1/hush", Allowed: []netip.Prefix{}, Resolver: dns}, status(200))
	for range answers {
		_, err := c.Post(t.Context(), event)
		var fail *relay.Error
		require.ErrorAs(t, err, &fail)
		require.Equal(t, relay.Blocked, fail.Outcome)
		require.True(t, fail.Unsent)
		require.ErrorContains(t, err, "is not allowed: ")
	}
	require.Empty(t, got)
	require.GreaterOrEqual(t, int(asked.Load()), len(answers), "the name was resolved each time")
}

// nameServer returns a resolver that asks a server on this machine, which answers each question for an IPv4 address with the next answer.
func nameServer(t *testing.T, next func() string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(next()).As4()},
				}}
			}
			packed, _ := m.Pack()
			_, _ = conn.WriteTo(packed, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestPrivateAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(status(http.StatusNoContent))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, block, 0o600))

	c, err := relay.New(relay.Options{Endpoint: "orders", URL: server.URL, Secrets: []string{current}, Allowed: loopback, CAFile: file})
	require.NoError(t, err)
	_, err = c.Post(t.Context(), event)
	require.NoError(t, err)

	c, err = relay.New(relay.Options{Endpoint: "orders", URL: server.URL, Secrets: []string{current}, Allowed: loopback})
	require.NoError(t, err)
	_, err = c.Post(t.Context(), event)
	require.ErrorContains(t, err, "certificate")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for name, change := range map[string]func(*relay.Options){
		"no URL":          func(o *relay.Options) { o.URL = "" },
		"a user":          func(o *relay.Options) { o.URL = "https://hush:hush@example.com" },
		"another scheme":  func(o *relay.Options) { o.URL = "ftp://example.com" },
		"no secret":       func(o *relay.Options) { o.Secrets = nil },
		"an empty secret": func(o *relay.Options) { o.Secrets = []string{"whsec_"} },
		"a short secret":  func(o *relay.Options) { o.Secrets = []string{"whsec_aHVzaA=="} },
		"no prefix":       func(o *relay.Options) { o.Secrets = []string{strings.TrimPrefix(current, "whsec_")} },
		"no base64":       func(o *relay.Options) { o.Secrets = []string{"whsec_" + strings.Repeat("!", 40)} },
		"three secrets":   func(o *relay.Options) { o.Secrets = []string{current, previous, current} },
		"no such file":    func(o *relay.Options) { o.CAFile = empty + "x" },
		"no certificate":  func(o *relay.Options) { o.CAFile = empty },
		"half a pair":     func(o *relay.Options) { o.CertFile = empty },
	} {
		o := relay.Options{Endpoint: "orders", URL: "https://example.com/", Secrets: []string{current}}
		change(&o)
		_, err := relay.New(o)
		require.ErrorContains(t, err, "endpoint orders: ", name)
		require.NotContains(t, err.Error(), "hush", name)
	}
}

// Receivers keep IDs, so they never change.
func TestIDNeverChanges(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":1}`)
	id := relay.ID("orders", "orders/create", "order/1", body)
	require.Equal(t, "evt_ee249b5fcb450df4995ba78aa8123ee5c8a6208fec5c6945d01172838acaf334", id)
	for _, other := range []string{
		relay.ID("products", "orders/create", "order/1", body), relay.ID("orders", "orders/updated", "order/1", body),
		relay.ID("orders", "orders/create", "order/2", body), relay.ID("orders", "orders/create", "order/1", []byte(`{"id": 1}`)),
		relay.ID("ordersorders/create", "", "order/1", body), relay.ID("orders", "orders/createorder/1", "", body),
	} {
		require.NotEqual(t, id, other)
		require.Regexp(t, `^evt_[0-9a-f]{64}$`, other)
	}
}

// Reach connects and sends nothing.
func TestReach(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	o := relay.Options{
		Endpoint: "orders", URL: server.URL + "/hush", Secrets: []string{current}, Allowed: loopback, CAFile: file,
	}
	expires, err := o.Reach(t.Context())
	require.NoError(t, err)
	require.Equal(t, server.Certificate().NotAfter, expires)
	for name, change := range map[string]func(*relay.Options){
		"not allowed":  func(o *relay.Options) { o.Allowed = nil },
		"certificate":  func(o *relay.Options) { o.CAFile = "" },
		"whsec_":       func(o *relay.Options) { o.Secrets = []string{"hush"} },
		"no such file": func(o *relay.Options) { o.CAFile = file + "x" },
	} {
		changed := o
		change(&changed)
		_, err := changed.Reach(t.Context())
		require.ErrorContains(t, err, name)
		require.NotContains(t, err.Error(), "hush")
	}
	require.Zero(t, requests.Load())
}
