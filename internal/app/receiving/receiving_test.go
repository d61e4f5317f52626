package receiving_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

const secret = "shpss_hush"

// lines is a log that may be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// nobody is an address where nothing listens: Temporal and the shop are away.
const nobody = "127.0.0.1:1"

func options(log io.Writer) receiving.Options {
	c := config.Default()
	c.Shopify.Shop, c.Shopify.BaseURL = "example.myshopify.com", "http://"+nobody
	c.Shopify.AccessToken = config.NewSecret("shpat_hush")
	c.Orders.GiftCardSKUs = config.List{"GIFT-50"}
	c.Orders.CreatedAtMin = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	c.Payload = ops.Payload{Encryption: ops.EncryptionOff}
	c.Metrics.Addr, c.Receiver.Addr = "127.0.0.1:0", "127.0.0.1:0"
	c.Receiver.WebhookSecrets = config.WebhookSecrets{config.NewSecret(secret)}
	return receiving.Options{
		Config: c, Temporal: client.Options{HostPort: nobody}, Log: zerolog.New(log).Level(zerolog.DebugLevel),
	}
}

func start(t *testing.T, o receiving.Options) *receiving.Receiver {
	t.Helper()
	require.NoError(t, o.Config.ValidateReceiver())
	r, err := receiving.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(r.Stop)
	return r
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	answer, err := c.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode, string(body)
}

func deliver(t *testing.T, c *http.Client, url, topic, signed, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+webhook.PathOf(topic), strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Shopify-Topic", topic)
	r.Header.Set("X-Shopify-Shop-Domain", "example.myshopify.com")
	r.Header.Set("X-Shopify-Hmac-Sha256", webhook.Sign(signed, []byte(body)))
	answer, err := c.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

// While Temporal and the shop are away, the receiver is ready, answers, and stops in time.
func TestReceiverWithoutTemporal(t *testing.T) {
	t.Parallel()
	var log lines
	r := start(t, options(&log))
	url, health := "http://"+r.Addr(), "http://"+r.MetricsAddr()
	status, body := get(t, http.DefaultClient, health+"/readyz")
	require.Equal(t, http.StatusOK, status, body)

	const order = `{"id": 4711, "updated_at": "2026-07-01T10:00:00Z", "note": "GRANDMA", "line_items": [{"sku": "GIFT-50"}]}`
	require.Equal(t, http.StatusOK, deliver(t, http.DefaultClient, url, webhook.OrdersCreate, secret, order))
	require.Equal(t, http.StatusUnauthorized, deliver(t, http.DefaultClient, url, webhook.OrdersPaid, "other", order))
	for _, path := range []string{"/", "/actions/TOKEN-1", "/action/TOKEN-2?q=TOKEN-3", "//actions/TOKEN-4", "/webhooks/TOKEN-5"} {
		status, _ := get(t, http.DefaultClient, url+path)
		require.GreaterOrEqual(t, status, http.StatusNotFound, path)
	}
	_, metrics := get(t, http.DefaultClient, health+"/metrics")
	require.Contains(t, metrics, `giftbridge_webhook_unauthorized_total{topic="orders/paid"} 1`)
	require.Regexp(t, `giftbridge_webhook_deliveries_total\{outcome="queued",topic="orders/create"\} 1`, metrics)
	require.Contains(t, metrics, "giftbridge_webhook_answer_seconds_bucket")
	require.Contains(t, metrics, "giftbridge_receiver_connections ")
	require.NotContains(t, metrics, "giftbridge_orders_started", "a receiver's zeros are not a worker's")

	began := time.Now()
	r.Stop()
	require.Less(t, time.Since(began), 25*time.Second)
	_, err := http.Get(url)
	require.Error(t, err)
	require.NotContains(t, log.String(), "GRANDMA")
	require.NotContains(t, log.String(), "4711")
	require.NotContains(t, log.String(), "TOKEN")
	require.Contains(t, log.String(), `"path":"/actions/"`)
}

// RECEIVER_SERVES decides what is there.
func TestReceiverServesOnlyWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	o := options(io.Discard)
	o.Config.Receiver.Serves, o.Config.Receiver.WebhookSecrets = config.List{config.ServeActions}, nil
	r := start(t, o)
	require.Equal(t, http.StatusNotFound, deliver(t, http.DefaultClient, "http://"+r.Addr(), webhook.OrdersCreate, secret, "{}"))
}

func TestReceiverRefusesToStart(t *testing.T) {
	t.Parallel()
	used := start(t, options(io.Discard))
	for name, change := range map[string]func(*config.Config){
		"RECEIVER_ADDR":          func(c *config.Config) { c.Receiver.Addr = used.Addr() },
		"METRICS_ADDR":           func(c *config.Config) { c.Metrics.Addr = used.Addr() },
		"RECEIVER_TLS_CERT_FILE": func(c *config.Config) { c.Receiver.CertFile, c.Receiver.KeyFile = "/nowhere", "/nowhere" },
	} {
		o := options(io.Discard)
		change(&o.Config)
		_, err := receiving.Start(t.Context(), o)
		require.ErrorContains(t, err, name)
	}
}

// One client opens connections and sends slowly, and another one is served.
func TestSlowClientsStarveNobody(t *testing.T) {
	t.Parallel()
	r := start(t, options(io.Discard))
	const most = 256 // For one address.
	var open []net.Conn
	for range most {
		open = append(open, sendSlowly(t, r, "127.0.0.1"))
	}
	// One more of the same client is closed at once.
	c := dial(t, r, "127.0.0.1")
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
	_, err := c.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	// Another client is served meanwhile.
	other := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)},
	}).DialContext}}
	defer other.CloseIdleConnections()
	require.Equal(t, http.StatusOK, deliver(t, other, "http://"+r.Addr(), webhook.OrdersCreate, secret,
		`{"id": 4711, "line_items": []}`))
	_, metrics := get(t, http.DefaultClient, "http://"+r.MetricsAddr()+"/metrics")
	require.Regexp(t, `giftbridge_receiver_connections_refused_total\{reason="address"\} [1-9]`, metrics)
	// The slow ones are closed, long before their bodies are complete.
	require.NoError(t, open[0].SetReadDeadline(time.Now().Add(time.Minute)))
	_, err = io.ReadAll(open[0])
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

// dial opens a connection from an address of this machine.
func dial(t *testing.T, r *receiving.Receiver, from string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", r.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// sendSlowly begins a delivery of almost the largest body that is read, and sends no more of it than one byte beyond what
// is kept for everyone.
func sendSlowly(t *testing.T, r *receiving.Receiver, from string) net.Conn {
	t.Helper()
	c := dial(t, r, from)
	_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nX-Shopify-Hmac-Sha256: %s\r\n\r\n",
		webhook.OrdersPath, webhook.MaxBody, webhook.Sign("x", nil))
	require.NoError(t, err)
	_, _ = c.Write(make([]byte, 64<<10+1)) // The receiver may have closed the connection by now.
	return c
}

// As many clients as there may be send large bodies slowly. If each had the memory that it says it needs, that would be
// 2 GiB; in fact it is 64 KiB for each, and 4 MiB for the few that have their turn.
func TestSlowBodiesBoundMemory(t *testing.T) { //nolint:paralleltest // It measures the memory of the process.
	r := start(t, options(io.Discard))
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := used()
	const most, perAddress = 512, 256
	var ended sync.WaitGroup
	for i := range most {
		c := sendSlowly(t, r, fmt.Sprintf("127.0.0.%d", 1+i/perAddress))
		ended.Go(func() { _, _ = io.Copy(io.Discard, c) })
	}
	all := make(chan struct{})
	go func() {
		ended.Wait()
		close(all)
	}()
	// One more, from yet another address, is closed at once: all the others are there.
	more := dial(t, r, "127.0.0.3")
	require.NoError(t, more.SetReadDeadline(time.Now().Add(time.Minute)))
	_, err := more.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	peak := before
	for {
		peak = max(peak, used())
		select {
		case <-all:
			require.Less(t, peak-before, uint64(100<<20))
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// A certificate of its own is used, with HTTP/1.1 and TLS 1.2 at least.
func TestReceiverSpeaksTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	pair := server.TLS.Certificates[0]
	server.Close()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	o := options(io.Discard)
	o.Config.Receiver.CertFile = inFile(t, "CERTIFICATE", pair.Certificate[0])
	o.Config.Receiver.KeyFile = inFile(t, "PRIVATE KEY", key)
	r := start(t, o)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	c := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}}
	defer c.CloseIdleConnections()
	answer, err := c.Get("https://" + r.Addr() + "/")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 1, answer.ProtoMajor)
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	require.Equal(t, http.StatusOK, deliver(t, c, "https://"+r.Addr(), webhook.OrdersCreate, secret, `{"id": 1, "line_items": []}`))
}

func inFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.pem")
	require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return name
}

// A context that has ended does not keep a receiver from stopping.
func TestRunStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- receiving.Run(ctx, options(io.Discard)) }()
	cancel()
	require.NoError(t, <-ended)
}
