package config_test

import (
	"math"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// valid returns a complete configuration, built by hand as in a test or a sandbox.
func valid() config.Config {
	c := config.Default()
	c.Shopify.Shop = "example.myshopify.com"
	c.Shopify.ClientID = "id"
	c.Shopify.ClientSecret = config.NewSecret("hush")
	c.Orders.GiftCardSKUs = config.List{"GIFT-50"}
	c.Orders.CreatedAtMin = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	c.CashStar.BaseURL = "https://api.cashstar.com/v2/"
	c.CashStar.Username = "us"
	c.CashStar.Password = config.NewSecret("hush")
	c.SMTP.Host = "mail.example.com"
	c.SMTP.Username = "u"
	c.SMTP.Password = config.NewSecret("hush")
	c.Digest.From = "from@example.com"
	c.Digest.To = config.List{"to@example.com"}
	c.Payload.Keys = ops.PayloadKeys{{ID: "k", Key: config.NewSecret(strings.Repeat("1", ops.PayloadKeySize))}}
	return c
}

func TestValidate(t *testing.T) {
	t.Parallel()
	token := config.NewSecret("shpat_hush")
	tests := []struct {
		name   string
		change func(*config.Config)
		bad    []string
	}{
		{"valid", func(*config.Config) {}, nil},
		{
			"shop with scheme", func(c *config.Config) { c.Shopify.Shop = "https://example.myshopify.com" },
			[]string{"SHOPIFY_SHOP"},
		},
		{
			"shop in upper case", func(c *config.Config) { c.Shopify.Shop = "Example.myshopify.com" },
			[]string{"SHOPIFY_SHOP"},
		},
		{
			"shop of another domain", func(c *config.Config) { c.Shopify.Shop = "example.com" },
			[]string{"SHOPIFY_SHOP"},
		},
		{
			"shop below a shop", func(c *config.Config) { c.Shopify.Shop = "a.b.myshopify.com" },
			[]string{"SHOPIFY_SHOP"},
		},
		{
			"unstable version", func(c *config.Config) { c.Shopify.APIVersion = "unstable" },
			[]string{"SHOPIFY_API_VERSION"},
		},
		{
			"version between quarters", func(c *config.Config) { c.Shopify.APIVersion = "2026-08" },
			[]string{"SHOPIFY_API_VERSION"},
		},
		{"no version", func(c *config.Config) { c.Shopify.APIVersion = "" }, []string{"SHOPIFY_API_VERSION"}},
		{
			"token and client", func(c *config.Config) { c.Shopify.AccessToken = token },
			[]string{"SHOPIFY_ACCESS_TOKEN"},
		},
		{
			"client without secret", func(c *config.Config) { c.Shopify.ClientSecret = config.Secret{} },
			[]string{"SHOPIFY_CLIENT_SECRET"},
		},
		{"secret without client", func(c *config.Config) { c.Shopify.ClientID = "" }, []string{"SHOPIFY_CLIENT_ID"}},
		{
			"no way in", func(c *config.Config) { c.Shopify.ClientID, c.Shopify.ClientSecret = "", config.Secret{} },
			[]string{"SHOPIFY_ACCESS_TOKEN"},
		},
		{"token alone", func(c *config.Config) {
			c.Shopify.ClientID, c.Shopify.ClientSecret, c.Shopify.AccessToken = "", config.Secret{}, token
		}, nil},
		{"token with a newline", func(c *config.Config) {
			c.Shopify.ClientID, c.Shopify.ClientSecret = "", config.Secret{}
			c.Shopify.AccessToken = config.NewSecret("shpat_hush\n")
		}, []string{"SHOPIFY_ACCESS_TOKEN"}},

		{"no SKU", func(c *config.Config) { c.Orders.GiftCardSKUs = nil }, []string{"GIFT_CARD_SKUS"}},
		{
			"empty SKU", func(c *config.Config) { c.Orders.GiftCardSKUs = config.List{"a", ""} },
			[]string{"GIFT_CARD_SKUS"},
		},
		{
			"SKU twice", func(c *config.Config) { c.Orders.GiftCardSKUs = config.List{"a", "b", "a"} },
			[]string{"GIFT_CARD_SKUS"},
		},
		{
			"longest SKU", func(c *config.Config) { c.Orders.GiftCardSKUs = config.List{strings.Repeat("x", 255)} },
			nil,
		},
		{
			"SKU too long", func(c *config.Config) { c.Orders.GiftCardSKUs = config.List{strings.Repeat("x", 256)} },
			[]string{"GIFT_CARD_SKUS"},
		},
		{"no start", func(c *config.Config) { c.Orders.CreatedAtMin = time.Time{} }, []string{"CREATED_AT_MIN"}},
		{
			"no age", func(c *config.Config) { c.Orders.MaxOrderAge = 0 },
			[]string{"MAX_ORDER_AGE", "POLL_INTERVAL", "POLL_OVERLAP", "RETRY_BUDGET"},
		},

		{
			"interval with a fraction", func(c *config.Config) { c.Poll.Interval += time.Millisecond },
			[]string{"POLL_INTERVAL"},
		},
		{
			"interval of the age", func(c *config.Config) { c.Poll.Interval = c.Orders.MaxOrderAge },
			[]string{"POLL_INTERVAL"},
		},
		{"no overlap", func(c *config.Config) { c.Poll.Overlap = 0 }, nil},
		{"negative overlap", func(c *config.Config) { c.Poll.Overlap = -1 }, []string{"POLL_OVERLAP"}},
		{
			"overlap of the age", func(c *config.Config) { c.Poll.Overlap = c.Orders.MaxOrderAge },
			[]string{"POLL_OVERLAP"},
		},
		{"no settle delay", func(c *config.Config) { c.Poll.SettleDelay = 0 }, nil},
		{"negative settle delay", func(c *config.Config) { c.Poll.SettleDelay = -1 }, []string{"POLL_SETTLE_DELAY"}},
		{
			"settle delay of the interval", func(c *config.Config) { c.Poll.SettleDelay = c.Poll.Interval },
			[]string{"POLL_SETTLE_DELAY"},
		},
		{"page of none", func(c *config.Config) { c.Poll.PageSize = 0 }, []string{"POLL_PAGE_SIZE"}},
		{"page too large", func(c *config.Config) { c.Poll.PageSize = 251 }, []string{"POLL_PAGE_SIZE"}},

		{"negative rate", func(c *config.Config) { c.CashStar.MaxRPS = -1 }, []string{"CASHSTAR_MAX_RPS"}},
		{
			"no number as rate", func(c *config.Config) { c.CashStar.MaxRPS = math.NaN() },
			[]string{"CASHSTAR_MAX_RPS"},
		},
		{"endless rate", func(c *config.Config) { c.CashStar.MaxRPS = math.Inf(1) }, []string{"CASHSTAR_MAX_RPS"}},
		{"no time", func(c *config.Config) { c.CashStar.Timeout = 0 }, []string{"CASHSTAR_TIMEOUT"}},
		{"too much time", func(c *config.Config) { c.CashStar.Timeout = time.Hour }, []string{"CASHSTAR_TIMEOUT"}},
		{
			"no password", func(c *config.Config) { c.CashStar.Password = config.Secret{} },
			[]string{"CASHSTAR_PASSWORD"},
		},
		{
			"padded password", func(c *config.Config) { c.CashStar.Password = config.NewSecret(" hush") },
			[]string{"CASHSTAR_PASSWORD"},
		},
		{"merchant", func(c *config.Config) { c.Issue.MerchantCode = "TWS" }, nil},
		{"merchant with a slash", func(c *config.Config) { c.Issue.MerchantCode = "T/S" }, []string{"MERCHANT_CODE"}},
		{"longest audit prefix", func(c *config.Config) { c.Issue.AuditPrefix = strings.Repeat("x", 20) }, nil},
		{
			"audit prefix too long", func(c *config.Config) { c.Issue.AuditPrefix = strings.Repeat("x", 21) },
			[]string{"AUDIT_PREFIX"},
		},
		{
			"audit prefix with a colon", func(c *config.Config) { c.Issue.AuditPrefix = "a:b" },
			[]string{"AUDIT_PREFIX"},
		},
		{"a note in the shop", func(c *config.Config) { c.Shopify.WriteBack = "note" }, nil},
		{"a tag in the shop", func(c *config.Config) { c.Shopify.WriteBack = "tag" }, nil},
		{"fulfilment in the shop", func(c *config.Config) { c.Shopify.WriteBack = "fulfil" }, nil},
		{"a poem in the shop", func(c *config.Config) { c.Shopify.WriteBack = "poem" }, []string{"SHOPIFY_WRITE_BACK"}},
		{"webhooks of the app's file", func(c *config.Config) { c.Shopify.Webhooks = "toml" }, nil},
		{"webhooks of nobody", func(c *config.Config) { c.Shopify.Webhooks = "" }, []string{"SHOPIFY_WEBHOOKS"}},
		{"nothing about the shop", func(c *config.Config) { c.Shopify.WriteBack = "" }, []string{"SHOPIFY_WRITE_BACK"}},
		{
			"text for the cards", func(c *config.Config) { c.Issue.AdditionalContent = "Grüße!\nTry our new shop ❤\ufe0f <b>" }, nil,
		},
		{"longest text", func(c *config.Config) { c.Issue.AdditionalContent = strings.Repeat("é", 500) }, nil},
		{"text of five lines", func(c *config.Config) { c.Issue.AdditionalContent = "1\n2\n3\n4\n5" }, nil},
		{
			"text too long", func(c *config.Config) { c.Issue.AdditionalContent = strings.Repeat("é", 501) },
			[]string{"ADDITIONAL_CONTENT"},
		},
		{
			"text of six lines", func(c *config.Config) { c.Issue.AdditionalContent = "1\n2\n3\n4\n5\n6" },
			[]string{"ADDITIONAL_CONTENT"},
		},
		{"padded text", func(c *config.Config) { c.Issue.AdditionalContent = "shop " }, []string{"ADDITIONAL_CONTENT"}},
		{"text with a tab", func(c *config.Config) { c.Issue.AdditionalContent = "a\tb" }, []string{"ADDITIONAL_CONTENT"}},
		{
			"text that hides something", func(c *config.Config) { c.Issue.AdditionalContent = "a\u200bb" },
			[]string{"ADDITIONAL_CONTENT"},
		},
		{"text for a terminal", func(c *config.Config) { c.Issue.AdditionalContent = "a\x1b[2J" }, []string{"ADDITIONAL_CONTENT"}},
		{"text that is no UTF-8", func(c *config.Config) { c.Issue.AdditionalContent = "a\xffb" }, []string{"ADDITIONAL_CONTENT"}},
		{"no retries", func(c *config.Config) { c.Issue.RetryBudget = 0 }, nil},
		{"negative budget", func(c *config.Config) { c.Issue.RetryBudget = -1 }, []string{"RETRY_BUDGET"}},
		{
			"budget of the age", func(c *config.Config) { c.Issue.RetryBudget = c.Orders.MaxOrderAge },
			[]string{"RETRY_BUDGET"},
		},
		{
			"property twice", func(c *config.Config) { c.Recipient.NameKey = c.Recipient.EmailKey },
			[]string{"RECIPIENT_NAME_KEY"},
		},
		{"no property", func(c *config.Config) { c.Recipient.SendOnKey = "" }, []string{"RECIPIENT_SEND_ON_KEY"}},

		{"no mail at all", func(c *config.Config) {
			c.SMTP = config.Default().SMTP
			c.Digest = config.Default().Digest
		}, nil},
		{"digest without a server", func(c *config.Config) { c.SMTP = config.Default().SMTP }, []string{"SMTP_HOST"}},
		{
			"server without a digest", func(c *config.Config) { c.Digest = config.Default().Digest },
			[]string{"DIGEST_FROM", "DIGEST_TO"},
		},
		{"host with a port", func(c *config.Config) { c.SMTP.Host = "mail.example.com:587" }, []string{"SMTP_HOST"}},
		{"IPv6 host", func(c *config.Config) { c.SMTP.Host = "2001:db8::1" }, nil},
		{"no port", func(c *config.Config) { c.SMTP.Port = 0 }, []string{"SMTP_PORT"}},
		{"port too large", func(c *config.Config) { c.SMTP.Port = 65536 }, []string{"SMTP_PORT"}},
		{
			"user without password", func(c *config.Config) { c.SMTP.Password = config.Secret{} },
			[]string{"SMTP_PASSWORD"},
		},
		{"password without user", func(c *config.Config) { c.SMTP.Username = "" }, []string{"SMTP_USERNAME"}},
		{"unknown TLS", func(c *config.Config) { c.SMTP.TLS = "ssl" }, []string{"SMTP_TLS"}},
		{"password in the clear", func(c *config.Config) { c.SMTP.TLS = config.TLSNone }, []string{"SMTP_TLS"}},
		{
			"password on this machine", func(c *config.Config) { c.SMTP.TLS, c.SMTP.Host = config.TLSNone, "127.0.0.1" },
			nil,
		},
		{"relay without password", func(c *config.Config) {
			c.SMTP.TLS, c.SMTP.Username, c.SMTP.Password = config.TLSNone, "", config.Secret{}
		}, nil},
		{"sender is no address", func(c *config.Config) { c.Digest.From = "giftbridge" }, []string{"DIGEST_FROM"}},
		{
			"a recipient is no address", func(c *config.Config) { c.Digest.To = append(c.Digest.To, "ops") },
			[]string{"DIGEST_TO"},
		},
		{"no such time", func(c *config.Config) { c.Digest.At = config.Clock{Hour: 24} }, []string{"DIGEST_AT"}},
		{"no such zone", func(c *config.Config) { c.Digest.TimeZone = "Europe/Rom" }, []string{"DIGEST_TIMEZONE"}},
		{"this machine's zone", func(c *config.Config) { c.Digest.TimeZone = "Local" }, []string{"DIGEST_TIMEZONE"}},
		{"negative wait", func(c *config.Config) { c.Digest.RerunWait = -1 }, []string{"DIGEST_RERUN_WAIT"}},
		{
			"endless wait", func(c *config.Config) { c.Digest.RerunWait = 13 * time.Hour },
			[]string{"DIGEST_RERUN_WAIT"},
		},
		{"UI in the clear", func(c *config.Config) { c.Digest.TemporalUIURL = "http://temporal.example.com" }, nil},
		{
			"UI without a scheme", func(c *config.Config) { c.Digest.TemporalUIURL = "temporal.example.com" },
			[]string{"TEMPORAL_UI_URL"},
		},

		{"no key", func(c *config.Config) { c.Payload.Keys = nil }, []string{"PAYLOAD_KEYS"}},
		{
			"no key and none needed", func(c *config.Config) { c.Payload = ops.Payload{Encryption: ops.EncryptionOff} },
			nil,
		},
		{"encryption maybe", func(c *config.Config) { c.Payload.Encryption = "yes" }, []string{"PAYLOAD_ENCRYPTION"}},
		{
			"short key", func(c *config.Config) { c.Payload.Keys[0].Key = config.NewSecret("short") },
			[]string{"PAYLOAD_KEYS"},
		},
		{
			"key twice", func(c *config.Config) { c.Payload.Keys = append(c.Payload.Keys, c.Payload.Keys[0]) },
			[]string{"PAYLOAD_KEYS"},
		},
		{
			"codec server on all interfaces", func(c *config.Config) { c.Codec.Addr = ":8234" }, nil,
		},
		{"codec server nowhere", func(c *config.Config) { c.Codec.Addr = "" }, []string{"CODEC_SERVER_ADDR"}},
		{"codec server without a port", func(c *config.Config) { c.Codec.Addr = "localhost" }, []string{"CODEC_SERVER_ADDR"}},
		{
			"short token", func(c *config.Config) { c.Codec.Token = config.NewSecret(strings.Repeat("x", 31)) },
			[]string{"CODEC_SERVER_TOKEN"},
		},
		{
			"token of words", func(c *config.Config) { c.Codec.Token = config.NewSecret(strings.Repeat("x y", 16)) },
			[]string{"CODEC_SERVER_TOKEN"},
		},
		{
			"token with a newline", func(c *config.Config) { c.Codec.Token = config.NewSecret(strings.Repeat("x", 32) + "\n") },
			[]string{"CODEC_SERVER_TOKEN"},
		},
		{"origin", func(c *config.Config) { c.Codec.Origins = config.List{"https://temporal.example.com:8443"} }, nil},
		{"any origin", func(c *config.Config) { c.Codec.Origins = config.List{"*"} }, []string{"CODEC_SERVER_ORIGINS"}},
		{"null origin", func(c *config.Config) { c.Codec.Origins = config.List{"null"} }, []string{"CODEC_SERVER_ORIGINS"}},
		{"empty origin", func(c *config.Config) { c.Codec.Origins = config.List{""} }, []string{"CODEC_SERVER_ORIGINS"}},
		{
			"origin with a path", func(c *config.Config) { c.Codec.Origins = config.List{"https://example.com/"} },
			[]string{"CODEC_SERVER_ORIGINS"},
		},
		{
			"origin with its scheme's port", func(c *config.Config) { c.Codec.Origins = config.List{"https://example.com:443"} },
			[]string{"CODEC_SERVER_ORIGINS"},
		},
		{"unknown level", func(c *config.Config) { c.Log.Level = "loud" }, []string{"LOG_LEVEL"}},
		{"unknown format", func(c *config.Config) { c.Log.Format = "text" }, []string{"LOG_FORMAT"}},
		{"metrics on all interfaces", func(c *config.Config) { c.Metrics.Addr = ":9464" }, nil},
		{"metrics on any free port", func(c *config.Config) { c.Metrics.Addr = "127.0.0.1:0" }, nil},
		{"no metrics", func(c *config.Config) { c.Metrics.Addr = "" }, nil},
		{"metrics without a port", func(c *config.Config) { c.Metrics.Addr = "localhost" }, []string{"METRICS_ADDR"}},
		{
			"metrics on no port", func(c *config.Config) { c.Metrics.Addr = "localhost:http" },
			[]string{"METRICS_ADDR"},
		},
		{
			"traces to this machine", func(c *config.Config) { c.Traces.Endpoint = "http://localhost:4318" },
			nil,
		},
		{
			"traces in the clear", func(c *config.Config) { c.Traces.Endpoint = "http://collector.example.com" },
			[]string{"OTEL_EXPORTER_OTLP_ENDPOINT"},
		},
		{
			"traces without a scheme", func(c *config.Config) { c.Traces.Endpoint = "collector:4318" },
			[]string{"OTEL_EXPORTER_OTLP_ENDPOINT"},
		},

		{"a version", func(c *config.Config) { c.Worker = ops.Worker{Deployment: "giftbridge", BuildID: "1.4+2f"} }, nil},
		{
			"a deployment without a build, in a binary that knows no commit",
			func(c *config.Config) { c.Worker.Deployment = "giftbridge" },
			[]string{"WORKER_BUILD_ID"},
		},
		{
			"a build without a deployment", func(c *config.Config) { c.Worker.BuildID = "1.4" },
			[]string{"WORKER_DEPLOYMENT"},
		},
		{
			"a deployment with a dot", func(c *config.Config) { c.Worker = ops.Worker{Deployment: "a.b", BuildID: "1"} },
			[]string{"WORKER_DEPLOYMENT"},
		},
		{
			"a build that Temporal reserves",
			func(c *config.Config) { c.Worker = ops.Worker{Deployment: "a", BuildID: "__unversioned__"} },
			[]string{"WORKER_BUILD_ID"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := valid()
			tt.change(&c)
			require.Equal(t, tt.bad, names(t, c.Validate()))
		})
	}
}

// The codec server needs neither a shop nor an issuer, but keys and a token.
func TestValidateCodecServer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*config.Config)
		bad    []string
	}{
		"valid":    {change: func(*config.Config) {}},
		"no token": {change: func(c *config.Config) { c.Codec.Token = config.Secret{} }, bad: []string{"CODEC_SERVER_TOKEN"}},
		"no address": {
			change: func(c *config.Config) { c.Codec.Addr = "" }, bad: []string{"CODEC_SERVER_ADDR"},
		},
		"no key": {change: func(c *config.Config) { c.Payload.Keys = nil }, bad: []string{"PAYLOAD_KEYS"}},
		"no key with encryption off": {
			change: func(c *config.Config) { c.Payload = ops.Payload{Encryption: ops.EncryptionOff} },
			bad:    []string{"PAYLOAD_KEYS"},
		},
		"keys with encryption off": {change: func(c *config.Config) { c.Payload.Encryption = ops.EncryptionOff }},
		"bad UI": {
			change: func(c *config.Config) { c.Digest.TemporalUIURL = "temporal.example.com" },
			bad:    []string{"TEMPORAL_UI_URL"},
		},
		"bad level": {change: func(c *config.Config) { c.Log.Level = "loud" }, bad: []string{"LOG_LEVEL"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config.Default()
			c.Payload.Keys = valid().Payload.Keys
			c.Codec.Token = config.NewSecret(strings.Repeat("x", 32))
			tt.change(&c)
			require.Equal(t, tt.bad, names(t, c.ValidateCodecServer()))
		})
	}
}

func TestCodecOrigins(t *testing.T) {
	t.Parallel()
	for ui, want := range map[string]string{
		"https://Temporal.example.com/ui/":  "https://temporal.example.com",
		"https://temporal.example.com:443":  "https://temporal.example.com",
		"http://temporal.example.com:80/":   "http://temporal.example.com",
		"http://temporal.example.com:443":   "http://temporal.example.com:443",
		"http://[::1]:8233":                 "http://[::1]:8233",
		"http://localhost:8233/namespaces/": "http://localhost:8233",
	} {
		c := config.Default()
		c.Digest.TemporalUIURL = ui
		require.Equal(t, []string{want}, c.CodecOrigins(), ui)
	}
	c := config.Default()
	c.Codec.Origins = config.List{"https://a.example.com", "https://b.example.com"}
	require.Equal(t, []string{"https://a.example.com", "https://b.example.com"}, c.CodecOrigins())
	c = config.Default()
	c.Digest.TemporalUIURL = ""
	require.Empty(t, c.CodecOrigins())
}

// FuzzBaseURL looks for a plain HTTP address that is accepted but leads to another host.
func FuzzBaseURL(f *testing.F) {
	f.Add("http://localhost:8080/v2/")
	f.Add("http://sim@evil.example/")
	f.Fuzz(func(t *testing.T, raw string) {
		c := valid()
		c.Network.PlainHTTPHosts = config.List{"sim"}
		c.CashStar.BaseURL = raw
		if c.Validate() != nil {
			return
		}
		u, err := url.Parse(raw)
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.Empty(t, u.RawQuery+u.Fragment)
		if u.Scheme == "https" {
			return
		}
		addr, err := netip.ParseAddr(u.Hostname())
		host := strings.ToLower(u.Hostname())
		require.True(t, (err == nil && addr.IsLoopback()) || host == "localhost" || host == "sim", raw)
	})
}
