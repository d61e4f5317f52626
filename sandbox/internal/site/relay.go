package site

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/relaying"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// relaySecret returns the secret that signs what the site posts to its ERP. Like its other credentials, it is no secret.
func (s Site) relaySecret() string {
	key := sha256.Sum256([]byte(s.Name + "-relay-secret"))
	return "whsec_" + base64.StdEncoding.EncodeToString(key[:])
}

// NewERP returns the site's ERP, which takes the shop's events.
func (s Site) NewERP(o relaytest.Options) *relaytest.Server {
	o.Secrets = []string{s.relaySecret()}
	return relaytest.New(o)
}

// Relay adds the ERP to a configuration that has webhooks: all events of orders and products go on.
func (s Site) Relay(c *config.Config, address string) {
	r := &c.Relay
	r.OrdersURL, r.ProductsURL = address+"/orders", address+"/products"
	r.Topics = config.List{
		"orders/create", "orders/updated", "orders/paid", "orders/edited", "orders/cancelled", "refunds/create", "fulfillments/create",
		"fulfillments/update", "products/create", "products/update", "products/delete",
	}
	r.Secrets = relaying.Secrets{config.NewSecret(s.relaySecret())}
	r.AllowedNetworks = relaying.Networks{"127.0.0.0/8"}
}
