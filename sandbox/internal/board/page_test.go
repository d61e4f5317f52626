package board_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/board"
)

var places = board.Places{
	WebUI: "http://127.0.0.1:8233", Mails: "http://127.0.0.1:8025", Shop: "http://127.0.0.1:8080",
	Issuer: "http://127.0.0.1:8081", Later: "http://127.0.0.1:8082", Shopfront: "http://127.0.0.1:8083", Phones: "http://127.0.0.1:8084", Temporal: "127.0.0.1:7233", Env: "/tmp/giftbridge-sandbox-1.env",
	ERP: "http://127.0.0.1:8085", ERPPage: "http://127.0.0.1:8086", Webhooks: true,
}

// served returns the page's answer to a request.
func served(t *testing.T, b *board.Board, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	b.Page(places).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	return w
}

// busy returns a board with an issued, a failed and a waiting order; the last one has a hostile name.
func busy() *board.Board {
	b := board.New(address)
	b.Place(placed())
	b.Place(board.Order{ID: "5002", Name: "#1002", Kind: "unknown_merchant", Placed: noon})
	b.Place(board.Order{ID: "5003", Name: "<script>alert(1)</script>", Kind: "single", Cards: 1, Placed: noon})
	b.Update(board.Look{
		At: noon, Cards: []board.Card{card("SBX5001-A"), card("SBX5001-B")},
		Sightings: []board.Sighting{{
			ID: "5002", Name: "#1002", State: board.Failed, Reason: "MerchantUnknown", Link: places.WebUI + "/namespaces/default/x%2Fy",
		}},
	})
	return b
}

// Without a script, the page shows how things are, and it links everything.
func TestStartPage(t *testing.T) {
	t.Parallel()
	w := served(t, busy(), http.MethodGet, "/")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	policy := w.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "script-src 'unsafe")
	for _, want := range []string{
		`href="http://127.0.0.1:8233"`, `href="http://127.0.0.1:8025"`, `href="http://127.0.0.1:8080/_control/orders"`,
		`href="http://127.0.0.1:8080/_control/webhooks"`,
		`href="http://127.0.0.1:8081/_control/cards"`, `href="http://127.0.0.1:8081/_control/merchants"`,
		`href="http://127.0.0.1:8083">Example checkout</a>`, `href="http://127.0.0.1:8084">Phones</a>`,
		`href="http://127.0.0.1:8085/_control/stats"`, `href="http://127.0.0.1:8086">events</a>`,
		`href="http://127.0.0.1:8082/_control/cards"`, `href="http://127.0.0.1:8082/_control/jobs"`,
		`set -a; . /tmp/giftbridge-sandbox-1.env; set +a`, `127.0.0.1:7233`,
		`id="orders_placed">3<`, `id="orders_issued">1<`, `id="cards_issued">2<`, `id="orders_failed">1<`,
		`id="orders_waiting">1<`, `id="orders_left_out">0<`, `href="/orders/1001">#1001</a>`, `href="/orders/1002">#1002</a>`, `failed MerchantUnknown`,
		`issued 100.00 USD for WS17`, `&lt;script&gt;alert(1)&lt;/script&gt;`,
	} {
		require.Contains(t, w.Body.String(), want)
	}
	require.NotContains(t, w.Body.String(), "<script>alert")
	require.NotContains(t, w.Body.String(), "/orders/5003", "an order that waits has no workflow")
	empty := served(t, board.New(address), http.MethodGet, "/")
	require.Contains(t, empty.Body.String(), "No order has been placed yet.")
}

// The script asks for these keys, and for each of them the page has a place.
func TestStartPageCounts(t *testing.T) {
	t.Parallel()
	w := served(t, busy(), http.MethodGet, "/status.json")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	latest := got["latest"]
	delete(got, "latest")
	require.Equal(t, map[string]any{
		"orders_placed": 3.0, "orders_issued": 1.0, "orders_failed": 1.0, "orders_waiting": 1.0, "orders_retrying": 0.0,
		"orders_left_out": 0.0, "cards_issued": 2.0,
	}, got)
	page := served(t, busy(), http.MethodGet, "/").Body.String()
	for key := range got {
		require.Contains(t, page, `id="`+key+`"`)
	}
	rows, ok := latest.([]any)
	require.True(t, ok)
	require.Equal(t, map[string]any{
		"name": "#1002", "kind": "unknown_merchant", "cards": "", "state": "failed", "text": "failed MerchantUnknown",
		"path": "/orders/1002",
	}, rows[1])
	require.JSONEq(t, `[]`, func() string {
		var none struct{ Latest json.RawMessage }
		require.NoError(t, json.Unmarshal(served(t, board.New(address), http.MethodGet, "/status.json").Body.Bytes(), &none))
		return string(none.Latest)
	}(), "a list, even if it is empty")
}

func TestStartPageRoutes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path string
		status       int
		location     string
	}{
		"the script":               {http.MethodGet, "/page.js", http.StatusOK, ""},
		"an order":                 {http.MethodGet, "/orders/1002", http.StatusFound, places.WebUI + "/namespaces/default/x%2Fy"},
		"an order by number":       {http.MethodGet, "/orders/5002", http.StatusFound, places.WebUI + "/namespaces/default/x%2Fy"},
		"an order without a link":  {http.MethodGet, "/orders/5003", http.StatusNotFound, ""},
		"no such order":            {http.MethodGet, "/orders/9", http.StatusNotFound, ""},
		"an address for an order":  {http.MethodGet, "/orders/http:%2F%2Fexample.com", http.StatusNotFound, ""},
		"no such page":             {http.MethodGet, "/page.html", http.StatusNotFound, ""},
		"nothing is changed by it": {http.MethodPost, "/", http.StatusMethodNotAllowed, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := served(t, busy(), tt.method, tt.path)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.location, w.Header().Get("Location"))
		})
	}
	require.Contains(t, served(t, busy(), http.MethodGet, "/page.js").Header().Get("Content-Type"), "text/javascript")
}
