package site

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/links"
)

// Receive adds a receiver on a port of this machine to a configuration: the shop delivers webhooks to it, and issuers that
// make cards later answer to it.
func (s Site) Receive(c *config.Config, port int) {
	receiveAt(c, port)
	c.Receiver.WebhookSecrets = config.WebhookSecrets{config.NewSecret(s.webhookSecret())}
}

// Act adds a receiver on a port of this machine to a configuration: it serves the pages behind the links in the digest.
// Without Receive, it serves no webhooks.
func (s Site) Act(c *config.Config, port int) {
	receiveAt(c, port)
	c.Links.Keys = s.signingKeys()
	withoutWebhooks(c)
}

// Answer adds a receiver on a port of this machine to a configuration: issuers that make cards later answer to it, and a shop
// spends these cards there. Without Receive, it serves no webhooks.
func (Site) Answer(c *config.Config, port int) {
	receiveAt(c, port)
	withoutWebhooks(c)
}

// Sell adds a checkout to a configuration that has a receiver: the site's shop may spend cards there, and have amounts given back.
func (s Site) Sell(c *config.Config) {
	c.Checkout.Clients = checkout.Clients{{
		Name: s.Name, Hash: sha256.Sum256([]byte(s.CheckoutKey())), Rights: checkout.Rights,
	}}
	c.FourWayShop.Reversals = true
	if !slices.Contains(c.Receiver.Serves, config.ServeCheckout) {
		c.Receiver.Serves = append(c.Receiver.Serves, config.ServeCheckout)
	}
}

// withoutWebhooks turns off the webhooks of a configuration that has no secret for them.
func withoutWebhooks(c *config.Config) {
	if len(c.Receiver.WebhookSecrets) > 0 {
		return
	}
	c.Shopify.Webhooks = config.NoWebhooks
	c.Receiver.Serves = config.List{config.ServeCallbacks, config.ServeActions, config.ServeCheckout}
}

func receiveAt(c *config.Config, port int) {
	c.Receiver.Addr = Loopback(port)
	c.Receiver.URL = "http://" + c.Receiver.Addr
}

// signingKeys returns new keys that sign addresses.
func (s Site) signingKeys() links.SigningKeys {
	return links.SigningKeys{{ID: s.Name, Secret: config.NewSecret(rand.Text() + rand.Text())}}
}
