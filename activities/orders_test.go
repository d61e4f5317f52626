package activities_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

const (
	shopDomain = "example.myshopify.com"
	version    = "2026-07"
)

// keys are the properties of Shopify's own form.
var keys = shopifyintake.PropertyKeys{
	Email: "Recipient email", Name: "Recipient name", Message: "Message", SendOn: "Send on",
}

type listing struct {
	shop *shopifytest.Server
	logs *logs
	// orders holds the activities that are run; a change to it takes effect at once.
	orders *activities.Orders
	list   func(activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error)
}

func newListing(t *testing.T, options shopifytest.Options, token shopify.TokenSource) listing {
	t.Helper()
	options.Domain = shopDomain
	l := listing{shop: shopifytest.New(options), logs: &logs{}}
	client, err := shopify.New(shopify.Options{
		BaseURL: serve(t, l.shop), APIVersion: version, Token: token, Company: true,
		HTTPClient: &http.Client{}, // A busy machine takes long for a large answer.
	})
	require.NoError(t, err)
	now := func() time.Time { return date(15) }
	l.orders = &activities.Orders{Source: shopifyintake.New(client, keys), Shop: shopDomain, Now: now}
	env := newEnv(l.logs, l.orders)
	l.list = func(in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
		return execute[activities.ListGiftCardOrdersResult](t, env, "ListGiftCardOrders", in)
	}
	return l
}

// Orders come with their merchants if these are available; the issuer is asked once for all of them.
func TestListedOrdersComeWithTheirMerchants(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	i := newIssuing(t, cashstartest.Options{})
	l.orders.Accounts, l.orders.Now = i.gifts.Accounts, i.gifts.Now
	var ids []string
	for n := range 12 {
		ids = append(ids, strconv.FormatInt(l.shop.AddOrder(order(fmt.Sprint("#", n), func(o *shopifytest.Order) {
			o.Customer.DisplayName = "The Widget Shop"
			if n == 11 {
				o.Customer.DisplayName = "Stranger"
			}
		})).ID, 10))
	}
	out, err := l.list(july())
	require.NoError(t, err)
	require.Len(t, out.Orders, 12)
	for n, id := range ids[:11] {
		require.Equal(t, &activities.LookUpMerchantResult{MerchantCode: "TWS", At: date(15)}, out.Merchant(id), n)
	}
	require.Nil(t, out.Merchant(ids[11]))
	require.Equal(t, map[int]int{200: 1}, i.issuer.Stats().Requests[cashstartest.ListMerchants])
}

// Orders that have only cards that are made later need no merchant, so nobody is asked for any.
func TestListedOrdersWithoutMerchants(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	i := newIssuing(t, cashstartest.Options{})
	l.orders.Accounts, l.orders.Now = i.gifts.Accounts, i.gifts.Now
	widget := func(o *shopifytest.Order) { o.Customer.DisplayName = "The Widget Shop" }
	for n := range 12 {
		l.shop.AddOrder(order(fmt.Sprint("#", n), widget))
	}
	in := july()
	in.Later = []string{"GIFT-50"}
	out, err := l.list(in)
	require.NoError(t, err)
	require.Len(t, out.Orders, 12)
	require.Empty(t, out.Merchants)
	require.Empty(t, i.issuer.Stats().Requests[cashstartest.ListMerchants])

	for n := range 12 {
		l.shop.AddOrder(order(fmt.Sprint("#mixed-", n), widget, with(
			shopifytest.LineItem{SKU: "GIFT-50", Quantity: 1, UnitPrice: "50.0"},
			shopifytest.LineItem{SKU: "GIFT-25", Quantity: 1, UnitPrice: "25.0"},
		)))
	}
	out, err = l.list(in)
	require.NoError(t, err)
	require.Len(t, out.Orders, 24)
	require.Len(t, out.Merchants, 12, "those with a card of each kind")
}

const token = shopify.StaticToken(shopifytest.AccessToken)

func july() activities.ListGiftCardOrdersInput {
	return activities.ListGiftCardOrdersInput{
		Rules:       giftcard.Rules{SKUs: []string{"GIFT-50", "GIFT-25"}, CreatedFrom: date(1)},
		UpdatedFrom: date(5), UpdatedBefore: date(25), PageSize: 100,
	}
}

func order(name string, changes ...func(*shopifytest.Order)) shopifytest.Order {
	o := shopifytest.Order{
		Name: name, CreatedAt: date(10), UpdatedAt: date(10), Email: "order@example.com",
		Customer: &shopifytest.Customer{FirstName: "Ada", LastName: "Example", Email: "ada@example.com"},
		Lines:    []shopifytest.LineItem{{SKU: "GIFT-50", Quantity: 1, UnitPrice: "50.0"}},
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

func with(lines ...shopifytest.LineItem) func(*shopifytest.Order) {
	return func(o *shopifytest.Order) { o.Lines = append(o.Lines, lines...) }
}

func names(orders []giftcard.Order) []string {
	var all []string
	for _, o := range orders {
		all = append(all, o.Name)
	}
	return all
}

func TestListGiftCardOrders(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	added := l.shop.AddOrder(shopifytest.Order{
		Name: "#1001", CreatedAt: date(10), UpdatedAt: date(11), Email: "order@example.com", Currency: "EUR",
		Customer: &shopifytest.Customer{ID: 77, FirstName: "Ada", LastName: "Example", Email: "ada@example.com"},
		Company:  &shopifytest.Company{Name: "Example Ltd", ExternalID: "EXA"},
		Lines: []shopifytest.LineItem{
			{
				ID: 901, SKU: "GIFT-50", Quantity: 3, Removed: 1, UnitPrice: "50.0",
				Attributes: []shopifytest.Attribute{
					{Key: "recipient EMAIL", Value: "grace@example.com"}, {Key: "Message", Value: "Hi"},
				},
			},
			{ID: 902, SKU: "GIFT-25", Quantity: 1, Removed: 1, UnitPrice: "25.0"},
		},
		FinancialStatus: "PARTIALLY_REFUNDED",
	})
	out, err := l.list(july())
	require.NoError(t, err)
	require.Equal(t, activities.ListGiftCardOrdersResult{
		Seen: 1, ReadAt: date(15),
		Orders: []giftcard.Order{{
			Shop: shopDomain, ID: fmt.Sprint(added.ID), Name: "#1001", CreatedAt: date(10),
			Customer: giftcard.Customer{
				ID: "77", DisplayName: "Ada Example", CompanyName: "Example Ltd", CompanyExternalID: "EXA",
			},
			Lines: []giftcard.Line{{
				ID: "901", SKU: "GIFT-50", Units: 2, Price: "50.0", Currency: "EUR",
				Recipient: giftcard.Recipient{Email: "grace@example.com", Message: "Hi", From: "Ada Example"},
			}},
		}},
	}, out)
	require.Empty(t, l.logs.errors)
}

// A poll may begin long before it reaches an order, so the order's age is compared with the present.
func TestListedOrdersBecomeTooOldWhileAPollRuns(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	l.shop.AddOrder(order("#1"))
	in := july()
	in.Rules.CreatedFrom = date(9) // When the poll began, ten days were not over.
	for now, want := range map[time.Time]int{date(20).Add(-time.Second): 1, date(20).Add(time.Second): 0} {
		l.orders.Now = func() time.Time { return now }
		in.Rules.MaxAge = 10 * 24 * time.Hour
		out, err := l.list(in)
		require.NoError(t, err)
		require.Equal(t, 1, out.Seen)
		require.Len(t, out.Orders, want, "at %s", now)
		require.Equal(t, 1-want, out.LeftOut[giftcard.TooOld])
	}
}

// People were told to issue the cards of a mixed order by hand. A later refund does not make the order an unmixed one.
func TestMixedOrdersStayMixed(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	wrap := shopifytest.LineItem{SKU: "WRAP", Quantity: 1, UnitPrice: "4.0"}
	tip := shopifytest.LineItem{Title: "Tip", Quantity: 1, UnitPrice: "5.0"}
	o := l.shop.AddOrder(order("#1", with(shopifytest.LineItem{SKU: "SHIRT", Quantity: 1, UnitPrice: "20.0"})))
	l.shop.AddOrder(order("#2", with(wrap, tip), func(o *shopifytest.Order) { o.Tips = "5.0" }))
	l.shop.AddOrder(order("#3", with(tip)))
	in := july()
	in.Rules.Companions = []string{"WRAP"}
	for _, refunded := range []bool{false, true} {
		if refunded {
			require.True(t, l.shop.UpdateOrder(o.ID, func(o *shopifytest.Order) {
				o.FinancialStatus, o.Lines[1].Removed, o.UpdatedAt = "PARTIALLY_REFUNDED", 1, date(17)
			}))
		}
		out, err := l.list(in)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"#1", "#3"}, out.Mixed)
		require.Equal(t, []string{"#2"}, names(out.Orders), "wrapped, and tipped")
		require.Len(t, out.Orders[0].Lines, 1)
	}
}

func TestListGiftCardOrdersLeavesOut(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	pen := shopifytest.LineItem{SKU: "PEN", Quantity: 1, UnitPrice: "2.0"}
	for _, o := range []shopifytest.Order{
		order("#1"),
		order("#2", with(pen)),
		order("#3", func(o *shopifytest.Order) { o.Lines[0].GiftCard = true }),
		order("#4", func(o *shopifytest.Order) { o.Test = true }),
		order("#5", func(o *shopifytest.Order) { o.CancelledAt = date(11) }),
		order("#6", func(o *shopifytest.Order) { o.FinancialStatus = "PENDING" }),
		order("#7", func(o *shopifytest.Order) { o.Lines[0].Removed = 1 }),
		order("#8", func(o *shopifytest.Order) { o.Lines[0].SKU = "GIFT-500" }),
		order("#9", func(o *shopifytest.Order) { o.Lines[0].SKU = "gift-50" }),
		order("#10", with(pen)),
		// An order that the search itself does not find is not seen at all.
		order("#11", func(o *shopifytest.Order) { o.Lines[0].SKU = "PEN" }),
		order("#12", func(o *shopifytest.Order) { o.CreatedAt = date(1).Add(-time.Second) }),
		order("#13", func(o *shopifytest.Order) { o.UpdatedAt = date(5).Add(-time.Second) }),
		order("#14", func(o *shopifytest.Order) { o.UpdatedAt = date(25) }),
	} {
		l.shop.AddOrder(o)
	}
	out, err := l.list(july())
	require.NoError(t, err)
	require.Equal(t, []string{"#1"}, names(out.Orders))
	require.Equal(t, 10, out.Seen)
	require.Equal(t, map[giftcard.Reason]int{
		giftcard.MixedOrder: 2, giftcard.NativeGiftCard: 1, giftcard.TestOrder: 1, giftcard.Cancelled: 1,
		giftcard.Unpaid: 1, giftcard.NoUnitsLeft: 1, giftcard.NoGiftCard: 2,
	}, out.LeftOut)
	require.Equal(t, []string{"#2", "#10"}, out.Mixed)
	require.Equal(t, []string{"#3"}, out.Native)
	require.Len(t, l.logs.errors, 1)
	require.Contains(t, l.logs.errors[0], "Shopify itself issues a gift card")
}

func TestListGiftCardOrdersPageByPage(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{}, token)
	var want []string
	for n := range 7 {
		name := fmt.Sprintf("#%d", n)
		want = append(want, name)
		l.shop.AddOrder(order(name, func(o *shopifytest.Order) { o.UpdatedAt = date(6 + n) }))
	}
	in := july()
	in.PageSize = 3
	var got []string
	var sizes []int
	for {
		out, err := l.list(in)
		require.NoError(t, err)
		got, sizes = append(got, names(out.Orders)...), append(sizes, out.Seen)
		if out.NextCursor == "" {
			break
		}
		in.Cursor = out.NextCursor
	}
	require.Equal(t, want, got, "each once, those that changed longest ago first")
	require.Equal(t, []int{3, 3, 1}, sizes)
}

// A buyer may write a chapter into each of many lines. That must harm neither the other orders nor the poll.
func TestListGiftCardOrdersKeepsPagesSmall(t *testing.T) {
	t.Parallel()
	novel := func(lines int) func(*shopifytest.Order) {
		return func(o *shopifytest.Order) {
			line := o.Lines[0]
			line.Attributes = []shopifytest.Attribute{{Key: "Message", Value: strings.Repeat("x", 2000)}}
			o.Lines = slices.Repeat([]shopifytest.LineItem{line}, lines)
		}
	}
	l := newListing(t, shopifytest.Options{}, token)
	for n := range 2 {
		l.shop.AddOrder(order(fmt.Sprintf("#%d", n), novel(280), func(o *shopifytest.Order) { o.UpdatedAt = date(6 + n) }))
	}
	l.shop.AddOrder(order("#monster", novel(520), func(o *shopifytest.Order) { o.UpdatedAt = date(10) }))
	in := july()
	in.PageSize = 4
	var got []string
	var last giftcard.Order
	for {
		out, err := l.list(in)
		require.NoError(t, err)
		require.Len(t, out.Orders, 1, "two do not fit")
		last = out.Orders[0]
		got = append(got, last.Name)
		if out.NextCursor == "" {
			break
		}
		in.Cursor = out.NextCursor
	}
	require.Equal(t, []string{"#0", "#1", "#monster"}, got)
	_, err := last.CardUnits("")
	require.EqualError(t, err, "order #monster was read without its lines because it is too large")
}

// Shopify's answer can be larger than the limit for reading, although only a small part of it would be kept. Pages
// become smaller then. An order that is too large by itself fails where people see it, and the orders after it are
// taken in.
func TestListGiftCardOrdersOfTooLargeAnswers(t *testing.T) {
	t.Parallel()
	novel := strings.Repeat("x", 12<<20)
	large := func(lines, day int) func(*shopifytest.Order) {
		return func(o *shopifytest.Order) {
			o.Lines[0].Attributes = []shopifytest.Attribute{{Key: "Novel", Value: novel}}
			o.Lines, o.UpdatedAt = slices.Repeat(o.Lines[:1], lines), date(day)
		}
	}
	l := newListing(t, shopifytest.Options{}, token)
	for n := range 3 {
		l.shop.AddOrder(order(fmt.Sprint("#", n), large(1, 6+n)))
	}
	l.shop.AddOrder(order("#monster", large(3, 10)))
	l.shop.AddOrder(order("#unpaid monster", large(3, 11), func(o *shopifytest.Order) { o.FinancialStatus = "PENDING" }))
	l.shop.AddOrder(order("#last", func(o *shopifytest.Order) { o.UpdatedAt = date(12) }))
	in := july()
	in.PageSize = 4
	got, leftOut := map[string]int{}, map[giftcard.Reason]int{}
	for {
		out, err := l.list(in)
		require.NoError(t, err, "one order stops the poll, now and every time")
		for _, o := range out.Orders {
			got[o.Name] = o.Units()
			if _, err := o.CardUnits(""); o.Name == "#monster" {
				require.EqualError(t, err, "order #monster was read without its lines because it is too large")
			}
		}
		for reason, n := range out.LeftOut {
			leftOut[reason] += n
		}
		if out.NextCursor == "" {
			break
		}
		in.Cursor = out.NextCursor
	}
	require.Equal(t, map[string]int{"#0": 1, "#1": 1, "#2": 1, "#monster": 0, "#last": 1}, got)
	require.Equal(t, map[giftcard.Reason]int{giftcard.Unpaid: 1}, leftOut)
}

func TestListGiftCardOrdersOfNothing(t *testing.T) {
	t.Parallel()
	out, err := newListing(t, shopifytest.Options{}, token).list(july())
	require.NoError(t, err)
	require.Zero(t, out)
}

// An order as a webhook delivers it: paid through a test gateway, voided and cancelled, until a person corrects that.
func TestListGiftCardOrdersOfAWebhook(t *testing.T) {
	t.Parallel()
	payload, err := os.ReadFile("../internal/shopify/shopifytest/testdata/orders_create.json")
	require.NoError(t, err)
	seed, err := shopifytest.FromWebhook(payload)
	require.NoError(t, err)
	l := newListing(t, shopifytest.Options{}, token)
	l.shop.AddOrder(seed)
	in := activities.ListGiftCardOrdersInput{
		Rules:         giftcard.Rules{SKUs: []string{"IPOD2008PINK"}},
		UpdatedFrom:   seed.UpdatedAt,
		UpdatedBefore: time.Now().Add(time.Hour),
		PageSize:      10,
	}
	for _, step := range []struct {
		reason giftcard.Reason
		cure   func(*shopifytest.Order)
	}{
		{giftcard.TestOrder, func(o *shopifytest.Order) { o.Test = false }},
		{giftcard.Cancelled, func(o *shopifytest.Order) { o.CancelledAt = time.Time{} }},
		{giftcard.Unpaid, func(o *shopifytest.Order) { o.FinancialStatus = "PAID" }},
	} {
		out, err := l.list(in)
		require.NoError(t, err)
		require.Equal(t, map[giftcard.Reason]int{step.reason: 1}, out.LeftOut)
		require.True(t, l.shop.UpdateOrder(seed.ID, step.cure))
	}
	out, err := l.list(in)
	require.NoError(t, err)
	line := giftcard.Line{
		SKU: "IPOD2008PINK", Units: 1, Price: "199.00", Currency: "USD",
		Recipient: giftcard.Recipient{Email: "jon@doe.ca"},
	}
	first, second := line, line
	first.ID, second.ID = "866550311766439020", "141249953214522974"
	require.Equal(t, []giftcard.Order{{
		Shop: shopDomain, ID: "820982911946154508", Name: "#9999",
		CreatedAt: time.Date(2019, 3, 6, 19, 33, 46, 0, time.UTC),
		Customer:  giftcard.Customer{ID: "115310627314723954", DisplayName: "John Smith"},
		Lines:     []giftcard.Line{first, second},
	}}, out.Orders)
}

func TestListGiftCardOrdersTellsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{Versions: []string{"2026-10", "2027-01"}}, token)
	l.shop.AddOrder(order("#1"))
	out, err := l.list(july())
	require.NoError(t, err)
	require.Equal(t, []string{"#1"}, names(out.Orders), "the orders are not held up")
	require.Equal(t, "2026-10", out.ServedVersion)
	require.Len(t, l.logs.errors, 1)
	require.Contains(t, l.logs.errors[0], "another API version")
}

func TestListGiftCardOrdersFails(t *testing.T) {
	t.Parallel()
	wrongApp := shopify.ClientCredentials{ID: "app", Secret: "wrong-secret"}
	tests := []struct {
		name  string
		fault *shopifytest.Fault
		token shopify.TokenSource
		want  giftcard.Kind
		delay time.Duration
	}{
		{"wrong token", nil, shopify.StaticToken("shpat_wrong"), giftcard.Unauthorized, 0},
		{"wrong app", nil, wrongApp, giftcard.Unauthorized, 0},
		{"throttled", &shopifytest.Fault{Kind: shopifytest.FaultThrottled}, token, giftcard.RateLimited, time.Second},
		{
			"too many requests", &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 429, RetryAfter: "2.0"}, token,
			giftcard.RateLimited, 2 * time.Second,
		},
		{"internal error", &shopifytest.Fault{Kind: shopifytest.FaultInternalError}, token, giftcard.Unavailable, 0},
		{"status 503", &shopifytest.Fault{Kind: shopifytest.FaultStatus}, token, giftcard.Unavailable, 0},
		{"shop frozen", &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 402}, token, giftcard.Unauthorized, 0},
		{"shop locked", &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 423}, token, giftcard.Unauthorized, 0},
		{"redirected", &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 301}, token, giftcard.UnexpectedResponse, 0},
		{"HTML at 200", &shopifytest.Fault{Kind: shopifytest.FaultHTML}, token, giftcard.Unavailable, 0},
		{"malformed JSON", &shopifytest.Fault{Kind: shopifytest.FaultMalformed}, token, giftcard.Unavailable, 0},
		{"truncated JSON", &shopifytest.Fault{Kind: shopifytest.FaultTruncated}, token, giftcard.Unavailable, 0},
		{"connection dropped", &shopifytest.Fault{Kind: shopifytest.FaultDropped}, token, giftcard.Unavailable, 0},
		{"no data", &shopifytest.Fault{Kind: shopifytest.FaultNullData}, token, giftcard.UnexpectedResponse, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newListing(t, shopifytest.Options{
				Faults: shopifytest.Faults{Next: func(string) *shopifytest.Fault { return tt.fault }},
			}, tt.token)
			l.shop.AddOrder(order("#1"))
			_, err := l.list(july())
			failure := requireKind(t, err, tt.want, "listing orders")
			require.Equal(t, tt.delay, failure.NextRetryDelay())
			for _, secret := range []string{"shpat_wrong", "wrong-secret", "ada@example.com", "127.0.0.1"} {
				require.NotContains(t, failure.Error(), secret)
			}
		})
	}
}

func TestListGiftCardOrdersWithoutAccess(t *testing.T) {
	t.Parallel()
	l := newListing(t, shopifytest.Options{DeniedFields: []string{"Order.email"}}, token)
	l.shop.AddOrder(order("#1"))
	_, err := l.list(july())
	failure := requireKind(t, err, giftcard.Unauthorized, "listing orders")
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	require.Equal(t, "ACCESS_DENIED", details.Code)
	require.NotEmpty(t, details.RequestID)
}
