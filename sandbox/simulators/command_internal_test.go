package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
)

func configuration() config.Config {
	c := config.Default()
	c.Shopify.Shop = "sandbox.myshopify.com"
	c.Shopify.AccessToken = config.NewSecret("shpat_hush")
	c.CashStar.Username, c.CashStar.Password = "us", config.NewSecret("hush")
	c.FourWayShop.Items = fourwayshop.Items{{SKU: "LATER-30", Code: "4WS030"}, {SKU: "OTHER", Code: "MINE"}}
	c.FourWayShop.Username, c.FourWayShop.Password = "us", config.NewSecret("hush")
	c.Codec.Token = config.NewSecret(strings.Repeat("t", 32))
	c.Digest.TemporalUIURL = "http://localhost:8233"
	return c
}

// events passes on the events of a log.
type events struct {
	mu      sync.Mutex
	text    bytes.Buffer
	entries chan event
}

type event struct{ What, Address, Message, Order string }

func (e *events) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.Write(b)
	var entry event
	if err := json.Unmarshal(b, &entry); err != nil {
		return 0, err
	}
	e.entries <- entry
	return len(b), nil
}

// The shop and the issuer answer clients with the worker's credentials, and customers place orders.
func TestRun(t *testing.T) {
	t.Parallel()
	codec := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Header.Get("Authorization"))
	}))
	defer codec.Close()
	log := &events{entries: make(chan event, 1000)}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	f := &flags{
		shopifyAddr: "127.0.0.1:0", cashStarAddr: "127.0.0.1:0", fourWayShopAddr: "127.0.0.1:0", signInAddr: "127.0.0.1:0", codecServer: codec.URL,
		every: 10 * time.Millisecond, seed: 1, faults: true,
	}
	done := make(chan error, 1)
	go func() { done <- f.run(ctx, configuration(), zerolog.New(log)) }()
	addresses := map[string]string{}
	for range 4 {
		e := <-log.entries
		addresses[e.What] = "http://" + e.Address
	}
	require.NotEmpty(t, (<-log.entries).Order)

	get := func(url string, change func(*http.Request)) *http.Response {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		change(r)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer
	}
	nothing := func(*http.Request) {}
	require.Equal(t, http.StatusOK, get(addresses["shop"]+"/_control/stats", nothing).StatusCode)
	require.Equal(t, http.StatusUnauthorized, get(addresses["issuer"]+"/v2/merchant/", nothing).StatusCode)
	require.Equal(t, http.StatusUnauthorized, get(addresses["later issuer"]+"/api/giftcard?barcode=1", nothing).StatusCode)
	require.Equal(t, http.StatusOK, get(addresses["later issuer"]+"/_control/items", nothing).StatusCode)
	require.Empty(t, get(addresses["sign-in"]+"/decode", nothing).Header.Get("X-Got"), "no page, no token")
	foreign := func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }
	require.Empty(t, get(addresses["sign-in"]+"/decode", foreign).Header.Get("X-Got"))
	webUI := func(r *http.Request) { r.Header.Set("Origin", "http://localhost:8233") }
	require.Equal(t, "Bearer "+strings.Repeat("t", 32), get(addresses["sign-in"]+"/decode", webUI).Header.Get("X-Got"))

	stop()
	require.NoError(t, <-done)
	require.NotContains(t, log.text.String(), "hush")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"an argument":      {[]string{"now"}, cli.ExitUsage, "now"},
		"orders too fast":  {[]string{"--every", "1ms"}, cli.ExitUsage, "--every 1ms: need at least 10ms"},
		"nothing is there": {[]string{"health", "--shopify-addr", "127.0.0.1:1"}, cli.ExitFailure, "connection refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			c := newCommand()
			c.SetArgs(tt.args)
			require.Equal(t, tt.code, cli.Execute(c, &stderr))
			require.Contains(t, stderr.String(), tt.says)
		})
	}
}
