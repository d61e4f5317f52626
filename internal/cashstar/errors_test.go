package cashstar_test

import (
	"context"
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
		_, calls["catalog"] = c.Catalog(t.Context(), "TWS")
		_, calls["faceplates"] = c.Faceplates(t.Context(), "TWS")
		_, calls["create"] = c.CreateOrder(t.Context(), order)
		_, calls["balance"] = c.Balance(t.Context(), "TWS", "c")
		_, calls["cancel"] = c.CancelCard(t.Context(), "TWS", "c")
		for name, err := range calls {
			e := requireError(t, err, rest.Refused)
			require.Equal(t, status, e.Status, name)
			require.Equal(t, "no", e.Message, name)
			require.Equal(t, 7*time.Second, e.RetryAfter, name)
			require.False(t, cashstar.IsDuplicate(err), name)
		}
	}
	for status := 200; status <= 299; status++ {
		_, err := answering(t, status, sample(t)).CreateOrder(t.Context(), order)
		require.NoError(t, err, status)
	}
}

func TestIsDuplicate(t *testing.T) {
	t.Parallel()
	of := func(message string) string {
		body, err := json.Marshal(map[string]string{"error": message})
		require.NoError(t, err)
		return string(body)
	}
	tests := map[bool][]string{
		true: {
			of("audit_number already exists"), of("Audit number has already been used."), of("Duplicate audit number"),
			of("auditNumber must be unique"), of("audit_number was already used"), of("audit_number: not unique"),
			of("An order with this audit number already exists; it was not created."),
			of("audit_number asd134 already exists"), of(`audit number "ASD134" was used on 2026-07-01`),
			of("Order already exists (audit number: asd134)"), of("The audit number was already processed, try another one"),
			`{"errors":["currency is not used by this merchant","audit_number already exists"]}`,
			`{"errors":[{"message":"already exists","field":"audit_number"}]}`,
			`{"errors":[{"message":"duplicate audit_number","field":{"name":7}}]}`,
		},
		false: {
			"", "<h1>Conflict</h1><p>audit_number already exists</p>", "audit_number already exists", "{}", of(""),
			`{"message":"audit_number already exists"}`, `{"error":null}`, `["audit_number already exists"]`,
			of("whatever"), of("Conflict"), of("merchant_code already exists"), of("audit_number is required"),
			of("audit number is too long"), of("audit_number was already used for a different order"),
			of("audit_number belongs to another order"), of("an order with this audit number is already in progress"),
			of("an order with this audit_number already exists and is being processed"),
			of("Merchant TWS does not exist (audit number asd134)"),
			of("the faceplate no longer exists; audit_number=asd134"),
			of("the faceplate exists in two colours. Audit number asd134"),
			of("audit_number: holds characters that cannot be used"),
			of("audit_number exceeds 40 characters; values must be unique per day"),
			of("no order with this audit_number exists"), of("the order of audit number asd134 no longer exists"),
			of("audit_number doesn't exist"), of("audit_number abc99 already exists"),
			of("audit_number 450789469-N4MZOLDBD3KI was already used"),
			`{"errors":["audit_number is too long","currency is not used by this merchant"]}`,
			`{"errors":["audit_number already exists","the order differs from the first one"]}`,
			`{"errors":[{"message":"already exists","field":"merchant_code"}]}`,
		},
	}
	for want, bodies := range tests {
		for _, body := range bodies {
			for _, status := range []int{400, 409} {
				_, err := answering(t, status, body).CreateOrder(t.Context(), order)
				require.Equal(t, want, cashstar.IsDuplicate(err), "%d %s", status, body)
				require.Equal(t, want, cashstar.IsDuplicate(fmt.Errorf("issue card: %w", err)))
				requireError(t, err, rest.Refused)
			}
			for _, status := range []int{200, 401, 403, 404, 422, 500} {
				_, err := answering(t, status, body).CreateOrder(t.Context(), order)
				require.False(t, cashstar.IsDuplicate(err), "%d %s", status, body)
			}
		}
	}
	require.False(t, cashstar.IsDuplicate(nil))
	require.False(t, cashstar.IsDuplicate(errors.New("audit_number already exists")))
}

// An audit number begins with an order ID, which is as long as a card number. Our own audit number must stay in
// messages: operators use it to look up the order at the service.
func TestIsDuplicateOfALongNumber(t *testing.T) {
	t.Parallel()
	long := order
	long.AuditNumber = "5000000000067-3M5YOQNCNZPP"
	for number, want := range map[string]bool{long.AuditNumber: true, "5000000000068-3M5YOQNCNZPP": false} {
		_, err := answering(t, 409, `{"error":"audit_number `+number+` already exists"}`).CreateOrder(t.Context(), long)
		require.Equal(t, want, cashstar.IsDuplicate(err))
		shown := number
		if !want {
			shown = "[number]M5YOQNCNZPP"
		}
		require.Equal(t, "audit_number "+shown+" already exists", requireError(t, err, rest.Refused).Message)
	}
}

// A refusal without the service's own words comes from an intermediary. With them, a card that is not found does not
// exist.
func TestIsInconclusive(t *testing.T) {
	t.Parallel()
	const own, page = `{"error":"no"}`, "<h1>No</h1>"
	tests := []struct {
		status       int
		body         string
		merchants    bool
		create, card bool
		ambiguous    bool // for an order
	}{
		{400, own, false, false, false, false},
		{400, page, true, true, true, true},
		{400, `{"message":"no"}`, true, true, true, true},
		{401, page, false, false, false, false},
		{403, own, false, false, false, false},
		{403, page, false, false, false, true},
		{404, own, true, true, false, true},
		{404, page, true, true, true, true},
		{405, own, true, true, false, true},
		{409, own, false, true, false, true},
		{409, page, true, true, true, true},
		{410, "", true, true, true, true},
		{421, "", true, true, true, true},
		{422, own, false, false, false, false},
		{422, "", true, true, true, true},
		{429, page, false, false, false, false},
		{430, page, true, true, true, true},
		{500, page, false, false, false, true},
	}
	for _, tt := range tests {
		c := answering(t, tt.status, tt.body)
		_, err := c.Merchants(t.Context())
		require.Equal(t, tt.merchants, cashstar.IsInconclusive(err), "merchants %d %s", tt.status, tt.body)
		_, err = c.CreateOrder(t.Context(), order)
		require.Equal(t, tt.create, cashstar.IsInconclusive(err), "create %d %s", tt.status, tt.body)
		require.Equal(t, tt.ambiguous, cashstar.IsAmbiguous(err), "create %d %s", tt.status, tt.body)
		require.Equal(t, tt.body == own, cashstar.Explains(err))
		for _, call := range []func(context.Context, string, string) (*cashstar.Card, error){
			c.Balance, c.CancelCard,
		} {
			_, err = call(t.Context(), "TWS", "c")
			require.Equal(t, tt.card, cashstar.IsInconclusive(err), "card %d %s", tt.status, tt.body)
		}
	}
	for _, err := range []error{
		nil, errors.New("404"), &rest.Error{Service: "Shopify", Outcome: rest.Refused, Status: 404},
	} {
		require.False(t, cashstar.IsInconclusive(err))
		require.False(t, cashstar.Explains(err))
	}
	require.True(t, cashstar.IsAmbiguous(&rest.Error{Service: "CashStar", Outcome: rest.NoAnswer}))
	require.False(t, cashstar.IsAmbiguous(errors.New("no")))
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
		{"e-mail", `{"error":"target <s.t+e@example.co.uk> is bad"}`, "target <[address]> is bad"},
		{"odd e-mail", `{"error":"target stève@exämple.com, is bad"}`, "target [address], is bad"},
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
