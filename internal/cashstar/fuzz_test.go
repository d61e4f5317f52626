package cashstar_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/rest"
)

func FuzzOrderAnswer(f *testing.F) {
	f.Add(sample(f))
	f.Fuzz(func(t *testing.T, body string) {
		got, err := answering(t, 200, body).CreateOrder(t.Context(), order)
		if err != nil {
			requireUnreadableOrContradictory(t, err)
			return
		}
		require.NotEmpty(t, got.Card.EGCCode)
		require.LessOrEqual(t, utf8.RuneCountInString(got.Card.MaskedNumber), 16)
		if err := got.Check(order); err != nil {
			requireError(t, err, rest.Contradictory)
		}
	})
}

func FuzzMerchantsAnswer(f *testing.F) {
	f.Add(`{"merchants":{"transaction_id":"1","merchant":[{"name":"W","legal_name":"W Inc","merchant_code":"TWS"}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, err := answering(t, 200, body).Merchants(t.Context())
		if err != nil {
			requireUnreadableOrContradictory(t, err)
			return
		}
		for _, m := range got {
			require.NotEmpty(t, m.MerchantCode)
		}
	})
}

func FuzzOffer(f *testing.F) {
	f.Add(`{"catalog":{"currency":[{"code":"USD"}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, err := answering(t, 200, body).Catalog(t.Context(), "TWS")
		if err != nil {
			requireUnreadableOrContradictory(t, err)
			return
		}
		require.LessOrEqual(t, len(got.Fields), cashstar.MaxFields)
		for _, field := range got.Fields {
			require.Equal(t, rest.Clip(field.Value), field.Value)
		}
	})
}

func requireUnreadableOrContradictory(t *testing.T, err error) {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, []rest.Outcome{rest.Unreadable, rest.Contradictory}, e.Outcome)
}

func FuzzErrorBody(f *testing.F) {
	f.Add(400, `{"error":"audit_number already exists"}`)
	f.Add(403, `{"errors":[{"message":"card 1234567890123456"},"steve@example.com"]}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 300 || status > 599 {
			status = 400
		}
		_, err := answering(t, status, body).CreateOrder(t.Context(), order)
		e := requireError(t, err, rest.Refused)
		require.True(t, utf8.ValidString(e.Message))
		require.LessOrEqual(t, len(e.Message), 310)
		require.NotContains(t, e.Message, "steve@example.com")
		require.NotContains(t, e.Message, "\n")
	})
}

// FuzzErrorText wraps any text in an error body, so that the fuzzer does not have to discover JSON.
func FuzzErrorText(f *testing.F) {
	f.Add("call 1234 5678 9012 3456 or write to steve@example.com")
	f.Fuzz(func(t *testing.T, text string) {
		body, err := json.Marshal(map[string]any{"errors": []string{text}})
		require.NoError(t, err)
		_, err = answering(t, 400, string(body)).CreateOrder(t.Context(), order)
		e := requireError(t, err, rest.Refused)
		digits := 0
		for _, r := range e.Message {
			if digits++; r < '0' || r > '9' {
				digits = 0
			}
			require.Less(t, digits, 12, e.Message)
		}
		require.NotContains(t, strings.ToLower(e.Message), "https://")
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7")
	f.Add("Wed, 01 Jul 2026 12:00:30 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		c := stub(t, func(*http.Request) (int, http.Header, string) {
			return 420, http.Header{"Retry-After": {value}}, ""
		})
		_, err := c.Merchants(t.Context())
		e := requireError(t, err, rest.Refused)
		require.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
		require.LessOrEqual(t, e.RetryAfter, 24*time.Hour)
	})
}
