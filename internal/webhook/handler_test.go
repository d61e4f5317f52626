package webhook_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

const (
	current, previous = "shpss_current", "shpss_previous"
	shop              = "example.myshopify.com"
)

// counts is an observer, and a consumer of some topics.
type counts struct {
	sync.Mutex

	outcomes     map[string]webhook.Outcome
	unauthorized map[string]int
	answered     int
	notices      []webhook.Notice
	topics       []string
	answer       webhook.Outcome
}

func (c *counts) Delivered(topic string, outcome webhook.Outcome) {
	c.Lock()
	defer c.Unlock()
	c.outcomes[topic] = outcome
}

func (c *counts) Unauthorized(topic string) {
	c.Lock()
	defer c.Unlock()
	c.unauthorized[topic]++
}

func (c *counts) Answered(time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.answered++
}

func (c *counts) Topics() []string { return c.topics }

func (c *counts) Take(n webhook.Notice) webhook.Outcome {
	c.Lock()
	defer c.Unlock()
	c.notices = append(c.notices, n)
	return c.answer
}

type receiver struct {
	*counts
	*webhook.Handler
	log bytes.Buffer
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{counts: &counts{
		outcomes: map[string]webhook.Outcome{}, unauthorized: map[string]int{}, answer: webhook.Queued,
		topics: []string{webhook.OrdersCreate, webhook.ProductsDelete},
	}}
	var err error
	r.Handler, err = webhook.New(webhook.Options{
		Secrets: []string{current, previous}, Shop: shop, Observer: r.counts, Log: zerolog.New(&r.log),
	})
	require.NoError(t, err)
	r.Consume(r.counts)
	return r
}

// delivery returns a request as the shop sends it.
func delivery(topic string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, webhook.OrdersPath, bytes.NewReader(body))
	if path := webhook.PathOf(topic); path != "" {
		r.URL.Path = path
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Topic", topic)
	r.Header.Set("X-Shopify-Shop-Domain", shop)
	r.Header.Set("X-Shopify-Api-Version", "2026-07")
	r.Header.Set("X-Shopify-Triggered-At", "2026-07-01T10:00:00.123456789Z")
	r.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign(current, body))
	return r
}

func (r *receiver) send(request *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	return w
}

// zeros is a body of a size that nobody keeps in memory.
func zeros(size int64) io.Reader { return io.LimitReader(zero{}, size) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Each check has its status, in this order: method, path, size, signature. What the shop has signed is answered with 200
// whatever it is.
func TestStatuses(t *testing.T) {
	t.Parallel()
	order := fixture(t, "orders-create-2026-04")
	big := bytes.Repeat([]byte(" "), webhook.MaxBody+1)
	padded := append(bytes.Clone(order), bytes.Repeat([]byte(" "), webhook.MaxBody-len(order))...)
	for name, tt := range map[string]struct {
		request *http.Request
		change  func(*http.Request)
		status  int
		outcome webhook.Outcome // Of the delivery, which is signed.
		closes  bool
	}{
		"queued":              {request: delivery(webhook.OrdersCreate, order), status: 200, outcome: webhook.Queued},
		"the largest body":    {request: delivery(webhook.OrdersCreate, padded), status: 200, outcome: webhook.Queued},
		"nothing listens":     {request: delivery(webhook.OrdersPaid, order), status: 200, outcome: webhook.Unused},
		"an unknown topic":    {request: delivery("orders/fulfilled", order), status: 200, outcome: webhook.UnknownTopic},
		"no topic":            {request: delivery("", order), status: 200, outcome: webhook.UnknownTopic},
		"malformed":           {request: delivery(webhook.OrdersCreate, []byte("{")), status: 200, outcome: webhook.Malformed},
		"empty":               {request: delivery(webhook.OrdersCreate, nil), status: 200, outcome: webhook.Malformed},
		"of another topic":    {request: delivery(webhook.ProductsDelete, order), status: 200, outcome: webhook.Malformed},
		"larger than is read": {request: delivery(webhook.OrdersCreate, big), status: 200, outcome: webhook.Oversized},
		"an order for products": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.URL.Path = webhook.ProductsPath }, status: 200, outcome: webhook.WrongPath,
		},
		"another shop": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Set("X-Shopify-Shop-Domain", "other.myshopify.com") },
			status:  200, outcome: webhook.OtherShop,
		},
		"the previous secret": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign(previous, order)) },
			status:  200, outcome: webhook.Queued,
		},
		"the headers of events": {
			request: delivery(webhook.OrdersCreate, order),
			change: func(r *http.Request) {
				for name, values := range r.Header {
					if rest, ok := strings.CutPrefix(name, "X-Shopify-"); ok {
						r.Header.Del(name)
						r.Header.Set("shopify-"+rest, values[0])
					}
				}
			},
			status: 200, outcome: webhook.Queued,
		},
		"GET": {
			request: delivery(webhook.OrdersCreate, order), change: func(r *http.Request) { r.Method = http.MethodGet },
			status: 405,
		},
		"GET nothing": {
			request: httptest.NewRequest(http.MethodGet, "/webhooks/shopify/nothing", nil), status: 405,
		},
		"another path": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.URL.Path = "/webhooks/shopify/orders/" }, status: 404,
		},
		"another secret": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign("other", order)) },
			status:  401,
		},
		"another body": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(append(bytes.Clone(order), ' '))) },
			status:  401,
		},
		"no signature": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Del("X-Shopify-Hmac-Sha256") }, status: 401,
		},
		"no base64": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Set("X-Shopify-Hmac-Sha256", "!") }, status: 401,
		},
		"a short signature": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.Header.Set("X-Shopify-Hmac-Sha256", "AAAA") }, status: 401,
		},
		"larger than is read, unsigned": {
			request: delivery(webhook.OrdersCreate, big),
			change:  func(r *http.Request) { r.Header.Del("X-Shopify-Hmac-Sha256") }, status: 401,
		},
		"larger than is checked": {
			request: delivery(webhook.OrdersCreate, order),
			change:  func(r *http.Request) { r.ContentLength = webhook.MaxDiscarded + 1 }, status: 413, closes: true,
		},
		"larger than is checked, in chunks": {
			request: delivery(webhook.OrdersCreate, order),
			change: func(r *http.Request) {
				r.ContentLength, r.Body = -1, io.NopCloser(zeros(webhook.MaxDiscarded+1))
			},
			status: 413, closes: true,
		},
		"larger than is checked, in chunks, unsigned": {
			request: delivery(webhook.OrdersCreate, order),
			change: func(r *http.Request) {
				r.Header.Del("X-Shopify-Hmac-Sha256")
				r.ContentLength, r.Body = -1, io.NopCloser(zeros(webhook.MaxDiscarded+1))
			},
			status: 413, closes: true,
		},
		"broken off": {
			request: delivery(webhook.OrdersCreate, order),
			change: func(r *http.Request) {
				r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(order[:10]), broken{}))
			},
			status: 400, closes: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			if tt.change != nil {
				tt.change(tt.request)
			}
			topic := tt.request.Header.Get("X-Shopify-Topic")
			if tt.outcome == webhook.UnknownTopic {
				topic = webhook.OtherTopic
			}
			w := r.send(tt.request)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.closes, w.Header().Get("Connection") == "close")
			require.Equal(t, 1, r.answered)
			require.Equal(t, tt.outcome == webhook.Queued, len(r.notices) == 1)
			require.Equal(t, tt.status == 401, r.unauthorized[topic] == 1)
			if tt.outcome == "" {
				require.Empty(t, r.outcomes)
			} else {
				require.Len(t, r.outcomes, 1)
				require.Contains(t, r.outcomes, orOf(topic, tt.request))
				for _, outcome := range r.outcomes {
					require.Equal(t, tt.outcome, outcome)
				}
			}
			require.NotContains(t, r.log.String(), "GIFT-50")
			require.NotContains(t, r.log.String(), "jon@doe.ca")
		})
	}
}

func orOf(topic string, r *http.Request) string {
	if topic == "" {
		return r.Header.Get("Shopify-Topic")
	}
	return topic
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestNoticeOfADelivery(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	require.Equal(t, http.StatusOK, r.send(delivery(webhook.OrdersCreate, fixture(t, "orders-create-2026-04"))).Code)
	require.Equal(t, []webhook.Notice{{
		Topic: webhook.OrdersCreate, Order: "820982911946154508", Name: "#9999",
		CreatedAt: moment(t, "2019-03-06T19:33:46Z"), UpdatedAt: moment(t, "2019-03-06T19:33:46Z"),
		TriggeredAt: time.Date(2026, 7, 1, 10, 0, 0, 123456789, time.UTC),
		SKUs:        []string{"GIFT-50"}, LinesKnown: true, APIVersion: "2026-07",
	}}, r.notices)
}

// Several consumers may take a topic. What was lost matters most, and what is acted on matters more than what is not.
func TestOutcomeOfSeveralConsumers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ first, second, want webhook.Outcome }{
		{webhook.Ignored, webhook.Ignored, webhook.Ignored},
		{webhook.Ignored, webhook.Queued, webhook.Queued},
		{webhook.Queued, webhook.Ignored, webhook.Queued},
		{webhook.Full, webhook.Queued, webhook.Full},
		{webhook.Queued, webhook.Full, webhook.Full},
	} {
		r := newReceiver(t)
		other := &counts{topics: []string{webhook.OrdersCreate}, answer: tt.second}
		r.answer = tt.first
		r.Consume(r.counts, other)
		r.send(delivery(webhook.OrdersCreate, fixture(t, "orders-create-2019")))
		require.Equal(t, tt.want, r.outcomes[webhook.OrdersCreate])
		require.Len(t, r.notices, 1)
		require.Len(t, other.notices, 1)
	}
}

// Before there are consumers, deliveries are answered and lost.
func TestWithoutConsumers(t *testing.T) {
	t.Parallel()
	c := &counts{outcomes: map[string]webhook.Outcome{}}
	h, err := webhook.New(webhook.Options{Secrets: []string{current}, Shop: shop, Observer: c, Log: zerolog.Nop()})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, delivery(webhook.OrdersCreate, fixture(t, "orders-create-2019")))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, webhook.Away, c.outcomes[webhook.OrdersCreate])
}

// What a refused delivery says is not in the log, apart from what helps to find out why; the test notification of the
// shop's admin is named.
func TestLogOfUnauthorized(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   []byte
		header string
		test   bool
	}{
		"forged":              {body: fixture(t, "orders-updated-reduced")},
		"a test, by its body": {body: fixture(t, "test-notification"), test: true},
		"a test":              {body: fixture(t, "orders-updated-reduced"), header: "true", test: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			request := delivery(webhook.OrdersCreate, tt.body)
			request.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign("the shop's own key", tt.body))
			request.Header.Set("X-Shopify-Topic", "forged/topic\n")
			request.Header.Set("X-Shopify-Test", tt.header)
			require.Equal(t, http.StatusUnauthorized, r.send(request).Code)
			require.Equal(t, 1, r.unauthorized[webhook.OtherTopic])
			var line map[string]any
			require.NoError(t, json.Unmarshal(r.log.Bytes(), &line))
			require.Equal(t, tt.test, strings.Contains(line["message"].(string), "test notification"))
			require.EqualValues(t, len(tt.body), line["bytes"])
			require.Equal(t, "application/json", line["content_type"])
			require.NotContains(t, r.log.String(), "forged")
		})
	}
}

// Refused deliveries do not fill the log.
func TestLogIsLimited(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	for range 500 {
		request := delivery(webhook.OrdersCreate, nil)
		request.Header.Del("X-Shopify-Hmac-Sha256")
		r.send(request)
	}
	require.Equal(t, 500, r.unauthorized[webhook.OrdersCreate])
	require.Less(t, strings.Count(r.log.String(), "\n"), 130)
}

func TestNewRefusesEmptySecrets(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {""}, {current, ""}} {
		_, err := webhook.New(webhook.Options{Secrets: secrets})
		require.Error(t, err)
	}
}

func TestPathOf(t *testing.T) {
	t.Parallel()
	require.Equal(t, webhook.OrdersPath, webhook.PathOf(webhook.RefundsCreate))
	require.Equal(t, webhook.ProductsPath, webhook.PathOf(webhook.ProductsUpdate))
	require.Equal(t, webhook.OrdersPath, webhook.PathOf(webhook.FulfillmentsUpdate))
	require.Equal(t, webhook.ProductsPath, webhook.PathOf(webhook.VariantsInStock))
	require.Empty(t, webhook.PathOf("orders/fulfilled"))
}
