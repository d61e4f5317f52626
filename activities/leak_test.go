package activities_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

const (
	cardNumber = "6006490012345678"
	accessCode = "90817263"
	cardURL    = "https://widgets.example/egc/42"
)

// secrets returns what no failure may contain: histories, mails and logs store failures and show them to people.
func secrets(in activities.IssueCardInput) []string {
	to := in.Recipient
	return []string{
		to.Email, "grace.hopper", to.Name, to.Message, "Amazing Grace", to.From,
		cardNumber, "6006 4900 1234 5678", accessCode, cardURL, "widgets.example",
		password, base64.StdEncoding.EncodeToString([]byte(username + ":" + password)),
	}
}

// echoed is what an indiscreet issuer says. It is short, so that its end is not cut off before it can leak.
func echoed() string {
	to := secondCard().Recipient
	return fmt.Sprintf("card 6006 4900 1234 5678 (%s) at %s, from %s to %s (%s): %s",
		cardNumber, cardURL, to.From, to.Name, to.Email, to.Message)
}

// answered returns the order as the issuer answers it, with everything that the issuer knows about the card.
func answered(change func(order, egc map[string]any)) func(*http.Request) []byte {
	return func(r *http.Request) []byte {
		var sent struct {
			Order map[string]any `json:"order"`
		}
		if json.NewDecoder(r.Body).Decode(&sent) != nil {
			return nil
		}
		egc, _ := sent.Order["egc"].(map[string]any)
		egc["egc_code"], egc["egc_number"], egc["access_code"], egc["url"] = "DiSEMhS3", cardNumber, accessCode, cardURL
		change(sent.Order, egc)
		return marshal(sent.Order)
	}
}

func marshal(order map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"order": order})
	if err != nil {
		panic(err) // it was decoded from JSON, so it can be encoded again
	}
	return b
}

func TestFailuresTellNoSecrets(t *testing.T) {
	t.Parallel()
	type answer func(http.ResponseWriter, *http.Request)
	refusal := func(status int, body func(text string) any) answer {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(body(echoed()))
		}
	}
	text := func(text string) any { return map[string]any{"error": text} }
	list := func(text string) any { return map[string]any{"errors": []any{map[string]string{"message": text}}} }
	ok := func(body func(*http.Request) []byte) answer {
		return func(w http.ResponseWriter, r *http.Request) { w.Write(body(r)) }
	}
	whole := answered(func(_, _ map[string]any) {})
	answers := map[string]answer{
		"error at 200":      refusal(http.StatusOK, text),
		"no JSON":           ok(func(*http.Request) []byte { return []byte(echoed()) }),
		"truncated":         ok(func(r *http.Request) []byte { b := whole(r); return b[:len(b)-1] }),
		"no card":           ok(answered(func(order, _ map[string]any) { delete(order, "egc") })),
		"two cards":         ok(answered(func(order, egc map[string]any) { order["egc"] = []any{egc, egc} })),
		"card without code": ok(answered(func(_, egc map[string]any) { delete(egc, "egc_code") })),
		"another audit no":  ok(answered(func(order, _ map[string]any) { order["audit_number"] = cardNumber })),
		"another merchant":  ok(answered(func(_, egc map[string]any) { egc["merchant_code"] = cardNumber })),
		"another amount":    ok(answered(func(_, egc map[string]any) { egc["initial_balance"] = cardNumber })),
		"another currency":  ok(answered(func(_, egc map[string]any) { egc["currency"] = "grace.hopper@example.com" })),
		"another shape": ok(answered(func(_, egc map[string]any) {
			egc["egc_number"] = map[string]any{"number": cardNumber}
		})),
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, cardURL+"?to=grace.hopper@example.com", http.StatusTemporaryRedirect)
		},
	}
	for _, status := range []int{400, 401, 402, 403, 404, 409, 420, 422, 429, 500, 502, 503} {
		answers[fmt.Sprint(status, " text")] = refusal(status, text)
		answers[fmt.Sprint(status, " list")] = refusal(status, list)
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := issuing{logs: &logs{}, gifts: newGiftCards(t, http.HandlerFunc(answer), password)}
			in := secondCard()
			_, err := i.issue(t, in)
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Contains(t, failure.Message(), doing)
			require.NotContains(t, failure.Message(), "…", "what is cut off cannot be judged")
			require.Contains(t, giftcard.Kinds, giftcard.Kind(failure.Type()))
			wire := prototext.Format(temporal.GetDefaultFailureConverter().ErrorToFailure(err))
			requireNone(t, err.Error()+fmt.Sprintf("%+v", failure)+wire, in)
			requireNone(t, strings.Join(i.logs.lines, ""), in)
		})
	}
}

// The check would find the secrets: the issued card contains all of them.
func TestResultTellsNoSecrets(t *testing.T) {
	t.Parallel()
	issuer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(answered(func(_, _ map[string]any) {})(r))
	})
	i := issuing{logs: &logs{}, gifts: newGiftCards(t, issuer, password)}
	in := secondCard()
	out, err := i.issue(t, in)
	require.NoError(t, err)
	require.Equal(t, "************5678", out.MaskedNumber)
	written, err := json.Marshal(out)
	require.NoError(t, err)
	requireNone(t, string(written), in)
}

func requireNone(t *testing.T, text string, in activities.IssueCardInput) {
	t.Helper()
	for _, secret := range secrets(in) {
		require.NotEmpty(t, secret)
		require.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
	}
}

func TestMerchantFailuresTellNoNames(t *testing.T) {
	t.Parallel()
	issuer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"merchants":{"merchant":[`+
			`{"name":"Hopper & Daughters","merchant_code":"A"},{"name":"Hopper & Daughters","merchant_code":"B"}]}}`)
	})
	i := issuing{logs: &logs{}, gifts: newGiftCards(t, issuer, password)}
	customers := []giftcard.Customer{
		{ID: "77", DisplayName: "Hopper & Daughters"},
		{ID: "77", DisplayName: "Grace Hopper"},
		{ID: "77", DisplayName: "grace.hopper@example.com", CompanyName: "Hopper & Daughters", CompanyExternalID: "HOPPER-7"},
		{ID: "77", CompanyName: "Hopper & Sons", CompanyExternalID: "HOPPER-7"},
	}
	for n, customer := range customers {
		_, err := i.lookUp(t, activities.LookUpMerchantInput{OrderName: "#1001", Customer: customer})
		require.Error(t, err)
		text := strings.ToLower(err.Error())
		require.NotContains(t, text, "hopper", n)
		require.Contains(t, text, "customer 77")
	}
}
