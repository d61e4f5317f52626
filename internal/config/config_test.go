package config_test

import (
	"encoding/base64"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

var (
	key1 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", ops.PayloadKeySize)))
	key2 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", ops.PayloadKeySize)))
)

// minimal returns the smallest valid environment.
func minimal() map[string]string {
	return map[string]string{
		"SHOPIFY_SHOP":         "example.myshopify.com",
		"SHOPIFY_ACCESS_TOKEN": "shpat_hush",
		"GIFT_CARD_SKUS":       "GIFT-50, GIFT-100",
		"CREATED_AT_MIN":       "2026-07-01T00:00:00+02:00",
		"CASHSTAR_BASE_URL":    "https://api.cashstar.com/v2/",
		"CASHSTAR_USERNAME":    "us",
		"CASHSTAR_PASSWORD":    "hush",
		"PAYLOAD_KEYS":         "new:" + key1 + ",old:" + key2,
	}
}

// environ makes env the entire environment that the configuration can read.
func environ(t *testing.T, env map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		t.Setenv(name, "") // Restores the variable afterwards.
		require.NoError(t, os.Unsetenv(name))
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
}

func TestLoad(t *testing.T) {
	environ(t, minimal())

	c, err := config.Load()

	require.NoError(t, err)
	defer requireRoundTrip(t, c)
	require.Equal(t, "example.myshopify.com", c.Shopify.Shop)
	require.Equal(t, "https://example.myshopify.com", c.Shopify.URL())
	require.Equal(t, "shpat_hush", c.Shopify.AccessToken.Reveal())
	require.Equal(t, "2026-07", c.Shopify.APIVersion)
	require.Equal(t, config.List{"GIFT-50", "GIFT-100"}, c.Orders.GiftCardSKUs)
	require.True(t, time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC).Equal(c.Orders.CreatedAtMin))
	require.Equal(t, 14*24*time.Hour, c.Orders.MaxOrderAge)
	require.False(t, c.Orders.IncludeTestOrders)
	require.Equal(t, config.Poll{
		Interval: 5 * time.Minute, Overlap: 10 * time.Minute, SettleDelay: time.Minute, PageSize: 250,
		SweepInterval: time.Hour,
	}, c.Poll)
	require.Equal(t, config.CashStar{
		BaseURL: "https://api.cashstar.com/v2/", Username: "us", Password: config.NewSecret("hush"),
		Timeout: 30 * time.Second,
	}, c.CashStar)
	require.Equal(t, config.Issue{RetryBudget: time.Hour, Dedupes: true}, c.Issue)
	require.Equal(t, config.Recipient{
		EmailKey: "Recipient email", NameKey: "Recipient name", MessageKey: "Message", SendOnKey: "Send on",
	}, c.Recipient)
	require.Equal(t, config.SMTP{Port: 587, TLS: config.TLSStart}, c.SMTP)
	require.False(t, c.SMTP.Enabled())
	require.Equal(t, config.Digest{
		At: config.Clock{Hour: 18}, TimeZone: "UTC", Rerun: true, RerunWait: 10 * time.Minute,
		TemporalUIURL: "http://localhost:8233",
	}, c.Digest)
	require.Equal(t, ops.Payload{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{
		{ID: "new", Key: config.NewSecret(strings.Repeat("1", ops.PayloadKeySize))},
		{ID: "old", Key: config.NewSecret(strings.Repeat("2", ops.PayloadKeySize))},
	}}, c.Payload)
	require.Equal(t, ops.CodecServer{Addr: "127.0.0.1:8234"}, c.Codec)
	require.Equal(t, []string{"http://localhost:8233"}, c.CodecOrigins())
	require.Equal(t, ops.Log{Level: "info", Format: ops.FormatAuto}, c.Log)
	require.Equal(t, "127.0.0.1:9464", c.Metrics.ListenAddr())
	require.Equal(t, config.Receiver{Addr: "127.0.0.1:8235", Serves: config.List{"webhooks", "callbacks", "actions", "checkout"}}, c.Receiver)
	require.False(t, c.Webhooks())
}

func TestLoadTakesEveryVariable(t *testing.T) {
	env := minimal()
	delete(env, "SHOPIFY_ACCESS_TOKEN")
	maps.Copy(env, map[string]string{
		"SHOPIFY_BASE_URL": "http://127.0.0.1:8080", "SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "hush",
		"SHOPIFY_API_VERSION": "2026-10", "SHOPIFY_B2B": "true", "SHOPIFY_WRITE_BACK": "tag", "SHOPIFY_WEBHOOKS": "toml", "MAX_ORDER_AGE": "48h", "INCLUDE_TEST_ORDERS": "true",
		"POLL_INTERVAL": "1m", "POLL_OVERLAP": "2m", "POLL_SETTLE_DELAY": "0s", "POLL_PAGE_SIZE": "1",
		"CASHSTAR_MAX_RPS": "2.5", "CASHSTAR_TIMEOUT": "10s", "MERCHANT_CODE": "TWS", "AUDIT_PREFIX": "tws-1",
		"ADDITIONAL_CONTENT": "Try our new shop.",
		"RETRY_BUDGET":       "0s", "ISSUER_DEDUPES": "false", "RECIPIENT_EMAIL_KEY": "a", "RECIPIENT_NAME_KEY": "b",
		"RECIPIENT_MESSAGE_KEY": "c", "RECIPIENT_SEND_ON_KEY": "d", "SMTP_HOST": "mail.example.com", "SMTP_PORT": "465", "SMTP_USERNAME": "u",
		"SMTP_PASSWORD": "hush", "SMTP_TLS": "tls", "DIGEST_FROM": "giftbridge <from@example.com>",
		"DIGEST_TO": "a@example.com,b@example.com", "DIGEST_AT": "07:30", "DIGEST_TIMEZONE": "Europe/Rome",
		"DIGEST_RERUN": "false", "DIGEST_RERUN_WAIT": "1m", "DIGEST_SEND_EMPTY": "true",
		"TEMPORAL_UI_URL": "https://temporal.example.com", "PAYLOAD_ENCRYPTION": "off",
		"PAYLOAD_ACCEPT_PLAIN": "true", "PAYLOAD_BIND_NAMESPACE": "true", "PAYLOAD_COMPRESS": "true", "COMPANION_SKUS": "WRAP, INSURANCE",
		"UNDERPAID": "issue", "CANCELLED_ORDERS": "cancel", "RISK": "hold", "ISSUE_AFTER": "15m", "SWEEP_INTERVAL": "2h", "MATCH_BY": "company,name", "CODEC_SERVER_ADDR": ":8080", "CODEC_SERVER_TOKEN": strings.Repeat("hush", 8),
		"CODEC_SERVER_ORIGINS": "https://a.example.com,http://localhost:8233",
		"LOG_LEVEL":            "debug", "LOG_FORMAT": "json", "METRICS_ADDR": "off",
		"PLAIN_HTTP_HOSTS": "shopify-sim, cashstar-sim", "WORKER_DEPLOYMENT": "giftbridge", "WORKER_BUILD_ID": "1.4.0",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
		"RECEIVER_ADDR":               "[::1]:8443", "RECEIVER_URL": "https://hooks.example.com", "RECEIVER_SERVES": "actions, webhooks",
		"RECEIVER_TLS_CERT_FILE": "/tls/cert.pem", "RECEIVER_TLS_KEY_FILE": "/tls/key.pem",
		"SHOPIFY_WEBHOOK_SECRETS": "hush-new, hush-old",
		"FOURWAYSHOP_BASE_URL":    "https://cards.example.com/api/", "FOURWAYSHOP_USERNAME": "u", "FOURWAYSHOP_PASSWORD": "hush",
		"FOURWAYSHOP_ENTITY_CODE": "E1", "FOURWAYSHOP_BRANCH_CODE": "B1", "FOURWAYSHOP_COUNTRY": "IT",
		"FOURWAYSHOP_PRICE_LIST": "P1", "FOURWAYSHOP_MAX_RPS": "3", "FOURWAYSHOP_TIMEOUT": "20s",
		"FOURWAYSHOP_PDF_HOSTS": "cards.example.com, pdf.example.com",
		"CALLBACK_KEYS":         "k1:" + strings.Repeat("c", 32), "CARD_ID_KEY": strings.Repeat("i", 32),
		"FOURWAYSHOP_REVERSALS": "true",
		"CHECKOUT_CLIENTS":      "shop:" + strings.Repeat("0a", 32) + ":balance+redeem", "CHECKOUT_MAX_RPS": "7",
		"RELAY_TOPICS":           "orders/create, products/delete",
		"RELAY_SECRETS":          "whsec_" + strings.Repeat("c", 40) + ", whsec_" + strings.Repeat("p", 40),
		"RELAY_HEADERS":          "Authorization: Basic hush\nX-Company: hush",
		"RELAY_ALLOWED_NETWORKS": "10.1.0.0/16, fd12::/16", "RELAY_CA_FILE": "/tls/ca.pem", "RELAY_CERT_FILE": "/tls/client.pem",
		"RELAY_KEY_FILE": "/tls/client.key", "RELAY_TIMEOUT": "20s", "RELAY_MAX_RPS": "5",
		"SONAR_URL": "https://sandbox.sendsonar.com", "SONAR_TIMEOUT": "5s", "SONAR_ADDRESS": "lenient", "SONAR_NOTIFY_BY": "variant",
		"MESSAGES": "receipt, in-stock", "MESSAGES_SHOP_NAME": "Example", "MESSAGES_SHOP_URL": "https://shop.example.com",
		"MESSAGES_COUNTRY": "IT", "MESSAGES_PHONE": "any", "MESSAGES_IN_DOUBT": "send", "MESSAGES_QUIET": "20:00-09:30",
		"MESSAGES_QUIET_FOR": "all", "MESSAGES_TIMEZONE": "Europe/Rome", "MESSAGES_TEMPLATES": "/texts", "MESSAGES_LANGUAGE": "it",
		"MESSAGES_SHIP_FROM": "Austin;TX;78701;US", "MESSAGES_OPTIONS": "size=Taglia", "MESSAGES_IN_STOCK_MIN": "3",
		"MESSAGES_IN_STOCK_IMAGE": "https://shop.example.com/a.png",
	})
	environ(t, env)

	c, err := config.Load()

	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8080", c.Shopify.URL())
	require.Equal(t, config.Clock{Hour: 7, Minute: 30}, c.Digest.At)
	loc, err := c.Digest.Location()
	require.NoError(t, err)
	require.Equal(t, "Europe/Rome", loc.String())
	require.Equal(t, config.List{"a@example.com", "b@example.com"}, c.Digest.To)
	require.Empty(t, c.Metrics.ListenAddr())
	for _, v := range c.Describe() {
		if v.Name == "SHOPIFY_ACCESS_TOKEN" || v.Name == "PAYLOAD_KEYS" || v.Name == "SONAR_TOKEN" {
			continue
		}
		want := env[v.Name]
		if v.Name == "CALLBACK_KEYS" {
			want = "k1:[redacted]"
		}
		if v.Name == "CHECKOUT_CLIENTS" {
			want = "shop:[redacted]:balance+redeem"
		}
		if v.Name == "SHOPIFY_WEBHOOK_SECRETS" || v.Name == "RELAY_SECRETS" {
			want = "[redacted],[redacted]"
		}
		if v.Name == "RELAY_HEADERS" {
			want = "Authorization: [redacted], X-Company: [redacted]"
		}
		if slices.Contains([]string{"CODEC_SERVER_TOKEN", "SHOPIFY_CLIENT_SECRET", "CARD_ID_KEY"}, v.Name) ||
			strings.HasSuffix(v.Name, "_PASSWORD") {
			want = "[redacted]"
		}
		require.Equal(t, strings.ReplaceAll(want, ", ", ","), strings.ReplaceAll(v.Value, ", ", ","), v.Name)
		delete(env, v.Name)
	}
	require.Equal(t, []string{"PAYLOAD_KEYS"}, slices.Collect(maps.Keys(env)), "every variable set here is one of ours")

	requireRoundTrip(t, c)
}

// requireRoundTrip requires that a process in the environment of a configuration has that configuration.
func requireRoundTrip(t *testing.T, c config.Config) {
	t.Helper()
	env := map[string]string{}
	for _, entry := range config.Environ(c) {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	for _, v := range c.Describe() {
		if v.Name != "ISSUER_DEDUPES" || c.Issue.DedupesStated {
			require.Contains(t, env, v.Name)
		}
	}
	environ(t, env)
	again, err := config.Load()
	require.NoError(t, err)
	require.True(t, c.Orders.CreatedAtMin.Equal(again.Orders.CreatedAtMin))
	again.Orders.CreatedAtMin = c.Orders.CreatedAtMin
	require.Equal(t, c, again)
}

func TestLoadListsEverythingAtOnce(t *testing.T) {
	set := minimal()
	set["POLL_INTERVAL"] = "5x"
	set["POLL_OVERLAPP"] = "10m"
	set["POLL_PAGE_SIZE"] = "251"
	set["CREATED_AT_MIN"] = "2026-07-01"
	set["SHOPIFY_SHOP"] = "https://Example.myshopify.com"
	set["CASHSTAR_PASSWORD"] = ""
	set["PAYLOAD_KEYS"] = "k:c2VjcmV0"
	set["PAYLOAD_NONSENSE_ENTIRELY"] = "1"
	environ(t, set)

	_, err := config.Load()

	require.EqualError(t, err, `configuration: 8 problems
  CREATED_AT_MIN: "2026-07-01": need the time at which giftbridge takes over, in RFC 3339 format with a time zone, such as 2026-07-01T00:00:00Z
  POLL_INTERVAL: "5x": need a duration of whole seconds such as 5m, less than MAX_ORDER_AGE
  PAYLOAD_KEYS: key 1: need 32 bytes, have 6
  PAYLOAD_NONSENSE_ENTIRELY: unknown
  POLL_OVERLAPP: unknown; did you mean POLL_OVERLAP?
  SHOPIFY_SHOP: "https://Example.myshopify.com": need the shop's own host in lower case, such as example.myshopify.com
  POLL_PAGE_SIZE: "251": need a number from 1 to 250
  CASHSTAR_PASSWORD: is not set: need the password of CASHSTAR_USERNAME`)
	var invalid *env.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Len(t, invalid.Problems, 8)
}

func TestLoadOfNothingNamesWhatIsMissing(t *testing.T) {
	environ(t, nil)

	_, err := config.Load()

	require.Equal(t, []string{
		"SHOPIFY_SHOP", "CREATED_AT_MIN", "SHOPIFY_ACCESS_TOKEN", "CASHSTAR_BASE_URL", "CASHSTAR_USERNAME", "CASHSTAR_PASSWORD",
		"GIFT_CARD_SKUS", "PAYLOAD_KEYS",
	}, names(t, err))
}

func TestReadLeavesTheRestToTheCaller(t *testing.T) {
	environ(t, map[string]string{"PAYLOAD_KEYS": "k:" + key1})

	c, err := config.Read()

	require.NoError(t, err)
	require.NoError(t, c.Payload.Validate())
	require.NoError(t, c.Log.Validate())
	require.Error(t, c.Validate())
}

// A variable is read only by its full name, regardless of how envconfig treats nested structs.
func TestLoadTakesNoStrays(t *testing.T) {
	env := minimal()
	env["BASE_URL"], env["SHOP"], env["HOST"], env["LEVEL"] = "http://stray", "stray", "stray", "stray"
	environ(t, env)

	c, err := config.Load()

	require.NoError(t, err)
	require.Empty(t, c.Shopify.BaseURL)
	require.Equal(t, "example.myshopify.com", c.Shopify.Shop)
	require.Empty(t, c.SMTP.Host)
	require.Equal(t, "info", c.Log.Level)

	t.Setenv("SHOPIFY_SHOPIFY_SHOP", "stray")
	_, err = config.Load()
	require.Equal(t, []string{"SHOPIFY_SHOPIFY_SHOP"}, names(t, err))
}

func TestLoadIgnoresServiceLinks(t *testing.T) {
	env := minimal()
	env["SHOPIFY_SIM_SERVICE_HOST"] = "10.0.0.1"
	env["SHOPIFY_SIM_SERVICE_PORT_HTTP"] = "80"
	env["SHOPIFY_SIM_PORT"] = "tcp://10.0.0.1:80"
	env["SHOPIFY_SIM_PORT_80_TCP_ADDR"] = "10.0.0.1"
	environ(t, env)

	_, err := config.Load()

	require.NoError(t, err)
}

// names returns the variables that an error of this package reports.
func names(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *env.ValidationError
	require.ErrorAs(t, err, &invalid)
	var out []string
	for _, p := range invalid.Problems {
		out = append(append(out, p.Name), p.Also...)
	}
	return out
}
