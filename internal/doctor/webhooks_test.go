package doctor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/shop"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

const hush = "webhook-secret"

// receiver answers as giftbridge's receiver does: by the signature alone.
func receiver(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte(hush))
	mac.Write(body)
	if r.URL.Path != subscriptions.OrdersPath ||
		r.Header.Get("X-Shopify-Hmac-Sha256") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func TestReceiverOfWebhooks(t *testing.T) {
	t.Parallel()
	secrets := func(all ...string) func(*config.Config) {
		return func(c *config.Config) {
			for _, s := range all {
				c.Receiver.WebhookSecrets = append(c.Receiver.WebhookSecrets, config.NewSecret(s))
			}
		}
	}
	for name, tt := range map[string]struct {
		serve  http.HandlerFunc
		change func(*config.Config)
		status check.Status
		says   string
	}{
		"as it should be":     {receiver, secrets(hush), check.OK, "accepts what is signed"},
		"without the secrets": {receiver, secrets(), check.OK, "refuses what is not signed"},
		"another secret":      {receiver, secrets(hush, "another-secret"), check.Fail, "signed with secret 2"},
		"a page of a proxy":   {answers(http.StatusOK), secrets(hush), check.Fail, "not giftbridge's receiver"},
		"a redirect":          {answers(http.StatusMovedPermanently), secrets(hush), check.Fail, "with 301 and not with 401"},
		"a wrong path":        {answers(http.StatusNotFound), secrets(hush), check.Fail, "with 404 and not with 401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.serve)
			t.Cleanup(s.Close)
			r := examined(t, func(p *patient) {
				p.Config.Receiver.URL = s.URL
				tt.change(&p.Config)
			})
			c := checkOf(t, r, "receiver")
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.NotContains(t, c.Found+c.Fix, hush)
		})
	}
	r := examined(t, func(p *patient) { p.Config.Receiver.URL = "http://127.0.0.1:1" })
	require.Contains(t, checkOf(t, r, "receiver").Found, "does not answer")
	for _, off := range []func(*patient){nil, func(p *patient) {
		p.Config.Receiver.URL, p.Config.Shopify.Webhooks = "http://127.0.0.1:1", config.NoWebhooks
	}} {
		for _, c := range examined(t, off).Checks {
			require.NotContains(t, []string{"receiver", "webhooks"}, c.Name, "webhooks are off")
		}
	}
}

func TestSubscriptionsToWebhooks(t *testing.T) {
	t.Parallel()
	with := func(change func(*patient)) func(*patient) {
		return func(p *patient) {
			p.Config.Receiver.URL = "https://gifts.example.com"
			if change != nil {
				change(p)
			}
		}
	}
	c := checkOf(t, examined(t, with(nil)), "webhooks")
	require.Equal(t, check.Fail, c.Status)
	require.Contains(t, c.Found, "create orders/create")
	require.Contains(t, c.Fix, "giftbridge webhooks apply")
	c = checkOf(t, examined(t, with(func(p *patient) { p.shop.Scopes = []string{"read_orders", "read_customers"} })), "webhooks")
	require.Contains(t, c.Found, "the app lacks read_products")
	c = checkOf(t, examined(t, with(func(p *patient) { p.Config.Shopify.Webhooks = config.WebhooksByTOML })), "webhooks")
	require.Equal(t, check.OK, c.Status)

	// A shop that has them, written in another version.
	have := func(version string) func(*patient) {
		return with(func(p *patient) {
			p.shop.WebhookVersion = version
			p.subscribe = true
		})
	}
	require.Contains(t, checkOf(t, examined(t, have("2026-07")), "webhooks").Found, "9 subscriptions as they should be; without disputes/create")
	c = checkOf(t, examined(t, have("2026-04")), "webhooks")
	require.Equal(t, check.Warn, c.Status)
	require.Contains(t, c.Found, "in version 2026-04")
}

// Messages and the relay need scopes and subscriptions of their own.
func TestWebhooksOfMessagesAndTheRelay(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		p.Config.Sonar.Token, p.Config.Messages.Kinds = config.NewSecret("sonar-token"), config.List{"receipt", "in-stock"}
		p.Config.Shopify.APIVersion = "2026-07"
	})
	require.Contains(t, checkOf(t, r, shop.Scopes).Found, "lacks read_fulfillments")
	r = examined(t, func(p *patient) {
		p.Config.Relay.OrdersURL = "https://erp.example.com/orders"
	})
	require.Contains(t, checkOf(t, r, shop.Scopes).Found, "lacks read_fulfillments", "fulfillments/create goes on")

	scopes := []string{"read_orders", "read_customers", "read_products", "read_fulfillments", "read_all_orders"}
	messages := func(p *patient) {
		p.Config.Receiver.URL, p.Config.Shopify.APIVersion = "https://gifts.example.com", "2026-07"
		p.shop.Scopes, p.subscribe = scopes, true
		p.Config.Sonar.Token, p.Config.Messages.Kinds = config.NewSecret("sonar-token"), config.List{"receipt", "in-stock"}
	}
	r = examined(t, messages)
	require.Equal(t, check.Warn, checkOf(t, r, shop.Scopes).Status, "MESSAGES_SHIP_FROM is not set")
	require.Equal(t, "not as they should be: create fulfillments/create, create fulfillments/update, create variants/in_stock",
		checkOf(t, r, shop.Webhooks).Found)
	r = examined(t, func(p *patient) {
		messages(p)
		require.NoError(t, p.Config.Messages.ShipFrom.Decode("Austin;TX;78701;US"))
	})
	require.Equal(t, check.OK, checkOf(t, r, shop.Scopes).Status)
}

// subscribed makes the subscriptions that gift cards need.
func subscribed(sim *shopifytest.Server, url string) {
	w := subscriptions.Wanting{URL: url, Scopes: sim.Scopes(), Named: true}
	for _, s := range subscriptions.Plan(nil, w) {
		if s.Do == subscriptions.Create {
			sim.Subscriptions().Put(subscription.Subscription{
				Topic: s.Want.Topic, URI: s.Want.URI, Name: s.Want.Name, Format: s.Want.Format,
			})
		}
	}
}
