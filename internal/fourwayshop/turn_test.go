package fourwayshop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// waiting returns a client whose requests wait, and the number of requests that its service has seen. Every answer is the
// one of the handler.
func waiting(
	t *testing.T, wait func(context.Context) error, answer http.HandlerFunc,
) (client *fourwayshop.Client, seen *atomic.Int32) {
	t.Helper()
	seen = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			_, _ = w.Write([]byte(`{"token": "t", "expiresInMS": 3600000}`))
			return
		}
		seen.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: server.URL, Username: username, Password: password, Timeout: 10 * time.Second, Wait: wait,
	})
	require.NoError(t, err)
	return client, seen
}

// A request whose turn does not come is not sent, and so has had no effect.
func TestRequestWithoutATurn(t *testing.T) {
	t.Parallel()
	busy := errors.New("too many")
	client, seen := waiting(t, func(context.Context) error { return busy }, nil)

	err := client.Update(t.Context(), fourwayshop.UpdateRequest{
		EntityCode: "440", Barcode: "2900000000016", Amount: "50.00", Callback: "https://receiver.example/callbacks/x",
		Activation: &fourwayshop.Activation{
			Date: time.Now(), Country: "IT", BranchCode: "1", PriceList: "1", CurrencySymbol: "€", Currency: "EUR",
		},
	})

	_, ok := errors.AsType[*rest.NoTurnError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, busy)
	require.False(t, fourwayshop.IsAmbiguous(err))
	require.Zero(t, seen.Load())
}

// A request has all of its time left after it has waited: it does not wait so long that its caller would cut it off.
func TestRequestKeepsItsTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	until, _ := ctx.Deadline()
	var waits []time.Time
	client, seen := waiting(t, func(ctx context.Context) error {
		deadline, _ := ctx.Deadline()
		waits = append(waits, deadline)
		return nil
	}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })

	_, err := client.Get(ctx, "2900000000016")

	require.Error(t, err)
	require.EqualValues(t, 2, seen.Load(), "once more with a new token")
	require.Equal(t, []time.Time{until.Add(-10 * time.Second), until.Add(-10 * time.Second)}, waits)
}
