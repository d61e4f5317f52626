package shopifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	now := newClock()
	now.Advance(time.Hour)
	s := shopifytest.New(shopifytest.Options{Now: now.Now, TimeZone: time.FixedZone("+02:00", 2*60*60)})
	sku := func(skus ...string) (lines []shopifytest.LineItem) {
		for _, sku := range skus {
			lines = append(lines, shopifytest.LineItem{SKU: sku, Quantity: 1})
		}
		return lines
	}
	s.AddOrder(shopifytest.Order{ID: 10, Name: "A", UpdatedAt: start, Lines: sku("GIFT-50")})
	s.AddOrder(shopifytest.Order{ID: 20, Name: "B", UpdatedAt: start.Add(time.Second), Lines: sku("GIFT-500", "MUG")})
	s.AddOrder(shopifytest.Order{
		ID: 30, Name: "C", UpdatedAt: start.Add(time.Minute), CreatedAt: start, Test: true, Lines: sku("MUG"),
		Email: "c@example.com", ClosedAt: start,
	})
	s.AddOrder(shopifytest.Order{
		ID: 40, Name: "D", UpdatedAt: start.Add(time.Hour), FinancialStatus: "PARTIALLY_REFUNDED", CancelledAt: start,
		Lines: sku("it's (50)"), Customer: &shopifytest.Customer{FirstName: "Dora", LastName: "Day"},
	})
	for _, c := range []struct{ query, want, warnings string }{
		{"", "A B C D", ""},
		{"   ", "A B C D", ""},
		{"updated_at:>='2026-11-21T20:00:00Z'", "A B C D", ""},
		{"updated_at:>='2026-11-21T20:00:01Z'", "B C D", ""},
		{"updated_at:>'2026-11-21T20:00:01Z'", "C D", ""},
		{"updated_at:<'2026-11-21T20:00:01Z'", "A", ""},
		{"updated_at:<='2026-11-21T20:00:01Z'", "A B", ""},
		{"updated_at:'2026-11-21T20:00:01Z'", "B", ""},
		{`updated_at:>="2026-11-21T22:01:00+02:00"`, "C D", ""},
		{"updated_at:>='2026-11-21T22:01:00'", "C D", ""}, // without a zone: in the shop's zone
		{"updated_at:>='2026-11-21'", "A B C D", ""},
		{"updated_at:>='2026-11-22'", "", ""},
		// Without quotes, the time is truncated at its first colon, and the rest of it finds nothing. There is no
		// warning.
		{"updated_at:>=2026-11-21T20:00:00Z", "", ""},
		{"updated_at:>=2026-11-21T20", "A B C D", ""},
		{"updated_at:soon", "A B C D", "invalid_value"},
		{"created_at:>='2026-11-21T20:30:00Z'", "D", ""},
		{"sku:GIFT-50", "A B", ""}, // a candidate: GIFT-500 has this prefix
		{"sku:'GIFT-500'", "B", ""},
		{"sku:gift", "A B", ""},
		{"sku:50", "A B D", ""},
		{`sku:'it\'s (50)'`, "D", ""},
		{`sku:"it's (50)"`, "D", ""},
		{`sku:it\'s\ \(50\)`, "D", ""},
		{"sku:MUG sku:GIFT-500", "B", ""},
		{"sku:GIFT-50 AND sku:MUG", "B", ""},
		{"sku:'GIFT-50' OR test:true", "A B C", ""},
		{"updated_at:>'2026-11-21T20:00:00Z' (sku:'GIFT-50' OR sku:'MUG')", "B C", ""},
		{"sku:MUG sku:GIFT OR name:D", "B D", ""}, // AND has higher precedence
		{"-sku:MUG", "A D", ""},
		{"NOT (sku:MUG OR sku:50)", "", ""},
		{"NOT NOT test:true", "C", ""},
		{"test:false status:open", "A B", ""},
		{"status:closed", "C", ""},
		{"status:not_closed", "A B D", ""},
		{"status:cancelled", "D", ""},
		{"status:any", "A B C D", "invalid_value"},
		{"financial_status:paid", "A B C", ""},
		{"financial_status:partially_refunded", "D", ""},
		{"financial_status:mostly", "A B C D", "invalid_value"},
		{"id:20", "B", ""},
		{"id:>=20 id:<40", "B C", ""},
		{"id:>20", "C D", ""},
		{"id:<=20", "A B", ""},
		{"id:#1001", "A B C D", "invalid_value"},
		{"name:b", "B", ""},
		{"email:c@example.com", "C", ""},
		{"email:c@*", "C", ""},
		{"Dora", "D", ""},
		{"nobody", "", ""},
		{"colour:red", "A B C D", "invalid_field"},
		{"colour:red name:B size:L", "B", "invalid_field invalid_field"},
		{")name:B(", "B", ""},
		{"name:'B", "B", ""},
		{"sku:à", "", ""}, // its second byte would be a no-break space
	} {
		names, _, warnings := list(t, s, map[string]any{"query": c.query})
		require.Equal(t, strings.Fields(c.want), names, "%s", c.query)
		require.Equal(t, strings.Fields(c.warnings), append([]string{}, warnings...), "%s", c.query)
	}
}

func TestAPageGoesOnWhereItsCursorSays(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	rapid.Check(t, func(rt *rapid.T) {
		// Each run has its own shop, with orders that share times.
		s = shopifytest.New(shopifytest.Options{BucketSize: 1e6})
		n := rapid.IntRange(0, 40).Draw(rt, "orders")
		for i := range n {
			s.AddOrder(shopifytest.Order{
				Name: fmt.Sprint(i), Test: rapid.Bool().Draw(rt, "test"),
				UpdatedAt: start.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "second")) * time.Second),
			})
		}
		vars := map[string]any{
			"query":   rapid.SampledFrom([]string{"", "test:false", "updated_at:>='2026-11-21T20:00:02Z'"}).Draw(rt, "query"),
			"reverse": rapid.Bool().Draw(rt, "reverse"),
			"sort":    rapid.SampledFrom([]string{"UPDATED_AT", "CREATED_AT", "ID"}).Draw(rt, "sort"),
		}
		whole, _, _ := list(t, s, vars)
		vars["first"] = rapid.IntRange(1, 7).Draw(rt, "first")
		pieces := []string{}
		for {
			names, cursor, _ := list(t, s, vars)
			pieces = append(pieces, names...)
			if cursor == "" {
				break
			}
			vars["after"] = cursor
		}
		if fmt.Sprint(whole) != fmt.Sprint(pieces) {
			rt.Fatalf("whole list %v, pages %v", whole, pieces)
		}
	})
}

func TestACursorBelongsToItsSearch(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	for range 3 {
		s.AddOrder(shopifytest.Order{})
	}
	_, cursor, _ := list(t, s, map[string]any{"first": 1, "query": "test:false"})
	require.NotEmpty(t, cursor)
	names, _, _ := list(t, s, map[string]any{"first": 1, "query": "test:false", "after": cursor})
	require.Equal(t, []string{"#1002"}, names)
	for _, other := range []map[string]any{
		{"first": 1, "query": "status:open", "after": cursor},
		{"first": 1, "query": "test:false", "after": cursor, "sort": "ID"},
		{"first": 1, "query": "test:false", "after": cursor, "reverse": true},
	} {
		if other["sort"] == nil {
			other["sort"] = "UPDATED_AT"
		}
		require.Equal(t, "BAD_REQUEST", query(t, s, listNames, other).code(t))
	}
}

func TestTheIndexLagsAndLookUpsDoNot(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := shopifytest.New(shopifytest.Options{Now: now.Now, Lag: time.Minute})
	o := s.AddOrder(shopifytest.Order{Name: "A", Test: true})
	search := func(q string) []string {
		names, _, _ := list(t, s, map[string]any{"query": q})
		return names
	}
	require.Empty(t, search("test:true"))
	require.Equal(t, []string{"A"}, search(""), "a list that is not searched does not lag")
	now.Advance(time.Minute)
	require.Equal(t, []string{"A"}, search("test:true"))

	require.True(t, s.UpdateOrder(o.ID, func(o *shopifytest.Order) { o.Test, o.Name = false, "B" }))
	require.Empty(t, search("test:false"))
	require.Equal(t, []string{"B"}, search("test:true"), "found by what it was, shown as what it is")
	s.SetLag(0)
	require.True(t, s.UpdateOrder(o.ID, func(o *shopifytest.Order) { o.Name = "C" }))
	require.Equal(t, []string{"C"}, search("test:true"), "a write does not overtake another")
	now.Advance(time.Minute)
	require.Equal(t, []string{"C"}, search("test:false"))
	require.Empty(t, search("test:true"))
	require.Equal(t, start.Add(time.Minute), s.Orders()[0].UpdatedAt)
	require.False(t, s.UpdateOrder(1, func(*shopifytest.Order) {}))
}

func FuzzSearch(f *testing.F) {
	for _, q := range []string{
		"", "updated_at:>='2026-11-21T20:00:00Z' (sku:'A' OR sku:\"B\\\"\")", "-(", "NOT NOT", "a:b:c:", "((((", "\\", "':",
		"updated_at:>=2026-01-01T00:00:00Z", "OR OR AND",
	} {
		f.Add(q)
	}
	s := shopifytest.New(shopifytest.Options{BucketSize: 1e12})
	s.AddOrder(shopifytest.Order{Name: "A", Lines: []shopifytest.LineItem{{SKU: "A"}}})
	f.Fuzz(func(t *testing.T, q string) {
		names, _, _ := list(t, s, map[string]any{"query": q})
		require.LessOrEqual(t, len(names), 1)
	})
}

func FuzzCursor(f *testing.F) {
	s := shopifytest.New(shopifytest.Options{BucketSize: 1e12})
	s.AddOrder(shopifytest.Order{})
	s.AddOrder(shopifytest.Order{})
	const q = `query($after: String) { orders(first: 1, after: $after) { nodes { name } pageInfo { endCursor } } }`
	f.Add("")
	f.Add("eyJsYXN0X2lkIjoxfQ==")
	f.Add("eyJsYXN0X2lkIjoxLCJsYXN0X3ZhbHVlIjoiIiwibGlzdCI6IiJ9")
	f.Fuzz(func(t *testing.T, cursor string) {
		// Only the shop's own cursors are valid for a list.
		require.Equal(t, "BAD_REQUEST", query(t, s, q, map[string]any{"after": cursor}).code(t))
	})
}
