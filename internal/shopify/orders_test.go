package shopify_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestAnOrderIsReadWhole(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{Company: true})
	sim.AddOrder(shopifytest.Order{
		ID: 7, Name: "#7", Test: true, CreatedAt: start, UpdatedAt: start.Add(time.Minute), CancelledAt: start.Add(time.Hour),
		FinancialStatus: "PARTIALLY_REFUNDED", Email: "order@example.com", Currency: "EUR", Tips: "3.0",
		PaidAt:   start.Add(time.Second),
		Customer: &shopifytest.Customer{ID: 8, FirstName: "Ada", LastName: "Love", Email: "ada@example.com"},
		Company:  &shopifytest.Company{ID: 9, Name: "Acme", ExternalID: "ACME"},
		Lines: []shopifytest.LineItem{{
			ID: 10, SKU: "GIFT-50", Title: "Gift card", GiftCard: true, Quantity: 3, Removed: 1, UnitPrice: "50.00",
			DiscountedPrice: "45.00",
			Attributes:      []shopifytest.Attribute{{Key: "Recipient email", Value: "bob@example.com"}},
		}, {ID: 11, Title: "Mug", Vendor: "Mugs", Quantity: 1}},
	})
	want := shopify.Order{
		ID: "gid://shopify/Order/7", LegacyID: "7", Name: "#7", Test: true,
		CreatedAt: start, UpdatedAt: start.Add(time.Minute), CancelledAt: start.Add(time.Hour),
		FinancialStatus: "PARTIALLY_REFUNDED", Email: "order@example.com", CurrencyCode: "EUR",
		Tips:       shopify.Money{Amount: "3.0", CurrencyCode: "EUR"},
		NetPayment: shopify.Money{Amount: "90.00", CurrencyCode: "EUR"}, PaidAt: start.Add(time.Second),
		Customer: &shopify.Customer{
			LegacyID: "8", DisplayName: "Ada Love", FirstName: "Ada", LastName: "Love", Email: "ada@example.com",
		},
		Company: &shopify.Company{ID: "gid://shopify/Company/9", Name: "Acme", ExternalID: "ACME"},
		LineItems: []shopify.LineItem{{
			ID: "gid://shopify/LineItem/10", SKU: "GIFT-50", Title: "Gift card", IsGiftCard: true,
			Quantity: 3, CurrentQuantity: 2, UnitPrice: shopify.Money{Amount: "50.00", CurrencyCode: "EUR"},
			DiscountedPrice: shopify.Money{Amount: "45.00", CurrencyCode: "EUR"},
			Attributes:      []shopify.Attribute{{Key: "Recipient email", Value: "bob@example.com"}},
		}, {
			ID: "gid://shopify/LineItem/11", Title: "Mug", Vendor: "Mugs", Quantity: 1, CurrentQuantity: 1,
			UnitPrice:       shopify.Money{Amount: "0.00", CurrencyCode: "EUR"},
			DiscountedPrice: shopify.Money{Amount: "0.00", CurrencyCode: "EUR"},
		}},
	}
	page, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.NoError(t, err)
	require.Equal(t, []shopify.Order{want}, page.Orders)
	require.Empty(t, page.NextCursor)
	for _, id := range []string{"7", "gid://shopify/Order/7"} {
		got, err := c.GetOrder(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, &want, got)
	}
}

func TestAGuestsOrderLacksMuch(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{Company: true})
	sim.AddOrder(shopifytest.Order{ID: 7, CreatedAt: start})
	o, err := c.GetOrder(t.Context(), "7")
	require.NoError(t, err)
	require.Nil(t, o.Customer)
	require.Nil(t, o.Company)
	require.Empty(t, o.LineItems)
	require.Empty(t, o.Email)
	require.True(t, o.CancelledAt.IsZero())
}

func TestTheCompanyIsReadOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	denied := shopifytest.Options{DeniedFields: []string{"PurchasingCompany.company"}}
	sim, c := setup(t, denied, shopify.Options{})
	sim.AddOrder(shopifytest.Order{ID: 7, Company: &shopifytest.Company{Name: "Acme"}})
	o, err := c.GetOrder(t.Context(), "7")
	require.NoError(t, err)
	require.Nil(t, o.Company)

	sim, c = setup(t, denied, shopify.Options{Company: true})
	sim.AddOrder(shopifytest.Order{ID: 7, Company: &shopifytest.Company{Name: "Acme"}})
	_, err = c.GetOrder(t.Context(), "7")
	require.Equal(t, shopify.CodeAccessDenied, asRestError(t, err).Code)
}

func TestLongListsOfLinesAreCompleted(t *testing.T) {
	t.Parallel()
	for _, n := range []int{99, 100, 101, 350, 351, 700} {
		sim, c := setup(t, shopifytest.Options{}, shopify.Options{})
		o := shopifytest.Order{ID: 7}
		for i := range n {
			o.Lines = append(o.Lines, shopifytest.LineItem{SKU: fmt.Sprint(i)})
		}
		sim.AddOrder(o)
		sim.AddOrder(shopifytest.Order{Lines: o.Lines[:1]})
		page, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
		require.NoError(t, err)
		require.Len(t, page.Orders, 2)
		require.Len(t, page.Orders[0].LineItems, n)
		for i, l := range page.Orders[0].LineItems {
			require.Equal(t, fmt.Sprint(i), l.SKU)
		}
		require.Len(t, page.Orders[1].LineItems, 1)
		more := (max(0, n-100) + 249) / 250
		require.Equal(t, more, sim.Stats().Requests["order"], "%d lines", n)
	}
}

func TestOrdersGoThroughAllPages(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{})
	for i := range 25 {
		sim.AddOrder(shopifytest.Order{Name: fmt.Sprint(i), CreatedAt: start, Test: i == 3})
	}
	var names []string
	for _, o := range all(t, c, shopify.ListOrdersOptions{First: 10, Query: "test:false"}) {
		names = append(names, o.Name)
	}
	require.Len(t, names, 24)
	require.NotContains(t, names, "3")
	require.Equal(t, 3, sim.Stats().Requests["orders"])
}

// all returns the orders of all pages.
func all(t *testing.T, c *shopify.Client, opts shopify.ListOrdersOptions) []shopify.Order {
	t.Helper()
	var out []shopify.Order
	for {
		page, err := c.ListOrders(t.Context(), opts)
		require.NoError(t, err)
		out = append(out, page.Orders...)
		if opts.After = page.NextCursor; opts.After == "" {
			return out
		}
	}
}

func TestAPageThatFailsIsNotRetried(t *testing.T) {
	t.Parallel()
	calls := 0
	_, c := setup(t, shopifytest.Options{Faults: shopifytest.Faults{Next: func(string) *shopifytest.Fault {
		calls++
		return &shopifytest.Fault{Kind: shopifytest.FaultStatus}
	}}}, shopify.Options{})
	_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.Equal(t, 503, rest.StatusOf(err))
	require.Equal(t, 1, calls)
}

const (
	emptyPage = `{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"c1"}}}}`
	lastPage  = `{"data":{"orders":{"nodes":[` + oneOrder + `],"pageInfo":{"hasNextPage":false,"endCursor":"c2"}}}}`
	oneOrder  = `{"id":"gid://shopify/Order/1","legacyResourceId":"1","createdAt":"2026-01-01T00:00:00Z",` +
		`"updatedAt":"2026-01-01T00:00:00Z","lineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`
)

func TestAnEmptyPageIsNotTheEnd(t *testing.T) {
	t.Parallel()
	c := canned(t, emptyPage, lastPage)
	var ids []string
	for _, o := range all(t, c, shopify.ListOrdersOptions{}) {
		ids = append(ids, o.LegacyID)
	}
	require.Equal(t, []string{"1"}, ids)
}

func TestAnAnswerThatCannotBeRightIsContradictory(t *testing.T) {
	t.Parallel()
	page := func(order string) string { return strings.Replace(lastPage, oneOrder, order, 1) }
	without := func(part string) string { return page(strings.Replace(oneOrder, part, "", 1)) }
	for name, body := range map[string]string{
		"null data":               `{"data":null}`,
		"no data":                 `{}`,
		"null orders":             `{"data":{"orders":null}}`,
		"no orders":               `{"data":{}}`,
		"no nodes":                `{"data":{"orders":{"pageInfo":{"hasNextPage":false}}}}`,
		"no pageInfo":             `{"data":{"orders":{"nodes":[]}}}`,
		"no cursor":               `{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}`,
		"the cursor of before":    `{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"c0"}}}}`,
		"a null order":            page("null"),
		"an order without id":     without(`"id":"gid://shopify/Order/1",`),
		"an order without number": without(`"legacyResourceId":"1",`),
		"an order without date":   without(`"updatedAt":"2026-01-01T00:00:00Z",`),
		"an order without lines":  without(`,"lineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}}`),
		"lines of unknown end":    without(`,"pageInfo":{"hasNextPage":false}`),
		"a number that is none":   page(strings.ReplaceAll(oneOrder, `1"`, `1/../2"`)),
		"another order's number":  page(strings.Replace(oneOrder, `"legacyResourceId":"1"`, `"legacyResourceId":"2"`, 1)),
		"a line without id":       page(strings.Replace(oneOrder, `"nodes":[]`, `"nodes":[{"sku":"A"}]`, 1)),
		"a line of another kind":  page(strings.Replace(oneOrder, `"nodes":[]`, `"nodes":[{"id":"gid://shopify/Product/1"}]`, 1)),
		"a line twice": page(strings.Replace(oneOrder, `"nodes":[]`,
			`"nodes":[{"id":"gid://shopify/LineItem/1"},{"id":"gid://shopify/LineItem/1"}]`, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := canned(t, body).ListOrders(t.Context(), shopify.ListOrdersOptions{After: "c0"})
			require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome)
		})
	}
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		_, err := canned(t, lastPage).ListOrders(t.Context(), shopify.ListOrdersOptions{After: "c0"})
		require.NoError(t, err)
	})
}

func TestAnOrderThatVanishesWhileItsLinesAreRead(t *testing.T) {
	t.Parallel()
	long := strings.Replace(lastPage, `"nodes":[],"pageInfo":{"hasNextPage":false}`,
		`"nodes":[{"id":"gid://shopify/LineItem/1"}],"pageInfo":{"hasNextPage":true,"endCursor":"l"}`, 1)
	_, err := canned(t, long, `{"data":{"order":null}}`).ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome)
	_, err = canned(t, long, `{"data":{"order":{"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/2"}],`+
		`"pageInfo":{"hasNextPage":true,"endCursor":"l"}}}}}`).ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome, "a list that does not move")
}

// Reading stops if pages of lines loop, or if the lines never end.
func TestLinesWithoutEnd(t *testing.T) {
	t.Parallel()
	lines := func(after string, ids ...int) string {
		var nodes []string
		for _, id := range ids {
			nodes = append(nodes, fmt.Sprintf(`{"id":"gid://shopify/LineItem/%d"}`, id))
		}
		return `{"nodes":[` + strings.Join(nodes, ",") + `],"pageInfo":{"hasNextPage":true,"endCursor":"` + after + `"}}`
	}
	first := func(list string) string {
		return strings.Replace(lastPage, `{"nodes":[],"pageInfo":{"hasNextPage":false}}`, list, 1)
	}
	more := func(list string) string { return `{"data":{"order":{"lineItems":` + list + `}}}` }
	_, err := canned(t, first(lines("a", 1)), more(lines("b", 2)), more(lines("a", 1))).
		ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.ErrorContains(t, err, "has a line twice")

	var answers []string
	next := 0
	for page := range 101 {
		var ids []int
		for range 200 {
			next++
			ids = append(ids, next)
		}
		answers = append(answers, more(lines(fmt.Sprint(page), ids...)))
	}
	_, err = canned(t, append([]string{first(lines("first", 0))}, answers...)...).
		ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.ErrorContains(t, err, "more than 20000 lines")
}

func TestGetOrder(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{Lag: time.Hour}, shopify.Options{})
	sim.AddOrder(shopifytest.Order{ID: 7})
	o, err := c.GetOrder(t.Context(), "7")
	require.NoError(t, err, "no lag")
	require.Equal(t, "7", o.LegacyID)

	_, err = c.GetOrder(t.Context(), "8")
	var missing *shopify.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "gid://shopify/Order/8", missing.ID)

	for _, id := range []string{"", "#1001", "gid://shopify/Product/7", "gid://shopify/Order/", "7 ", "-7"} {
		_, err = c.GetOrder(t.Context(), id)
		require.ErrorContains(t, err, "not the id of an order", "%q", id)
	}
	require.Equal(t, 2, sim.Stats().Requests["order"])

	_, err = canned(t, `{"data":{"order":`+oneOrder+`}}`).GetOrder(t.Context(), "2")
	require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome, "another order")
}

func TestAPageSaysWhatServedItAndWhatItCost(t *testing.T) {
	t.Parallel()
	now := time.Now() // No points are restored.
	sim, c := setup(t, shopifytest.Options{
		Versions: []string{"2026-10"}, Now: func() time.Time { return now },
	}, shopify.Options{APIVersion: "2026-07"})
	sim.AddOrder(shopifytest.Order{})
	page, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{First: 250})
	require.NoError(t, err)
	require.Equal(t, "2026-07", c.APIVersion())
	require.Equal(t, "2026-10", page.ServedVersion)
	require.InDelta(t, 2000-page.Cost.Actual, page.Cost.Available, 0)
	page.Cost.Available = 0
	require.Equal(t, shopify.Cost{Requested: 266, Actual: 2, Maximum: 2000, RestoreRate: 100}, page.Cost)
}

func TestGetShop(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	_, c := setup(t, shopifytest.Options{
		ShopName: "Acme", Domain: "acme.myshopify.com", TimeZone: zone, Currency: "CAD",
	}, shopify.Options{})
	shop, err := c.GetShop(t.Context())
	require.NoError(t, err)
	require.Equal(t, &shopify.Shop{
		ID: "gid://shopify/Shop/1", Name: "Acme", MyshopifyDomain: "acme.myshopify.com", IANATimezone: "America/New_York", CurrencyCode: "CAD",
	}, shop)
	_, err = canned(t, `{"data":{"shop":null}}`).GetShop(t.Context())
	require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome)
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := shopify.Options{BaseURL: "https://example.myshopify.com", APIVersion: "2026-07", Token: token}
	_, err := shopify.New(good)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*shopify.Options){
		"no URL":           func(o *shopify.Options) { o.BaseURL = "" },
		"no scheme":        func(o *shopify.Options) { o.BaseURL = "example.myshopify.com" },
		"no version":       func(o *shopify.Options) { o.APIVersion = "" },
		"no quarter":       func(o *shopify.Options) { o.APIVersion = "2026-05" },
		"a path":           func(o *shopify.Options) { o.APIVersion = "2026-07/.." },
		"no token":         func(o *shopify.Options) { o.Token = nil },
		"an empty token":   func(o *shopify.Options) { o.Token = shopify.StaticToken("") },
		"no client secret": func(o *shopify.Options) { o.Token = shopify.ClientCredentials{ID: "id"} },
	} {
		o := good
		spoil(&o)
		_, err := shopify.New(o)
		require.Error(t, err, name)
	}
}

func TestARequestIsAsShopifyExpects(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := newClient(t, shopify.Options{HTTPClient: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r
			return answer(200, lastPage), nil
		}),
	}})
	_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.NoError(t, err)
	require.Equal(t, "https://example.myshopify.com/admin/api/2026-07/graphql.json", got.URL.String())
	require.Equal(t, http.MethodPost, got.Method)
	require.Equal(t, shopifytest.AccessToken, got.Header.Get("X-Shopify-Access-Token"))
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
}
