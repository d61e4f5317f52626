package wanted_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// What is configured and not switched on needs no webhooks.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set  func(*config.Config)
		want subscriptions.Needs
	}{
		"gift cards": {func(c *config.Config) { c.Messages.Kinds = config.List{"receipt", "in-stock"} }, subscriptions.Needs{}},
		"messages": {
			func(c *config.Config) { c.Sonar.Token = config.NewSecret("sonar-token") }, subscriptions.Needs{Messages: true},
		},
		"stock alone": {
			func(c *config.Config) {
				c.Sonar.Token, c.Messages.Kinds = config.NewSecret("sonar-token"), config.List{"in-stock"}
			},
			subscriptions.Needs{InStock: true},
		},
		"both": {
			func(c *config.Config) {
				c.Sonar.Token, c.Messages.Kinds = config.NewSecret("sonar-token"), config.List{"in-stock", "update"}
			},
			subscriptions.Needs{Messages: true, InStock: true},
		},
		"the relay": {
			func(c *config.Config) { c.Relay.ProductsURL = "https://erp.example.com/products" },
			subscriptions.Needs{Relay: []string{"products/create", "products/update"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Default()
			tt.set(&cfg)
			require.Equal(t, tt.want, wanted.Webhooks(cfg))
			var topics []string
			for _, topic := range tt.want.Topics() {
				topics = append(topics, topic.Name)
			}
			require.Subset(t, topics, slices.Concat(telling.Topics(cfg), cfg.Relay.Taken()), "what is kept is subscribed to")
		})
	}
}
