package shopify_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestSearchIsWrittenAsShopifyNeedsIt(t *testing.T) {
	t.Parallel()
	athens := time.FixedZone("", 2*60*60)
	for want, s := range map[string]shopify.Search{
		"": {},
		"updated_at:>='2026-11-21T20:00:00Z' updated_at:<'2026-11-21T21:00:00Z'": {
			UpdatedAtMin: start.In(athens), UpdatedBefore: start.Add(time.Hour).In(athens),
		},
		"updated_at:>='2026-11-21T20:00:00Z'":                          {UpdatedAtMin: start.Add(time.Second - 1)},
		"updated_at:<'2026-11-21T20:00:01Z'":                           {UpdatedBefore: start.Add(1)},
		"created_at:>='2026-11-21T20:00:00Z'":                          {CreatedAtMin: start.Add(time.Millisecond)},
		"sku:'GIFT-50'":                                                {SKUs: []string{"GIFT-50"}},
		"updated_at:>='2026-11-21T20:00:00Z' (sku:'A' OR sku:'B:(c)')": {UpdatedAtMin: start, SKUs: []string{"A", "B:(c)"}},
		"name:'#1001'":                                                 {Name: "#1001"},
		`name:'O\'s' sku:'A'`:                                          {Name: "O's", SKUs: []string{"A"}},
		`sku:'it\'s \\ "1"'`:                                           {SKUs: []string{`it's \ "1"`}},
		"id:7":                                                         {IDs: []string{"7"}},
		"(id:7 OR id:8 OR id:9)":                                       {IDs: []string{"7", "8", "9"}},
		"created_at:>='2026-11-21T20:00:00Z' sku:'A'":                  {CreatedAtMin: start, SKUs: []string{"", "A", " "}},
	} {
		require.Equal(t, want, s.String())
	}
}

// found reports whether the search finds the order in a simulated shop that holds no other.
func found(t require.TestingT, s shopify.Search, o shopifytest.Order) bool {
	sim := shopifytest.New(shopifytest.Options{TimeZone: time.FixedZone("", -5*60*60)})
	sim.AddOrder(o)
	c, err := shopify.New(shopify.Options{
		BaseURL: "https://example.myshopify.com", APIVersion: "2026-07", Token: token,
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			return w.Result(), nil
		})},
	})
	require.NoError(t, err)
	page, err := c.ListOrders(context.Background(), shopify.ListOrdersOptions{Query: s.String()})
	require.NoError(t, err)
	return len(page.Orders) == 1
}

func TestASearchFindsWhatItIsMeantToFind(t *testing.T) {
	t.Parallel()
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		d := time.Duration(rapid.Int64Range(-2e9, 2e9).Draw(t, "ns"))
		return start.Add(d).In(time.FixedZone("", rapid.IntRange(-12, 12).Draw(t, "zone")*3600))
	})
	sku := rapid.StringMatching(`[ -~à-ü]{0,6}[!-~à-ü][ -~à-ü]{0,5}`) // Blank ones are ignored.
	rapid.Check(t, func(rt *rapid.T) {
		s := shopify.Search{
			UpdatedAtMin: moment.Draw(rt, "from"), UpdatedBefore: moment.Draw(rt, "to"),
			CreatedAtMin: moment.Draw(rt, "created"), SKUs: rapid.SliceOfN(sku, 1, 3).Draw(rt, "skus"),
		}
		o := shopifytest.Order{
			CreatedAt: moment.Draw(rt, "at"), UpdatedAt: moment.Draw(rt, "change"),
			Lines: []shopifytest.LineItem{{SKU: rapid.SampledFrom(s.SKUs).Draw(rt, "sku")}},
		}
		meant := !o.UpdatedAt.Before(s.UpdatedAtMin) && o.UpdatedAt.Before(s.UpdatedBefore) &&
			!o.CreatedAt.Before(s.CreatedAtMin)
		if got := found(rt, s, o); meant && !got {
			rt.Fatalf("%s does not find the order", s)
		}
		// An order more than a second outside the range is not found.
		if far := time.Second; o.UpdatedAt.Before(s.UpdatedAtMin.Add(-far)) || o.UpdatedAt.After(s.UpdatedBefore.Add(far)) {
			if found(rt, s, o) {
				rt.Fatalf("%s finds the order", s)
			}
		}
	})
}

func FuzzSearchSKU(f *testing.F) {
	for _, sku := range []string{"GIFT-50", `'`, `\`, `\'`, `a' OR sku:'b`, "(x:y)", "*", "Ünï 5"} {
		f.Add(sku)
	}
	f.Fuzz(func(t *testing.T, sku string) {
		s := shopify.Search{UpdatedAtMin: start, SKUs: []string{sku}}
		// However odd a SKU is, it neither hides an order that has it nor matches an order outside the window.
		o := shopifytest.Order{UpdatedAt: start, Lines: []shopifytest.LineItem{{SKU: sku}, {SKU: "b"}}}
		require.True(t, found(t, s, o))
		o.UpdatedAt = start.Add(-time.Hour)
		require.False(t, found(t, s, o))
	})
}
