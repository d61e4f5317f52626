package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// receiver returns the configuration of a receiver: it has no issuer and no mail server.
func receiver() config.Config {
	c := valid()
	c.CashStar, c.SMTP, c.Digest = config.CashStar{}, config.SMTP{}, config.Digest{}
	c.Receiver.WebhookSecrets = config.WebhookSecrets{config.NewSecret("hush")}
	return c
}

// issuer returns a change that gives a receiver an account at the issuer.
func issuer(url, password string) func(*config.Config) {
	return func(c *config.Config) {
		c.CashStar = config.CashStar{
			BaseURL: url, Username: "us", Password: config.NewSecret(password), Timeout: 30 * time.Second,
		}
	}
}

// withCheckout gives a receiver all that it needs to serve a checkout.
func withCheckout(c *config.Config) {
	c.FourWayShop = fourwayshop.FourWayShop{
		Items: fourwayshop.Items{{SKU: "A", Code: "1"}}, BaseURL: "https://cards.example.com/api/", Timeout: 30 * time.Second,
		Username: "us", Password: config.NewSecret("hush"), EntityCode: "440", BranchCode: "1", Country: "IT", PriceList: "1",
		CallbackKeys: links.SigningKeys{{ID: "k1", Secret: config.NewSecret(strings.Repeat("c", 32))}},
		CardIDKey:    config.NewSecret(strings.Repeat("i", 32)),
	}
	c.Receiver.URL = "https://hooks.example.com"
	c.Checkout.Clients = checkout.Clients{{Name: "shop"}}
}

func TestValidateReceiver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*config.Config)
		bad    []string
	}{
		"valid":   {change: func(*config.Config) {}},
		"no shop": {func(c *config.Config) { c.Shopify.Shop = "" }, []string{"SHOPIFY_SHOP"}},
		"no SKUs": {func(c *config.Config) { c.Orders.GiftCardSKUs = nil }, []string{"GIFT_CARD_SKUS"}},
		"no key":  {func(c *config.Config) { c.Payload = ops.Payload{Encryption: ops.EncryptionOn} }, []string{"PAYLOAD_KEYS"}},
		"no secret": {
			func(c *config.Config) { c.Receiver.WebhookSecrets = nil }, []string{"SHOPIFY_WEBHOOK_SECRETS"},
		},
		"no secret, and no webhooks": {change: func(c *config.Config) {
			c.Receiver.WebhookSecrets, c.Receiver.Serves = nil, config.List{config.ServeActions}
		}},
		"an issuer":                    {change: issuer("https://api.cashstar.com/v2/", "hush")},
		"an issuer without an address": {issuer("", "hush"), []string{"CASHSTAR_BASE_URL"}},
		"an issuer without a password": {issuer("https://api.cashstar.com/v2/", ""), []string{"CASHSTAR_PASSWORD"}},
		"an issuer in the clear":       {issuer("http://api.cashstar.com/v2/", "hush"), []string{"CASHSTAR_BASE_URL"}},
		"callbacks without keys": {func(c *config.Config) {
			c.FourWayShop.Items, c.Receiver.URL = fourwayshop.Items{{SKU: "A", Code: "1"}}, "https://hooks.example.com"
		}, []string{"CALLBACK_KEYS"}},
		"no callbacks, and no keys": {change: func(c *config.Config) {
			c.FourWayShop.Items, c.Receiver.URL = fourwayshop.Items{{SKU: "A", Code: "1"}}, "https://hooks.example.com"
			c.Receiver.Serves = config.List{config.ServeWebhooks}
		}},
		"a checkout without the account": {func(c *config.Config) {
			c.FourWayShop.Items, c.Receiver.URL = fourwayshop.Items{{SKU: "A", Code: "1"}}, "https://hooks.example.com"
			c.Receiver.Serves, c.Checkout.Clients = config.List{config.ServeCheckout}, checkout.Clients{{Name: "shop"}}
		}, []string{
			"FOURWAYSHOP_BASE_URL", "FOURWAYSHOP_USERNAME", "FOURWAYSHOP_PASSWORD", "FOURWAYSHOP_ENTITY_CODE",
			"FOURWAYSHOP_BRANCH_CODE", "FOURWAYSHOP_COUNTRY", "FOURWAYSHOP_PRICE_LIST", "CALLBACK_KEYS", "CARD_ID_KEY",
		}},
		"a checkout without an issuer that spends": {func(c *config.Config) {
			c.Checkout.Clients = checkout.Clients{{Name: "shop"}}
		}, []string{"CHECKOUT_CLIENTS"}},
		"a checkout in the clear": {func(c *config.Config) {
			withCheckout(c)
			c.Payload.Encryption = ops.EncryptionOff
		}, []string{"PAYLOAD_ENCRYPTION"}},
		"a checkout": {change: withCheckout},
		"a checkout that is not served": {change: func(c *config.Config) {
			c.FourWayShop.Items, c.Receiver.URL = fourwayshop.Items{{SKU: "A", Code: "1"}}, "https://hooks.example.com"
			c.Receiver.Serves, c.Checkout.Clients = config.List{config.ServeWebhooks}, checkout.Clients{{Name: "shop"}}
		}},
		"three keys of a client": {func(c *config.Config) {
			withCheckout(c)
			c.Checkout.Clients = checkout.Clients{{Name: "shop", Hash: [32]byte{1}}, {Name: "shop"}, {Name: "shop", Hash: [32]byte{2}}}
		}, []string{"CHECKOUT_CLIENTS"}},
		"one key of two clients": {func(c *config.Config) {
			withCheckout(c)
			c.Checkout.Clients = checkout.Clients{{Name: "shop"}, {Name: "till"}}
		}, []string{"CHECKOUT_CLIENTS"}},
		"a negative rate of checkouts": {func(c *config.Config) { c.Checkout.MaxRPS = -1 }, []string{"CHECKOUT_MAX_RPS"}},
		"no address":                   {func(c *config.Config) { c.Receiver.Addr = "" }, []string{"RECEIVER_ADDR"}},
		"not an address":               {func(c *config.Config) { c.Receiver.Addr = "8235" }, []string{"RECEIVER_ADDR"}},
		"plain HTTP on all addresses": {
			func(c *config.Config) { c.Receiver.Addr = "0.0.0.0:8235" }, []string{"RECEIVER_ADDR"},
		},
		"plain HTTP without a host": {func(c *config.Config) { c.Receiver.Addr = ":8235" }, []string{"RECEIVER_ADDR"}},
		"plain HTTP on localhost":   {change: func(c *config.Config) { c.Receiver.Addr = "localhost:0" }},
		"plain HTTP behind a proxy": {change: func(c *config.Config) {
			c.Receiver.Addr, c.Network.PlainHTTPHosts = "0.0.0.0:8235", config.List{"0.0.0.0"}
		}},
		"HTTPS on all addresses": {change: func(c *config.Config) {
			c.Receiver.Addr, c.Receiver.CertFile, c.Receiver.KeyFile = ":8443", "cert.pem", "key.pem"
		}},
		"a certificate without a key": {
			func(c *config.Config) { c.Receiver.CertFile = "cert.pem" }, []string{"RECEIVER_TLS_KEY_FILE"},
		},
		"a key without a certificate": {
			func(c *config.Config) { c.Receiver.KeyFile = "key.pem" }, []string{"RECEIVER_TLS_CERT_FILE"},
		},
		"a URL in the clear": {
			func(c *config.Config) { c.Receiver.URL = "http://hooks.example.com" }, []string{"RECEIVER_URL"},
		},
		"a URL on this machine": {change: func(c *config.Config) { c.Receiver.URL = "http://127.0.0.1:8235" }},
		"serves nothing":        {func(c *config.Config) { c.Receiver.Serves = nil }, []string{"RECEIVER_SERVES"}},
		"serves what is not there": {
			func(c *config.Config) { c.Receiver.Serves = config.List{"webhooks", "mails"} }, []string{"RECEIVER_SERVES"},
		},
		"serves twice": {
			func(c *config.Config) { c.Receiver.Serves = config.List{"webhooks", "webhooks"} }, []string{"RECEIVER_SERVES"},
		},
		"a secret and an empty one": {
			func(c *config.Config) {
				c.Receiver.WebhookSecrets = append(c.Receiver.WebhookSecrets, config.Secret{})
			},
			[]string{"SHOPIFY_WEBHOOK_SECRETS"},
		},
		"three secrets": {
			func(c *config.Config) {
				s := config.NewSecret("hush")
				c.Receiver.WebhookSecrets = config.WebhookSecrets{s, s, s}
			},
			[]string{"SHOPIFY_WEBHOOK_SECRETS"},
		},
		"an access token": {
			func(c *config.Config) {
				c.Receiver.WebhookSecrets = config.WebhookSecrets{config.NewSecret("shpat_hush")}
			},
			[]string{"SHOPIFY_WEBHOOK_SECRETS"},
		},
		"a reference": {
			func(c *config.Config) {
				c.Receiver.WebhookSecrets = config.WebhookSecrets{config.NewSecret("${SECRET}")}
			},
			[]string{"SHOPIFY_WEBHOOK_SECRETS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := receiver()
			tt.change(&c)
			err := c.ValidateReceiver()
			require.Equal(t, tt.bad, names(t, err))
			require.NotContains(t, fmt.Sprint(err), "hush")
		})
	}
}

func TestLoadReceiverNeedsNoIssuer(t *testing.T) {
	env := minimal()
	for _, name := range []string{"CASHSTAR_BASE_URL", "CASHSTAR_USERNAME", "CASHSTAR_PASSWORD"} {
		delete(env, name)
	}
	env["SHOPIFY_WEBHOOK_SECRETS_FILE"] = inFile(t, "hush-new,hush-old\n")
	environ(t, env)

	c, err := config.LoadReceiver()

	require.NoError(t, err)
	require.Equal(t, "hush-new,hush-old", c.Receiver.WebhookSecrets.Reveal())
	require.True(t, c.Receiver.Serve(config.ServeWebhooks))
	require.NotContains(t, c.Table(), "hush")
	written, err := json.Marshal(c.Receiver)
	require.NoError(t, err)
	require.NotContains(t, string(written)+fmt.Sprintf("%+v %#v", c.Receiver, c.Receiver), "hush")

	t.Setenv("RECEIVER_SERVE", "webhooks")
	_, err = config.LoadReceiver()
	require.Equal(t, []string{"RECEIVER_SERVE"}, names(t, err))
}

// A trailing comma leaves an empty secret, which anyone could sign with.
func TestLoadRefusesEmptyWebhookSecrets(t *testing.T) {
	environ(t, minimal())
	t.Setenv("SHOPIFY_WEBHOOK_SECRETS", "hush,")

	_, err := config.Load()

	require.Equal(t, []string{"SHOPIFY_WEBHOOK_SECRETS"}, names(t, err))
}

// Links in the mail need RECEIVER_URL too, which alone would turn webhooks on.
func TestWebhooksAreOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		url, keeper string
		on          bool
	}{
		"no receiver":              {keeper: config.WebhooksByAPI},
		"kept by giftbridge":       {url: "https://gifts.example.com", keeper: config.WebhooksByAPI, on: true},
		"kept by shopify.app.toml": {url: "https://gifts.example.com", keeper: config.WebhooksByTOML, on: true},
		"links alone":              {url: "https://gifts.example.com", keeper: config.NoWebhooks},
	} {
		c := valid()
		c.Receiver.URL, c.Shopify.Webhooks = tt.url, tt.keeper
		require.NoError(t, c.Validate(), name)
		require.Equal(t, tt.on, c.Webhooks(), name)
	}
}
