package cashstartest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
)

var merchants = []cashstartest.Merchant{
	{
		Name: "Widget Store", LegalName: "The Widget Store, Inc.", MerchantCode: "TWS",
		Currencies: []string{"USD", "CAD"},
	},
	{Name: "Gadget Store", LegalName: "Gadgets Ltd", MerchantCode: "A/B", Currencies: []string{"GBP"}},
}

const goodOrder = `{"order":{"audit_number":"asd134","egc":{"merchant_code":"TWS","initial_balance":"10.00",
	"currency":"USD","challenge":"steve@example.com","challenge_description":"your email address",
	"delivery":{"delivered_by":"CASHSTAR","method":"EMAIL","target":"steve@example.com",
	"scheduled":"1997-07-16T19:20:30+01:00"},
	"message":{"from":"The Smiths","to":"grandma","body":"Thanks so much for everything you’ve done"}}}}`

type fixture struct {
	*cashstartest.Server
	t    *testing.T
	url  string
	stop func()
}

func start(t *testing.T, o cashstartest.Options) fixture {
	t.Helper()
	o.Username, o.Password = "giftbridge", "hunter2"
	if o.Merchants == nil {
		o.Merchants = merchants
	}
	s := cashstartest.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return fixture{s, t, server.URL, server.Close}
}

// try sends a request with the headers of a well-behaved client. The change function may break them.
func (f fixture) try(
	ctx context.Context, method, path, body string, change func(*http.Request),
) (*http.Response, string, error) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	req.SetBasicAuth("giftbridge", "hunter2")
	req.Header.Set("Accept", "application/json")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(req)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	b, err := io.ReadAll(resp.Body)
	require.NoError(f.t, resp.Body.Close())
	return resp, string(b), err
}

func (f fixture) send(method, path, body string) (int, string) {
	f.t.Helper()
	resp, b, err := f.try(f.t.Context(), method, path, body, nil)
	require.NoError(f.t, err)
	return resp.StatusCode, b
}

func (f fixture) order(body string) (int, string) {
	f.t.Helper()
	return f.send(http.MethodPost, "/v2/order/", body)
}

func audit(n int) string {
	return strings.Replace(goodOrder, "asd134", fmt.Sprintf("audit-%d", n), 1)
}

func TestOrderAnswerIsShapedLikeThePublishedSample(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{
		Now: func() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.FixedZone("", 3600)) },
	})
	status, got := f.order(goodOrder)
	require.Equal(t, http.StatusOK, status)
	sample, err := os.ReadFile("testdata/order.json")
	require.NoError(t, err)
	require.Equal(t, shape(t, sample), shape(t, []byte(got)))
}

// shape maps the path of each field to its type and format.
func shape(t *testing.T, b []byte) map[string]string {
	t.Helper()
	formats := []struct {
		name    string
		pattern *regexp.Regexp
	}{
		{"time", regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+01:00$`)},
		{"amount", regexp.MustCompile(`^\d+\.\d\d$`)},
		{"4 digits", regexp.MustCompile(`^\d{4}$`)},
		{"8 digits", regexp.MustCompile(`^\d{8}$`)},
		{"16 digits", regexp.MustCompile(`^\d{16}$`)},
		{"URL", regexp.MustCompile(`^https?://widgets\.cashstar\.[a-z]+/egc/\d{8}$`)},
		{"e-mail", regexp.MustCompile(`^[^@ ]+@[^@ ]+$`)},
		{"code", regexp.MustCompile(`^[A-Za-z0-9]{18}$`)},
		{"word", regexp.MustCompile(`^[A-Za-z0-9]+$`)},
		{"text", regexp.MustCompile(` `)},
	}
	shapes := make(map[string]string)
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch n := node.(type) {
		case map[string]any:
			for name, child := range n {
				walk(path+"/"+name, child)
			}
		case string:
			for _, format := range formats {
				if format.pattern.MatchString(n) {
					shapes[path] = format.name
					return
				}
			}
			shapes[path] = "unknown format"
		default:
			shapes[path] = fmt.Sprintf("%T", n)
		}
	}
	var tree any
	require.NoError(t, json.Unmarshal(b, &tree))
	walk("", tree)
	require.NotContains(t, slices.Collect(maps.Values(shapes)), "unknown format")
	return shapes
}

func TestCredentialsAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	tests := []struct {
		name   string
		change func(*http.Request)
	}{
		{"none", func(r *http.Request) { r.Header.Del("Authorization") }},
		{"wrong username", func(r *http.Request) { r.SetBasicAuth("Giftbridge", "hunter2") }},
		{"wrong password", func(r *http.Request) { r.SetBasicAuth("giftbridge", "hunter3") }},
		{"empty password", func(r *http.Request) { r.SetBasicAuth("giftbridge", "") }},
		{"no Basic", func(r *http.Request) { r.Header.Set("Authorization", "Bearer hunter2") }},
		{"no base64", func(r *http.Request) { r.Header.Set("Authorization", "Basic giftbridge:hunter2") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for path, method := range map[string]string{"/v2/order/": http.MethodPost, "/v2/merchant/": http.MethodGet} {
				resp, _, err := f.try(t.Context(), method, path, goodOrder, tt.change)
				require.NoError(t, err)
				require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				require.Contains(t, resp.Header.Get("WWW-Authenticate"), "Basic")
			}
			require.Empty(t, f.Cards())
		})
	}
}

func TestOrdersAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	tests := []struct{ name, old, replacement, want string }{
		{"no JSON", `{"order"`, `order`, "not an order"},
		{"two values", `}}}}`, `}}}}{}`, "more than one value"},
		{"unknown field", `"currency"`, `"colour":"red","currency"`, "colour"},
		{"field in another case", `"currency"`, `"Currency"`, "Currency"},
		{"field in a wrong place", `"audit_number":"asd134",`, `"audit_number":"asd134","currency":"USD",`, "currency"},
		{"number for a text", `"10.00"`, `10.00`, "not an order"},
		{"list of cards", `"egc":{`, `"egc":[],"x":{`, "not an order"},
		{"no audit number", `"asd134"`, `""`, "audit_number is required"},
		{"null audit number", `"asd134"`, `null`, "audit_number is required"},
		{"no merchant", `"TWS"`, `""`, "merchant_code is required"},
		{"unknown merchant", `"TWS"`, `"tws"`, "is unknown"},
		{"no balance", `"10.00"`, `""`, "initial_balance"},
		{"one decimal", `"10.00"`, `"10.0"`, "initial_balance"},
		{"three decimals", `"10.00"`, `"10.000"`, "initial_balance"},
		{"comma", `"10.00"`, `"10,00"`, "initial_balance"},
		{"leading zero", `"10.00"`, `"010.00"`, "initial_balance"},
		{"zero", `"10.00"`, `"0.00"`, "initial_balance"},
		{"negative", `"10.00"`, `"-10.00"`, "initial_balance"},
		{"above the limit", `"10.00"`, `"2000.01"`, "initial_balance"},
		{"far above the limit", `"10.00"`, `"` + strings.Repeat("9", 400) + `.00"`, "initial_balance"},
		{
			"additional content of another type", `"currency"`,
			`"additional_content":{"type":"HTML","content":"x"},"currency"`, "additional_content",
		},
		{
			"no additional content", `"currency"`,
			`"additional_content":{"type":"TEXT","content":""},"currency"`, "additional_content",
		},
		{"no currency", `"USD"`, `""`, "ISO 4217"},
		{"currency in lower case", `"USD"`, `"usd"`, "ISO 4217"},
		{"another merchant's currency", `"USD"`, `"GBP"`, "not one of the merchant's"},
		{"no challenge", `"challenge":"steve@example.com"`, `"challenge":""`, "challenge is required"},
		{"unknown deliverer", `"CASHSTAR"`, `"POST"`, "delivered_by"},
		{"unknown method", `"EMAIL"`, `"SMS"`, "method"},
		{"no target", `"target":"steve@example.com"`, `"target":""`, "target"},
		{"target without domain", `"target":"steve@example.com"`, `"target":"steve"`, "target"},
		{"target with a name", `"target":"steve@example.com"`, `"target":"Steve <steve@example.com>"`, "target"},
		{"target without dot", `"target":"steve@example.com"`, `"target":"steve@example"`, "target"},
		{"scheduled without offset", `1997-07-16T19:20:30+01:00`, `1997-07-16T19:20:30`, "scheduled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(goodOrder, tt.old, tt.replacement, 1)
			require.NotEqual(t, goodOrder, body)
			status, answer := f.order(body)
			require.Equal(t, http.StatusBadRequest, status)
			var said struct{ Errors []struct{ Message string } }
			require.NoError(t, json.Unmarshal([]byte(answer), &said))
			require.Len(t, said.Errors, 1)
			require.Contains(t, said.Errors[0].Message, tt.want)
			require.Empty(t, f.Cards())
		})
	}
}

func TestOrdersAtTheEdgesAreIssued(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, replacement string }{
		{"least", `"10.00"`, `"0.01"`},
		{"most", `"10.00"`, `"2000.00"`},
		{"other currency", `"USD"`, `"CAD"`},
		{"delivered by the client", `"CASHSTAR"`, `"CLIENT"`},
		{"no deliverer", `"delivered_by":"CASHSTAR",`, ``},
		{"time in UTC", `1997-07-16T19:20:30+01:00`, `2099-07-16T19:20:30Z`},
		{"no message", `"body":"Thanks so much for everything you’ve done"`, `"body":""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, cashstartest.Options{})
			body := strings.Replace(goodOrder, tt.old, tt.replacement, 1)
			require.NotEqual(t, goodOrder, body)
			status, answer := f.order(body)
			require.Equal(t, http.StatusOK, status, answer)
			require.Len(t, f.Cards(), 1)
		})
	}
}

func TestHeadersMethodsAndPathsAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	tests := []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"no Content-Type", "POST", "/v2/order/", func(r *http.Request) { r.Header.Del("Content-Type") }, 400},
		{"form", "POST", "/v2/order/", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400},
		{"no Accept", "POST", "/v2/order/", func(r *http.Request) { r.Header.Del("Accept") }, 406},
		{"other Accept", "POST", "/v2/order/", func(r *http.Request) { r.Header.Set("Accept", "text/html") }, 406},
		{"no slash", "POST", "/v2/order", nil, 404},
		{"no slash after merchants", "GET", "/v2/merchant", nil, 404},
		{"no version", "POST", "/order/", nil, 404},
		{"other version", "POST", "/v1/order/", nil, 404},
		{"too long", "POST", "/v2/order/1/", nil, 404},
		{"root", "GET", "/", nil, 404},
		{"GET order", "GET", "/v2/order/", nil, 405},
		{"PUT order", "PUT", "/v2/order/", nil, 405},
		{"POST merchant", "POST", "/v2/merchant/", nil, 405},
		{"GET card", "GET", "/v2/merchant/TWS/egc/x/", nil, 405},
		{"DELETE balance", "DELETE", "/v2/merchant/TWS/egc/x/balance/", nil, 405},
		{"unknown card", "GET", "/v2/merchant/TWS/egc/x/balance/", nil, 404},
		{"cancel unknown card", "DELETE", "/v2/merchant/TWS/egc/x/", nil, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body, err := f.try(t.Context(), tt.method, tt.path, goodOrder, tt.change)
			require.NoError(t, err)
			require.Equal(t, tt.want, resp.StatusCode, body)
			require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			require.True(t, json.Valid([]byte(body)))
			require.Equal(t, tt.want == 405, resp.Header.Get("Allow") != "")
			require.Empty(t, f.Cards())
		})
	}
}

func TestMerchants(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{BasePath: "/api/v3"})
	f.AddMerchant(cashstartest.Merchant{Name: "New", LegalName: "New Inc", MerchantCode: "N", Currencies: []string{"EUR"}})
	f.AddMerchant(cashstartest.Merchant{Name: "Renamed", LegalName: "R", MerchantCode: "TWS", Currencies: []string{"EUR"}})
	status, body := f.send(http.MethodGet, "/api/v3/merchant/", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"merchants":{"transaction_id":"10000001","merchant":[
		{"name":"Renamed","legal_name":"R","merchant_code":"TWS"},
		{"name":"Gadget Store","legal_name":"Gadgets Ltd","merchant_code":"A/B"},
		{"name":"New","legal_name":"New Inc","merchant_code":"N"}]}}`, body)
}

func TestBalanceAndCancel(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	body := strings.NewReplacer(`"TWS"`, `"A/B"`, `"USD"`, `"GBP"`).Replace(goodOrder)
	status, answer := f.order(body)
	require.Equal(t, http.StatusOK, status, answer)
	code := f.Cards()[0].EGCCode
	card := "/v2/merchant/A%2FB/egc/" + code + "/"

	status, answer = f.send(http.MethodGet, card+"balance/", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, `"current_balance":"10.00"`)
	require.Contains(t, answer, `"active":true`)

	status, _ = f.send(http.MethodGet, "/v2/merchant/TWS/egc/"+code+"/balance/", "")
	require.Equal(t, http.StatusNotFound, status, "another merchant's card")
	status, _ = f.send(http.MethodDelete, "/v2/merchant/TWS/egc/"+code+"/", "")
	require.Equal(t, http.StatusNotFound, status, "another merchant's card")

	status, answer = f.send(http.MethodDelete, card, "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, `"status":"CANCELLED"`)
	require.Contains(t, answer, `"current_balance":"0.00"`)
	require.Contains(t, answer, `"active":false`)

	status, answer = f.send(http.MethodDelete, card, "")
	require.Equal(t, http.StatusBadRequest, status)
	require.JSONEq(t, `{"error":"the eGC is cancelled"}`, answer)
	require.Equal(t, cashstartest.StatusCancelled, f.Cards()[0].Status)
}
