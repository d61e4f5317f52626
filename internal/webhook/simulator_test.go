package webhook_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	deliveries "github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// clerk takes the notices of all topics, and counts outcomes and refusals.
type clerk struct {
	mu      sync.Mutex
	notices []webhook.Notice
	useless map[webhook.Outcome]int
	refused int
}

func (*clerk) Topics() []string { return webhook.Topics() }

func (c *clerk) Take(n webhook.Notice) webhook.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notices = append(c.notices, n)
	return webhook.Queued
}

func (c *clerk) Delivered(_ string, outcome webhook.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if outcome != webhook.Queued {
		c.useless[outcome]++
	}
}

func (c *clerk) Unauthorized(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused++
}

func (*clerk) Answered(time.Duration) {}

// serve serves a handler to a simulated shop, which delivers all topics to it.
func serve(t *testing.T) (*shopifytest.Server, *clerk) {
	t.Helper()
	s := shopifytest.New(shopifytest.Options{
		AllowInternal: true, Variants: []shopifytest.Variant{{SKU: "GIFT-25"}, {SKU: "MUG", Tracked: true}},
		Webhooks: deliveries.Options{Speed: 1_000_000, Connect: time.Minute, Total: time.Minute},
	})
	t.Cleanup(s.Webhooks().Stop)
	c := &clerk{useless: map[webhook.Outcome]int{}}
	h, err := webhook.New(webhook.Options{
		Secrets: []string{shopifytest.WebhookSecret}, Shop: "simulated.myshopify.com", Observer: c, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	h.Consume(c)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for _, topic := range webhook.Topics() {
		s.Subscriptions().Put(subscription.Subscription{
			Topic: subscription.Topic(topic), URI: server.URL + webhook.PathOf(topic),
		})
	}
	return s, c
}

// The bodies that the simulated shop writes say what the handler reads in them.
func TestEveryTopicOfTheSimulatedShopIsRead(t *testing.T) {
	t.Parallel()
	s, c := serve(t)
	o := s.AddOrder(shopifytest.Order{
		FinancialStatus: "PENDING", Lines: []shopifytest.LineItem{{SKU: "GIFT-25", Quantity: 2, UnitPrice: "25.00"}, {}},
	})
	for _, change := range []func(*shopifytest.Order){
		func(o *shopifytest.Order) { o.FinancialStatus = "PAID" },
		func(o *shopifytest.Order) { o.Lines[0].Quantity = 3 },
		func(o *shopifytest.Order) { o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 1 },
		func(o *shopifytest.Order) { o.CancelledAt = time.Now() },
	} {
		require.True(t, s.UpdateOrder(o.ID, change))
	}
	parcel, done := s.Fulfil(o.ID, shopifytest.Fulfillment{})
	require.True(t, done)
	require.True(t, s.Deliver(o.ID, parcel))
	require.True(t, s.Dispute(o.ID))
	require.True(t, s.SetStock("MUG", 3))
	s.SetVariants(shopifytest.Variant{SKU: "GIFT-25", Price: "26.00"}, shopifytest.Variant{SKU: "GIFT-50"})
	s.SetVariants()
	s.Uninstall()
	require.NoError(t, s.Webhooks().Wait(t.Context()))

	require.Empty(t, c.useless)
	require.Zero(t, c.refused)
	seen := map[string]webhook.Notice{}
	for _, n := range c.notices {
		seen[n.Topic] = n
	}
	require.ElementsMatch(t, webhook.Topics(), slices.Collect(maps.Keys(seen)))
	number := strconv.FormatInt(o.ID, 10)
	for topic, n := range seen {
		require.WithinDuration(t, time.Now(), n.TriggeredAt, time.Minute, topic)
		require.Equal(t, "2026-07", n.APIVersion, topic)
		switch topic {
		case webhook.ProductsCreate, webhook.ProductsUpdate, webhook.ProductsDelete:
			require.NotEmpty(t, n.Product, topic)
		case webhook.VariantsInStock:
			mug := shopifytest.Variant{SKU: "MUG"}
			require.Equal(t, []string{strconv.FormatInt(mug.ProductID(), 10), strconv.FormatInt(mug.ID(), 10)}, []string{n.Product, n.Variant})
		case webhook.FulfillmentsCreate, webhook.FulfillmentsUpdate:
			require.Equal(t, []string{number, strconv.FormatInt(parcel, 10)}, []string{n.Order, n.Fulfillment}, topic)
		case webhook.AppUninstalled:
		default:
			require.Equal(t, number, n.Order, topic)
		}
	}
	created := seen[webhook.OrdersCreate]
	require.True(t, created.LinesKnown)
	require.Contains(t, created.SKUs, "GIFT-25")
	require.WithinDuration(t, o.UpdatedAt, created.UpdatedAt, time.Second)
}

// Whatever befalls a delivery, the handler hands on what the shop has signed, and nothing else.
func TestEveryTroubleOfADelivery(t *testing.T) {
	t.Parallel()
	for trouble, want := range map[deliveries.Trouble]struct {
		notices, refused int
		useless          map[webhook.Outcome]int
	}{
		deliveries.Lost:      {},
		deliveries.Late:      {notices: 1},
		deliveries.Reordered: {notices: 1},
		deliveries.Doubled:   {notices: 2},
		deliveries.Truncated: {notices: 1},
		deliveries.Oversized: {useless: map[webhook.Outcome]int{webhook.Oversized: 1}},
		deliveries.Slow:      {notices: 1},
		deliveries.Split:     {notices: 1},
		deliveries.Stale:     {notices: 1},
		deliveries.Replayed:  {notices: 2},
		deliveries.Forged:    {notices: 1, refused: 1},
		deliveries.Unsigned:  {notices: 1, refused: 1},
		deliveries.OtherShop: {notices: 1, useless: map[webhook.Outcome]int{webhook.OtherShop: 1}},
	} {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			s, c := serve(t)
			require.NoError(t, s.Webhooks().Befall(trouble, 1, "orders/create"))
			o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{SKU: "GIFT-25", Quantity: 1}}})
			require.NoError(t, s.Webhooks().Wait(t.Context()))
			created := 0
			for _, n := range c.notices {
				if n.Topic == webhook.OrdersCreate {
					require.Equal(t, strconv.FormatInt(o.ID, 10), n.Order)
					created++
				}
			}
			require.Equal(t, want.notices, created)
			require.Equal(t, want.refused, c.refused)
			require.Len(t, c.useless, len(want.useless))
			for outcome, n := range want.useless {
				require.Equal(t, n, c.useless[outcome])
			}
		})
	}
}

// A signed body under the name of another topic is useless, or says no more than the genuine one: which order to read.
func TestDeliveriesUnderAnotherTopic(t *testing.T) {
	t.Parallel()
	s, c := serve(t)
	require.NoError(t, s.Webhooks().Befall(deliveries.CrossTopic, 16))
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.LineItem{{SKU: "GIFT-25", Quantity: 1}}})
	for range 8 {
		s.UpdateOrder(o.ID, func(*shopifytest.Order) {})
	}
	require.NoError(t, s.Webhooks().Wait(t.Context()))
	require.Zero(t, c.refused)
	require.NotEmpty(t, c.useless)
	for _, n := range c.notices {
		switch n.Topic {
		case webhook.OrdersCreate, webhook.OrdersPaid, webhook.OrdersUpdated, webhook.OrdersCancelled:
			require.Equal(t, strconv.FormatInt(o.ID, 10), n.Order)
		case webhook.ProductsUpdate:
		default:
			t.Errorf("a body of another shape was read as %s", n.Topic)
		}
	}
}
