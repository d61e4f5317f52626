package shopifytest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestARequestNeedsATokenAVersionAndJSON(t *testing.T) {
	t.Parallel()
	const shop, token = `{"query":"{ shop { name } }"}`, shopifytest.AccessToken
	for name, c := range map[string]struct {
		method, path, token, body string
		status                    int
		version                   string
	}{
		"good":                {http.MethodPost, path, token, shop, 200, "2026-07"},
		"no token":            {http.MethodPost, path, "", shop, 401, ""},
		"wrong token":         {http.MethodPost, path, "shpat_other", shop, 401, ""},
		"a version gone":      {http.MethodPost, "/admin/api/2024-07/graphql.json", token, shop, 200, "2026-01"},
		"a version to come":   {http.MethodPost, "/admin/api/2031-01/graphql.json", token, shop, 404, ""},
		"no version":          {http.MethodPost, "/admin/api/2026-05/graphql.json", token, shop, 404, ""},
		"the REST API":        {http.MethodGet, "/admin/api/2026-07/orders.json", token, "", 404, ""},
		"the wrong method":    {http.MethodGet, path, token, "", 404, ""},
		"not JSON":            {http.MethodPost, path, token, "{", 400, ""},
		"variables no object": {http.MethodPost, path, token, `{"query":"{shop{name}}","variables":[]}`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Shopify-Access-Token", c.token)
			w := httptest.NewRecorder()
			shopifytest.New(shopifytest.Options{}).ServeHTTP(w, r)
			require.Equal(t, c.status, w.Code, "%s", w.Body)
			require.Equal(t, c.version, w.Header().Get("X-Shopify-API-Version"))
			var body map[string]any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			if c.status == 200 {
				require.NotContains(t, body, "errors")
			} else {
				require.IsType(t, "", body["errors"], "refusals have errors as a text")
			}
		})
	}
}

func TestAQueryThatShopifyWouldRefuseIsRefused(t *testing.T) {
	t.Parallel()
	const page = `query($first: Int!, $after: String) { orders(first: $first, after: $after) { nodes { id } } }`
	for name, c := range map[string]struct {
		query string
		vars  map[string]any
		code  string
	}{
		"a field that is none":     {`{ shop { nome } }`, nil, "undefinedField"},
		"an argument that is none": {`{ orders(first: 1, status: "any") { nodes { id } } }`, nil, "argumentNotAccepted"},
		"a missing argument":       {`{ order { id } }`, nil, "missingRequiredArguments"},
		"no selection":             {`{ shop }`, nil, "selectionMismatch"},
		"not GraphQL":              {`{ shop {`, nil, "parseError"},
		"a missing variable":       {page, nil, "INVALID_VARIABLE"},
		"a variable of wrong type": {page, map[string]any{"first": "x"}, "INVALID_VARIABLE"},
		"an enum value that is none": {
			`query($k: OrderSortKeys) { orders(first: 1, sortKey: $k) { nodes { id } } }`,
			map[string]any{"k": "SOMEHOW"},
			"INVALID_VARIABLE",
		},
		"a page too large":  {page, map[string]any{"first": 251}, "BAD_REQUEST"},
		"a page of nothing": {page, map[string]any{"first": 0}, "BAD_REQUEST"},
		"no page size":      {`{ orders { nodes { id } } }`, nil, "BAD_REQUEST"},
		"too many lines": {
			`{ orders(first: 1) { nodes { lineItems(first: 251) { nodes { id } } } } }`, nil, "BAD_REQUEST",
		},
		"an empty cursor":      {page, map[string]any{"first": 1, "after": ""}, "BAD_REQUEST"},
		"a cursor of nowhere":  {page, map[string]any{"first": 1, "after": "eyJ9"}, "BAD_REQUEST"},
		"a legacy id":          {`{ order(id: "1") { id } }`, nil, "INVALID_VARIABLE"},
		"a product's id":       {`{ order(id: "gid://shopify/Product/1") { id } }`, nil, "INVALID_VARIABLE"},
		"two operations":       {`query a { shop { name } } query b { shop { name } }`, nil, "operationNotFound"},
		"two names of one key": {`{ shop { name: currencyCode name } }`, nil, "overlappingFieldsCanBeMerged"},
		"too dear":             {dear, nil, "MAX_COST_EXCEEDED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopifytest.New(shopifytest.Options{})
			s.AddOrder(shopifytest.Order{})
			a := query(t, s, c.query, c.vars)
			require.Equal(t, c.code, a.code(t))
			require.Equal(t, map[string]int{c.code: 1}, s.Stats().Errors)
			if c.code == "MAX_COST_EXCEEDED" {
				require.Nil(t, a.Ext.Cost, "such an answer has no extensions")
			}
		})
	}
}

// dear requests 250 orders with 250 lines, four times.
const dear = `{
	a: orders(first: 250) { nodes { ...o } } b: orders(first: 250) { nodes { ...o } }
	c: orders(first: 250) { nodes { ...o } } d: orders(first: 250) { nodes { ...o } } }
fragment o on Order { customer { displayName } lineItems(first: 250) { nodes { customAttributes { key } } } }`

func TestLookingUpAnOrder(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{Company: &shopifytest.Company{Name: "Acme", ExternalID: "ACME"}})
	const get = `query($id: ID!, $b: Boolean!) { order(id: $id) {
		n: name purchasingEntity @include(if: $b) { __typename ... on PurchasingCompany { company { externalId } } } } }`
	gid := "gid://shopify/Order/" + strconv.FormatInt(o.ID, 10)
	require.Equal(t, map[string]any{"order": map[string]any{"n": "#1001"}},
		query(t, s, get, map[string]any{"id": gid, "b": false}).Data)
	require.Equal(t, map[string]any{"order": map[string]any{"n": "#1001", "purchasingEntity": map[string]any{
		"__typename": "PurchasingCompany", "company": map[string]any{"externalId": "ACME"},
	}}}, query(t, s, get, map[string]any{"id": gid, "b": true}).Data)
	require.Equal(t, map[string]any{"order": nil},
		query(t, s, get, map[string]any{"id": gid + "0", "b": true}).Data)
}

func TestADeniedFieldIsNullBesideAnError(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{DeniedFields: []string{"Order.email", "Customer.displayName"}})
	s.AddOrder(shopifytest.Order{Email: "a@example.com", Customer: &shopifytest.Customer{FirstName: "A"}})
	a := query(t, s, `{ orders(first: 1) { nodes { name email customer { displayName } } } }`, nil)
	require.Equal(t, map[string]any{"orders": map[string]any{"nodes": []any{
		map[string]any{"name": "#1001", "email": nil, "customer": nil},
	}}}, a.Data, "a field that cannot be null takes its object along")
	require.Equal(t, "ACCESS_DENIED", a.code(t))
	require.Equal(t, []any{"orders", "nodes", 0.0, "email"}, a.Errors.([]any)[0].(map[string]any)["path"])
}

func TestTokensAreGrantedToTheApp(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := shopifytest.New(shopifytest.Options{ClientID: "app", ClientSecret: "s3cret", Now: now.Now})
	grant := func(id, secret, kind string) (int, string, float64) {
		form := url.Values{"grant_type": {kind}, "client_id": {id}, "client_secret": {secret}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/oauth/access_token",
			strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var body struct {
			Token string  `json:"access_token"`
			Life  float64 `json:"expires_in"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		return w.Code, body.Token, body.Life
	}
	status, _, _ := grant("app", "wrong", "client_credentials")
	require.Equal(t, 401, status)
	status, _, _ = grant("app", "s3cret", "password")
	require.Equal(t, 400, status)
	status, token, life := grant("app", "s3cret", "client_credentials")
	require.Equal(t, 200, status)
	require.InDelta(t, 86399, life, 0)

	use := func(token string) int {
		w, _ := send(t, s, path, token, map[string]string{"query": "{ shop { name } }"})
		return w.Code
	}
	require.Equal(t, 200, use(token))
	require.Equal(t, 401, use(shopifytest.AccessToken), "an app's shop has no other token")
	now.Advance(24 * time.Hour)
	require.Equal(t, 401, use(token), "expired")
	_, token, _ = grant("app", "s3cret", "client_credentials")
	require.Equal(t, 200, use(token))
	s.RevokeTokens()
	require.Equal(t, 401, use(token), "revoked")
}

func TestTheExamplePayloadAnswersAsInGraphQL(t *testing.T) {
	t.Parallel()
	payload, err := os.ReadFile("testdata/orders_create.json")
	require.NoError(t, err)
	o, err := shopifytest.FromWebhook(payload)
	require.NoError(t, err)
	s := shopifytest.New(shopifytest.Options{Currency: "EUR", Now: newClock().Now})
	s.AddOrder(o)
	w, _ := send(t, s, path, shopifytest.AccessToken, map[string]any{"query": `{ orders(first: 1, sortKey: UPDATED_AT) {
		pageInfo { hasNextPage } nodes {
			id legacyResourceId name test createdAt updatedAt cancelledAt displayFinancialStatus email currencyCode
			customer { legacyResourceId displayName firstName lastName defaultEmailAddress { emailAddress } }
			lineItems(first: 10) { pageInfo { hasNextPage } nodes {
				id sku title isGiftCard quantity currentQuantity
				originalUnitPriceSet { shopMoney { amount currencyCode } } customAttributes { key value } } } } } }`})
	const golden = "testdata/orders_create.golden.json"
	var got any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	text, err := json.MarshalIndent(got, "", "  ")
	require.NoError(t, err)
	text = append(text, '\n')
	if *update {
		require.NoError(t, os.WriteFile(golden, text, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text))
}

func TestAPayloadThatIsNoOrderIsRefused(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		``, `{}`, `[]`, `{"id":1}`, `{"id":"1","line_items":[{}]}`, `{"id":1,"line_items":[{}]}`,
	} {
		_, err := shopifytest.FromWebhook([]byte(payload))
		require.Error(t, err, payload)
	}
}

func FuzzFromWebhook(f *testing.F) {
	payload, err := os.ReadFile("testdata/orders_create.json")
	require.NoError(f, err)
	f.Add(payload)
	f.Add([]byte(`{"id":1,"created_at":"2026-01-01T00:00:00Z","line_items":[{"properties":[{"name":"a","value":[1]}]}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		o, err := shopifytest.FromWebhook(payload)
		if err != nil {
			require.Empty(t, o)
			return
		}
		s := shopifytest.New(shopifytest.Options{})
		s.AddOrder(o)
		names, _, _ := list(t, s, nil)
		require.Len(t, names, 1)
	})
}
