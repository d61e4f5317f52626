package relaytest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

func secret(letter string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

type fixture struct {
	*relaytest.Server
	t   *testing.T
	url string
	now time.Time
}

func start(t *testing.T, o relaytest.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, now: time.Now()}
	if o.Secrets == nil {
		o.Secrets = []string{secret("a")}
	}
	o.Headers = map[string]string{"Authorization": "Basic hush"}
	f.Server = relaytest.New(o)
	server := httptest.NewServer(f.Server)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fixture) post(endpoint string, e relay.Event, secrets ...string) error {
	f.t.Helper()
	if secrets == nil {
		secrets = []string{secret("a")}
	}
	c, err := relay.New(relay.Options{
		Endpoint: endpoint, URL: f.url + "/" + endpoint, Secrets: secrets, Timeout: 2 * time.Second,
		Headers: []relay.Header{{Name: "Authorization", Value: "Basic hush"}},
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: func() time.Time { return f.now },
	})
	require.NoError(f.t, err)
	if e.ID == "" {
		e.ID = relay.ID(endpoint, e.Topic, e.Resource, e.Body)
	}
	e.Shop = "example.myshopify.com"
	_, err = c.Post(f.t.Context(), e)
	return err
}

func order(minute int) relay.Event {
	return relay.Event{Topic: "orders/updated", Body: fmt.Appendf(nil, `{"id":1,"updated_at":"2026-07-01T12:%02d:00+02:00"}`, minute)}
}

func (f *fixture) control(method, route, body string) (int, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+"/_control/"+route, strings.NewReader(body))
	require.NoError(f.t, err)
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	return resp.StatusCode, string(answer)
}

func TestLedger(t *testing.T) {
	t.Parallel()
	f := start(t, relaytest.Options{})
	stale := order(1)
	stale.Stale = true
	shipment := relay.Event{Topic: "fulfillments/create", Attempt: 2, Body: []byte(`{"id":7,"order_id":1}`)}
	again := order(5)
	again.Replayed = true
	for _, e := range []relay.Event{order(5), stale, order(4), order(5), again, shipment} {
		require.NoError(t, f.post("orders", e))
	}
	require.NoError(t, f.post("products", relay.Event{Topic: "products/update", Body: []byte(`{"id":1}`)}, secret("b"), secret("a")))
	d := f.Deliveries()
	require.Len(t, d, 7)
	for i := range 6 {
		require.Equal(t, i+1, d[i].Sequence)
		require.Equal(t, "1", d[i].About)
	}
	require.True(t, d[2].Unordered)
	require.True(t, d[3].Double)
	require.False(t, d[3].Unordered)
	require.Equal(t, 2, d[5].Attempt)
	require.Equal(t, 2, d[6].Signatures)
	require.Equal(t, 1, d[6].Sequence)
	require.Equal(t, relaytest.Totals{
		Taken:   map[string]int{"orders/updated": 3, "fulfillments/create": 1, "products/update": 1},
		Doubles: 2, Replayed: 1, Stale: 1, Unordered: 1,
	}, f.Stats().Totals)
}

// Only states of the same object are older or newer than one another.
func TestLedgerTellsObjectsApart(t *testing.T) {
	t.Parallel()
	f := start(t, relaytest.Options{})
	of := func(topic, ids string, minute int) relay.Event {
		return relay.Event{Topic: topic, Body: fmt.Appendf(nil, `{%s,"updated_at":"2026-07-01T12:%02d:00+02:00"}`, ids, minute)}
	}
	for _, e := range []relay.Event{
		of("fulfillments/create", `"id":7,"order_id":1`, 9),
		of("fulfillments/create", `"id":8,"order_id":1`, 5),
		of("orders/create", `"id":1`, 1),
		of("orders/paid", `"id":1`, 0), // Unordered.
		of("fulfillments/update", `"id":8,"order_id":1`, 6),
		of("fulfillments/update", `"id":7,"order_id":1`, 8), // Unordered.
		of("refunds/create", `"id":7,"order_id":1`, 9),
	} {
		require.NoError(t, f.post("orders", e))
	}
	var objects []string
	for i, d := range f.Deliveries() {
		require.Equal(t, "1", d.About)
		require.Equal(t, i+1, d.Sequence)
		require.Equal(t, i == 3 || i == 5, d.Unordered, i)
		objects = append(objects, d.Object)
	}
	require.Equal(t, []string{"7", "8", "", "", "8", "7", "7"}, objects)
}

func TestSignaturesAreVerified(t *testing.T) {
	t.Parallel()
	f := start(t, relaytest.Options{Secrets: []string{secret("a"), secret("b")}})
	require.NoError(t, f.post("orders", order(1), secret("x"), secret("b")))
	require.ErrorContains(t, f.post("orders", order(1), secret("x")), "HTTP 401")
	f.now = time.Now().Add(-6 * time.Minute)
	require.ErrorContains(t, f.post("orders", order(1)), "HTTP 401")
	f.now = time.Now().Add(6 * time.Minute)
	require.ErrorContains(t, f.post("orders", order(1)), "HTTP 401")
	require.Equal(t, map[string]int{"no signature is right": 1, "Webhook-Timestamp is too old or too new": 2}, f.Stats().Refused)
	require.Panics(t, func() { relaytest.New(relaytest.Options{Secrets: []string{"whsec_"}}) })
}

// The server is strict: each of these changes to a good request is noticed.
func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tt := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"a GET":            {func(r *http.Request) { r.Method = http.MethodGet }, 405},
		"form":             {set("Content-Type", "text/json"), 415},
		"chunks":           {func(r *http.Request) { r.ContentLength = -1 }, 411},
		"no credentials":   {set("Authorization", "Basic x"), 401},
		"another id":       {set("Webhook-Id", "evt_"+strings.Repeat("0", 64)), 401},
		"a short id":       {set("Webhook-Id", "evt_0"), 401},
		"no signature":     {set("Webhook-Signature", ""), 401},
		"no version":       {set("Webhook-Signature", strings.Repeat("A", 43)+"="), 401},
		"no time":          {set("Webhook-Timestamp", "soon"), 401},
		"no attempt":       {set("Giftbridge-Attempt", "0"), 400},
		"no shop":          {func(r *http.Request) { r.Header.Del("Giftbridge-Shop") }, 400},
		"another topic":    {set("Giftbridge-Topic", "products/update"), 400},
		"a false flag":     {set("Giftbridge-Stale", "false"), 400},
		"a header twice":   {func(r *http.Request) { r.Header.Add("Giftbridge-Shop", "x") }, 400},
		"a bad time":       {set("Giftbridge-Triggered-At", "yesterday"), 400},
		"nothing wrong":    {func(*http.Request) {}, 200},
		"another body":     {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"id":2}`)) }, 401},
		"no such endpoint": {func(r *http.Request) { r.URL.Path = "/x" }, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, relaytest.Options{})
			var got *http.Request
			body := []byte(`{"id":1}`)
			catch := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
			defer catch.Close()
			back := f.url
			f.url = catch.URL
			require.NoError(t, f.post("orders", relay.Event{Topic: "orders/create", Body: body}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, back+"/orders", bytes.NewReader(body))
			require.NoError(t, err)
			req.Header = got.Header.Clone()
			tt.change(req)
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, tt.want, resp.StatusCode)
			require.Len(t, f.Deliveries(), map[int]int{200: 1}[tt.want])
		})
	}
	f := start(t, relaytest.Options{})
	require.ErrorContains(t, f.post("orders", relay.Event{Topic: "orders/create", Body: []byte(`[]`)}), "HTTP 400")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault relaytest.Fault
		want  string // in the client's error; "" means that the event arrived
		taken int
	}{
		"error":         {relaytest.Fault{Kind: relaytest.ServerError}, "HTTP 500", 0},
		"error, taken":  {relaytest.Fault{Kind: relaytest.ServerError, Status: 503, RetryAfter: "7", AfterTaking: true}, "HTTP 503", 1},
		"throttle":      {relaytest.Fault{Kind: relaytest.Throttle, RetryAfter: "7"}, "throttled: HTTP 429", 0},
		"gone":          {relaytest.Fault{Kind: relaytest.Gone, AfterTaking: true}, "gone: HTTP 410", 0},
		"redirect":      {relaytest.Fault{Kind: relaytest.Redirect}, "HTTP 307", 0},
		"drop":          {relaytest.Fault{Kind: relaytest.Drop}, "no answer", 0},
		"drop, taken":   {relaytest.Fault{Kind: relaytest.Drop, AfterTaking: true}, "no answer", 1},
		"reset, taken":  {relaytest.Fault{Kind: relaytest.Reset, AfterTaking: true}, "no answer", 1},
		"garbage":       {relaytest.Fault{Kind: relaytest.Garbage}, "malformed HTTP answer", 0},
		"endless":       {relaytest.Fault{Kind: relaytest.Endless}, "", 1},
		"slow":          {relaytest.Fault{Kind: relaytest.Slow, Delay: simulator.Duration(time.Millisecond)}, "", 1},
		"too slow":      {relaytest.Fault{Kind: relaytest.Slow, Delay: simulator.Duration(time.Hour), AfterTaking: true}, "timed out", 1},
		"another topic": {relaytest.Fault{Kind: relaytest.Drop, Topic: "orders/create"}, "", 1},
		"another place": {relaytest.Fault{Kind: relaytest.Drop, Endpoint: relaytest.Products}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, relaytest.Options{})
			require.NoError(t, f.Inject(tt.fault))
			err := f.post("orders", order(1))
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.want)
			}
			require.Len(t, f.Deliveries(), tt.taken)
			for _, d := range f.Deliveries() {
				require.False(t, d.At.IsZero())
				require.Equal(t, tt.want == "", !d.AnsweredAt.IsZero(), "whether the client knows")
			}
		})
	}
}

func TestControlRoutes(t *testing.T) {
	t.Parallel()
	hooked := false
	f := start(t, relaytest.Options{Fault: func(d relaytest.Delivery) *relaytest.Fault {
		if hooked || d.Topic != "orders/updated" {
			return nil
		}
		hooked = true
		return &relaytest.Fault{Kind: relaytest.ServerError, Status: 502}
	}})
	require.ErrorContains(t, f.post("orders", order(1)), "HTTP 502")
	status, body := f.control("POST", "faults", `{"faults":[{"kind":"slow","delay":"1ms","after_taking":true}],
		"random":[{"kind":"throttle","retry_after":"7","rate":1}]}`)
	require.Equal(t, 204, status, body)
	require.NoError(t, f.post("orders", order(1)))
	require.ErrorContains(t, f.post("orders", order(2)), "HTTP 429")
	status, _ = f.control("DELETE", "faults", "")
	require.Equal(t, 204, status)
	status, _ = f.control("POST", "away", `{"away":true}`)
	require.Equal(t, 204, status)
	require.ErrorContains(t, f.post("orders", order(2)), "no answer")
	f.SetAway(false)
	require.NoError(t, f.post("orders", order(2)))
	_, body = f.control("GET", "deliveries", "")
	require.Contains(t, body, `"topic":"orders/updated"`)
	_, body = f.control("GET", "stats", "")
	require.JSONEq(t, `{"requests":{"orders":{"0":1,"200":2,"429":1,"502":1}},
		"faults":{"server_error":1,"slow_after_taking":1,"throttle":1},"refused":{},
		"taken":{"orders/updated":2},"doubles":0,"replayed":0,"stale":0,"unordered":0}`, body)
	for _, bad := range []string{
		`{"faults":[{"kind":"explode"}]}`, `{"faults":[{"kind":"drop","colour":1}]}`, `{"faults":[{"kind":"drop","times":-1}]}`,
		`{"faults":[{"kind":"drop","endpoint":"x"}]}`, `{"faults":[{"kind":"server_error","status":200}]}`,
		`{"random":[{"kind":"drop"}]}`, `{"random":[{"kind":"drop","rate":2}]}`, `{"random":[{"kind":"x","rate":1}]}`, `{"x":1}`,
	} {
		status, _ := f.control("POST", "faults", bad)
		require.Equal(t, 400, status, bad)
	}
}
