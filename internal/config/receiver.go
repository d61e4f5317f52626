package config

import (
	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/inbound"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// Receiver and WebhookSecrets are the section of the receiver.
type (
	// Receiver configures the process that takes HTTP requests from outside, and how it is reached.
	Receiver = inbound.Receiver
	// WebhookSecrets are the secrets that deliveries may be signed with.
	WebhookSecrets = inbound.WebhookSecrets
)

// receives are the sections that a receiver reads: it takes orders in as a poll does, but issues no card and sends no mail.
type receives struct {
	Shopify   Shopify
	Orders    Orders
	Recipient Recipient
	Payload   ops.Payload
	Log       ops.Log
	Receiver  Receiver
}

// Webhooks reports whether webhooks are on for this installation.
func (c Config) Webhooks() bool { return c.Receiver.URL != "" && c.Shopify.Webhooks != NoWebhooks }

// Tells reports whether customers are told of their orders, and of products that are sold again.
func (c Config) Tells() (orders, stock bool) {
	return c.Sonar.On() && c.Messages.AboutOrders(), c.Sonar.On() && c.Messages.AboutStock()
}

// ServesCheckout reports whether a receiver serves the API at which checkouts spend cards.
func (c Config) ServesCheckout() bool {
	return c.Receiver.Serve(ServeCheckout) && len(c.Checkout.Clients) > 0
}

// ValidateReceiver checks only the settings that a receiver needs.
func (c Config) ValidateReceiver() error {
	ps := schema.Problems()
	c.checkReceiver(ps)
	return ps.Err()
}

func (c Config) checkReceiver(ps *env.Problems) {
	env.Required(&receives{c.Shopify, c.Orders, c.Recipient, c.Payload, c.Log, c.Receiver}, ps)
	if c.CashStar.Username != "" { // It may do without the issuer.
		c.CashStar.Check(ps, c.Network.PlainHTTPHosts, true)
	}
	c.FourWayShop.Check(ps, c.Network.PlainHTTPHosts)
	c.checkIssuers(ps)
	c.Shopify.check(ps, c.Network)
	c.Orders.check(ps)
	c.Poll.check(ps, c.Orders.MaxOrderAge)
	c.Network.Check(ps)
	c.Issue.check(ps, c.Orders.MaxOrderAge)
	c.Recipient.check(ps)
	c.Payload.Check(ps)
	c.Log.Check(ps)
	c.Metrics.Check(ps)
	c.Traces.Check(ps, c.Network.PlainHTTPHosts)
	c.Receiver.Check(ps, c.Network.PlainHTTPHosts)
	c.Receiver.Needs(ps, c.Network.PlainHTTPHosts)
	c.Links.Check(ps)
	c.Checkout.Check(ps)
	c.Messages.Check(ps)
	c.Relay.Check(ps, c.Network.PlainHTTPHosts)
	c.Relay.Surroundings(ps, c.Webhooks(), c.Payload.Encryption != ops.EncryptionOff)
	c.FourWayShop.ReceiverNeeds(ps, c.Receiver.Serve(ServeCallbacks), c.ServesCheckout())
}

// LoadReceiver is [Load] for a receiver: it requires only what a receiver needs.
func LoadReceiver() (Config, error) {
	c, found := read()
	invalid := schema.Problems()
	c.checkReceiver(invalid)
	ops.CheckTemporal(invalid)
	found.Merge(invalid)
	return c, found.Err()
}
