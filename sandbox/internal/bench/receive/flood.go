package receive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/payload"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

const (
	// rate is the number of irrelevant deliveries per second, and bodySize the size of each.
	rate     = 500
	bodySize = 25_000
	// settling is the beginning of a flood that does not count: connections are opened in it.
	settling = time.Second
	// connections is the number of deliveries at the same time at most, which is less than a receiver accepts from one address.
	connections = 128
	// distinct is the number of different deliveries of a flood.
	distinct = 200
	// answerTimeout is how long the shop waits for an answer.
	answerTimeout = 5 * time.Second
)

// message is a delivery to be sent.
type message struct {
	topic, path, signature string
	body                   []byte
}

// sender sends deliveries as the shop does.
type sender struct {
	secret, shop string
	writer       *payload.Writer
	client       *http.Client
	slots        chan struct{}
}

func newSender(shop, secret string) *sender {
	return &sender{
		secret: secret, shop: shop, slots: make(chan struct{}, connections),
		writer: payload.NewWriter(payload.Shop{ID: 1, Name: "Bench", Domain: shop, Currency: "USD"}, time.UTC),
		client: &http.Client{Timeout: answerTimeout, Transport: &http.Transport{
			MaxIdleConnsPerHost: connections, DisableCompression: true,
		}},
	}
}

func (s *sender) sign(topic string, body []byte) message {
	return message{topic: topic, path: webhook.PathOf(topic), signature: delivery.Sign(s.secret, body), body: body}
}

// order returns the delivery of a new order.
func (s *sender) order(o *shopifytest.Order) message {
	return s.sign(webhook.OrdersCreate, s.writer.Order(o))
}

// irrelevant returns deliveries of changed orders and products without gift cards.
func (s *sender) irrelevant() ([]message, error) {
	out := make([]message, distinct)
	now := time.Now()
	for i := range out {
		if i%2 == 0 {
			out[i] = s.sign(webhook.OrdersUpdated, s.otherOrder(int64(i), now))
			continue
		}
		body, err := s.otherProduct(i, now)
		if err != nil {
			return nil, err
		}
		out[i] = s.sign(webhook.ProductsUpdate, body)
	}
	return out, nil
}

// otherOrder returns the body of an order without gift cards.
func (s *sender) otherOrder(number int64, at time.Time) []byte {
	const first = 9_000_000_000_000
	o := shopifytest.Order{
		ID: first + number, Name: "#X" + strconv.FormatInt(number, 10), CreatedAt: at, UpdatedAt: at,
		FinancialStatus: "PAID", Currency: "USD",
	}
	for {
		o.Lines = append(o.Lines, shopifytest.LineItem{
			ID: o.ID*100 + int64(len(o.Lines)), SKU: "PEN-" + strconv.Itoa(len(o.Lines)), Title: "Pen", Vendor: "Bench",
			Quantity: 1, UnitPrice: "3.50",
		})
		if body := s.writer.Order(&o); len(body) >= bodySize {
			return body
		}
	}
}

// otherProduct returns the body of a product that is no gift card.
func (s *sender) otherProduct(number int, at time.Time) ([]byte, error) {
	var fields map[string]any
	body := s.writer.Product(at, shopifytest.Variant{SKU: "PEN-" + strconv.Itoa(number), Price: "3.50"})
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("make a product: %w", err)
	}
	const sentence = "It writes in blue. "
	fields["body_html"] = string(bytes.Repeat([]byte(sentence), (bodySize-len(body))/len(sentence)))
	return json.Marshal(fields)
}

// send sends a delivery and returns the status of the answer.
func (s *sender) send(ctx context.Context, base string, m message) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+m.path, bytes.NewReader(m.body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Topic", m.topic)
	r.Header.Set("X-Shopify-Shop-Domain", s.shop)
	r.Header.Set("X-Shopify-Hmac-Sha256", m.signature)
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// flood sends deliveries at the rate, whether or not earlier ones have been answered, until so many have been sent that
// count, or until stop is closed if that is zero.
func (s *sender) flood(ctx context.Context, base string, of []message, count int, stop <-chan struct{}) (Answers, error) {
	const settles = int(settling/time.Second) * rate
	if count > 0 {
		count += settles
	}
	var mu sync.Mutex
	var took []float64
	var refused int
	var all sync.WaitGroup
	began := time.Now()
	for i := 0; count == 0 || i < count; i++ {
		due := began.Add(time.Duration(i) * time.Second / rate)
		if !sleep(ctx, stop, time.Until(due)) {
			break
		}
		all.Go(func() {
			sent := time.Now()
			s.slots <- struct{}{}
			status, err := s.send(ctx, base, of[i%len(of)])
			<-s.slots
			answered := time.Since(sent)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || status != http.StatusOK {
				refused++
			}
			if i >= settles {
				took = append(took, milliseconds(answered))
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return Answers{}, context.Cause(ctx)
	}
	return Answers{
		Deliveries: len(took), Refused: refused, P50: figures.Percentile(took, 50), P99: figures.Percentile(took, 99),
	}, nil
}

// sleep waits, and reports whether it has waited to the end.
func sleep(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
