package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
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

// Reading a delivery and keeping it take 4.5 seconds together, whether the shop waits that long or not.
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
	for name, tt := range map[string]struct {
		keeper keeper
		size   int
		reads  time.Duration
	}{
		"waits":        {keeper: waits},
		"late":         {keeper: late},
		"read slowly":  {keeper: waits, reads: 4 * time.Second},
		"a large body": {keeper: waits, size: 1 << 20, reads: 2 * time.Second},
		"oversized":    {keeper: waits, size: webhook.MaxBody, reads: 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := append(fixture(t, "orders-create-2019"), bytes.Repeat([]byte(" "), tt.size)...)
			synctest.Test(t, func(t *testing.T) {
				r := newKeeping(t, oversized{tt.keeper}, keeper(keeps), tt.keeper)
				r.Consume(r.counts)
				gone, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.size == 0 { // A request that has ended gets no turn for a large body.
					cancel()
				}
				began := time.Now()
				w := httptest.NewRecorder()
				request := delivery(webhook.OrdersCreate, body).WithContext(gone)
				request.Body = io.NopCloser(&slow{rest: request.Body, pause: tt.reads})
				r.ServeHTTP(w, request)
				require.Equal(t, 4500*time.Millisecond, time.Since(began))
				require.Equal(t, http.StatusServiceUnavailable, w.Code)
				require.Equal(t, "10", w.Header().Get("Retry-After"))
				require.Equal(t, webhook.NotKept, r.outcomes[webhook.OrdersCreate])
				require.Len(t, r.notices, map[bool]int{false: 1, true: 0}[len(body) > webhook.MaxBody], "a consumer gets what was read")
			})
		})
	}
}

// slow is a body that pauses before its first byte.
type slow struct {
	rest  io.Reader
	pause time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause) //nolint:forbidigo // The time of the test, not of the machine.
	s.pause = 0
	return s.rest.Read(p)
}

// oversized also keeps notices of bodies that are too large.
type oversized struct{ keeper }

func (o oversized) KeepOversized(ctx context.Context, d webhook.Delivery) error {
	return o.keeper(ctx, d)
}

// padded is an order or a product with a long list or text somewhere.
func padded(begin, end string) []byte {
	return []byte(begin + strings.Repeat("x", webhook.MaxBody) + end)
}

// A keeper that wants it gets a notice of a delivery whose body is too large, once the signature over all of it is right.
func TestOversizedDeliveries(t *testing.T) {
	t.Parallel()
	const when = `"created_at":"2026-07-01T10:00:00Z",`
	order := padded(`{"id":7,"admin_graphql_api_id":"gid://shopify/Order/7",`+when+`"updated_at":"2026-07-01T10:00:01Z","note":"`,
		`","line_items":[]}`)
	for name, tt := range map[string]struct {
		topic   string
		body    []byte
		chunked bool // Its size is not known before it ends.
		forged  bool
		want    webhook.Notice
		status  int
		outcome webhook.Outcome
	}{
		"an order": {
			topic: webhook.OrdersCreate, body: order, status: 200, outcome: webhook.Kept,
			want: webhook.Notice{Order: "7", CreatedAt: at(0), UpdatedAt: at(1)},
		},
		"in chunks": {
			topic: webhook.OrdersCreate, body: order, chunked: true, status: 200, outcome: webhook.Kept,
			want: webhook.Notice{Order: "7", CreatedAt: at(0), UpdatedAt: at(1)},
		},
		"lines": {
			topic: webhook.OrdersCreate, body: padded(`{"id":7,`+when+`"line_items":[{"sku":"A"},{"sku":"`, `"}]}`), status: 200,
			outcome: webhook.Kept, want: webhook.Notice{Order: "7", CreatedAt: at(0)},
		},
		"whole lines": {
			topic: webhook.OrdersCreate, body: padded(`{"id":7,"line_items":[{"sku":"A"}],"note":"`, `"}`), status: 200,
			outcome: webhook.Kept, want: webhook.Notice{Order: "7"},
		},
		"a fulfilment": {
			topic: webhook.FulfillmentsCreate, body: padded(`{"id":8,"order_id":7,"tracking_numbers":["`, `"]}`), status: 200,
			outcome: webhook.Kept, want: webhook.Notice{Order: "7", Fulfillment: "8"},
		},
		"its number comes late": {
			topic: webhook.OrdersCreate, body: padded(`{"note":"`, `","id":7}`), status: 200, outcome: webhook.Kept,
		},
		"of another topic": {
			topic: webhook.OrdersCreate, body: padded(`{"id":8,"order_id":7,"tracking_number":"`, `"}`), status: 200,
			outcome: webhook.Malformed,
		},
		"not an object": {
			topic: webhook.OrdersCreate, body: padded(`["`, `"]`), status: 200, outcome: webhook.Malformed,
		},
		"no JSON": {
			topic: webhook.OrdersCreate, body: padded(`{"id":7,"note":x`, `}`), status: 200, outcome: webhook.Malformed,
		},
		"a topic without a keeper": {topic: webhook.OrdersUpdated, body: order, status: 200, outcome: webhook.Oversized},
		"forged":                   {topic: webhook.OrdersCreate, body: order, forged: true, status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *webhook.Delivery
			plain := keeper(func(context.Context, webhook.Delivery) error { return errors.New("it is away") })
			r := newKeeping(t, plain, oversized{func(_ context.Context, d webhook.Delivery) error {
				got = &d
				return nil
			}})
			r.Consume(r.counts)
			request := delivery(tt.topic, tt.body)
			request.Header.Set("X-Shopify-Webhook-Id", "b54557e4")
			if tt.chunked {
				request.ContentLength = -1
			}
			if tt.forged { // The last byte tells.
				request.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign(current, append(bytes.Clone(tt.body[:len(tt.body)-1]), ' ')))
			}
			require.Equal(t, tt.status, r.send(request).Code)
			require.Equal(t, tt.outcome, r.outcomes[tt.topic])
			require.Empty(t, r.notices)
			if tt.outcome != webhook.Kept {
				require.Nil(t, got)
				return
			}
			tt.want.Topic, tt.want.APIVersion = tt.topic, "2026-07"
			tt.want.TriggeredAt = time.Date(2026, 7, 1, 10, 0, 0, 123456789, time.UTC)
			require.Equal(t, webhook.Sign(current, tt.body), base64.StdEncoding.EncodeToString(got.Signature))
			got.Signature = nil
			require.Equal(t, &webhook.Delivery{Notice: tt.want, Size: int64(len(tt.body)), ID: "b54557e4"}, got)
		})
	}
}

// at is a time of the bodies.
func at(second int) time.Time { return time.Date(2026, 7, 1, 10, 0, second, 0, time.UTC) }

// A notice that is not kept is asked for again.
func TestOversizedDeliveryThatIsNotKept(t *testing.T) {
	t.Parallel()
	r := newKeeping(t, oversized{func(context.Context, webhook.Delivery) error { return errors.New("it is away") }})
	require.Equal(t, http.StatusServiceUnavailable, r.send(delivery(webhook.OrdersCreate, padded(`{"id":7,"note":"`, `"}`))).Code)
	require.Equal(t, webhook.NotKept, r.outcomes[webhook.OrdersCreate])
	require.Contains(t, r.log.String(), "too large to be kept")
}

type stray struct{ keeper }

func (stray) Topics() []string { return []string{"orders/fulfilled"} }

func TestNewRefusesKeepersOfUnknownTopics(t *testing.T) {
	t.Parallel()
	_, err := webhook.New(webhook.Options{Secrets: []string{current}, Keepers: []webhook.Keeper{stray{keeps}}})
	require.ErrorContains(t, err, "orders/fulfilled")
}
