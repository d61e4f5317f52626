package shopifytest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

var update = flag.Bool("update", false, "write golden files")

var start = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// clock is a clock that tests can advance.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: start} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// answer is a response, limited to the parts that tests read.
type answer struct {
	Data   map[string]any `json:"data"`
	Errors any            `json:"errors"`
	Ext    struct {
		Cost   map[string]any   `json:"cost"`
		Search []map[string]any `json:"search"`
	} `json:"extensions"`
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	list, ok := a.Errors.([]any)
	require.True(t, ok, "no list of errors: %v", a.Errors)
	extensions, ok := list[0].(map[string]any)["extensions"].(map[string]any)
	require.True(t, ok, "an error without extensions: %v", list[0])
	return extensions["code"].(string)
}

func send(t *testing.T, s http.Handler, path, token string, body any) (*httptest.ResponseRecorder, answer) {
	t.Helper()
	b, err := json.Marshal(body)
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Access-Token", token)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var a answer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a), "%s", w.Body)
	return w, a
}

const path = "/admin/api/2026-07/graphql.json"

func query(t *testing.T, s http.Handler, text string, vars map[string]any) answer {
	t.Helper()
	w, a := send(t, s, path, shopifytest.AccessToken, map[string]any{"query": text, "variables": vars})
	require.Equal(t, http.StatusOK, w.Code)
	return a
}

const listNames = `query($first: Int!, $after: String, $query: String, $sort: OrderSortKeys, $reverse: Boolean) {
	orders(first: $first, after: $after, query: $query, sortKey: $sort, reverse: $reverse) {
		nodes { name } pageInfo { hasNextPage endCursor } } }`

// list returns the names of a page, its cursor, and the codes of search warnings.
func list(t *testing.T, s http.Handler, vars map[string]any) (names []string, cursor string, warnings []string) {
	t.Helper()
	all := map[string]any{"first": 250, "sort": "UPDATED_AT"}
	maps.Copy(all, vars)
	a := query(t, s, listNames, all)
	require.Nil(t, a.Errors)
	orders := a.Data["orders"].(map[string]any)
	names = []string{}
	for _, n := range orders["nodes"].([]any) {
		names = append(names, n.(map[string]any)["name"].(string))
	}
	info := orders["pageInfo"].(map[string]any)
	if info["hasNextPage"].(bool) {
		cursor = info["endCursor"].(string)
	}
	for _, report := range a.Ext.Search {
		for _, w := range report["warnings"].([]any) {
			warnings = append(warnings, w.(map[string]any)["code"].(string))
		}
	}
	return names, cursor, warnings
}
