package shopify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// clock is a clock that tests can advance.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const secret = "shpss_5ecret"

func app(now func() time.Time) shopify.ClientCredentials {
	return shopify.ClientCredentials{ID: "app-id", Secret: secret, Now: now}
}

func setupApp(t *testing.T, o shopifytest.Options) (*clock, *shopifytest.Server, *shopify.Client) {
	t.Helper()
	now := &clock{now: start}
	o.ClientID, o.ClientSecret, o.Now = "app-id", secret, now.Now
	sim, c := setup(t, o, shopify.Options{Token: app(now.Now)})
	return now, sim, c
}

func TestATokenIsKeptAndRenewedEarly(t *testing.T) {
	t.Parallel()
	now, sim, c := setupApp(t, shopifytest.Options{})
	ask := func(wantTokens int) {
		t.Helper()
		_, err := c.GetShop(t.Context())
		require.NoError(t, err)
		require.Equal(t, wantTokens, sim.Stats().Requests["token"])
	}
	ask(1)
	ask(1)
	now.Advance(23 * time.Hour)
	ask(1)
	now.Advance(35 * time.Minute)
	ask(2)
	now.Advance(48 * time.Hour)
	ask(3)
	require.Zero(t, sim.Stats().Statuses[401])
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	_, sim, c := setupApp(t, shopifytest.Options{})
	_, err := c.GetShop(t.Context())
	require.NoError(t, err)
	sim.RevokeTokens()
	_, err = c.GetShop(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"token": 2, "shop": 3}, sim.Stats().Requests)
}

func TestAShopThatRefusesEveryTokenIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	_, sim, c := setupApp(t, shopifytest.Options{Faults: shopifytest.Faults{Next: func(kind string) *shopifytest.Fault {
		if kind == "token" {
			return nil
		}
		return &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 401}
	}}})
	_, err := c.GetShop(t.Context())
	require.Equal(t, 401, rest.StatusOf(err))
	require.Equal(t, map[string]int{"token": 2, "shop": 2}, sim.Stats().Requests)
}

func TestAStaticTokenIsNotTriedTwice(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{Token: shopify.StaticToken("shpat_wrong")})
	_, err := c.GetShop(t.Context())
	e := asRestError(t, err)
	require.Equal(t, 401, e.Status)
	require.Equal(t, "[API] Invalid API key or access token (unrecognized login or wrong password)", e.Message)
	require.NotContains(t, err.Error(), "shpat_wrong")
	require.Equal(t, 1, sim.Stats().Requests["shop"])
}

func TestWrongCredentialsSaySo(t *testing.T) {
	t.Parallel()
	_, c := setup(t, shopifytest.Options{ClientID: "app-id", ClientSecret: "other"}, shopify.Options{Token: app(nil)})
	_, err := c.GetShop(t.Context())
	e := asRestError(t, err)
	require.Equal(t, "get access token", e.Op)
	require.Equal(t, 401, e.Status)
	require.Equal(t, "invalid_client", e.Code)
	require.NotContains(t, err.Error(), secret)
}

func TestATokenThatCannotBeRenewedEarlyStillWorks(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	now, sim, c := setupApp(t, shopifytest.Options{Faults: shopifytest.Faults{Next: func(kind string) *shopifytest.Fault {
		if kind != "token" || !down.Load() {
			return nil
		}
		return &shopifytest.Fault{Kind: shopifytest.FaultStatus}
	}}})
	_, err := c.GetShop(t.Context())
	require.NoError(t, err)
	down.Store(true)
	now.Advance(24*time.Hour - 10*time.Minute)
	_, err = c.GetShop(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, sim.Stats().Requests["token"], "it was tried")
	now.Advance(10 * time.Minute)
	_, err = c.GetShop(t.Context())
	require.Equal(t, 503, rest.StatusOf(err), "expired in the meantime")
}

func TestManyRequestsShareOneRenewal(t *testing.T) {
	t.Parallel()
	_, sim, c := setupApp(t, shopifytest.Options{})
	var g errgroup.Group
	for range 20 {
		g.Go(func() error {
			_, err := c.GetShop(t.Context())
			return err
		})
	}
	require.NoError(t, g.Wait())
	require.Equal(t, map[string]int{"token": 1, "shop": 20}, sim.Stats().Requests)
}

func TestWaitingForATokenEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := newClient(t, shopify.Options{Token: app(nil), HTTPClient: &http.Client{
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/admin/oauth/access_token" {
					return answer(200, `{"data":{"shop":{"myshopifyDomain":"d"}}}`), nil
				}
				<-release
				return answer(200, `{"access_token":"t"}`), nil
			}),
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		patient := make(chan error, 1)
		_, err := c.GetShop(ctx)
		require.Equal(t, rest.TimedOut, asRestError(t, err).Outcome)
		go func() {
			_, err := c.GetShop(t.Context())
			patient <- err
		}()
		synctest.Wait()
		close(release)
		require.NoError(t, <-patient, "the renewal outlives the one who began it")
	})
}

func TestAnAnswerWithoutATokenIsContradictory(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"access_token":""}`, `{"access_token":"a\r\nX-Injected: b"}`, `{"access_token":"a b"}`,
		`{"access_token":"\u202e"}`, `{"access_token":"` + strings.Repeat("x", 1001) + `"}`,
	} {
		c := newClient(t, shopify.Options{Token: app(nil), HTTPClient: &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { return answer(200, body), nil }),
		}})
		_, err := c.GetShop(t.Context())
		require.Equal(t, rest.Contradictory, asRestError(t, err).Outcome)
		require.NotContains(t, err.Error(), "Injected")
	}
}

// A lifetime too long to be represented counts as long, not as already expired.
func TestATokenOfAbsurdLifeIsKept(t *testing.T) {
	t.Parallel()
	tokens := 0
	c := newClient(t, shopify.Options{Token: app(func() time.Time { return start }), HTTPClient: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/admin/oauth/access_token" {
				tokens++
				return answer(200, `{"access_token":"t","expires_in":1e300}`), nil
			}
			return answer(200, `{"data":{"shop":{"myshopifyDomain":"d"}}}`), nil
		}),
	}})
	for range 3 {
		_, err := c.GetShop(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 1, tokens)
}

func TestATokenOfUnknownLifeIsKeptUntilItIsRefused(t *testing.T) {
	t.Parallel()
	now, tokens, refuse := &clock{now: start}, 0, false
	c := newClient(t, shopify.Options{Token: app(now.Now), HTTPClient: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Path == "/admin/oauth/access_token":
				tokens++
				refuse = false
				return answer(200, fmt.Sprintf(`{"access_token":"t%d"}`, tokens)), nil
			case refuse:
				return answer(401, `{}`), nil
			}
			return answer(200, `{"data":{"shop":{"myshopifyDomain":"d"}}}`), nil
		}),
	}})
	for _, want := range []int{1, 1, 2, 2} {
		_, err := c.GetShop(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, tokens)
		now.Advance(1000 * time.Hour)
		refuse = want == 1 && now.Now().After(start.Add(1500*time.Hour))
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		shopify.StaticToken(secret),
		shopify.Options{Token: shopify.StaticToken(secret)},
		app(nil),
		shopify.Options{Token: app(nil)},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, v), secret, "%s of %T", verb, v)
		}
	}
}
