package webhooks

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		account Account
		enough  bool
		want    []string
	}{
		"all well":            {Account{Mode: plan.WebhooksOn, ByWebhook: 90, Requests: 500}, true, nil},
		"all lost":            {Account{Mode: plan.WebhooksLost, ByPoll: 90}, true, nil},
		"none by webhook":     {Account{Mode: plan.WebhooksOn, ByPoll: 90, Requests: 500}, true, []string{"no order was taken in by webhook"}},
		"few orders":          {Account{Mode: plan.WebhooksOn, Missed: []delivery.Trouble{delivery.Late}}, false, nil},
		"one that should not": {Account{Mode: plan.WebhooksLost, ByWebhook: 1}, true, []string{"all webhooks should have been lost; 0 requests were sent, and 1 orders were taken in by webhook"}},
		"a trouble is missed": {
			Account{Mode: plan.WebhooksOn, ByWebhook: 90, Missed: []delivery.Trouble{delivery.Late}, Troubles: map[delivery.Trouble]int{delivery.Late: 2}},
			true,
			[]string{"too few late webhooks: they have befallen 2 orders, and 3 are needed"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.account.judge(tt.enough)
			require.Equal(t, tt.want, tt.account.Problems)
		})
	}
}

// Connections go to the receivers in turn, and all of them to one while the other is down.
func TestBalance(t *testing.T) {
	t.Parallel()
	var servers []*httptest.Server
	var ports []int
	for _, name := range []string{"a", "b"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }))
		t.Cleanup(s.Close)
		u, err := url.Parse(s.URL)
		require.NoError(t, err)
		port, err := strconv.Atoi(u.Port())
		require.NoError(t, err)
		servers, ports = append(servers, s), append(ports, port)
	}
	port, err := site.FreePort(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	require.NoError(t, Balance(ctx, site.Loopback(port), ports, &running))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() string {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+site.Loopback(port), http.NoBody)
		require.NoError(t, err)
		answer, err := client.Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.ElementsMatch(t, []string{"a", "b", "a", "b"}, []string{ask(), ask(), ask(), ask()})
	servers[0].Close()
	require.Equal(t, []string{"b", "b"}, []string{ask(), ask()})
	cancel()
	running.Wait()
}
