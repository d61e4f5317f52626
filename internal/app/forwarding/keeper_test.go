package forwarding_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// boxes note what is put into them.
type boxes struct {
	put []string
	e   relaying.Event
	err error
}

func (b *boxes) Put(_ context.Context, endpoint, resource string, e relaying.Event) error {
	b.put, b.e = append(b.put, endpoint+"/"+resource), e
	return b.err
}

func relays() config.Config {
	c := config.Default()
	c.Relay.OrdersURL, c.Relay.ProductsURL = "https://erp.example.com/orders", "https://erp.example.com/products"
	c.Relay.Topics = append(c.Relay.Topics, "refunds/create", "orders/edited")
	return c
}

func known(context.Context) (string, error) { return "example.myshopify.com", nil }

func delivery(topic, body string, n webhook.Notice) webhook.Delivery {
	n.Topic = topic
	return webhook.Delivery{Notice: n, Body: []byte(body)}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	b := &boxes{}
	k := forwarding.NewKeeper(relays(), b, known, zerolog.Nop())
	require.Equal(t, relays().Relay.Taken(), k.Topics())
	noon := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	order := webhook.Notice{Order: "7", Name: "#1001", UpdatedAt: noon, TriggeredAt: noon.Add(time.Second), APIVersion: "2026-07"}
	require.NoError(t, k.Keep(t.Context(), delivery(webhook.OrdersCreate, `{"id":7}`, order)))
	taken := b.e.TakenAt
	require.WithinDuration(t, time.Now(), taken, time.Minute)
	require.Equal(t, relaying.Event{
		ID: relay.ID("orders", "orders/create", "7", []byte(`{"id":7}`)), Topic: "orders/create", Order: "#1001", Body: `{"id":7}`,
		UpdatedAt: noon, TriggeredAt: noon.Add(time.Second), APIVersion: "2026-07", TakenAt: taken,
	}, b.e)
	require.NoError(t, k.Keep(t.Context(), delivery(webhook.FulfillmentsUpdate, `{}`, webhook.Notice{Order: "7", Fulfillment: "8"})))
	require.Equal(t, "8", b.e.Object)
	require.NoError(t, k.Keep(t.Context(), delivery(webhook.ProductsUpdate, `{}`, webhook.Notice{Product: "9"})))
	require.Equal(t, []string{"orders/7", "orders/7", "products/9"}, b.put, "parcels are in the mailbox of their order")
	require.Error(t, k.Keep(t.Context(), delivery(webhook.OrdersPaid, `{}`, order)), "nobody wants it")
	b.err = errors.New("Temporal is away")
	require.ErrorIs(t, k.Keep(t.Context(), delivery(webhook.OrdersCreate, `{}`, order)), b.err)
}

// Nothing is kept in a namespace that may be another shop's.
func TestKeepForAnotherShop(t *testing.T) {
	t.Parallel()
	b, other := &boxes{}, errors.New("another shop")
	k := forwarding.NewKeeper(relays(), b, func(context.Context) (string, error) { return "", other }, zerolog.Nop())
	require.ErrorIs(t, k.Keep(t.Context(), delivery(webhook.ProductsUpdate, `{}`, webhook.Notice{Product: "9"})), other)
	require.Empty(t, b.put)
}

func TestNoKeeperWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	require.Nil(t, forwarding.NewKeeper(config.Default(), &boxes{}, known, zerolog.Nop()))
}

// What Temporal would not take goes on as a notice, which has the numbers. Its ID is that of the body.
func TestKeepALargeBody(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	text, quotes := strings.Repeat("x", 1900<<10), strings.Repeat(`"`, 1<<20)
	for name, c := range map[string]struct {
		body, topic string
		notice      webhook.Notice
		want        string
	}{
		"fits":                 {text, webhook.OrdersCreate, webhook.Notice{Order: "7"}, ""},
		"order":                {text + text, webhook.OrdersCreate, webhook.Notice{Order: "820982911946154508"}, `{"id":820982911946154508}`},
		"escapes":              {quotes, webhook.ProductsUpdate, webhook.Notice{Product: "9"}, `{"id":9}`},
		"fulfilment":           {text + text, webhook.FulfillmentsCreate, webhook.Notice{Order: "7", Fulfillment: "8"}, `{"id":8,"order_id":7}`},
		"time":                 {text + text, webhook.OrdersCreate, webhook.Notice{Order: "7", UpdatedAt: noon}, `{"id":7,"updated_at":"2026-07-10T12:00:00Z"}`},
		"refund":               {text + text, webhook.RefundsCreate, webhook.Notice{Order: "7"}, `{"order_id":7}`},
		"without usable field": {text + text, webhook.OrdersCreate, webhook.Notice{}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &boxes{}
			k := forwarding.NewKeeper(relays(), b, known, zerolog.Nop())
			require.NoError(t, k.Keep(t.Context(), delivery(c.topic, c.body, c.notice)))
			require.Equal(t, relay.ID(strings.Split(b.put[0], "/")[0], c.topic, strings.Split(b.put[0], "/")[1], []byte(c.body)), b.e.ID)
			if c.want == "" {
				require.Equal(t, c.body, string(b.e.Body))
				require.Zero(t, b.e.Size)
				return
			}
			require.Equal(t, c.want, string(b.e.Body))
			require.Equal(t, len(c.body), b.e.Size)
		})
	}
}

// Of a body that no receiver reads to its end, a notice goes on, with one ID in all tries of the shop.
func TestKeepOversized(t *testing.T) {
	t.Parallel()
	b := &boxes{}
	var k webhook.OversizedKeeper = forwarding.NewKeeper(relays(), b, known, zerolog.Nop())
	d := webhook.Delivery{Notice: webhook.Notice{Topic: webhook.ProductsUpdate, Product: "9"}, Size: 5 << 20, ID: "w1"}
	require.NoError(t, k.KeepOversized(t.Context(), d))
	first := b.e
	require.Equal(t, `{"id":9}`, string(first.Body))
	require.Equal(t, 5<<20, first.Size)
	require.NoError(t, k.KeepOversized(t.Context(), d))
	require.Equal(t, first.ID, b.e.ID)
	d.ID, d.Product = "w2", ""
	require.NoError(t, k.KeepOversized(t.Context(), d))
	require.NotEqual(t, first.ID, b.e.ID)
	require.Equal(t, []string{"products/9", "products/9", "products/unknown"}, b.put)
	require.Equal(t, "{}", string(b.e.Body))
}
