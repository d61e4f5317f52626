package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// startReceiving starts a system in which orders arrive by webhook alone: no poll runs.
func startReceiving(t *testing.T, o stack.Options) *system {
	t.Helper()
	o.Webhooks = true
	if o.Shopify.Webhooks.Total == 0 {
		o.Shopify.Webhooks.Connect, o.Shopify.Webhooks.Total = time.Minute, time.Minute // The machine may be busy.
		o.Shopify.Webhooks.Speed = 1_000_000
	}
	return start(t, o)
}

// delivered waits until the shop has sent everything.
func (w *system) delivered() {
	w.t.Helper()
	require.NoError(w.t, w.Shop.Webhooks().Wait(w.ctx))
}

// announced waits until an order was taken in and has its cards.
func (w *system) announced(p scenario.Placed) {
	w.t.Helper()
	w.await(p.Name+" taken in", func() bool {
		_, err := w.keyed.DescribeWorkflowExecution(w.ctx, orderID(p), "")
		require.True(w.t, err == nil || executions.IsNotFound(err), "%v", err)
		return err == nil
	})
	w.show(p, executions.Completed)
}

// An order becomes a card without any poll, and once, however often the shop says so.
func TestReceiverIssuesWithoutPolls(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{})
	require.NoError(t, w.Shop.Webhooks().Befall(delivery.Doubled, 2))
	require.NoError(t, w.Shop.Webhooks().Befall(delivery.Replayed, 2))
	placed := w.place(scenario.Single, scenario.Single, scenario.SeveralUnits, scenario.TwoLines)
	for _, p := range placed {
		w.announced(p)
	}
	w.delivered()
	w.requireBalance()
}

// Whatever strangers send, and the shop's own words under another topic, start nothing. The order of the last delivery is
// taken in, so the ones before were looked at.
func TestReceiverIgnoresForgeries(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{})
	w.Shop.Webhooks().Pause(true) // The genuine ones wait, and would be sent after the forged ones.
	hidden := w.PlaceKind(scenario.Single)
	body := fmt.Sprintf(`{"id": %d, "updated_at": "2026-07-01T10:00:00Z", "line_items": [{"sku": %q}]}`, hidden.ID, scenario.SKUs()[0])
	send := func(topic, signature, host string) int {
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.Config.Receiver.URL+webhook.OrdersPath, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Shopify-Topic", topic)
		r.Header.Set("X-Shopify-Shop-Domain", host)
		if signature != "" {
			r.Header.Set("X-Shopify-Hmac-Sha256", signature)
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	genuine := webhook.Sign(w.Config.Receiver.WebhookSecrets[0].Reveal(), []byte(body))
	require.Equal(t, http.StatusUnauthorized, send(webhook.OrdersCreate, "", stack.Shop))
	require.Equal(t, http.StatusUnauthorized, send(webhook.OrdersCreate, webhook.Sign("forged", []byte(body)), stack.Shop))
	require.Equal(t, http.StatusUnauthorized, send(webhook.OrdersCreate, webhook.Sign(w.Config.Receiver.WebhookSecrets[0].Reveal(), []byte(body+" ")), stack.Shop))
	require.Equal(t, http.StatusOK, send(webhook.OrdersCreate, genuine, "other.myshopify.com"))
	require.Equal(t, http.StatusOK, send(webhook.OrdersEdited, genuine, stack.Shop))
	require.Equal(t, http.StatusOK, send(webhook.RefundsCreate, genuine, stack.Shop))
	require.Equal(t, http.StatusOK, send(webhook.ProductsDelete, genuine, stack.Shop))

	seen := w.PlaceKind(scenario.Single)
	body = fmt.Sprintf(`{"id": %d, "updated_at": "2026-07-01T10:00:00Z", "line_items": [{"sku": %q}]}`, seen.ID, scenario.SKUs()[0])
	require.Equal(t, http.StatusOK, send(webhook.OrdersCreate,
		webhook.Sign(w.Config.Receiver.WebhookSecrets[0].Reveal(), []byte(body)), stack.Shop))
	w.announced(seen)
	require.Len(t, w.Issuer.Cards(), 1)
	_, err := w.keyed.DescribeWorkflowExecution(w.ctx, orderID(hidden), "")
	require.True(t, executions.IsNotFound(err), "%v", err)
}

// A receiver that is stopped takes in what waits in its memory.
func TestReceiverIsStoppedWithWorkInItsQueue(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{})
	for range 60 {
		w.PlaceKind(scenario.Single)
	}
	w.delivered()
	began := time.Now()
	w.StopReceiver()
	require.Less(t, time.Since(began), 25*time.Second)
	taken := w.poll() // A busy machine may leave it some.
	require.Equal(t, 60, taken.Started+taken.Known)
	w.settle(60)
	w.requireBalance()
}

// A receiver of another shop stops as soon as it has reached Temporal.
func TestReceiverRefusesTheNamespaceOfAnotherShop(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, stack.Options{})
	w.announced(w.PlaceKind(scenario.Single))
	c := w.Config
	c.Shopify.Shop, c.Receiver.Addr = "other.myshopify.com", "127.0.0.1:0"
	c.Shopify.BaseURL = "http://127.0.0.1:1" // Its shop cannot say that it is another one.
	c.Orders.CreatedAtMin = time.Now().Add(-time.Hour)
	require.ErrorContains(t, receiving.Run(w.ctx, receiving.Options{
		Config: c, Temporal: w.TemporalOptions(), Log: zerolog.Nop(),
	}), "other.myshopify.com")
}

// At its most talkative, the log has nothing of a body, neither of the shop's nor of a stranger's, and nothing of a link of the
// mail. Neither have the metrics, nor what Temporal shows without a key.
func TestReceiverLeaksNothing(t *testing.T) {
	t.Parallel()
	linkSecret := strings.Repeat("marked-secret", 3)
	log := new(lines)
	w := startReceiving(t, stack.Options{
		Log: zerolog.New(log).Level(zerolog.DebugLevel),
		Configure: func(c *config.Config) {
			c.Metrics.Addr = "127.0.0.1:0"
			c.Links.Keys = links.SigningKeys{{ID: "k1", Secret: config.NewSecret(linkSecret)}}
		},
	})
	for _, trouble := range []delivery.Trouble{delivery.Forged, delivery.Unsigned, delivery.Oversized, delivery.Truncated, delivery.OtherShop} {
		require.NoError(t, w.Shop.Webhooks().Befall(trouble, 1, webhook.OrdersCreate))
		w.Shop.AddOrder(shopifytest.Order{
			Email: "marked-buyer@mark.example.com",
			Customer: &shopifytest.Customer{
				ID: 77, DisplayName: scenario.Merchants()[0].Name, FirstName: "marked-first", LastName: "marked-last",
				Email: "marked-buyer@mark.example.com",
			},
			Lines: []shopifytest.LineItem{{
				SKU: scenario.SKUs()[0], Title: "marked-title", Quantity: 1, UnitPrice: "25.0",
				Attributes: []shopifytest.Attribute{
					{Key: "Recipient email", Value: "marked-friend@mark.example.com"},
					{Key: "Recipient name", Value: "marked-name"},
					{Key: "Message", Value: "marked-message"},
				},
			}},
		})
		w.delivered()
	}
	for _, path := range []string{"/actions/marked-token", "/callbacks/marked-token?q=marked-query", webhook.OrdersPath + "?q=marked-query"} {
		answer, err := http.Get(w.Config.Receiver.URL + path)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
	}
	plain := w.PlaceKind(scenario.Single)
	w.announced(plain)
	order, err := w.keyed.DescribeWorkflowExecution(w.ctx, orderID(plain), "")
	require.NoError(t, err)
	token, err := maillink.Keys{{ID: "k1", Secret: []byte(linkSecret)}}.Sign(maillink.Link{
		WorkflowID: orderID(plain), RunID: order.GetWorkflowExecutionInfo().GetExecution().GetRunId(), Action: maillink.Settle,
		Day: time.Now().Format(time.DateOnly), Expires: time.Now().Add(time.Hour).Truncate(time.Second),
	})
	require.NoError(t, err)
	answer, err := http.Get(w.Config.Receiver.URL + maillink.Path + token)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusGone, answer.StatusCode, "the order has its cards: nothing is left to settle")

	secrets := regexp.MustCompile(`(?i)marked-\w*|` + regexp.QuoteMeta(token) + `|` +
		regexp.QuoteMeta(w.Config.Receiver.WebhookSecrets[0].Reveal()))
	answer, err = http.Get("http://" + w.ReceiverMetricsAddr() + "/metrics")
	require.NoError(t, err)
	measured, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Contains(t, string(measured), "giftbridge_webhook_unauthorized_total")
	require.Empty(t, secrets.FindAllString(string(measured), -1), "the metrics")
	issued := 0
	for _, info := range w.running("") {
		id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
		if info.GetType().GetName() == workflows.GiftCardOrderType {
			issued++
		}
		for _, m := range []proto.Message{info, w.history(id, run)} {
			wire, err := proto.Marshal(m)
			require.NoError(t, err)
			require.Empty(t, secrets.FindAllString(string(wire), -1), id)
		}
	}
	require.Greater(t, issued, 1, "orders of marked bodies were taken in")
	w.StopReceiver()
	said := log.String()
	require.Contains(t, said, "a webhook has no valid signature")
	require.Contains(t, said, "a signed webhook is of no use")
	require.Contains(t, said, `"message":"request"`)
	require.Empty(t, secrets.FindAllString(said, -1))
}
