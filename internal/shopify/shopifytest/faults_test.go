package shopifytest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// get queries a server for its shop over a real connection.
func get(t *testing.T, s *httptest.Server) (*http.Response, error) {
	t.Helper()
	body := strings.NewReader(`{"query":"{ shop { name } }"}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Access-Token", shopifytest.AccessToken)
	return s.Client().Do(r)
}

func TestFaultsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  shopifytest.Fault
		status int
		body   string
	}{
		{shopifytest.Fault{Kind: shopifytest.FaultStatus}, 503, `{"errors":"Service Unavailable"}`},
		{
			shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 429, RetryAfter: "2.0"},
			429, `{"errors":"Too Many Requests"}`,
		},
		{shopifytest.Fault{Kind: shopifytest.FaultThrottled}, 200, `"code":"THROTTLED"`},
		{shopifytest.Fault{Kind: shopifytest.FaultInternalError}, 200, `"code":"INTERNAL_SERVER_ERROR"`},
		{shopifytest.Fault{Kind: shopifytest.FaultHTML}, 200, `<!doctype html>`},
		{shopifytest.Fault{Kind: shopifytest.FaultMalformed}, 200, `{"data":{"orders":{"nodes":[}`},
		{shopifytest.Fault{Kind: shopifytest.FaultNullData}, 200, `{"data":null}`},
		{shopifytest.Fault{Kind: shopifytest.FaultSlow, Delay: shopifytest.Duration(1)}, 200, `"name":"Simulated shop"`},
	} {
		t.Run(string(c.fault.Kind)+http.StatusText(c.status), func(t *testing.T) {
			t.Parallel()
			shop := shopifytest.New(shopifytest.Options{Faults: shopifytest.Faults{
				Next: func(string) *shopifytest.Fault { return &c.fault },
			}})
			s := httptest.NewServer(shop)
			defer s.Close()
			resp, err := get(t, s)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, c.status, resp.StatusCode)
			require.Contains(t, string(body), c.body)
			require.Equal(t, c.fault.RetryAfter, resp.Header.Get("Retry-After"))
			require.Equal(t, map[shopifytest.FaultKind]int{c.fault.Kind: 1}, shop.Stats().Faults)
			require.Equal(t, map[int]int{c.status: 1}, shop.Stats().Statuses)
		})
	}
}

// broken serves a shop on which every query fails with the given fault.
func broken(kind shopifytest.FaultKind) (*shopifytest.Server, *httptest.Server) {
	shop := shopifytest.New(shopifytest.Options{Faults: shopifytest.Faults{
		Next: func(string) *shopifytest.Fault { return &shopifytest.Fault{Kind: kind} },
	}})
	return shop, httptest.NewServer(shop)
}

func TestADroppedConnectionHasNoAnswer(t *testing.T) {
	t.Parallel()
	shop, s := broken(shopifytest.FaultDropped)
	defer s.Close()
	_, err := get(t, s)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, map[int]int{0: 1}, shop.Stats().Statuses)
}

func TestATruncatedAnswerEndsHalfway(t *testing.T) {
	t.Parallel()
	_, s := broken(shopifytest.FaultTruncated)
	defer s.Close()
	resp, err := get(t, s)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Len(t, body, int(resp.ContentLength/2))
}

func TestAnAnswerThatIsTooSlowIsGivenUp(t *testing.T) {
	t.Parallel()
	shop := shopifytest.New(shopifytest.Options{Faults: shopifytest.Faults{Latency: time.Hour}})
	s := httptest.NewServer(shop)
	defer s.Close() // would hang if the request did
	s.Client().Timeout = time.Millisecond
	_, err := get(t, s)
	require.ErrorContains(t, err, "Client.Timeout")
}

func TestRatesAreReproducible(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		s := shopifytest.New(shopifytest.Options{Faults: shopifytest.Faults{
			Seed:  seed,
			Rates: []shopifytest.Rate{{Fault: shopifytest.Fault{Kind: shopifytest.FaultStatus}, Probability: 0.3}},
		}})
		var b strings.Builder
		for range 200 {
			w, _ := send(t, s, path, shopifytest.AccessToken, map[string]string{"query": "{ shop { name } }"})
			b.WriteString(map[int]string{200: ".", 503: "x"}[w.Code])
		}
		return b.String()
	}
	once, again := run(1), run(1)
	require.Equal(t, once, again)
	require.NotEqual(t, run(1), run(2))
	require.InDelta(t, 60, strings.Count(run(1), "x"), 25)
}

// control sends a request to a control route.
func control(t *testing.T, s http.Handler, method, route, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/_control/"+route, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestControlRoutes(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	ask := func() int {
		w, _ := send(t, s, path, shopifytest.AccessToken, map[string]string{"query": "{ shop { name } }"})
		return w.Code
	}
	do := func(want int, method, route, body string) string {
		t.Helper()
		status, text := control(t, s, method, route, body)
		require.Equal(t, want, status, "%s", text)
		return text
	}
	do(204, "POST", "faults", `{"fault":{"kind":"status","status":502},"times":2}`)
	require.Equal(t, []int{502, 502, 200}, []int{ask(), ask(), ask()})
	do(204, "PUT", "faults", `{"seed":7,"rates":[{"fault":{"kind":"status","status":500},"probability":1}]}`)
	require.Equal(t, 500, ask())
	do(204, "POST", "faults", `{"fault":{"kind":"status","status":502},"times":2}`)
	do(204, "PUT", "faults", `{}`)
	require.Equal(t, 502, ask(), "what is queued stays")
	do(204, "DELETE", "faults", "")
	require.Equal(t, 200, ask())

	var stats shopifytest.Stats
	require.NoError(t, json.Unmarshal([]byte(do(200, "GET", "stats", "")), &stats))
	require.InDelta(t, 1998.5, stats.PointsLeast, 0.5)
	require.Equal(t, shopifytest.Stats{
		Requests: map[string]int{"shop": 6}, Statuses: map[int]int{200: 2, 500: 1, 502: 3}, Errors: map[string]int{},
		Answers: map[string]map[int]int{"shop": {200: 2, 500: 1, 502: 3}},
		Faults:  map[shopifytest.FaultKind]int{shopifytest.FaultStatus: 4}, PointsSpent: 2, PointsLeast: stats.PointsLeast,
	}, stats)
	do(204, "DELETE", "stats", "")
	require.Empty(t, s.Stats().Requests)

	payload, err := os.ReadFile("testdata/orders_create.json")
	require.NoError(t, err)
	require.JSONEq(t, `{"id":820982911946154508,"name":"#9999"}`, do(201, "POST", "orders", string(payload)))
	do(200, "PUT", "orders", `{"id":7,"name":"#7","company":{"name":"Acme"},"lines":[{"sku":"MUG","quantity":2}]}`)
	do(204, "PATCH", "orders/7", `{"financial_status":"PENDING"}`)
	var orders []shopifytest.Order
	require.NoError(t, json.Unmarshal([]byte(do(200, "GET", "orders", "")), &orders))
	require.Equal(t, s.Orders(), orders)
	require.Equal(t, "PENDING", orders[1].FinancialStatus)
	require.Equal(t, "Acme", orders[1].Company.Name)
	require.Equal(t, 2, orders[1].Lines[0].Quantity)
	do(404, "PATCH", "orders/8", `{}`)
	do(204, "PUT", "lag", `{"lag":"1h"}`)
	s.AddOrder(shopifytest.Order{})
	names, _, _ := list(t, s, map[string]any{"query": "id:>0"})
	require.Equal(t, []string{"#9999", "#7"}, names)

	for _, bad := range [][3]string{
		{"POST", "orders", `{}`},
		{"PUT", "orders", `{"colour":"red"}`},
		{"PATCH", "orders/7", `{"colour":"red"}`},
		{"PATCH", "orders/seven", `{}`},
		{"PUT", "lag", `{"lag":5}`},
		{"PUT", "lag", `{"lag":"-5s"}`},
		{"PUT", "lag", `{"lagg":"5s"}`},
		{"POST", "faults", `{"fault":{"kind":"odd"}}`},
		{"POST", "faults", `{"fault":{"kind":"status","status":200}}`},
		{"POST", "faults", `{"fault":{"kind":"html"},"times":0}`},
		{"PUT", "faults", `{"rates":[{"fault":{"kind":"html"},"probability":2}]}`},
	} {
		status, text := control(t, s, bad[0], bad[1], bad[2])
		require.Equal(t, 400, status, "%s", bad)
		require.Contains(t, text, `"error"`)
	}
}
