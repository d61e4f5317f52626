package later_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// account returns the configuration of an account at a simulated 4WS.
func account(t *testing.T, rps float64) config.Config {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	cfg := config.Default()
	cfg.FourWayShop = fourwayshop.FourWayShop{
		Items: fourwayshop.Items{{SKU: "GIFT-IT-50", Code: "ITEM50"}}, BaseURL: server.URL, Username: "u",
		Password: config.NewSecret("hush"), MaxRPS: rps, Timeout: time.Second,
	}
	return cfg
}

func TestNoIssuers(t *testing.T) {
	t.Parallel()
	all, err := later.NewIssuers(config.Default(), http.DefaultTransport, nil)
	require.NoError(t, err)
	require.Empty(t, all)
}

// FOURWAYSHOP_MAX_RPS bounds the requests of a worker: the second one waits for its turn, which here does not come in time.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	for name, limited := range map[string]bool{"limited": true, "not limited": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rps := 0.0
			if limited {
				rps = 0.0001
			}
			all, err := later.NewIssuers(account(t, rps), http.DefaultTransport, nil)
			require.NoError(t, err)
			require.Equal(t, []string{"deferred"}, all["fourwayshop"].Names()[:1])
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for i := range 2 {
				_, err := all["fourwayshop"].Deferred.Look(ctx, "2900000000016")
				require.Error(t, err, "there is no such service")
				kind, _ := giftcard.KindOf(err)
				require.Equal(t, limited && i == 1, kind == giftcard.RateLimited, "request %d: %v", i, err)
			}
		})
	}
}
