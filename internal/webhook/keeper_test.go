package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// keeper keeps new orders and fulfilments as a test says.
type keeper func(ctx context.Context, d webhook.Delivery) error

func (keeper) Topics() []string { return []string{webhook.OrdersCreate, webhook.FulfillmentsCreate} }

func (k keeper) Keep(ctx context.Context, d webhook.Delivery) error { return k(ctx, d) }

func keeps(context.Context, webhook.Delivery) error { return nil }

// newKeeping returns a receiver with keepers, whose consumers are not set yet.
func newKeeping(t *testing.T, keepers ...webhook.Keeper) *receiver {
	t.Helper()
	r := newReceiver(t)
	var err error
	r.Handler, err = webhook.New(webhook.Options{
		Secrets: []string{current}, Shop: shop, Keepers: keepers, Observer: r.counts, Log: zerolog.New(&r.log),
	})
	require.NoError(t, err)
	return r
}

// A delivery is answered with 200 only if all of its keepers have it. Its consumers get the notice either way.
func TestKeepers(t *testing.T) {
	t.Parallel()
	fails := keeper(func(context.Context, webhook.Delivery) error { return errors.New("it is away") })
	panics := keeper(func(_ context.Context, d webhook.Delivery) error { panic(string(d.Body)) })
	for name, tt := range map[string]struct {
		keepers []webhook.Keeper
		topic   string
		body    string
		unset   bool            // Consumers are not set yet.
		takes   webhook.Outcome // What the consumer says; without one, nothing listens to the topic but keepers.
		status  int
		want    webhook.Outcome
		logged  string
	}{
		"kept":             {keepers: []webhook.Keeper{keeper(keeps), keeper(keeps)}, status: 200, want: webhook.Kept},
		"kept at once":     {keepers: []webhook.Keeper{keeper(keeps)}, unset: true, status: 200, want: webhook.Kept},
		"kept and ignored": {keepers: []webhook.Keeper{keeper(keeps)}, takes: webhook.Ignored, status: 200, want: webhook.Kept},
		"kept and queued":  {keepers: []webhook.Keeper{keeper(keeps)}, takes: webhook.Queued, status: 200, want: webhook.Queued},
		"kept, but full":   {keepers: []webhook.Keeper{keeper(keeps)}, takes: webhook.Full, status: 200, want: webhook.Full},
		"one fails": {
			keepers: []webhook.Keeper{keeper(keeps), fails}, takes: webhook.Queued, status: 503, want: webhook.NotKept,
			logged: "it is away",
		},
		"fails at once": {keepers: []webhook.Keeper{fails}, unset: true, status: 503, want: webhook.NotKept, logged: "it is away"},
		"a panic":       {keepers: []webhook.Keeper{panics}, status: 503, want: webhook.NotKept, logged: "panicked (string)"},
		"malformed":     {keepers: []webhook.Keeper{fails}, body: "{", status: 200, want: webhook.Malformed},
		"too large": {
			keepers: []webhook.Keeper{fails}, body: strings.Repeat(" ", webhook.MaxBody+1), status: 200, want: webhook.Oversized,
		},
		"without keepers": {
			keepers: []webhook.Keeper{fails}, topic: webhook.OrdersUpdated, takes: webhook.Queued, status: 200, want: webhook.Queued,
		},
		"without keepers or consumers": {
			keepers: []webhook.Keeper{fails}, topic: webhook.OrdersUpdated, status: 200, want: webhook.Unused,
		},
		"without keepers, at once": {
			keepers: []webhook.Keeper{fails}, topic: webhook.OrdersUpdated, unset: true, status: 200, want: webhook.Away,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newKeeping(t, tt.keepers...)
			topic, body := webhook.OrdersCreate, fixture(t, "orders-create-2026-04")
			if tt.topic != "" {
				topic = tt.topic
			}
			if tt.body != "" {
				body = []byte(tt.body)
			}
			r.answer, r.topics = tt.takes, nil
			if tt.takes != "" {
				r.topics = []string{topic}
			}
			if !tt.unset {
				r.Consume(r.counts)
			}
			w := r.send(delivery(topic, body))
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.status == 503, w.Header().Get("Retry-After") == "10")
			require.Equal(t, map[string]webhook.Outcome{topic: tt.want}, r.outcomes)
			require.Len(t, r.notices, len(r.topics))
			require.Contains(t, r.log.String(), tt.logged)
			require.NotContains(t, r.log.String(), "jon@")
		})
	}
}

// A delivery of another shop is useless, and no keeper gets it.
func TestKeepersGetNothingOfOtherShops(t *testing.T) {
	t.Parallel()
	r := newKeeping(t, keeper(func(context.Context, webhook.Delivery) error { return errors.New("it is away") }))
	request := delivery(webhook.OrdersCreate, fixture(t, "orders-create-2019"))
	request.Header.Set("X-Shopify-Shop-Domain", "other.myshopify.com")
	require.Equal(t, http.StatusOK, r.send(request).Code)
	require.Equal(t, webhook.OtherShop, r.outcomes[webhook.OrdersCreate])
}

// A keeper gets the body byte for byte, whichever buffer it was read into.
func TestKeeperGetsTheDelivery(t *testing.T) {
	t.Parallel()
	body := fixture(t, "fulfillments-create-2019")
	for _, sent := range [][]byte{body, append(bytes.Clone(body), bytes.Repeat([]byte(" "), 1<<20)...)} {
		var got webhook.Delivery
		r := newKeeping(t, keeper(func(_ context.Context, d webhook.Delivery) error {
			got = d
			got.Body = bytes.Clone(d.Body)
			return nil
		}))
		request := delivery(webhook.FulfillmentsCreate, sent)
		request.Header.Set("X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
		require.Equal(t, http.StatusOK, r.send(request).Code)
		require.True(t, bytes.Equal(sent, got.Body))
		require.Equal(t, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", got.ID)
		require.Equal(t, "123456", got.Fulfillment)
		require.Equal(t, "820982911946154508", got.Order)
		require.Equal(t, "2026-07", got.APIVersion)
	}
}

// All keepers of a delivery have three seconds together, whether the shop waits that long or not.
func TestKeepersHaveADeadline(t *testing.T) {
	t.Parallel()
	waits := keeper(func(ctx context.Context, _ webhook.Delivery) error {
		<-ctx.Done()
		return ctx.Err()
	})
	late := keeper(func(ctx context.Context, _ webhook.Delivery) error {
		<-ctx.Done()
		return nil
	})
	for name, k := range map[string]keeper{"waits": waits, "late": late} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, "orders-create-2019")
			synctest.Test(t, func(t *testing.T) {
				r := newKeeping(t, k, keeper(keeps), k)
				r.Consume(r.counts)
				gone, cancel := context.WithCancel(t.Context())
				cancel()
				began := time.Now()
				w := httptest.NewRecorder()
				r.ServeHTTP(w, delivery(webhook.OrdersCreate, body).WithContext(gone))
				require.Equal(t, 3*time.Second, time.Since(began))
				require.Equal(t, http.StatusServiceUnavailable, w.Code)
				require.Equal(t, "10", w.Header().Get("Retry-After"))
				require.Equal(t, webhook.NotKept, r.outcomes[webhook.OrdersCreate])
				require.Len(t, r.notices, 1)
			})
		})
	}
}

type stray struct{ keeper }

func (stray) Topics() []string { return []string{"orders/fulfilled"} }

func TestNewRefusesKeepersOfUnknownTopics(t *testing.T) {
	t.Parallel()
	_, err := webhook.New(webhook.Options{Secrets: []string{current}, Keepers: []webhook.Keeper{stray{keeps}}})
	require.ErrorContains(t, err, "orders/fulfilled")
}
