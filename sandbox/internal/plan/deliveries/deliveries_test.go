package deliveries_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
)

// Each trouble befalls enough orders of a run of sixty.
func TestEachTroubleBefallsSomeOrders(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	for seed := range uint64(3) {
		d := deliveries.New(seed, plan.Hurry)
		require.Equal(t, d, deliveries.New(seed, plan.Hurry))
		require.Len(t, d.Shares, len(delivery.Troubles))
		s := shopifytest.New(shopifytest.Options{Webhooks: delivery.Options{
			Speed: 1_000_000, Seed: d.Seed, Shares: d.Shares, Connect: time.Minute, Total: time.Minute,
		}})
		t.Cleanup(s.Webhooks().Stop)
		for _, topic := range []string{"ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED"} {
			s.Subscriptions().Put(subscription.Subscription{Topic: topic, URI: receiver.URL})
		}
		for _, share := range d.Shares {
			require.NoError(t, s.Webhooks().Befall(share.Trouble, d.Certain, "orders/create"))
		}
		for range 60 {
			s.AddOrder(shopifytest.Order{})
		}
		require.NoError(t, s.Webhooks().Wait(t.Context()))
		require.Empty(t, d.Missed(s.Webhooks().Ledger()), "seed %d", seed)
	}
	require.Equal(t, []delivery.Trouble{delivery.Lost}, deliveries.AllLost(1).Missed(delivery.Ledger{}))
}
