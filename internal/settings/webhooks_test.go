package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/settings"
)

// Polls count the orders that webhooks should have brought first, and the hourly look makes missing subscriptions: only
// where there are webhooks, and where giftbridge keeps the subscriptions.
func TestConfiguredWebhooks(t *testing.T) {
	t.Parallel()
	const url = "https://gifts.example.com"
	for keeper, want := range map[string]struct {
		counts bool
		looks  string
	}{
		config.WebhooksByAPI: {true, url}, config.WebhooksByTOML: {true, ""}, config.NoWebhooks: {false, ""},
	} {
		c := config.Default()
		c.Receiver.URL, c.Shopify.Webhooks = url, keeper
		got := settings.ConfiguredBy(c)
		require.Equal(t, want.counts, got.Poll.Webhooks, keeper)
		require.Equal(t, want.looks, got.ReceiverURL, keeper)
	}
}
