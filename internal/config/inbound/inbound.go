// Package inbound has the section of the configuration that concerns what comes in over HTTP: where the receiver listens,
// how it is reached from outside, what it serves, and with which secrets the shop signs webhooks.
package inbound

import (
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/redact"
)

// Receiver configures the process that takes HTTP requests from outside, and how it is reached.
type Receiver struct {
	Addr string `envconfig:"RECEIVER_ADDR" default:"127.0.0.1:8235"`
	// URL is how the receiver is reached from outside. Webhooks are on if it is set, unless SHOPIFY_WEBHOOKS says otherwise.
	URL      string `envconfig:"RECEIVER_URL"`
	CertFile string `envconfig:"RECEIVER_TLS_CERT_FILE"`
	KeyFile  string `envconfig:"RECEIVER_TLS_KEY_FILE"`
	// Serves lists what this process serves: [ServeWebhooks], [ServeCallbacks], [ServeActions], [ServeCheckout].
	Serves         env.List       `envconfig:"RECEIVER_SERVES" default:"webhooks,callbacks,actions,checkout"`
	WebhookSecrets WebhookSecrets `envconfig:"SHOPIFY_WEBHOOK_SECRETS"`
}

// What a receiver can serve.
const (
	// ServeWebhooks is the shop's webhooks.
	ServeWebhooks = "webhooks"
	// ServeCallbacks is the answers of issuers that make cards later.
	ServeCallbacks = "callbacks"
	// ServeActions is the pages behind the links in the digest's mail.
	ServeActions = "actions"
	// ServeCheckout is the API at which checkouts spend cards.
	ServeCheckout = "checkout"
)

var served = []string{ServeWebhooks, ServeCallbacks, ServeActions, ServeCheckout}

// tokenPrefix is what an access token of the shop begins with. People mistake one for the app's secret.
const tokenPrefix = "shpat_"

// maxWebhookSecrets is the number of secrets that count: the current one, and the one before it.
const maxWebhookSecrets = 2

// Section describes the variables.
var Section = env.Section{
	Field: "Receiver", Heading: "Receiver",
	Prefixes: []string{"RECEIVER_"},
	Variables: map[string]env.Reference{
		"RECEIVER_ADDR": {
			Want: "host:port; without a certificate, the host is this machine (localhost, 127.0.0.0/8, ::1) or in PLAIN_HTTP_HOSTS",
			About: "Address on which `giftbridge receiver` listens. It speaks HTTPS if it has a certificate, and otherwise plain " +
				"HTTP, for a proxy in front of it. In a container, listen on `0.0.0.0` and put `0.0.0.0` in `PLAIN_HTTP_HOSTS`.",
		},
		"RECEIVER_URL": {
			Want: env.WantBaseURL,
			About: "How the receiver is reached from outside. Webhooks are on if it is set, unless `SHOPIFY_WEBHOOKS` is `off`: Shopify " +
				"delivers them to this address, at `/webhooks/shopify/orders` and `/webhooks/shopify/products`.",
		},
		"RECEIVER_TLS_CERT_FILE": {
			Want:  "the path of a PEM file, together with RECEIVER_TLS_KEY_FILE",
			About: "The receiver's certificate, with the chain. A file that has changed is read again within a minute.",
		},
		"RECEIVER_TLS_KEY_FILE": {
			Want:  "the path of a PEM file, together with RECEIVER_TLS_CERT_FILE",
			About: "The key of the certificate.",
		},
		"RECEIVER_SERVES": {
			Want: "one or more of " + strings.Join(served, ", ") + ", separated by commas",
			About: "What this receiver serves: Shopify's webhooks, the answers of issuers that make cards later, the pages behind " +
				"the links in the digest's mail, and the API at which checkouts spend cards. Two receivers with different values keep " +
				"what only colleagues use off the internet.",
		},
		"SHOPIFY_WEBHOOK_SECRETS": {
			Want: "a secret, or the current and the previous one separated by a comma",
			About: "Secrets with which Shopify signs webhooks: the client secret of the app that has the subscriptions. After a " +
				"rotation, put the new one first and keep the old one for a day. Only the receiver reads it.",
		},
	},
}

// Serve reports whether the receiver serves one of [ServeWebhooks], [ServeCallbacks], [ServeActions] and [ServeCheckout].
func (r Receiver) Serve(what string) bool { return slices.Contains(r.Serves, what) }

// TLS reports whether the receiver has a certificate of its own.
func (r Receiver) TLS() bool { return r.CertFile != "" && r.KeyFile != "" }

// Check checks the form of the values. What only a receiver needs, [Receiver.Needs] requires. plain are the hosts at
// which plain HTTP may be spoken.
func (r Receiver) Check(ps *env.Problems, plain env.List) {
	ps.BaseURL("RECEIVER_URL", r.URL, plain)
	if r.Addr != "" && !env.IsHostPort(r.Addr) {
		ps.Bad("RECEIVER_ADDR", r.Addr)
	}
	switch {
	case r.CertFile != "" && r.KeyFile == "":
		ps.Add("RECEIVER_TLS_KEY_FILE", "is not set: need it with RECEIVER_TLS_CERT_FILE")
	case r.CertFile == "" && r.KeyFile != "":
		ps.Add("RECEIVER_TLS_CERT_FILE", "is not set: need it with RECEIVER_TLS_KEY_FILE")
	}
	for i, what := range r.Serves {
		if !r.known(i) {
			ps.Bad("RECEIVER_SERVES", what)
		}
	}
	if len(r.Serves) == 0 {
		ps.Add("RECEIVER_SERVES", "is empty: need %s", ps.Want("RECEIVER_SERVES"))
	}
	if len(r.WebhookSecrets) > maxWebhookSecrets {
		ps.Add("SHOPIFY_WEBHOOK_SECRETS", "has %d secrets: need %s", len(r.WebhookSecrets), ps.Want("SHOPIFY_WEBHOOK_SECRETS"))
	}
	for i, s := range r.WebhookSecrets {
		switch {
		case !s.IsSet():
			ps.Add("SHOPIFY_WEBHOOK_SECRETS", "secret %d is empty: need %s", i+1, ps.Want("SHOPIFY_WEBHOOK_SECRETS"))
		case strings.HasPrefix(s.Reveal(), tokenPrefix):
			ps.Add("SHOPIFY_WEBHOOK_SECRETS", "secret %d is an access token (%s…): need the app's client secret", i+1, tokenPrefix)
		default:
			ps.Secret("SHOPIFY_WEBHOOK_SECRETS", s)
		}
	}
}

func (r Receiver) known(i int) bool {
	return slices.Contains(served, r.Serves[i]) && !slices.Contains(r.Serves[:i], r.Serves[i])
}

// Needs requires what a receiver cannot run without.
func (r Receiver) Needs(ps *env.Problems, plain env.List) {
	if r.Addr == "" {
		ps.Add("RECEIVER_ADDR", "is not set: need %s", ps.Want("RECEIVER_ADDR"))
	}
	if host, _, err := net.SplitHostPort(r.Addr); err == nil && !r.TLS() && !plainAt(host, plain) {
		ps.Add("RECEIVER_ADDR", "%s would speak plain HTTP beyond this machine: need RECEIVER_TLS_CERT_FILE and "+
			"RECEIVER_TLS_KEY_FILE, or, behind a proxy that speaks HTTPS, %s in PLAIN_HTTP_HOSTS", env.Show(r.Addr), env.Show(host))
	}
	if r.Serve(ServeWebhooks) && len(r.WebhookSecrets) == 0 {
		ps.Add("SHOPIFY_WEBHOOK_SECRETS", "is not set: need the client secret of the app that has the webhooks, or "+
			"RECEIVER_SERVES=%s", ServeActions)
	}
}

// plainAt reports whether plain HTTP may be spoken at a host: this machine, or one of the listed hosts.
func plainAt(host string, plain env.List) bool {
	return env.Loopback(host) || slices.ContainsFunc(plain, func(h string) bool {
		return h != "" && strings.EqualFold(h, host)
	})
}

// WebhookSecrets are the secrets that deliveries may be signed with: the current one and, after a rotation, the previous
// one.
type WebhookSecrets []env.Secret

// Decode reads the value of a variable. It keeps empty entries, so that they can be reported: an empty secret would
// accept what anyone signs.
func (s *WebhookSecrets) Decode(value string) error {
	*s = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	if strings.ContainsAny(value, "\r\n") {
		return errors.New("has more than one line")
	}
	for entry := range strings.SplitSeq(value, ",") {
		*s = append(*s, env.NewSecret(strings.TrimSpace(entry)))
	}
	return nil
}

// String returns as many placeholders as there are secrets.
func (s WebhookSecrets) String() string {
	return strings.TrimSuffix(strings.Repeat(redact.Secret+",", len(s)), ",")
}

// Reveal returns the secrets as they are written in a variable.
func (s WebhookSecrets) Reveal() string {
	all := make([]string, len(s))
	for i, secret := range s {
		all[i] = secret.Reveal()
	}
	return strings.Join(all, ",")
}

// MarshalText returns what String does, so that no form of output has a secret.
func (s WebhookSecrets) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
