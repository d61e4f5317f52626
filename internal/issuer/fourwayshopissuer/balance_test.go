package fourwayshopissuer_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
)

// counter is a simulated 4WS behind a counter of updates, with a card of 50.00 EUR.
type counter struct {
	*fourwayshopissuer.Issuer
	server  *fourwayshoptest.Server
	code    string
	updates atomic.Int64
	// fails answers an update instead of 4WS.
	fails http.HandlerFunc
}

func newCounter(t *testing.T, activate bool) *counter {
	t.Helper()
	c := &counter{server: fourwayshoptest.New(fourwayshoptest.Options{
		Username: "api-user", Password: password, Items: []ledger.Item{{Code: "GIFT50", Currency: "EUR"}},
	})}
	t.Cleanup(c.server.Stop)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/update") {
			if c.updates.Add(1); c.fails != nil {
				c.fails(w, r)
				return
			}
		}
		c.server.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: front.URL + "/api/", Username: "api-user", Password: password, Timeout: 5 * time.Second,
	})
	require.NoError(t, err)
	c.Issuer = fourwayshopissuer.New(client, fourwayshopissuer.Options{
		EntityCode: "1", BranchCode: "WEB", Country: "IT", PriceList: "RETAIL",
	})
	require.NoError(t, c.Generate(t.Context(), "GIFT50", "http://127.0.0.1:1/none"))
	require.Eventually(t, func() bool { return len(c.server.Cards()) == 1 }, patience, look)
	c.code = c.server.Cards()[0].Barcode
	if activate {
		require.NoError(t, c.Activate(t.Context(), issuer.Activation{
			Code: issuer.Code(c.code), Item: "GIFT50", Value: giftcard.Money{Hundredths: 5000, Currency: "EUR"}, At: time.Now(),
			Callback: "http://127.0.0.1:1/none",
		}))
		c.holds(t, "50.00")
	}
	c.updates.Store(0)
	return c
}

const (
	patience = 20 * time.Second
	look     = 5 * time.Millisecond
)

// holds waits until 4WS shows a balance.
func (c *counter) holds(t *testing.T, balance string) {
	t.Helper()
	require.Eventually(t, func() bool {
		s, err := c.Inspect(t.Context(), "", c.code)
		return err == nil && s.CurrentBalance == balance
	}, patience, look)
}

func (c *counter) spend(t *testing.T, amount string) {
	t.Helper()
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: serve(t, c.server) + "/api/", Username: "api-user", Password: password, Timeout: 5 * time.Second,
	})
	require.NoError(t, err)
	require.NoError(t, client.Update(t.Context(), fourwayshop.UpdateRequest{
		EntityCode: "1", Barcode: fourwayshop.Barcode(c.code), Amount: "-" + amount,
	}))
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// An unspent card is emptied by one request; nothing that is shown tells its code.
func TestCancelEmptiesAnUnspentCard(t *testing.T) {
	t.Parallel()
	c := newCounter(t, true)
	s, err := c.Inspect(t.Context(), "", c.code)
	require.NoError(t, err)
	require.Equal(t, issuer.State{
		MaskedNumber: "*********" + c.code[len(c.code)-4:], Status: "active", InitialBalance: "50.00", CurrentBalance: "50.00", Currency: "EUR",
	}, s)
	called := make(chan []byte, 1)
	receiver := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		called <- body
	}))
	before, err := c.Cancel(t.Context(), issuer.Cancellation{Reference: c.code, Callback: receiver + "/callbacks/fourwayshop/token"})
	require.NoError(t, err)
	require.Equal(t, s, before, "the effect shows later")
	answer, err := c.Answer(issuer.Draining, <-called)
	require.NoError(t, err)
	require.True(t, answer.OK)
	c.holds(t, "0.00")
	require.EqualValues(t, 1, c.updates.Load())
	require.Zero(t, c.server.Cards()[0].Amount)

	s, err = c.Inspect(t.Context(), "", c.code)
	require.NoError(t, err)
	require.False(t, s.Cancelled, "4WS does not tell an emptied card from a spent one")
}

// A card that was spent, or cannot be, is left alone.
func TestCancelRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		active bool
		spend  string
		left   string
		says   string
	}{
		"spent in part": {active: true, spend: "20.00", left: "30.00", says: "30.00"},
		"spent":         {active: true, spend: "50.00", left: "0.00", says: "0.00"},
		"not active":    {says: "not active"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, tt.active)
			if tt.spend != "" {
				c.spend(t, tt.spend)
				c.holds(t, tt.left)
			}
			_, err := c.Cancel(t.Context(), issuer.Cancellation{Reference: c.code})
			require.ErrorContains(t, err, tt.says)
			require.Equal(t, issuer.None, issuer.EffectOf(err))
			kind, _ := giftcard.KindOf(err)
			require.Equal(t, giftcard.CardDeclined, kind)
			require.NotContains(t, err.Error(), c.code)
			require.Zero(t, c.updates.Load())
		})
	}
}

// What is known after a request that failed is what is known after an activation that failed.
func TestCancelSaysWhetherItMayHaveHadAnEffect(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fails  http.HandlerFunc
		effect issuer.Effect
		kind   giftcard.Kind
	}{
		"server error": {status(http.StatusInternalServerError), issuer.Unclear, giftcard.Unavailable},
		"dropped":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, issuer.Unclear, giftcard.Unavailable},
		"rate limit":   {status(http.StatusTooManyRequests), issuer.None, giftcard.RateLimited},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"success": false, "message": "importo insufficiente"}`))
		}, issuer.None, giftcard.CardDeclined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, true)
			c.fails = tt.fails
			_, err := c.Cancel(t.Context(), issuer.Cancellation{Reference: c.code})
			require.Error(t, err)
			require.Equal(t, tt.effect, issuer.EffectOf(err))
			kind, _ := giftcard.KindOf(err)
			require.Equal(t, tt.kind, kind)
			require.NotContains(t, err.Error(), c.code)
			require.EqualValues(t, 1, c.updates.Load(), "it is never repeated")
		})
	}
	c := newCounter(t, false)
	_, err := c.Cancel(t.Context(), issuer.Cancellation{Reference: "4440000000000"})
	require.Error(t, err)
	require.Equal(t, issuer.None, issuer.EffectOf(err))
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
