package cashstar_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/rest"
)

type transport func(*http.Request) (int, http.Header, string)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	if header == nil {
		header = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// stub returns a client of a service with responses that the simulator never sends.
func stub(t testing.TB, answer transport) *cashstar.Client {
	t.Helper()
	c, err := cashstar.New(cashstar.Options{
		BaseURL: "https://cashstar.invalid/v2", Username: "giftbridge", Password: "hunter2",
		HTTPClient: &http.Client{Transport: answer},
	})
	require.NoError(t, err)
	return c
}

func answering(t testing.TB, status int, body string) *cashstar.Client {
	t.Helper()
	return stub(t, func(*http.Request) (int, http.Header, string) { return status, nil, body })
}

func sample(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/order.json")
	require.NoError(t, err)
	return string(b)
}

func TestPublishedSampleOfAnOrder(t *testing.T) {
	t.Parallel()
	c := answering(t, 200, sample(t))
	got, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, &cashstar.Order{
		OrderNumber: "1234", OrderStatus: "ACTIVE", TransactionID: "12421413", AuditNumber: "asd134",
		Card: cashstar.Card{
			EGCCode: "DiSEMhS3pMCCyNr2QW", MaskedNumber: "************3456", MerchantCode: "TWS",
			InitialBalance: "10.00", CurrentBalance: "8.00", Currency: "USD", Active: true, Status: "ACTIVE",
		},
	}, got)
}

// What spends a card is dropped when a response is read.
func TestSecretsOfACardAreNotKept(t *testing.T) {
	t.Parallel()
	got, err := answering(t, 200, sample(t)).CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, "************3456", got.Card.MaskedNumber)
	got.OrderNumber = "" // It happens to equal the access code.
	text := fmt.Sprintf("%#v", *got)
	for _, secret := range []string{"1234567890123456", "egc/12312352"} {
		require.NotContains(t, text, secret)
	}
	require.NotContains(t, strings.ReplaceAll(text, "12421413", ""), "1234")
}

func TestAssumedShapesOfAnOrder(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, replacement string }{
		{"order number as number", `"order_number": "1234"`, `"order_number": 1234`},
		{"amounts as numbers", `"10.00"`, `10.00`},
		{"card number as number", `"1234567890123456"`, `1234567890123456`},
		{"active as text", `"active": true`, `"active": "true"`},
		{"null delivery", `"challenge_description"`, `"delivery": null, "challenge_description"`},
		{"unknown fields", `"egc_code"`, `"colour": {"red": [1]}, "egc_code"`},
		{"wrong type where nobody looks", `"steve@example.com"`, `7`},
		{"as it is", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(sample(t), tt.old, tt.replacement, 1)
			got, err := answering(t, 201, body).CreateOrder(t.Context(), order)
			require.NoError(t, err)
			require.Equal(t, "1234", got.OrderNumber)
			require.Equal(t, "10.00", got.Card.InitialBalance)
			require.Equal(t, "************3456", got.Card.MaskedNumber)
			require.True(t, got.Card.Active)
		})
	}
	listed := strings.Replace(strings.Replace(sample(t), `"egc": {`, `"egc": [{`, 1), "    }\n  }\n}", "    }]\n  }\n}", 1)
	got, err := answering(t, 200, listed).CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, "DiSEMhS3pMCCyNr2QW", got.Card.EGCCode)
}

func TestOrderAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       rest.Outcome
		text       string
	}{
		{"empty object", `{}`, rest.Contradictory, "no order"},
		{"null", `null`, rest.Contradictory, "no order"},
		{"null order", `{"order":null}`, rest.Contradictory, "no order"},
		{"error within 200", `{"error":"no\nfunds for steve@example.com"}`, rest.Contradictory, "no funds for"},
		{"order without card", `{"order":{"order_number":"1"}}`, rest.Contradictory, "one card"},
		{"null card", `{"order":{"egc":null}}`, rest.Contradictory, "one card"},
		{"empty card", `{"order":{"egc":{}}}`, rest.Contradictory, "one card"},
		{"no cards", `{"order":{"egc":[]}}`, rest.Contradictory, "one card"},
		{"two cards", `{"order":{"egc":[{"egc_code":"a"},{"egc_code":"b"}]}}`, rest.Contradictory, "one card"},
		{"order as text", `{"order":"steve@example.com"}`, rest.Unreadable, "unexpected string in JSON field order"},
		{"order as list", `{"order":[]}`, rest.Unreadable, "unexpected array in JSON field order"},
		{"card as text", `{"order":{"egc":"x"}}`, rest.Unreadable, "string"},
		{"code as object", `{"order":{"egc":{"egc_code":{}}}}`, rest.Unreadable, "object"},
		{"number as list", `{"order":{"egc":{"egc_number":[1234567890123456]}}}`, rest.Unreadable, "array"},
		{"empty", ``, rest.Unreadable, "not whole JSON"},
		{"cut off", sample(t)[:400], rest.Unreadable, "not whole JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, 200, tt.body).CreateOrder(t.Context(), order)
			requireError(t, err, tt.want)
			require.ErrorContains(t, err, tt.text)
			for _, secret := range []string{"steve", "1234567890123456", "widgets.cashstar"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

// A response about one card, or about an account's merchants, takes a few kilobytes.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	padded := func(size int) string { return sample(t) + strings.Repeat(" ", size-len(sample(t))) }
	_, err := answering(t, 200, padded(most)).CreateOrder(t.Context(), order)
	require.NoError(t, err)
	_, err = answering(t, 200, padded(most+1)).CreateOrder(t.Context(), order)
	requireError(t, err, rest.Unreadable)
	require.ErrorContains(t, err, "larger than 1048576 bytes")
}

func TestMerchantsAnswers(t *testing.T) {
	t.Parallel()
	tws := cashstar.Merchant{Name: "Widget Store", LegalName: "W Inc", MerchantCode: "TWS"}
	const one = `{"name":"Widget Store","legal_name":"W Inc","merchant_code":"TWS"}`
	tests := []struct {
		name, body string
		want       []cashstar.Merchant
		outcome    rest.Outcome
	}{
		{"list", `{"merchants":{"merchant":[` + one + `,` + one + `]}}`, []cashstar.Merchant{tws, tws}, ""},
		{"one", `{"merchants":{"merchant":` + one + `}}`, []cashstar.Merchant{tws}, ""},
		{"without code", `{"merchants":{"merchant":[{"name":"x"},` + one + `,null]}}`, []cashstar.Merchant{tws}, ""},
		{"code as number", `{"merchants":{"merchant":{"merchant_code":7}}}`, []cashstar.Merchant{{MerchantCode: "7"}}, ""},
		{"empty", `{"merchants":{"merchant":[]}}`, []cashstar.Merchant{}, ""},
		{"none", `{"merchants":{"transaction_id":"1"}}`, []cashstar.Merchant{}, ""},
		{"no merchants", `{}`, nil, rest.Contradictory},
		{"null", `{"merchants":null}`, nil, rest.Contradictory},
		{"text", `{"merchants":"none"}`, nil, rest.Unreadable},
		{"name as object", `{"merchants":{"merchant":{"name":{}}}}`, nil, rest.Unreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := answering(t, 200, tt.body).Merchants(t.Context())
			if tt.outcome != "" {
				requireError(t, err, tt.outcome)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCardAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		outcome    rest.Outcome
	}{
		{"whole", `{"egc":{"egc_code":"c","merchant_code":"TWS","current_balance":"8.00"}}`, ""},
		{"without codes", `{"egc":{"current_balance":8.00}}`, ""},
		{"other card", `{"egc":{"egc_code":"d"}}`, rest.Contradictory},
		{"other merchant", `{"egc":{"egc_code":"c","merchant_code":"X"}}`, rest.Contradictory},
		{"no card", `{}`, rest.Contradictory},
		{"two cards", `{"egc":[{},{}]}`, rest.Contradictory},
		{"text", `{"egc":"c"}`, rest.Unreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			card, err := answering(t, 200, tt.body).Balance(t.Context(), "TWS", "c")
			if tt.outcome != "" {
				requireError(t, err, tt.outcome)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "8.00", card.CurrentBalance)
		})
	}
}

func TestMaskedNumber(t *testing.T) {
	t.Parallel()
	tests := []struct{ number, want string }{
		{"1234567890123456", "************3456"},
		{"12345678", "************5678"},
		{"1234567", "************"},
		{"4", "************"},
		{"", ""},
		{"XXXXXXXXXXXX3456", "************3456"},
		{"ééééééééé", "************éééé"},
	}
	for _, tt := range tests {
		c := answering(t, 200, `{"egc":{"egc_number":"`+tt.number+`"}}`)
		card, err := c.Balance(t.Context(), "TWS", "c")
		require.NoError(t, err)
		require.Equal(t, tt.want, card.MaskedNumber)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := func() *cashstar.Order {
		return &cashstar.Order{AuditNumber: "asd134", Card: cashstar.Card{
			MerchantCode: "TWS", InitialBalance: "100.00", Currency: "USD",
		}}
	}
	for _, same := range []string{"100.00", "100", "100.0", "100.000", "0100.00"} {
		o := good()
		o.Card.InitialBalance = same
		require.NoError(t, o.Check(order), same)
	}
	// An omitted field is not a difference, and the currency is not case-sensitive.
	for _, change := range []func(*cashstar.Order){
		func(o *cashstar.Order) { o.Card.MerchantCode = "" },
		func(o *cashstar.Order) { o.Card.Currency = "" },
		func(o *cashstar.Order) { o.Card.Currency = "usd" },
		func(o *cashstar.Order) { o.Card.MerchantCode, o.Card.Currency = "", "" },
	} {
		o := good()
		change(o)
		require.NoError(t, o.Check(order))
	}
	tests := []struct {
		name  string
		spoil func(*cashstar.Order)
		want  string
	}{
		{"audit number", func(o *cashstar.Order) { o.AuditNumber = "steve@example.com" }, "another audit number"},
		{"no audit number", func(o *cashstar.Order) { o.AuditNumber = "" }, "another audit number"},
		{"merchant", func(o *cashstar.Order) { o.Card.MerchantCode = "tws" }, `merchant code "TWS", answered "tws"`},
		{"balance", func(o *cashstar.Order) { o.Card.InitialBalance = "100.01" }, `"100.00", answered "100.01"`},
		{"sign", func(o *cashstar.Order) { o.Card.InitialBalance = "-100.00" }, "initial balance"},
		{"no balance", func(o *cashstar.Order) { o.Card.InitialBalance = "" }, "initial balance"},
		{"exponent", func(o *cashstar.Order) { o.Card.InitialBalance = "1e2" }, "initial balance"},
		{"huge exponent", func(o *cashstar.Order) { o.Card.InitialBalance = "1e999999999" }, "initial balance"},
		{"fraction", func(o *cashstar.Order) { o.Card.InitialBalance = "200/2" }, "initial balance"},
		{"cents", func(o *cashstar.Order) { o.Card.InitialBalance = "10000" }, "initial balance"},
		{"currency", func(o *cashstar.Order) { o.Card.Currency = "CAD" }, `currency "USD", answered "CAD"`},
		{"sign of a currency", func(o *cashstar.Order) { o.Card.Currency = "$" }, `currency "USD", answered "$"`},
		{"long", func(o *cashstar.Order) { o.Card.Currency = strings.Repeat("x", 99) }, strings.Repeat("x", 40) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := good()
			tt.spoil(o)
			err := o.Check(order)
			requireError(t, err, rest.Contradictory)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "steve")
		})
	}
}
