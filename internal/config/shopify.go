package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// Shopify is the shop that is polled, and its credentials: an access token, or a client ID and its secret.
type Shopify struct {
	Shop         string `envconfig:"SHOPIFY_SHOP" required:"true"`
	BaseURL      string `envconfig:"SHOPIFY_BASE_URL"`
	AccessToken  Secret `envconfig:"SHOPIFY_ACCESS_TOKEN"`
	ClientID     string `envconfig:"SHOPIFY_CLIENT_ID"`
	ClientSecret Secret `envconfig:"SHOPIFY_CLIENT_SECRET"`
	APIVersion   string `envconfig:"SHOPIFY_API_VERSION" default:"2026-07" required:"true"`
	B2B          bool   `envconfig:"SHOPIFY_B2B" default:"false"`
	// WriteBack is how an order shows in the shop that its cards exist: [NoWriteBack], [NoteWriteBack], [TagWriteBack] or
	// [FulfilWriteBack].
	WriteBack string `envconfig:"SHOPIFY_WRITE_BACK" default:"off"`
	// Webhooks is who keeps the subscriptions to webhooks: [WebhooksByAPI], [WebhooksByTOML] or, if there are to be none,
	// [NoWebhooks].
	Webhooks string `envconfig:"SHOPIFY_WEBHOOKS" default:"api"`
}

// Who keeps the subscriptions to webhooks.
const (
	// WebhooksByAPI: giftbridge makes them, and makes them again if they are gone.
	WebhooksByAPI = "api"
	// WebhooksByTOML: the app's shopify.app.toml has them. Shopify does not list those.
	WebhooksByTOML = "toml"
	// NoWebhooks: there are none, and RECEIVER_URL is the address of the pages behind the links in the mail alone.
	NoWebhooks = "off"
)

var keepers = []string{WebhooksByAPI, WebhooksByTOML, NoWebhooks}

// What an order shows in the shop once its cards exist.
const (
	// NoWriteBack leaves the order unchanged.
	NoWriteBack = "off"
	// NoteWriteBack adds a line to its note.
	NoteWriteBack = "note"
	// TagWriteBack adds a tag.
	TagWriteBack = "tag"
	// FulfilWriteBack fulfils its gift-card lines.
	FulfilWriteBack = "fulfil"
)

// URL returns the base URL of the shop: the override, or https with the shop's own host.
func (s Shopify) URL() string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	return "https://" + s.Shop
}

var writeBacks = []string{NoWriteBack, NoteWriteBack, TagWriteBack, FulfilWriteBack}

var shopifySection = env.Section{
	Field: "Shopify", Heading: "Shopify",
	Prefixes: []string{"SHOPIFY_"},
	Variables: map[string]env.Reference{
		"SHOPIFY_SHOP": {
			Want:  "the shop's own host in lower case, such as example.myshopify.com",
			About: "The shop whose orders are polled.",
		},
		"SHOPIFY_BASE_URL": {
			Want:  env.WantBaseURL,
			About: "Overrides `https://$SHOPIFY_SHOP`, for simulators and proxies.",
		},
		"SHOPIFY_ACCESS_TOKEN": {
			Want:  env.WantSecret,
			About: "Static Admin API token. Set either this, or the client ID and its secret.",
		},
		"SHOPIFY_CLIENT_ID": {
			Want:  env.WantText,
			About: "Client ID of the app; tokens are fetched with the client-credentials grant and renewed.",
		},
		"SHOPIFY_CLIENT_SECRET": {
			Want:  env.WantSecret,
			About: "Secret of the client ID.",
		},
		"SHOPIFY_API_VERSION": {
			Want:  "a stable quarterly version such as 2026-07",
			About: "Version of the Admin API. An answer from a different version raises an alarm.",
		},
		"SHOPIFY_B2B": {
			Want: env.WantBool,
			About: "Also read the company of each order, and match merchants by it. Only for shops with B2B; the app then needs the " +
				"scope `read_customers` or `read_companies`.",
		},
		"SHOPIFY_WRITE_BACK": {
			Want: strings.Join(writeBacks[:len(writeBacks)-1], ", ") + " or " + writeBacks[len(writeBacks)-1],
			About: "What an order shows in Shopify's admin once all its cards exist. `note` adds a line such as `giftbridge: 2 gift " +
				"cards issued` to its note, `tag` adds the tag `giftbridge-issued`, and `fulfil` fulfils its gift-card lines and " +
				"notifies nobody. A refusal fails no order. The app then needs the scope `write_orders`, or " +
				"`write_merchant_managed_fulfillment_orders` for `fulfil`. An order keeps the setting with which it was taken in.",
		},
		"SHOPIFY_WEBHOOKS": {
			Want: strings.Join(keepers[:len(keepers)-1], ", ") + " or " + keepers[len(keepers)-1],
			About: "Who keeps the subscriptions to webhooks, if RECEIVER_URL is set: with `api`, `giftbridge webhooks apply` makes " +
				"them, and an hourly look makes missing ones again; with `toml`, the app's shopify.app.toml has them (`giftbridge " +
				"webhooks toml` prints them), and giftbridge makes and looks at none; with `off`, there are none, and RECEIVER_URL " +
				"is only the address of the links in the digest, for which RECEIVER_SERVES=actions is enough.",
		},
	},
}

var (
	shopForm       = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)
	apiVersionForm = regexp.MustCompile(`^20\d\d-(01|04|07|10)$`) // Shopify's releases are quarterly.
)

// What Shopify's credentials begin with. People mistake one for the other.
const (
	tokenPrefix  = "shpat_"
	secretPrefix = "shpss_"
)

func (s Shopify) check(ps *env.Problems, n ops.Network) {
	if s.Shop != "" && !shopForm.MatchString(s.Shop) {
		ps.Bad("SHOPIFY_SHOP", s.Shop)
	}
	ps.BaseURL("SHOPIFY_BASE_URL", s.BaseURL, n.PlainHTTPHosts)
	if !slices.Contains(writeBacks, s.WriteBack) {
		ps.Bad("SHOPIFY_WRITE_BACK", s.WriteBack)
	}
	if !slices.Contains(keepers, s.Webhooks) {
		ps.Bad("SHOPIFY_WEBHOOKS", s.Webhooks)
	}
	if s.APIVersion != "" && !apiVersionForm.MatchString(s.APIVersion) {
		ps.Bad("SHOPIFY_API_VERSION", s.APIVersion)
	}
	id, secret := s.ClientID != "", s.ClientSecret.IsSet()
	switch {
	case s.AccessToken.IsSet() && (id || secret):
		ps.Add("SHOPIFY_ACCESS_TOKEN",
			"is set together with SHOPIFY_CLIENT_ID or SHOPIFY_CLIENT_SECRET: need one or the other")
	case s.AccessToken.IsSet():
	case id && !secret:
		ps.Add("SHOPIFY_CLIENT_SECRET", "is not set: need it with SHOPIFY_CLIENT_ID")
	case !id && secret:
		ps.Add("SHOPIFY_CLIENT_ID", "is not set: need it with SHOPIFY_CLIENT_SECRET")
	case !id:
		ps.Add("SHOPIFY_ACCESS_TOKEN", "is not set: need it, or both SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET")
	}
	switch {
	case strings.HasPrefix(s.AccessToken.Reveal(), secretPrefix):
		ps.Add("SHOPIFY_ACCESS_TOKEN", "is an app's secret (%s…): need an Admin API access token, or the secret in "+
			"SHOPIFY_CLIENT_SECRET, with SHOPIFY_CLIENT_ID", secretPrefix)
	default:
		ps.Token("SHOPIFY_ACCESS_TOKEN", s.AccessToken)
	}
	if strings.HasPrefix(s.ClientSecret.Reveal(), tokenPrefix) {
		ps.Add("SHOPIFY_CLIENT_SECRET", "is an access token (%s…): need the app's secret, or the token in "+
			"SHOPIFY_ACCESS_TOKEN, without SHOPIFY_CLIENT_ID", tokenPrefix)
		return
	}
	ps.Secret("SHOPIFY_CLIENT_SECRET", s.ClientSecret)
}
