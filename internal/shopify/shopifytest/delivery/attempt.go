package delivery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"
)

// delivery is one delivery with its retries.
type delivery struct {
	Event

	number    int64
	webhook   string
	triggered time.Time
	due       time.Time
	retries   int
	// trouble befalls the first attempt. A delivery that stands alone is a copy: nobody retries it.
	trouble Trouble
	alone   bool
	// begun is when the first attempt began.
	begun time.Time
}

// queue is a heap of deliveries, of which the first is due first.
type queue []*delivery

// Len implements [heap.Interface].
func (q queue) Len() int { return len(q) }

// Less implements [heap.Interface].
func (q queue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].number < q[j].number
}

// Swap implements [heap.Interface].
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements [heap.Interface].
func (q *queue) Push(x any) {
	if d, ok := x.(*delivery); ok {
		*q = append(*q, d)
	}
}

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	n := len(*q) - 1
	d := (*q)[n]
	(*q)[n] = nil
	*q = (*q)[:n]
	return d
}

func newClient(opts Options) *http.Client {
	return &http.Client{
		Timeout: opts.Total,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: opts.Connect}).DialContext,
			TLSHandshakeTimeout: opts.Connect,
			TLSClientConfig:     &tls.Config{RootCAs: opts.RootCAs, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: opts.Workers, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
		// A redirect is a failure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

const (
	// oversize is the size of an oversized body: more than a receiver should read into memory.
	oversize = 5 << 20
	// pauses are how often, and pause is for how long, a slow body stops: together less than the time limit.
	pauses = 4
	pause  = 150 * time.Millisecond
)

// sent is what a request says, and its whole body, whether or not that was sent to its end.
type sent struct {
	topic, hash string
	size        int
	updated     time.Time
}

func newSent(topic string, body []byte) sent {
	hash := sha256.Sum256(body)
	var content struct {
		UpdatedAt time.Time `json:"updated_at"`
	}
	_ = json.Unmarshal(body, &content) // A body without a time has none.
	return sent{topic: topic, hash: hex.EncodeToString(hash[:]), size: len(body), updated: content.UpdatedAt}
}

// request returns the request of an attempt, and what it says. It carries the delivery's trouble if it is the first.
func (s *Sender) request(ctx context.Context, d *delivery) (*http.Request, sent, error) {
	trouble, topic, domain, body := d.trouble, d.Topic, s.opts.Domain, d.Body
	if d.retries > 0 {
		trouble = ""
	}
	secret := s.secret()
	switch trouble {
	case Forged:
		secret = "not the secret of the app"
		body = bytes.ReplaceAll(body, []byte(`"quantity":1`), []byte(`"quantity":9`))
	case CrossTopic:
		topic = otherTopic(topic, d.number)
	case OtherShop:
		domain = "another-shop.myshopify.com"
	case Oversized:
		body = padded(body)
	}
	says, content := newSent(topic, body), io.Reader(bytes.NewReader(body))
	switch trouble {
	case Truncated:
		content = io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{})
	case Slow:
		content = &chunks{ctx: ctx, rest: body, size: len(body)/pauses + 1, pause: pause}
	case Split:
		content = &chunks{ctx: ctx, rest: body, size: splitAt(body), pause: time.Millisecond}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URI, content)
	if err != nil {
		return nil, says, err
	}
	if trouble == Truncated {
		r.ContentLength = int64(len(body))
	}
	header := map[string]string{
		"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", "X-Shopify-Topic": topic,
		"X-Shopify-Shop-Domain": domain, "X-Shopify-API-Version": s.opts.Version, "X-Shopify-Webhook-Id": d.webhook,
		"X-Shopify-Event-Id": d.ID, "X-Shopify-Triggered-At": d.triggered.UTC().Format(time.RFC3339Nano),
	}
	if d.Name != "" {
		header["X-Shopify-Name"] = d.Name
	}
	if trouble != Unsigned {
		header["X-Shopify-Hmac-Sha256"] = Sign(secret, body)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r, says, nil
}

// Sign returns the signature of a body.
func Sign(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// others are the topics that a delivery of another topic pretends to be of.
var others = []string{
	"orders/cancelled", "products/update", "refunds/create", "app/uninstalled", "orders/edited", "disputes/create",
	"orders/create", "no/topic",
}

func otherTopic(topic string, number int64) string {
	other := others[number%int64(len(others))]
	if other == topic {
		return "products/delete"
	}
	return other
}

// padded returns a body that means the same and is too large.
func padded(body []byte) []byte {
	return append(bytes.TrimSuffix(bytes.Clone(body), []byte("}")), append(bytes.Repeat([]byte(" "), oversize), '}')...)
}

// splitAt returns a place within the first letter of several bytes, or in the middle if there is none.
func splitAt(body []byte) int {
	for i, b := range body {
		if b >= utf8.RuneSelf {
			return i + 1
		}
	}
	return len(body)/2 + 1
}

var errBroken = errors.New("the connection was broken on purpose")

// broken breaks a body.
type broken struct{}

// Read implements [io.Reader].
func (broken) Read([]byte) (int, error) { return 0, errBroken }

// chunks is a body that comes in pieces, each after a pause.
type chunks struct {
	ctx   context.Context //nolint:containedctx // that of the request
	rest  []byte
	size  int
	pause time.Duration
	begun bool
}

// Read implements [io.Reader].
func (c *chunks) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	if c.begun {
		timer := time.NewTimer(c.pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			return 0, c.ctx.Err()
		}
	}
	c.begun = true
	n := copy(p, c.rest[:min(len(c.rest), c.size)])
	c.rest = c.rest[n:]
	return n, nil
}

// maxAnswer is how much of an answer is read, so that the connection can be used again.
const maxAnswer = 64 << 10

// attempt sends a delivery once, and arranges what follows.
func (s *Sender) attempt(d *delivery) {
	begun := time.Now()
	if d.retries == 0 {
		d.begun = begun
	}
	if d.trouble != "" && d.retries == 0 {
		s.ledger.befell(d.trouble, d)
	}
	said, status, err := s.send(d)
	s.ledger.answered(d, begun, said, status, err)
	switch {
	case s.ctx.Err() != nil:
	case d.alone:
		s.ledger.ended(d, outcomeCopy)
	case err == nil && status >= 200 && status < 300:
		s.success(d)
		s.ledger.ended(d, outcomeDelivered)
	case d.retries < Retries:
		s.retry(d)
	default:
		s.ledger.ended(d, outcomeFailed)
		s.giveUp(d)
	}
}

func (s *Sender) send(d *delivery) (said sent, status int, err error) {
	r, said, err := s.request(s.ctx, d)
	if err != nil {
		return said, 0, err
	}
	a, err := s.client.Do(r)
	if err != nil {
		return said, 0, err
	}
	defer a.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(a.Body, maxAnswer))
	return said, a.StatusCode, err
}

func (s *Sender) retry(d *delivery) {
	again := *d
	again.due = time.Now().Add(s.scaled(firstRetry << d.retries))
	again.retries++
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(&again)
}

func (s *Sender) success(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.succeeded[d.Subscription] = time.Now()
}

// giveUp ends the subscription of a delivery that failed for good, unless others succeeded meanwhile.
func (s *Sender) giveUp(d *delivery) {
	s.mu.Lock()
	worked := s.succeeded[d.Subscription].After(d.begun)
	s.mu.Unlock()
	if worked || s.opts.Unsubscribed == nil {
		return
	}
	s.opts.Unsubscribed(d.Subscription)
	s.ledger.unsubscribed(d)
}
