package shopify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestEveryStatusButSuccessIsRefused(t *testing.T) {
	t.Parallel()
	for status := 300; status < 600; status++ {
		calls := 0
		c := newClient(t, shopify.Options{HTTPClient: &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				calls++
				return answer(status, `{"errors":"No, ada@example.com"}`, "Retry-After", "2.0", "Location", "/x"), nil
			}),
		}})
		_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
		require.Equal(t, &rest.Error{
			Service: "Shopify", Op: "list orders", Outcome: rest.Refused, Status: status, Message: "No, [address]",
			RetryAfter: 2 * time.Second,
		}, asRestError(t, err))
		require.Equal(t, 1, calls, "status %d", status)
	}
}

func TestErrorsInAnAnswerOf200(t *testing.T) {
	t.Parallel()
	const denied = `{"message":"Access denied for email field.","path":["orders","nodes",0,"email"],` +
		`"extensions":{"code":"ACCESS_DENIED"}}`
	throttled := func(requested, available, rate string) string {
		return `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{` +
			`"requestedQueryCost":` + requested + `,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000.0,` +
			`"currentlyAvailable":` + available + `,"restoreRate":` + rate + `}}}}`
	}
	for name, c := range map[string]struct {
		body, code, message string
		wait                time.Duration
	}{
		"throttled":            {throttled("400", "150", "100.0"), "THROTTLED", "Throttled", 2500 * time.Millisecond},
		"throttled, a trickle": {throttled("3", "2", "3"), "THROTTLED", "Throttled", 334 * time.Millisecond},
		"throttled, enough":    {throttled("10", "150", "100"), "THROTTLED", "Throttled", 0},
		"throttled forever":    {throttled("10", "5", "0"), "THROTTLED", "Throttled", 0},
		"throttled for long":   {throttled("1e300", "5", "1e-300"), "THROTTLED", "Throttled", time.Hour},
		"throttled, no cost": {
			`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, "THROTTLED", "Throttled", 0,
		},
		"throttled, odd cost": {
			`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":"much"}}`,
			"THROTTLED", "Throttled", 0,
		},
		"partial data": {
			`{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":false}}},"errors":[` + denied + `,` + denied + `]}`,
			"ACCESS_DENIED", "orders.nodes[0].email: Access denied for email field. (and 1 more)", 0,
		},
		"internal": {
			`{"errors":[{"message":"Internal error.\nRequest ID: 1","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`,
			"INTERNAL_SERVER_ERROR", "Internal error. Request ID: 1", 0,
		},
		"an address": {`{"errors":[{"message":"Email 'ada@example.com' is odd"}]}`, "", "Email '[address]' is odd", 0},
		"a text":     {`{"data":null,"errors":"[API] Invalid API key"}`, "", "[API] Invalid API key", 0},
		"an object":  {`{"errors":{"orders":["no"]}}`, "", "errors of an unknown shape", 0},
		"something":  {`{"errors":true}`, "", "errors of an unknown shape", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := canned(t, c.body).ListOrders(t.Context(), shopify.ListOrdersOptions{})
			require.Equal(t, &rest.Error{
				Service: "Shopify", Op: "list orders", Outcome: rest.Refused, Status: 200, RequestID: "req-1",
				Code: c.code, Message: c.message, RetryAfter: c.wait,
			}, asRestError(t, err))
		})
	}
	for _, none := range []string{`null`, `[]`, ` [ ] `} {
		_, err := canned(t, strings.Replace(lastPage, `{`, `{"errors":`+none+`,`, 1)).
			ListOrders(t.Context(), shopify.ListOrdersOptions{})
		require.NoError(t, err)
	}
}

func TestAnyWarningOfASearchIsAnError(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{})
	sim.AddOrder(shopifytest.Order{})
	_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{Query: "colour:red"})
	e := asRestError(t, err)
	require.Equal(t, shopify.CodeSearchWarning, e.Code)
	require.Equal(t, rest.Contradictory, e.Outcome)
	require.Equal(t, `search field "colour": Invalid search field for this query. (invalid_field)`, e.Message)
}

func TestWhatGoesWrongAtTheShop(t *testing.T) {
	t.Parallel()
	for kind, want := range map[shopifytest.FaultKind]rest.Error{
		shopifytest.FaultStatus:        {Outcome: rest.Refused, Status: 503},
		shopifytest.FaultThrottled:     {Outcome: rest.Refused, Status: 200, Code: "THROTTLED", RetryAfter: time.Second},
		shopifytest.FaultInternalError: {Outcome: rest.Refused, Status: 200, Code: "INTERNAL_SERVER_ERROR"},
		shopifytest.FaultHTML:          {Outcome: rest.Unreadable, Status: 200},
		shopifytest.FaultMalformed:     {Outcome: rest.Unreadable, Status: 200},
		shopifytest.FaultNullData:      {Outcome: rest.Contradictory, Status: 200},
		shopifytest.FaultTruncated:     {Outcome: rest.Unreadable, Status: 200},
		shopifytest.FaultDropped:       {Outcome: rest.NoAnswer},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			_, c := setup(t, shopifytest.Options{Faults: shopifytest.Faults{
				Next: func(string) *shopifytest.Fault { return &shopifytest.Fault{Kind: kind} },
			}}, shopify.Options{})
			_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
			e := asRestError(t, err)
			require.Equal(t, want, rest.Error{Outcome: e.Outcome, Status: e.Status, Code: e.Code, RetryAfter: e.RetryAfter})
		})
	}
}

func TestAnAnswerThatIsTooSlowHasTimedOut(t *testing.T) {
	t.Parallel()
	_, c := setup(t, shopifytest.Options{Faults: shopifytest.Faults{Latency: time.Hour}},
		shopify.Options{HTTPClient: &http.Client{Timeout: time.Millisecond}})
	_, err := c.ListOrders(t.Context(), shopify.ListOrdersOptions{})
	require.Equal(t, rest.TimedOut, asRestError(t, err).Outcome)
}

func TestDataOfAnotherShapeAreUnreadableAndNotQuoted(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]string{
		"a number for a text": strings.Replace(oneOrder, `"1"`, `5550123`, 1),
		"no date":             strings.Replace(oneOrder, `"2026-01-01T00:00:00Z"`, `"zoe@example.com"`, 1),
		"an odd buyer":        strings.Replace(oneOrder, `"legacy`, `"purchasingEntity":{"__typename":"zoe"},"legacy`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := canned(t, strings.Replace(lastPage, oneOrder, order, 1)).
				ListOrders(t.Context(), shopify.ListOrdersOptions{})
			require.Equal(t, rest.Unreadable, asRestError(t, err).Outcome)
			require.NotContains(t, err.Error(), "zoe")
			require.NotContains(t, err.Error(), "555")
		})
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(lastPage)
	f.Add(emptyPage)
	f.Add(`{"data":{"orders":{"nodes":[null]}},"errors":[{"message":"m","path":["a",0],"extensions":{"code":"C"}}]}`)
	f.Add(`{"data":null,"errors":"text","extensions":{"cost":{"throttleStatus":{"restoreRate":0}}}}`)
	f.Add(`{"extensions":{"search":[{"warnings":[{"field":"f"}]}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		page, err := canned(t, body, `{}`).ListOrders(t.Context(), shopify.ListOrdersOptions{})
		if err != nil {
			require.Nil(t, page)
			require.NotEmpty(t, asRestError(t, err).Outcome)
			require.Less(t, len(err.Error()), 1500)
			return
		}
		for _, o := range page.Orders {
			require.NotEmpty(t, o.ID)
			require.False(t, o.UpdatedAt.IsZero())
		}
	})
}

// FuzzOrder puts foreign texts and numbers into the fields of an order, so that the fuzzer does not have to discover
// JSON.
func FuzzOrder(f *testing.F) {
	f.Add("#1001", "1", "1", "GIFT", "50.0", "USD", "Recipient email", "ada@example.com", int64(1))
	f.Fuzz(func(t *testing.T, name, id, line, sku, amount, currency, key, value string, quantity int64) {
		money := map[string]any{"shopMoney": map[string]any{"amount": amount, "currencyCode": currency}}
		body, err := json.Marshal(map[string]any{"data": map[string]any{"orders": map[string]any{
			"nodes": []any{map[string]any{
				"id": "gid://shopify/Order/" + id, "legacyResourceId": id, "name": name,
				"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z", "email": value,
				"customer": map[string]any{"legacyResourceId": id, "displayName": value, "firstName": name, "lastName": value},
				"lineItems": map[string]any{
					"nodes": []any{map[string]any{
						"id": "gid://shopify/LineItem/" + line, "sku": sku, "quantity": quantity, "currentQuantity": quantity,
						"originalUnitPriceSet": money, "customAttributes": []any{map[string]any{"key": key, "value": value}},
					}},
					"pageInfo": map[string]any{"hasNextPage": false},
				},
			}},
			"pageInfo": map[string]any{"hasNextPage": false},
		}}})
		require.NoError(t, err)
		page, err := canned(t, string(body)).ListOrders(t.Context(), shopify.ListOrdersOptions{})
		if err != nil {
			require.Contains(t, []rest.Outcome{rest.Contradictory, rest.Unreadable}, asRestError(t, err).Outcome)
			requireHarmless(t, err.Error())
			return
		}
		o := page.Orders[0]
		require.Regexp(t, `^[0-9]{1,20}$`, o.LegacyID)
		require.Regexp(t, `^gid://shopify/LineItem/[0-9]{1,20}$`, o.LineItems[0].ID)
		require.Equal(t, int(quantity), o.LineItems[0].CurrentQuantity)
		for _, s := range []string{o.Name, o.LineItems[0].SKU, o.LineItems[0].Attributes[0].Value, o.Customer.DisplayName} {
			require.True(t, utf8.ValidString(s))
		}
	})
}

// FuzzErrorBody fuzzes the body of a response with an error status.
func FuzzErrorBody(f *testing.F) {
	f.Add(401, `{"errors":"[API] Invalid API key"}`)
	f.Add(400, `{"error":"invalid_client","error_description":"for ada@example.com"}`)
	f.Add(422, `{"errors":[{"message":"m","path":["a",1e300],"extensions":{"code":"C"}}]}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			status = 400
		}
		c := newClient(t, shopify.Options{HTTPClient: &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { return answer(status, body), nil }),
		}})
		_, err := c.GetShop(t.Context())
		require.Equal(t, rest.Refused, asRestError(t, err).Outcome)
		require.Less(t, len(err.Error()), 1500)
		requireHarmless(t, err.Error())
	})
}

func requireHarmless(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
	}
}
