// Package config reads the configuration of this installation from the environment: one [Config], read and checked once
// when a process starts, with one error that lists all problems.
//
// Each section of it is in one file: its variables, their documentation and the check of their values. The sections
// that every process needs are in package ops, those about mail in mailing, the receiver's in inbound, and those about the
// links of mails in links; package env reads them all.
//
// The connection to Temporal is not part of it. Its TEMPORAL_* variables belong to
// go.temporal.io/sdk/contrib/envconfig, which shares them with the temporal command line.
package config

import (
	"os"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // DIGEST_TIMEZONE must resolve on machines without a zone database.

	"github.com/giftbridge/giftbridge/internal/config/cashstar"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/inbound"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/config/mailing"
	"github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/config/relaying"
)

//go:generate go test -run ^TestReferenceIsCurrent$ -update .

// Config is the configuration of every giftbridge process. docs/configuration.md documents each variable.
type Config struct {
	Shopify  Shopify
	Orders   Orders
	Poll     Poll
	CashStar CashStar
	// FourWayShop is the account at the issuer that makes cards later.
	FourWayShop fourwayshop.FourWayShop
	Network     ops.Network
	Issue       Issue
	Recipient   Recipient
	SMTP        SMTP
	Digest      Digest
	Delivery    mailing.Delivery
	Receiver    Receiver
	Links       links.Links
	Checkout    checkout.Checkout
	Relay       relaying.Relay
	// Sonar is the account of the service that brings messages to phones, and Messages what is sent.
	Sonar    messaging.Sonar
	Messages messaging.Messages
	Payload  ops.Payload
	Codec    ops.CodecServer
	Log      ops.Log
	Metrics  ops.Metrics
	Traces   ops.Traces
	Worker   ops.Worker
}

// Values of variables.
type (
	// Secret is a value that is never printed.
	Secret = env.Secret
	// List is a comma-separated list.
	List = env.List
	// Clock is a time of day.
	Clock = env.Clock
)

// CashStar is the account at the issuer that issues cards at once.
type CashStar = cashstar.CashStar

// The sections that concern mail.
type (
	// SMTP is the mail server that the digest and cards are sent through.
	SMTP = mailing.SMTP
	// Digest configures when and to whom the digest is sent, and whether failed orders are re-run first.
	Digest = mailing.Digest
)

// The values of SMTP_TLS.
const (
	TLSStart    = mailing.TLSStart
	TLSImplicit = mailing.TLSImplicit
	TLSNone     = mailing.TLSNone
)

// What a receiver can serve.
const (
	ServeWebhooks  = inbound.ServeWebhooks
	ServeCallbacks = inbound.ServeCallbacks
	ServeActions   = inbound.ServeActions
	ServeCheckout  = inbound.ServeCheckout
)

// NewSecret returns a secret with the value. An empty value means that there is no secret.
func NewSecret(value string) Secret { return env.NewSecret(value) }

// schema describes all variables. An issuer or another service adds a section of its own.
var schema = env.Schema{
	Sections: slices.Concat([]env.Section{
		shopifySection, ordersSection, pollSection, cashstar.Section, fourwayshop.Section, ops.NetworkSection, issueSection, recipientSection,
	}, mailing.Sections, []env.Section{inbound.Section, links.Section, checkout.Section, relaying.Section}, messaging.Sections, ops.Sections),
	// The names that go.temporal.io/sdk/contrib/envconfig and OpenTelemetry read.
	Others: []string{
		"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_CLIENT_AUTHORITY", "TEMPORAL_CONFIG_FILE",
		"TEMPORAL_PROFILE", "TEMPORAL_TLS", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_CERT_DATA",
		"TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_CLIENT_KEY_DATA", "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
		"TEMPORAL_TLS_SERVER_CA_CERT_DATA", "TEMPORAL_TLS_SERVER_NAME", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION",
		"TEMPORAL_CODEC_ENDPOINT", "TEMPORAL_CODEC_AUTH",
		"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
		"OTEL_EXPORTER_OTLP_HEADERS",
	},
}

// MaxIssueRate returns the number of cards that may be requested of the issuer in a second; 0 means any number.
func (c Config) MaxIssueRate() float64 { return c.CashStar.MaxRPS }

// check checks all values.
func (c Config) check(ps *env.Problems) {
	env.Required(&c, ps)
	c.Shopify.check(ps, c.Network)
	c.Orders.check(ps)
	c.Poll.check(ps, c.Orders.MaxOrderAge)
	c.CashStar.Check(ps, c.Network.PlainHTTPHosts, c.IssuesAtOnce())
	c.FourWayShop.Check(ps, c.Network.PlainHTTPHosts)
	c.FourWayShop.Needs(ps)
	c.checkIssuers(ps)
	c.Network.Check(ps)
	c.Issue.check(ps, c.Orders.MaxOrderAge)
	c.Recipient.check(ps)
	c.SMTP.Check(ps)
	c.Digest.Check(ps)
	mailing.CheckTogether(ps, c.SMTP, c.Digest)
	c.Delivery.Check(ps)
	if c.FourWayShop.On() {
		c.Delivery.Needs(ps, c.SMTP, "FOURWAYSHOP_ITEMS is set, and its issuer does not send its cards")
	}
	c.Receiver.Check(ps, c.Network.PlainHTTPHosts)
	c.Links.Check(ps)
	c.Checkout.Check(ps)
	c.Relay.Check(ps, c.Network.PlainHTTPHosts)
	c.Relay.Needs(ps)
	c.Relay.Surroundings(ps, c.Webhooks(), c.Payload.Encryption != ops.EncryptionOff)
	c.Sonar.Check(ps, c.Network.PlainHTTPHosts)
	c.Messages.Check(ps)
	c.Messages.Needs(ps, c.Sonar, c.Payload.Encryption != ops.EncryptionOff)
	c.Payload.Check(ps)
	c.Codec.Check(ps)
	c.Log.Check(ps)
	c.Metrics.Check(ps)
	c.Traces.Check(ps, c.Network.PlainHTTPHosts)
	c.Worker.Check(ps)
}

// Default returns the configuration of an empty environment. It is not valid: values without a default are missing.
func Default() Config {
	var c Config
	env.Default(&c)
	return c
}

// Load reads the environment and checks all of it. The error, a [*env.ValidationError], lists every problem: values
// that cannot be parsed, values that make no sense, and unknown names. Even with an error, Load returns the
// configuration as far as it could be read, so that it can be shown.
func Load() (Config, error) {
	c, found := read()
	invalid := schema.Problems()
	c.check(invalid)
	c.Orders.future(invalid, time.Now())
	ops.CheckTemporal(invalid)
	found.Merge(invalid)
	return c, found.Err()
}

// Read reads the environment like [Load], but does not report the problems that only [Config.Validate] finds. It is for
// commands that need a part of the configuration and check that part themselves.
func Read() (Config, error) {
	c, found := read()
	return c, found.Err()
}

func read() (Config, *env.Problems) {
	var c Config
	found := schema.Read(&c)
	c.Issue.DedupesStated = os.Getenv(dedupesVariable) != ""
	return c, found
}

// Environ returns the environment variables that express c, including its secrets, as NAME=value. [Load] in that
// environment returns c again. A process with the same configuration is started in this environment.
func Environ(c Config) []string {
	return slices.DeleteFunc(env.Environ(&c), func(entry string) bool {
		return !c.Issue.DedupesStated && strings.HasPrefix(entry, dedupesVariable+"=")
	})
}

// Validate checks the whole configuration. Its error, a [*env.ValidationError], lists every problem.
func (c Config) Validate() error {
	ps := schema.Problems()
	c.check(ps)
	return ps.Err()
}

// ValidateCodecServer checks only the settings that the codec server needs.
func (c Config) ValidateCodecServer() error {
	ps := schema.Problems()
	c.Payload.Check(ps)
	c.Codec.Check(ps)
	c.Log.Check(ps)
	if len(c.Payload.Keys) == 0 && c.Payload.Encryption == ops.EncryptionOff {
		ps.Add("PAYLOAD_KEYS", "is not set: there is no key to decrypt payloads with")
	}
	if c.Codec.Addr == "" {
		ps.Add("CODEC_SERVER_ADDR", "is not set: need %s", ps.Want("CODEC_SERVER_ADDR"))
	}
	if !c.Codec.Token.IsSet() {
		ps.Add("CODEC_SERVER_TOKEN", "is not set: need %s", ps.Want("CODEC_SERVER_TOKEN"))
	}
	ps.URL("TEMPORAL_UI_URL", c.Digest.TemporalUIURL)
	return ps.Err()
}

// CodecOrigins returns the origins whose pages may request decrypted payloads: the configured ones, or the Web UI's if
// none are configured.
func (c Config) CodecOrigins() []string {
	if len(c.Codec.Origins) > 0 {
		return c.Codec.Origins
	}
	if o := env.Origin(c.Digest.TemporalUIURL); o != "" {
		return []string{o}
	}
	return nil
}
