package receiving

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// scrapeOf returns the series of checkouts.
func scrapeOf(t *testing.T, tel *telemetry.Telemetry) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	problems, err := promlint.New(strings.NewReader(w.Body.String())).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	out := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "giftbridge_checkout_") {
			series, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
			out[series+"}"] = value
		}
	}
	return out
}

// What checkouts ask is counted by words that are known beforehand, whatever they send.
func TestSpendingIsCounted(t *testing.T) {
	t.Parallel()
	tel, err := telemetry.New(t.Context(), telemetry.Options{Metrics: true, NoWorkflows: true})
	require.NoError(t, err)
	s, err := newSpending(tel.Meter(), []string{"shop", "till", "shop"})
	require.NoError(t, err)
	const requests = "giftbridge_checkout_requests_total"
	series := func(client, outcome, route string) string {
		return requests + `{client="` + client + `",outcome="` + outcome + `",route="` + route + `"}`
	}
	before := scrapeOf(t, tel)
	for _, zero := range []string{
		series("shop", "ok", "balances"), series("till", "card_not_usable", "redemptions"), series("till", "rate_limited", "balances"),
		series("shop", "issuer_unavailable", "reversals"), series("none", "unauthorized", "redemption"),
	} {
		require.Equal(t, "0", before[zero], zero)
	}
	require.Len(t, before, 2*len(api.Routes)*len(outcomes)+2*len(api.Routes)+1)

	for _, a := range []api.Answered{
		{Route: api.RouteBalances, Client: "shop", Status: 200},
		{Route: api.RouteBalances, Client: "shop", Status: 422, Type: string(redemption.CardNotUsable)},
		{Route: api.RouteRedemptions, Client: "till", Status: 422, Type: "of a newer worker", Redemption: "1"},
		{Route: api.RouteRedemptions, Status: 401, Type: string(api.Unauthorized)},
		{Route: api.RouteReversals, Status: 405, Type: string(api.MethodNotAllowed)},
		{Status: 404, Type: string(redemption.NotFound)},
	} {
		a.Took = 20 * time.Millisecond
		s.observe(a)
	}
	after := scrapeOf(t, tel)
	for _, one := range []string{
		series("shop", "ok", "balances"), series("shop", "card_not_usable", "balances"), series("till", "other", "redemptions"),
		series("none", "unauthorized", "redemptions"), series("none", "method_not_allowed", "reversals"),
		series("none", "not_found", "other"), `giftbridge_checkout_answer_seconds_bucket{route="reversals",le="0.025"}`,
	} {
		require.Equal(t, "1", after[one], one)
	}
	counted := 0
	for name := range after {
		if strings.HasPrefix(name, requests) {
			counted++
		}
	}
	require.Equal(t, len(before), counted, "no request makes a series")
}

func TestKeysOfClients(t *testing.T) {
	t.Parallel()
	keys := keysOf(checkout.Clients{
		{Name: "shop", Hash: [32]byte{1}, Rights: []string{checkout.Balance, checkout.Redeem, checkout.Reverse}},
		{Name: "page", Hash: [32]byte{2}, Rights: []string{checkout.Balance}},
	})
	require.Len(t, keys, 2)
	require.Equal(t, api.Rights, keys[0].Rights)
	require.Equal(t, "page", keys[1].Name)
	require.Equal(t, [32]byte{2}, keys[1].Hash)
	require.Equal(t, []api.Right{api.RightBalance}, keys[1].Rights)
}
