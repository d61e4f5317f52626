// Package site has what every simulated installation needs: accounts at the simulated services, the configuration of
// workers that use them, servers for the simulators, and the wait until the installation is at rest.
//
// All configurations of the sandbox are made here, so that none of them can lack a variable.
package site

import (
	"crypto/rand"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Site is a simulated installation.
type Site struct {
	// Name distinguishes the site from others. Its shop and its credentials are named after it.
	Name string `json:"name"`
	// AuditPrefix is the prefix of the site's audit numbers.
	AuditPrefix string `json:"audit_prefix"`
}

// Domain is the end of the domain of every shop.
const Domain = ".myshopify.com"

// Shop returns the domain of the site's shop.
func (s Site) Shop() string { return s.Name + Domain }

func (s Site) token() string { return "shpat_" + s.Name }

func (s Site) webhookSecret() string { return "shpss_" + s.Name }

func (s Site) password() string { return s.Name + "-password" }

// NewShop returns the site's shop. It has the variants of the scenario unless the options name others.
func (s Site) NewShop(o shopifytest.Options) *shopifytest.Server {
	o.Domain, o.AccessToken, o.Webhooks.Secret = s.Shop(), s.token(), s.webhookSecret()
	o.AllowInternal = true // Receivers listen on this machine.
	if o.Variants == nil {
		o.Variants = scenario.Variants()
	}
	if o.Scopes == nil { // The default, and what messages about orders need.
		o.Scopes = []string{"read_orders", "read_customers", "read_products", "read_fulfillments", "read_all_orders"}
	}
	return shopifytest.New(o)
}

// NewIssuer returns the site's issuer.
func (s Site) NewIssuer(o cashstartest.Options) *cashstartest.Server {
	o.Username, o.Password = s.Name, s.password()
	return cashstartest.New(o)
}

// Services are the addresses of the simulated services.
type Services struct {
	Shop, Issuer string
	// FourWayShop is the address of the issuer that makes cards later. Without one, the site has no such cards; with one, its
	// configuration needs a receiver too.
	FourWayShop string
	// MailHost and MailPort are those of the mail server. Without a host, no digest is sent.
	MailHost string
	MailPort int
}

// Config returns the configuration of the site's workers: production's defaults, encryption with a new key, and no
// digest and no sweep except on request.
func (s Site) Config(at Services) config.Config {
	now := time.Now().UTC()
	c := config.Default()
	c.Shopify.Shop, c.Shopify.BaseURL = s.Shop(), at.Shop
	c.Shopify.AccessToken = config.NewSecret(s.token())
	c.Orders.GiftCardSKUs = scenario.SKUs()
	c.Orders.CreatedAtMin = now.Add(-time.Hour).Truncate(time.Second)
	c.Orders.MatchBy = config.MatchableBy
	c.Poll.SweepInterval = 24 * time.Hour
	c.CashStar.BaseURL = at.Issuer + "/v2/"
	c.CashStar.Username, c.CashStar.Password = s.Name, config.NewSecret(s.password())
	c.Issue.AuditPrefix, c.Issue.DedupesStated = s.AuditPrefix, true
	c.Payload.Encryption, c.Payload.BindNamespace, c.Payload.Compress = ops.EncryptionOn, true, true
	c.Payload.Keys = ops.PayloadKeys{{ID: s.Name, Key: NewPayloadKey()}}
	if at.FourWayShop != "" {
		s.sellLater(&c, at.FourWayShop)
	}
	if at.MailHost != "" {
		c.SMTP.Host, c.SMTP.Port, c.SMTP.TLS = at.MailHost, at.MailPort, config.TLSNone
		c.Digest.From, c.Digest.To = "giftbridge@example.com", config.List{"operations@example.com"}
		// The scheduled time is as far away as possible, so that the schedule sends no digest.
		c.Digest.At = config.Clock{Hour: now.Add(-time.Hour).Hour()}
	}
	return c
}

// NewPayloadKey returns a new key for payloads.
func NewPayloadKey() config.Secret {
	key := make([]byte, ops.PayloadKeySize)
	_, _ = rand.Read(key) // It never fails.
	return config.NewSecret(string(key))
}

// Environ returns the environment variables that express a configuration and where its Temporal is, including its
// secrets, as NAME=value.
func Environ(c config.Config, temporal, namespace string) []string {
	return append(config.Environ(c), "TEMPORAL_ADDRESS="+temporal, "TEMPORAL_NAMESPACE="+namespace)
}

// UsualPoll returns how production polls by default, for calculations.
func UsualPoll() config.Poll { return config.Default().Poll }
