package shopify_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

var start = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

const token = shopify.StaticToken(shopifytest.AccessToken)

// setup serves a simulated shop below a prefix, so that a path that leaves the base URL fails.
func setup(
	t *testing.T, shop shopifytest.Options, opts shopify.Options,
) (*shopifytest.Server, *shopify.Client) {
	t.Helper()
	sim := shopifytest.New(shop)
	s := httptest.NewServer(http.StripPrefix("/prefix", sim))
	t.Cleanup(s.Close)
	opts.BaseURL = s.URL + "/prefix"
	return sim, newClient(t, opts)
}

func newClient(t testing.TB, opts shopify.Options) *shopify.Client {
	t.Helper()
	if opts.Token == nil {
		opts.Token = token
	}
	if opts.APIVersion == "" {
		opts.APIVersion = "2026-07"
	}
	if opts.BaseURL == "" {
		opts.BaseURL = "https://example.myshopify.com"
	}
	c, err := shopify.New(opts)
	require.NoError(t, err)
	return c
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// canned returns a client that receives these bodies with status 200, one after the other, and the last one forever.
func canned(t testing.TB, bodies ...string) *shopify.Client {
	t.Helper()
	return newClient(t, shopify.Options{Company: true, HTTPClient: &http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			body := bodies[0]
			if len(bodies) > 1 {
				bodies = bodies[1:]
			}
			return answer(200, body, "X-Request-Id", "req-1"), nil
		}),
	}})
}

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func asRestError(t testing.TB, err error) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "Shopify", e.Service)
	return e
}
