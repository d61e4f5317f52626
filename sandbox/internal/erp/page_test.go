package erp_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/erp"
)

// books are what an ERP has recorded.
type books struct {
	taken []relaytest.Delivery
	stats relaytest.Stats
}

func (b books) Deliveries() []relaytest.Delivery { return b.taken }

func (b books) Stats() relaytest.Stats { return b.stats }

func served(t *testing.T, b books, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	erp.Page(b).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

// The events of each order and product stand below each other in their order, with what sets them apart.
func TestPage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	b := books{stats: relaytest.Stats{
		Refused: map[string]int{"no signature is right": 2},
		Totals:  relaytest.Totals{Taken: map[string]int{"orders/create": 1, "orders/updated": 3}, Doubles: 2, Replayed: 1, Stale: 1},
	}, taken: []relaytest.Delivery{
		{Endpoint: relaytest.Orders, About: "5001", Topic: "orders/create", Sequence: 1, Attempt: 1, UpdatedAt: at},
		{Endpoint: relaytest.Products, About: "5001", Topic: "products/update", Sequence: 1, Attempt: 3},
		{Endpoint: relaytest.Orders, About: "5002", Topic: "orders/<b>", Sequence: 1, Attempt: 1},
		{Endpoint: relaytest.Orders, About: "5001", Topic: "orders/updated", Sequence: 2, Stale: true, Double: true},
		{Endpoint: relaytest.Orders, About: "5001", Topic: "orders/updated", Sequence: 3, Double: true, Replayed: true},
		{Endpoint: relaytest.Orders, About: "5001", Topic: "orders/updated", Sequence: 4, Unordered: true, Oversized: 9},
	}}
	w := served(t, b, "/")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	page := w.Body.String()
	require.NotContains(t, page, "<b>")
	parts := strings.Split(page, "<section")
	require.Len(t, parts, 4)
	for _, want := range []string{
		`Events that were taken</th><td>4</td>`, `<td>2 <span class="meta">(1 of them wanted)</span>`, `class="bad">2: no signature is right`,
		`without a mark</th><td class="good">0</td>`,
	} {
		require.Contains(t, parts[0], want)
	}
	for _, want := range []string{
		`Order 5001`, `10 Jul 12:00:00`, `came again, stale`, `>replayed<`, `out of order, and not marked, too large to come`, `right`,
	} {
		require.Contains(t, parts[1], want, "what has the newest event comes first")
	}
	require.Less(t, strings.Index(parts[1], "orders/create"), strings.Index(parts[1], "stale"))
	require.Contains(t, parts[2], "Order 5002")
	require.Contains(t, parts[3], "Product 5001")
}

// The first page has the newest events of the newest resources, and each resource has a page with all its events.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	var b books
	for i := range 25 {
		b.taken = append(b.taken, relaytest.Delivery{Endpoint: relaytest.Orders, About: strconv.Itoa(6001 + i), Topic: "orders/create"})
	}
	for range 9 {
		b.taken = append(b.taken, relaytest.Delivery{Endpoint: relaytest.Orders, About: "6001", Topic: "orders/updated"})
	}
	first := served(t, b, "/").Body.String()
	require.Equal(t, 20, strings.Count(first, "<section"))
	require.Contains(t, first, "left out: 5.")
	require.Contains(t, first, `<a href="resources/1">4 older`)
	require.Equal(t, 6, strings.Count(first, "orders/updated"))
	one := served(t, b, "/resources/1").Body.String()
	require.Equal(t, 9, strings.Count(one, "orders/updated"))
	require.Contains(t, one, "orders/create")
	require.NotContains(t, one, "older")
	for _, path := range []string{"/resources/0", "/resources/26", "/resources/x", "/else"} {
		require.Equal(t, http.StatusNotFound, served(t, b, path).Code, path)
	}
	require.Contains(t, served(t, books{}, "/").Body.String(), "No event has come yet.")
}
