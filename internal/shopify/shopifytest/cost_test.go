package shopifytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestRequestedCostsAreThoseMeasuredOnAShop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		want  float64
	}{
		"250 orders":              {`{ orders(first: 250) { nodes { id name } } }`, 13},
		"250 orders of 250 lines": {`{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id } } } } }`, 156},
		"one order":               {`{ orders(first: 1) { nodes { id } pageInfo { hasNextPage } } }`, 3},
		"a shop":                  {`{ shop { name } }`, 1},
		"a union is its dearest type": {
			`{ orders(first: 1) { nodes { purchasingEntity { ... on PurchasingCompany { company { id } } } } } }`, 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := query(t, shopifytest.New(shopifytest.Options{}), c.query, nil)
			require.Nil(t, a.Errors)
			require.InDelta(t, c.want, a.Ext.Cost["requestedQueryCost"], 0)
		})
	}
}

func TestRealCostsAreThoseMeasuredOnAShop(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	for range 250 {
		s.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{}}})
	}
	a := query(t, s, `{ orders(first: 250) { nodes { id } } }`, nil)
	require.InDelta(t, 13, a.Ext.Cost["actualQueryCost"], 0)
	a = query(t, s, `{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id } } } } }`, nil)
	require.InDelta(t, 35, a.Ext.Cost["actualQueryCost"], 0)
	require.InDelta(t, 13+35, s.Stats().PointsSpent, 0)
}

func TestTheBucketRunsEmptyAndFillsUp(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := shopifytest.New(shopifytest.Options{Now: now.Now, BucketSize: 200, RestoreRate: 10})
	s.AddOrder(shopifytest.Order{})
	const (
		dearly  = `{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id } } } } }`
		cheaply = `{ shop { name } }`
	)

	a := query(t, s, dearly, nil) // reserves 156 and gives back all but 2
	require.Nil(t, a.Errors)
	require.InDelta(t, 198, left(a), 0)
	require.InDelta(t, 44, s.Stats().PointsLeast, 0)
	for range 100 {
		require.Nil(t, query(t, s, cheaply, nil).Errors)
	}
	require.Equal(t, map[string]any{
		"requestedQueryCost": 156.0, "actualQueryCost": nil,
		"throttleStatus": map[string]any{"maximumAvailable": 200.0, "currentlyAvailable": 98.0, "restoreRate": 10.0},
	}, throttled(t, query(t, s, dearly, nil)))
	now.Advance(5700 * time.Millisecond)
	throttled(t, query(t, s, dearly, nil))
	now.Advance(100 * time.Millisecond)
	require.Nil(t, query(t, s, dearly, nil).Errors)
	require.InDelta(t, 0, s.Stats().PointsLeast, 0)
	now.Advance(time.Hour)
	require.InDelta(t, 199, left(query(t, s, cheaply, nil)), 0, "never more than the bucket holds")
	require.Equal(t, map[string]int{"THROTTLED": 2}, s.Stats().Errors)
}

func left(a answer) float64 {
	return a.Ext.Cost["throttleStatus"].(map[string]any)["currentlyAvailable"].(float64)
}

func throttled(t *testing.T, a answer) map[string]any {
	t.Helper()
	require.Equal(t, "THROTTLED", a.code(t))
	require.Nil(t, a.Data)
	return a.Ext.Cost
}

// BenchmarkPages pages through 100,000 orders of one window.
func BenchmarkPages(b *testing.B) {
	s := shopifytest.New(shopifytest.Options{BucketSize: 1e12})
	for i := range 100_000 {
		s.AddOrder(shopifytest.Order{
			UpdatedAt: start.Add(time.Duration(i) * time.Millisecond),
			Lines:     []shopifytest.LineItem{{SKU: fmt.Sprintf("GIFT-%d", i%3), Quantity: 1, UnitPrice: "50.00"}},
		})
	}
	b.ResetTimer()
	for b.Loop() {
		pageThrough(b, s)
	}
}

func pageThrough(b *testing.B, s *shopifytest.Server) {
	const text = `query($after: String) { orders(first: 250, sortKey: UPDATED_AT, after: $after,
		query: "updated_at:>='2026-11-21T20:00:00Z' updated_at:<'2026-11-21T21:00:00Z' sku:'GIFT-1'") {
		pageInfo { hasNextPage endCursor } nodes { id name createdAt updatedAt email customer { displayName }
			lineItems(first: 100) { pageInfo { hasNextPage } nodes { id sku quantity customAttributes { key value }
				originalUnitPriceSet { shopMoney { amount currencyCode } } } } } } }`
	seen, after := 0, any(nil)
	for {
		r := request(b, text, after)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var a struct {
			Data struct {
				Orders struct {
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
					Nodes []json.RawMessage
				}
			}
		}
		require.NoError(b, json.Unmarshal(w.Body.Bytes(), &a))
		seen += len(a.Data.Orders.Nodes)
		if !a.Data.Orders.PageInfo.HasNextPage {
			require.Equal(b, 33_333, seen)
			return
		}
		after = a.Data.Orders.PageInfo.EndCursor
	}
}

func request(b *testing.B, text string, after any) *http.Request {
	body, err := json.Marshal(map[string]any{"query": text, "variables": map[string]any{"after": after}})
	require.NoError(b, err)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Access-Token", shopifytest.AccessToken)
	return r
}
