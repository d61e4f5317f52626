package cashstar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/rest"
)

func TestEveryStatus(t *testing.T) {
	t.Parallel()
	for status := 300; status <= 599; status++ {
		c := stub(t, func(*http.Request) (int, http.Header, string) {
			return status, http.Header{"Retry-After": {"7"}}, `{"error":"no"}`
		})
		calls := map[string]error{}
		_, calls["merchants"] = c.Merchants(t.Context())
		_, calls["create"] = c.CreateOrder(t.Context(), order)
		_, calls["balance"] = c.Balance(t.Context(), "TWS", "c")
		_, calls["cancel"] = c.CancelCard(t.Context(), "TWS", "c")
		for name, err := range calls {
			e := requireError(t, err, rest.Refused)
			require.Equal(t, status, e.Status, name)
			require.Equal(t, "no", e.Message, name)
			require.Equal(t, 7*time.Second, e.RetryAfter, name)
			require.Equal(t, status == 420 || status == 429, cashstar.IsRateLimit(err), name)
			require.Equal(t, status == 409, cashstar.IsDuplicate(err), name)
		}
	}
	for status := 200; status <= 299; status++ {
		_, err := answering(t, status, sample(t)).CreateOrder(t.Context(), order)
		require.NoError(t, err, status)
	}
}

func TestIsDuplicate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status  int
		message string
		want    bool
	}{
		{409, "", true},
		{409, "whatever", true},
		{400, "audit_number already exists", true},
		{400, "Audit number has already been used.", true},
		{400, "Duplicate audit number", true},
		{400, "auditNumber must be unique", true},
		{400, "", false},
		{400, "merchant_code already exists", false},
		{400, "audit_number is required", false},
		{400, "audit number is too long", false},
		{400, "audit_number was already used for a different order", false},
		{403, "audit_number already exists", false},
		{404, "audit_number already exists", false},
		{500, "duplicate audit_number", false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.message), func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{"error": tt.message})
			require.NoError(t, err)
			_, err = answering(t, tt.status, string(body)).CreateOrder(t.Context(), order)
			require.Equal(t, tt.want, cashstar.IsDuplicate(err))
			require.Equal(t, tt.want, cashstar.IsDuplicate(fmt.Errorf("issue card: %w", err)))
		})
	}
	require.False(t, cashstar.IsDuplicate(nil))
	require.False(t, cashstar.IsDuplicate(errors.New("audit_number already exists")))
	require.False(t, cashstar.IsRateLimit(errors.New("420")))
}

func TestGreetingCannotPassForTheServicesWords(t *testing.T) {
	t.Parallel()
	greeting := order
	greeting.Message.Body = "audit number already used"
	c := answering(t, 400, `{"error":"message \"audit number already used\" is refused"}`)
	_, err := c.CreateOrder(t.Context(), greeting)
	require.False(t, cashstar.IsDuplicate(err))
	require.ErrorContains(t, err, `message "[redacted]" is refused`)
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"text", `{"error":"no such merchant"}`, "no such merchant"},
		{"texts", `{"errors":["one","two"]}`, "one; two"},
		{"objects", `{"errors":[{"message":"one","field":"x"},{"message":"two"}]}`, "one; two"},
		{"mixed", `{"error":"zero","errors":["one",{"message":"two"},3,null,{"text":"x"},""]}`, "zero; one; two"},
		{"object", `{"error":{"message":"one"}}`, "one"},
		{"one object", `{"errors":{"message":"one"}}`, "one"},
		{"number", `{"error":7}`, ""},
		{"null", `{"error":null,"errors":null}`, ""},
		{"other", `{"message":"one"}`, ""},
		{"empty", ``, ""},
		{"HTML", `<p>steve@example.com</p>`, ""},
		{"list", `["one"]`, ""},
		{"several lines", `{"error":"one\n\ttwo"}`, "one two"},
		{"long", `{"error":"` + strings.Repeat("x", 500) + `"}`, strings.Repeat("x", 300) + "…"},
		{"e-mail", `{"error":"target <s.t+e@example.co.uk> is bad"}`, "target <[e-mail]> is bad"},
		{"odd e-mail", `{"error":"target stève@exämple.com, is bad"}`, "target [e-mail], is bad"},
		{"card number", `{"error":"card 1234567890123456 is bad"}`, "card [number] is bad"},
		{"spaced card number", `{"error":"card 1234 5678-9012 3456 is bad"}`, "card [number] is bad"},
		{"shorter number", `{"error":"order 12345678901 is bad"}`, "order 12345678901 is bad"},
		{"URL", `{"error":"see https://widgets.cashstar.com/egc/1?pin=2 now"}`, "see [URL] now"},
		{
			"greeting", `{"error":"Thanks so much is too short for grandma from The Smiths"}`,
			"[redacted] is too short for [redacted] from [redacted]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, 400, tt.body).CreateOrder(t.Context(), order)
			require.Equal(t, tt.want, requireError(t, err, rest.Refused).Message)
		})
	}
}
