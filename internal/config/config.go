// Package config reads the configuration of this installation from the environment: one [Config], read and checked once
// when a process starts, with one error that lists all problems.
//
// The connection to Temporal is not part of it. Its TEMPORAL_* variables belong to
// go.temporal.io/sdk/contrib/envconfig, which shares them with the temporal command line.
package config

import (
	"slices"
	"time"
	_ "time/tzdata" // DIGEST_TIMEZONE must resolve on machines without a zone database.
)

//go:generate go test -run ^TestReferenceIsCurrent$ -update .

// Config is the configuration of every giftbridge process. docs/configuration.md documents each variable.
type Config struct {
	Shopify   Shopify
	Orders    Orders
	Poll      Poll
	CashStar  CashStar
	Network   Network
	Issue     Issue
	Recipient Recipient
	SMTP      SMTP
	Digest    Digest
	Payload   Payload
	Codec     CodecServer
	Log       Log
	Metrics   Metrics
	Traces    Traces
	Worker    Worker
}

// Shopify is the shop that is polled, and its credentials: an access token, or a client ID and its secret.
type Shopify struct {
	Shop         string `envconfig:"SHOPIFY_SHOP" required:"true"`
	BaseURL      string `envconfig:"SHOPIFY_BASE_URL"`
	AccessToken  Secret `envconfig:"SHOPIFY_ACCESS_TOKEN"`
	ClientID     string `envconfig:"SHOPIFY_CLIENT_ID"`
	ClientSecret Secret `envconfig:"SHOPIFY_CLIENT_SECRET"`
	APIVersion   string `envconfig:"SHOPIFY_API_VERSION" default:"2026-07" required:"true"`
	B2B          bool   `envconfig:"SHOPIFY_B2B" default:"false"`
}

// URL returns the base URL of the shop: the override, or https with the shop's own host.
func (s Shopify) URL() string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	return "https://" + s.Shop
}

// Orders defines which orders giftbridge treats as gift-card orders.
type Orders struct {
	GiftCardSKUs      List          `envconfig:"GIFT_CARD_SKUS" required:"true"`
	CompanionSKUs     List          `envconfig:"COMPANION_SKUS"`
	CreatedAtMin      time.Time     `envconfig:"CREATED_AT_MIN" required:"true"`
	MaxOrderAge       time.Duration `envconfig:"MAX_ORDER_AGE" default:"336h"`
	IncludeTestOrders bool          `envconfig:"INCLUDE_TEST_ORDERS" default:"false"`
	// Underpaid is [Hold] or [IssueAnyway].
	Underpaid string `envconfig:"UNDERPAID" default:"hold"`
	// MatchBy lists the attributes of a customer by which merchants are matched; empty keeps the choice that the
	// installation began with.
	MatchBy List `envconfig:"MATCH_BY"`
}

// MatchableBy lists the attributes of a customer by which merchants can be matched.
var MatchableBy = []string{"external_id", "company", "name"}

// The ways to handle an order that is no longer paid in full.
const (
	// Hold leaves the order for an operator to decide.
	Hold = "hold"
	// IssueAnyway issues the order's cards.
	IssueAnyway = "issue"
)

// Poll configures how giftbridge looks for orders.
type Poll struct {
	Interval    time.Duration `envconfig:"POLL_INTERVAL" default:"5m"`
	Overlap     time.Duration `envconfig:"POLL_OVERLAP" default:"10m"`
	SettleDelay time.Duration `envconfig:"POLL_SETTLE_DELAY" default:"1m"`
	PageSize    int           `envconfig:"POLL_PAGE_SIZE" default:"250"`
	// SweepInterval is the time between two checks for orders that polls have missed.
	SweepInterval time.Duration `envconfig:"SWEEP_INTERVAL" default:"1h"`
}

// MaxIssueRate returns the number of cards that may be requested of the issuer in a second; 0 means any number.
func (c Config) MaxIssueRate() float64 { return c.CashStar.MaxRPS }

// CashStar is the account at the issuer. The base URL includes the version prefix.
type CashStar struct {
	BaseURL  string        `envconfig:"CASHSTAR_BASE_URL" required:"true"`
	Username string        `envconfig:"CASHSTAR_USERNAME" required:"true"`
	Password Secret        `envconfig:"CASHSTAR_PASSWORD" required:"true"`
	MaxRPS   float64       `envconfig:"CASHSTAR_MAX_RPS" default:"0"`
	Timeout  time.Duration `envconfig:"CASHSTAR_TIMEOUT" default:"30s"`
}

// Network describes the network between giftbridge and the services.
type Network struct {
	PlainHTTPHosts List `envconfig:"PLAIN_HTTP_HOSTS"`
}

// Issue configures how cards are ordered from the issuer.
type Issue struct {
	MerchantCode string        `envconfig:"MERCHANT_CODE"`
	AuditPrefix  string        `envconfig:"AUDIT_PREFIX"`
	RetryBudget  time.Duration `envconfig:"RETRY_BUDGET" default:"1h"`
	// Dedupes states that the issuer never creates a second card for a repeated audit number.
	Dedupes bool `envconfig:"ISSUER_DEDUPES" default:"true"`
	// DedupesStated reports whether ISSUER_DEDUPES is set. A new installation must set it explicitly; there the default
	// does not count.
	DedupesStated bool `ignored:"true"`
}

// Recipient names the line-item properties in which the shop stores the recipient's details that the buyer entered.
type Recipient struct {
	EmailKey   string `envconfig:"RECIPIENT_EMAIL_KEY" default:"Recipient email" required:"true"`
	NameKey    string `envconfig:"RECIPIENT_NAME_KEY" default:"Recipient name" required:"true"`
	MessageKey string `envconfig:"RECIPIENT_MESSAGE_KEY" default:"Message" required:"true"`
	SendOnKey  string `envconfig:"RECIPIENT_SEND_ON_KEY" default:"Send on" required:"true"`
}

// SMTP is the mail server that the digest is sent through.
type SMTP struct {
	Host     string `envconfig:"SMTP_HOST"`
	Port     int    `envconfig:"SMTP_PORT" default:"587"`
	Username string `envconfig:"SMTP_USERNAME"`
	Password Secret `envconfig:"SMTP_PASSWORD"`
	TLS      string `envconfig:"SMTP_TLS" default:"starttls" required:"true"`
}

// Enabled reports whether a mail server, and thus the digest, is configured.
func (s SMTP) Enabled() bool { return s.Host != "" }

// The values of SMTP_TLS.
const (
	TLSStart    = "starttls" // Connect in the clear and upgrade before anything is sent, or fail.
	TLSImplicit = "tls"      // TLS from the first byte, usually on port 465.
	TLSNone     = "none"     // No encryption, for a mail catcher on this machine or a relay next to it.
)

// Digest configures when and to whom the digest is sent, and whether failed orders are re-run first.
type Digest struct {
	From          string        `envconfig:"DIGEST_FROM"`
	To            List          `envconfig:"DIGEST_TO"`
	At            Clock         `envconfig:"DIGEST_AT" default:"18:00"`
	TimeZone      string        `envconfig:"DIGEST_TIMEZONE" default:"UTC" required:"true"`
	Rerun         bool          `envconfig:"DIGEST_RERUN" default:"true"`
	RerunWait     time.Duration `envconfig:"DIGEST_RERUN_WAIT" default:"10m"`
	SendEmpty     bool          `envconfig:"DIGEST_SEND_EMPTY" default:"false"`
	TemporalUIURL string        `envconfig:"TEMPORAL_UI_URL" default:"http://localhost:8233" required:"true"`
}

// Location returns the digest's time zone. It fails only if Validate fails too.
func (d Digest) Location() (*time.Location, error) { return time.LoadLocation(d.TimeZone) }

// Payload configures whether the payloads that Temporal stores are encrypted, and with which keys.
type Payload struct {
	Encryption string      `envconfig:"PAYLOAD_ENCRYPTION" default:"on" required:"true"`
	Keys       PayloadKeys `envconfig:"PAYLOAD_KEYS"`
	// BindNamespace makes what is encrypted readable in its own namespace alone. Releases before it cannot read that.
	BindNamespace bool `envconfig:"PAYLOAD_BIND_NAMESPACE" default:"false"`
	// AcceptPlain lets workers read unencrypted payloads although encryption is on.
	AcceptPlain bool `envconfig:"PAYLOAD_ACCEPT_PLAIN" default:"false"`
}

// The values of PAYLOAD_ENCRYPTION.
const (
	EncryptionOn  = "on"
	EncryptionOff = "off" // Payloads are written in the clear; the keys, if any, still decrypt older payloads.
)

// CodecServer configures the server that decrypts payloads for people, and who may use it. Only that server reads it.
type CodecServer struct {
	Addr    string `envconfig:"CODEC_SERVER_ADDR" default:"127.0.0.1:8234" required:"true"`
	Token   Secret `envconfig:"CODEC_SERVER_TOKEN"`
	Origins List   `envconfig:"CODEC_SERVER_ORIGINS"`
}

// CodecOrigins returns the origins whose pages may request decrypted payloads: the configured ones, or the Web UI's if
// none are configured.
func (c Config) CodecOrigins() []string {
	if len(c.Codec.Origins) > 0 {
		return c.Codec.Origins
	}
	if o := origin(c.Digest.TemporalUIURL); o != "" {
		return []string{o}
	}
	return nil
}

// Log sets the level and the format of the logs.
type Log struct {
	Level  string `envconfig:"LOG_LEVEL" default:"info" required:"true"`
	Format string `envconfig:"LOG_FORMAT" default:"auto" required:"true"`
}

// The values of LOG_FORMAT.
const (
	FormatAuto    = "auto" // Console on a terminal, JSON elsewhere.
	FormatJSON    = "json"
	FormatConsole = "console"
)

// Metrics configures where metrics are served.
type Metrics struct {
	Addr string `envconfig:"METRICS_ADDR" default:"127.0.0.1:9464"`
}

// MetricsOff is the value of METRICS_ADDR that turns metrics off. The empty value does too.
const MetricsOff = "off"

// ListenAddr returns the address to listen on, empty when metrics are off.
func (m Metrics) ListenAddr() string {
	if m.Addr == MetricsOff {
		return ""
	}
	return m.Addr
}

// Traces configures where traces are sent. OpenTelemetry's own libraries read its other variables.
type Traces struct {
	Endpoint string `envconfig:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

// Worker identifies the worker deployment and the build of the workers. Both are empty for workers without a version.
type Worker struct {
	Deployment string `envconfig:"WORKER_DEPLOYMENT"`
	BuildID    string `envconfig:"WORKER_BUILD_ID"`
}

// Load reads the environment and checks all of it. The error, a [*ValidationError], lists every problem: values that
// cannot be parsed, values that make no sense, and unknown names. Even with an error, Load returns the configuration as
// far as it could be read, so that it can be shown.
func Load() (Config, error) {
	c, unread := read()
	return c, merge(unread, slices.Concat(c.problems(), c.Orders.future(time.Now())))
}

// Read reads the environment like [Load], but does not report the problems that only [Config.Validate] finds. It is for
// commands that need a part of the configuration and check that part themselves.
func Read() (Config, error) {
	c, unread := read()
	return c, unread.err()
}
