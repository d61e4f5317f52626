package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// usual returns a body of the usual size, 25 kB.
func usual(b *testing.B) []byte {
	b.Helper()
	var order map[string]any
	require.NoError(b, json.Unmarshal(fixture(b, "orders-create-2026-04"), &order))
	lines := order["line_items"].([]any)
	for body := []byte(nil); ; {
		order["line_items"] = append(order["line_items"].([]any), lines...)
		var err error
		body, err = json.Marshal(order)
		require.NoError(b, err)
		if len(body) > 25_000 {
			return body
		}
	}
}

// BenchmarkHandler compares a delivery that is read with a bare handler that reads the body and computes its signature.
func BenchmarkHandler(b *testing.B) {
	body := usual(b)
	c := &counts{outcomes: map[string]webhook.Outcome{}, answer: webhook.Ignored, topics: []string{webhook.OrdersUpdated}}
	h, err := webhook.New(webhook.Options{Secrets: []string{current}, Shop: shop, Observer: c, Log: zerolog.Nop()})
	require.NoError(b, err)
	h.Consume(ignorer{})
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, err := io.ReadAll(r.Body)
		if err == nil {
			sum := hmac.New(sha256.New, []byte(current))
			_, _ = sum.Write(read)
			_ = sum.Sum(nil)
		}
		w.WriteHeader(http.StatusOK)
	})
	for name, handler := range map[string]http.Handler{"bare": bare, "read": h} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			request := delivery(webhook.OrdersUpdated, body)
			for b.Loop() {
				request.Body = io.NopCloser(bytes.NewReader(body))
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}

// ignorer drops everything, as a flood of orders without gift cards is dropped.
type ignorer struct{}

func (ignorer) Topics() []string                    { return []string{webhook.OrdersUpdated} }
func (ignorer) Take(webhook.Notice) webhook.Outcome { return webhook.Ignored }
