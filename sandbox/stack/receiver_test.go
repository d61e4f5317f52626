package stack_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// request sends a request, and returns the answer.
func request(t *testing.T, method, address string) (status int, content string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// One receiver serves the shop's webhooks and the pages behind the mail's links, or one of the two.
func TestOneReceiverServesWebhooksAndLinks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		webhooks, links, messages bool
		faults                    shopifytest.Faults
	}{
		"both":                   {webhooks: true, links: true},
		"both, of a faulty shop": {webhooks: true, links: true, faults: scenario.ShopifyFaults(1)},
		"links, and no webhooks": {links: true},
		"webhooks, and no links": {webhooks: true},
		"messages":               {webhooks: true, messages: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := stack.Start(t.Context(), stack.Options{
				UIPort: temporalserver.NoUI, NoWorker: true, Webhooks: tt.webhooks, Links: tt.links, Messages: tt.messages,
				Shopify: shopifytest.Options{Faults: tt.faults},
			})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Stop()) })
			require.Equal(t, tt.webhooks, s.Config.Webhooks())

			status, _ := request(t, http.MethodPost, s.Config.Receiver.URL+webhook.OrdersPath)
			if tt.webhooks {
				require.Equal(t, http.StatusUnauthorized, status)
			} else {
				require.Equal(t, http.StatusNotFound, status)
			}
			_, page := request(t, http.MethodGet, s.Config.Receiver.URL+maillink.Path+"made-up")
			if tt.links {
				require.Contains(t, page, "This link is not valid")
			} else {
				require.NotContains(t, page, "This link is not valid")
			}
			want := map[string]string{}
			if tt.webhooks {
				for _, topic := range wanted.Webhooks(s.Config).Topics() {
					if subscriptions.Scopes(s.Shop.Scopes()).Grant(topic) {
						want[topic.Enum] = s.Config.Receiver.URL + topic.Path
					}
				}
			}
			have := map[string]string{}
			for _, subscribed := range s.Shop.Subscriptions().All() {
				have[subscribed.Topic] = subscribed.URI
			}
			require.Equal(t, want, have)
			require.Equal(t, tt.messages, have["FULFILLMENTS_CREATE"] != "")
		})
	}
}

// Without either, there is no receiver.
func TestNoReceiver(t *testing.T) {
	t.Parallel()
	s, err := stack.Start(t.Context(), stack.Options{UIPort: temporalserver.NoUI, NoWorker: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	require.Empty(t, s.Config.Receiver.URL)
}
