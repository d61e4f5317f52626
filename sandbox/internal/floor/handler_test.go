package floor_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// The bare handler does what it is compared for: it tells a good signature from a bad one.
func TestHandle(t *testing.T) {
	t.Parallel()
	port, err := site.FreePort(t.Context())
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- floor.Handle(ctx, floor.HandlerOptions{Listen: site.Loopback(port), Secret: "secret"})
	}()
	send := func(signature string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+site.Loopback(port)+"/webhooks", strings.NewReader("body"))
		require.NoError(t, err)
		r.Header.Set("X-Shopify-Hmac-Sha256", signature)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0 // It does not listen yet.
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	require.Eventually(t, func() bool { return send("none") == http.StatusUnauthorized }, time.Minute, 10*time.Millisecond)
	require.Equal(t, http.StatusUnauthorized, send(webhook.Sign("other", []byte("body"))))
	require.Equal(t, http.StatusOK, send(webhook.Sign("secret", []byte("body"))))
	stop()
	require.NoError(t, <-ended)
}
