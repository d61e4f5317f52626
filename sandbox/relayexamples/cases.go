package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay"
)

// The secrets: of the shortest and of the longest key that there may be, and one that no example knows.
var (
	first   = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", 24)))
	second  = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", 64)))
	unknown = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("3", 32)))
)

// bodies are what parsers and strings change: spaces, ends of lines, escapes, characters of several bytes, and size.
var bodies = []string{
	`{"id":820982911946154508,"total_price":"403.00"}`,
	"{ \"id\": 820982911946154500,\r\n\t\"note\": \"\\u00e9 \u00e9 \u20ac \U0001F381 \\/ <&>\" }\n",
	`{"id":1,"note":"` + strings.Repeat("\u20ac", 400_000) + `"}`,
}

const (
	taken  = http.StatusNoContent
	double = http.StatusOK
	wrong  = http.StatusUnauthorized
)

// post sends an event by our own client, with a clock that is off, and returns the status.
func post(ctx context.Context, url, id, body string, off time.Duration, secrets ...string) (int, error) {
	c, err := relay.New(relay.Options{
		Endpoint: "example", URL: url, Secrets: secrets, Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Now: func() time.Time { return time.Now().Add(off) },
	})
	if err != nil {
		return 0, err
	}
	answer, err := c.Post(ctx, relay.Event{ID: id, Topic: "orders/create", Shop: "example.myshopify.com", Body: []byte(body), Attempt: 1})
	if fail, ok := errors.AsType[*relay.Error](err); ok && fail.Status != 0 {
		return fail.Status, nil
	}
	return answer.Status, err
}

// tally collects what was not as expected.
type tally struct {
	problems []string
	cases    int
}

func (t *tally) expect(what string, want, got int, err error) error {
	t.cases++
	if err == nil && got != want {
		t.problems = append(t.problems, fmt.Sprintf("%s: HTTP %d instead of %d", what, got, want))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// ours has the other implementation verify what our client signs, with each of two secrets.
func ours(ctx context.Context, other *peer) ([]string, int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, 0, err
	}
	came := make(chan signed, 1)
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			at, _ := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
			came <- signed{ID: r.Header.Get("Webhook-Id"), Timestamp: at, Body: string(body), Signature: r.Header.Get("Webhook-Signature")}
		}
	})}
	go func() { _ = s.Serve(l) }() // It ends when it is closed.
	defer s.Close()                //nolint:errcheck // Nothing is served any more.
	var t tally
	for _, body := range bodies {
		if _, err := post(ctx, "http://"+l.Addr().String(), relay.ID("x", "y", "z", []byte(body)), body, 0, first, second); err != nil {
			return nil, 0, err
		}
		got := <-came
		for secret, want := range map[string]string{first: "right", second: "right", unknown: "wrong"} {
			got.Secret = secret
			said, err := other.ask(got)
			if err != nil {
				return nil, 0, err
			}
			t.cases++
			if said != want {
				t.problems = append(t.problems, fmt.Sprintf("a body of %d bytes: %s instead of %s", len(body), said, want))
			}
		}
	}
	return t.problems, t.cases, nil
}

// example runs one example through all cases: first with one secret, then as one that is changing its secret.
func example(ctx context.Context, command func(port string) []string, other *peer) ([]string, int, error) {
	var t tally
	s, err := start(ctx, command, first)
	if err != nil {
		return nil, 0, err
	}
	defer s.stop()
	if err := errors.Join(t.ofOurs(ctx, s.url), t.ofTheirs(ctx, s.url, other)); err != nil {
		return nil, 0, err
	}
	changing, err := start(ctx, command, second, first)
	if err != nil {
		return nil, 0, err
	}
	defer changing.stop()
	for i, tt := range []struct {
		secret string
		want   int
	}{{first, taken}, {second, taken}, {unknown, wrong}} {
		got, err := post(ctx, changing.url, fmt.Sprint("evt_", i), bodies[0], 0, tt.secret)
		if err := t.expect(fmt.Sprint("an example that knows two secrets, ", i), tt.want, got, err); err != nil {
			return nil, 0, err
		}
	}
	return t.problems, t.cases, nil
}

// ofOurs sends what our client signs to an example that knows the first secret.
func (t *tally) ofOurs(ctx context.Context, url string) error {
	for i, tt := range []struct {
		what    string
		id      string
		body    string
		off     time.Duration
		secrets []string
		want    int
	}{
		{"good", "evt_a", bodies[0], 0, []string{first}, taken},
		{"the same again", "evt_a", bodies[0], 0, []string{first}, double},
		{"escapes and ends of lines", "evt_b", bodies[1], 0, []string{first}, taken},
		{"a megabyte", "evt_c", bodies[2], 0, []string{first}, taken},
		{"rotated, the known one second", "evt_d", bodies[0], 0, []string{second, first}, taken},
		{"rotated, the known one first", "evt_e", bodies[0], 0, []string{first, second}, taken},
		{"rotated, none known", "evt_f", bodies[0], 0, []string{second, unknown}, wrong},
		{"another secret", "evt_f", bodies[0], 0, []string{unknown}, wrong},
		{"four minutes old", "evt_g", bodies[0], -4 * time.Minute, []string{first}, taken},
		{"six minutes old", "evt_h", bodies[0], -6 * time.Minute, []string{first}, wrong},
		{"six minutes early", "evt_h", bodies[0], 6 * time.Minute, []string{first}, wrong},
	} {
		got, err := post(ctx, url, tt.id, tt.body, tt.off, tt.secrets...)
		if err := t.expect(fmt.Sprintf("ours, %d, %s", i, tt.what), tt.want, got, err); err != nil {
			return err
		}
	}
	return nil
}

// ofTheirs sends what the other implementation signs, and changes of it, to an example that knows the first secret.
func (t *tally) ofTheirs(ctx context.Context, url string, other *peer) error {
	header := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	without := func(name string) func(http.Header) { return func(h http.Header) { h.Del(name) } }
	now := time.Now().Unix()
	for i, tt := range []struct {
		what   string
		body   string
		change func(http.Header)
		broken string // is sent in place of the body
		want   int
	}{
		{"good", bodies[0], nil, "", taken},
		{"escapes and ends of lines", bodies[1], nil, "", taken},
		{"another body", bodies[0], nil, `{"id":2}`, wrong},
		{"the body in another form", bodies[1], nil, strings.TrimSpace(bodies[1]), wrong},
		{"another id", bodies[0], header("Webhook-Id", "evt_other"), "", wrong},
		{"another time", bodies[0], header("Webhook-Timestamp", strconv.FormatInt(now+1, 10)), "", wrong},
		{"no time", bodies[0], header("Webhook-Timestamp", "now"), "", wrong},
		{"a time with an exponent", bodies[0], header("Webhook-Timestamp", "17e8"), "", wrong},
		{"without an id", bodies[0], without("Webhook-Id"), "", wrong},
		{"without a time", bodies[0], without("Webhook-Timestamp"), "", wrong},
		{"without a signature", bodies[0], without("Webhook-Signature"), "", wrong},
		{"an empty signature", bodies[0], header("Webhook-Signature", ""), "", wrong},
		{"a signature without a value", bodies[0], header("Webhook-Signature", "v1,"), "", wrong},
		{"a signature of another version", bodies[0], func(h http.Header) {
			h.Set("Webhook-Signature", strings.Replace(h.Get("Webhook-Signature"), "v1,", "v1a,", 1))
		}, "", wrong},
		{"one more signature of another version", bodies[0], func(h http.Header) {
			h.Set("Webhook-Signature", "v1a,AAAA "+h.Get("Webhook-Signature"))
		}, "", taken},
	} {
		s := signed{Secret: first, ID: fmt.Sprint("evt_their_", i), Timestamp: now, Body: tt.body}
		signature, err := other.ask(s)
		if err != nil {
			return err
		}
		s.Signature = signature
		if tt.broken != "" {
			s.Body = tt.broken
		}
		got, err := s.send(ctx, url, tt.change)
		if err := t.expect(fmt.Sprintf("theirs, %d, %s", i, tt.what), tt.want, got, err); err != nil {
			return err
		}
	}
	return nil
}
