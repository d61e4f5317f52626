package simulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

func TestBucketIsRefilledOverTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	b := simulator.NewBucket(func() time.Time { return now }, 100, 10)
	take := func(points, left float64, ok bool) {
		t.Helper()
		gotLeft, gotOK := b.Take(points)
		require.Equal(t, ok, gotOK)
		require.InDelta(t, left, gotLeft, 1e-9)
	}
	take(80, 20, true)
	take(30, 20, false)
	now = now.Add(time.Second)
	take(30, 0, true)
	now = now.Add(-time.Minute) // A clock may be set back.
	take(1, 0, false)
	require.InDelta(t, 5, b.GiveBack(5), 1e-9)
	now = now.Add(time.Hour)
	require.InDelta(t, 100, b.GiveBack(5), 1e-9, "no more than it holds")
}

func TestCounts(t *testing.T) {
	t.Parallel()
	var c simulator.Counts[string, string]
	require.Empty(t, c.Requests())
	require.NotNil(t, c.Faults())
	c.Answered("sell", 200)
	c.Answered("sell", 0)
	c.Answered("sell", 200)
	c.Fault("drop")
	c.Requests()["sell"][200] = 9 // A copy.
	c.Faults()["drop"] = 9
	require.Equal(t, map[string]map[int]int{"sell": {200: 2, 0: 1}}, c.Requests())
	require.Equal(t, map[string]int{"drop": 1}, c.Faults())
	c.Reset()
	require.Empty(t, c.Requests())
	require.Empty(t, c.Faults())
}

func TestUnrouted(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cards/{id}/{$}", func(http.ResponseWriter, *http.Request) {})
	for path, want := range map[string]struct {
		method, allow string
		status        int
	}{
		"/cards/1/":     {http.MethodGet, "", 0},
		"/cards/a%2Fb/": {http.MethodGet, "", 0},
		"/cards/2/":     {http.MethodPost, "GET, HEAD", 405},
		"/cards/1":      {http.MethodGet, "", 404}, // The mux would redirect.
		"//cards/1/":    {http.MethodGet, "", 404},
		"/secrets/":     {http.MethodGet, "", 404},
	} {
		status, allow := simulator.Unrouted(mux, httptest.NewRequestWithContext(t.Context(), want.method, path, nil))
		require.Equal(t, want.status, status, path)
		require.Equal(t, want.allow, allow, path)
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "text/html": false, "application/json": true, "text/html, */*;q=0.1": true, "application/*": true,
		"application/jsonp": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Accept", accept)
		require.Equal(t, want, simulator.Accepts(r), accept)
	}
}

func TestAConnectionBreaksHalfway(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		simulator.Answer{Status: 200, Raw: []byte("0123456789")}.Send(simulator.BreakHalfway(w))
	}))
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	require.NoError(t, err)
	resp, err := s.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "01234", string(body))
}

func TestWaitEndsWithTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.True(t, simulator.Wait(t.Context(), 0))
		begin := time.Now()
		require.True(t, simulator.Wait(t.Context(), time.Hour))
		require.Equal(t, time.Hour, time.Since(begin))
		ctx, giveUp := context.WithTimeout(t.Context(), time.Minute)
		defer giveUp()
		require.False(t, simulator.Wait(ctx, time.Hour))
		require.Equal(t, time.Hour+time.Minute, time.Since(begin))
	})
}
