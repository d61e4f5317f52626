// Package wanted says what a configuration needs of the shop's webhooks.
package wanted

import (
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// Webhooks returns what the shop's webhooks are needed for besides gift cards.
func Webhooks(cfg config.Config) subscriptions.Needs {
	n := subscriptions.Needs{Relay: cfg.Relay.Taken()}
	n.Messages, n.InStock = cfg.Tells()
	return n
}
