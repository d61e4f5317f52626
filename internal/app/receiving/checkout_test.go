package receiving_test

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

const (
	shopKey = "a key of the shop"
	barcode = "2900000000016"
)

// withCheckout returns the options of a receiver that serves a checkout. Four Way Shop is away as everything else is.
func withCheckout(log io.Writer) receiving.Options {
	o := options(log)
	c := &o.Config
	c.FourWayShop = fourwayshop.FourWayShop{
		Items: fourwayshop.Items{{SKU: "A", Code: "1"}}, BaseURL: "http://" + nobody + "/api/", Timeout: 30 * time.Second,
		Username: "us", Password: config.NewSecret("hush"), EntityCode: "440", BranchCode: "1", Country: "IT", PriceList: "1",
		CallbackKeys: links.SigningKeys{{ID: "k1", Secret: config.NewSecret(strings.Repeat("c", 32))}},
		CardIDKey:    config.NewSecret(strings.Repeat("i", 32)),
	}
	c.Payload = ops.Payload{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{
		{ID: "k1", Key: config.NewSecret(strings.Repeat("p", ops.PayloadKeySize))},
	}}
	c.Receiver.URL = "https://hooks.example.com"
	c.Checkout.Clients = checkout.Clients{{
		Name: "web", Hash: sha256.Sum256([]byte(shopKey)), Rights: []string{checkout.Balance, checkout.Redeem},
	}}
	return o
}

// spend sends a request to a checkout, and returns the status and the type of the problem.
func spend(t *testing.T, method, url, key, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", `"an-idempotency-key"`)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	var problem struct{ Type string }
	_ = json.NewDecoder(answer.Body).Decode(&problem) // What is not served answers in plain text.
	return answer.StatusCode, problem.Type
}

// A receiver serves the checkouts that are configured. While the issuer and Temporal are away it says so in time, and neither a
// code nor a key is in its log.
func TestReceiverServesCheckout(t *testing.T) {
	t.Parallel()
	var log lines
	r := start(t, withCheckout(&log))
	base := "http://" + r.Addr() + "/v1/"
	const card = `{"code":"` + barcode + `","end_user":"GRANDMA"`
	const sale = card + `,"amount":"20.00","currency":"EUR","order":"#2001"}`
	unknown := base + "redemptions/" + strings.Repeat("a", 32)
	for name, tt := range map[string]struct {
		method, url, key, body string
		status                 int
		problem                string
	}{
		"no key that is known": {http.MethodPost, base + "balances", "another key", card + `}`, 401, "unauthorized"},
		"the issuer is away":   {http.MethodPost, base + "balances", shopKey, card + `}`, 503, "issuer_unavailable"},
		"Temporal is away":     {http.MethodPost, base + "redemptions", shopKey, sale, 503, "issuer_unavailable"},
		"a look":               {http.MethodGet, unknown, shopKey, "", 503, "issuer_unavailable"},
		"no such right":        {http.MethodPost, unknown + "/reversals", shopKey, "", 403, "forbidden"},
		"another method":       {http.MethodGet, base + "balances", shopKey, "", 405, "method_not_allowed"},
		"no such path":         {http.MethodPost, base + "cards/" + barcode, shopKey, sale, 404, "not_found"},
	} {
		status, problem := spend(t, tt.method, tt.url, tt.key, tt.body)
		require.Equal(t, tt.status, status, name)
		require.Equal(t, tt.problem, problem, name)
	}
	began := time.Now()
	r.Stop()
	require.Less(t, time.Since(began), 25*time.Second)
	require.Contains(t, log.String(), `"client":"web"`)
	require.Contains(t, log.String(), `"path":"/v1/"`)
	for _, private := range []string{barcode, "GRANDMA", shopKey, "another key", "an-idempotency-key"} {
		require.NotContains(t, log.String(), private)
	}
}

// RECEIVER_SERVES and CHECKOUT_CLIENTS decide together whether checkouts are served.
func TestReceiverServesNoCheckout(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config.Config){
		"it serves something else": func(c *config.Config) { c.Receiver.Serves = config.List{config.ServeWebhooks} },
		"nobody may spend":         func(c *config.Config) { c.Checkout.Clients = nil },
	} {
		o := withCheckout(io.Discard)
		change(&o.Config)
		r := start(t, o)
		status, problem := spend(t, http.MethodPost, "http://"+r.Addr()+"/v1/balances", shopKey, `{"code":"`+barcode+`"}`)
		require.Equal(t, http.StatusNotFound, status, name)
		require.Empty(t, problem, "not even the form of the API is there")
		r.Stop()
	}
}
