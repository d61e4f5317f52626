package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/doctor"
)

// nobody is a guard that knows no client.
type nobody struct{ api.Guard }

// Authenticate implements [api.Guard].
func (nobody) Authenticate(http.Header) (api.Client, bool) { return api.Client{}, false }

// The doctor finds out whether the receiver serves the API, without a key.
func TestCheckout(t *testing.T) {
	t.Parallel()
	served := api.New(api.Options{Guard: nobody{}, Log: zerolog.Nop()})
	clients := checkout.Clients{{Name: "web", Rights: checkout.Rights}}
	for name, tt := range map[string]struct {
		serve     http.Handler
		clients   checkout.Clients
		reversals bool
		status    check.Status
		says      string
	}{
		"served":                  {served, clients, false, check.OK, "serves it; what was taken is not given back"},
		"served, with reversals":  {served, clients, true, check.OK, "serves it, and gives back"},
		"served, and not for us":  {served, nil, false, check.OK, "the receiver serves it"},
		"off":                     {http.NotFoundHandler(), nil, false, check.OK, "off: the receiver serves none"},
		"configured, not served":  {http.NotFoundHandler(), clients, false, check.Fail, "serves no checkout (it answers 404)"},
		"a page of a proxy":       {answers(http.StatusMethodNotAllowed), clients, false, check.Fail, "serves no checkout (it answers 405)"},
		"a proxy asks for logins": {answers(http.StatusUnauthorized), clients, false, check.Fail, "serves no checkout (it answers 401)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.serve)
			t.Cleanup(s.Close)
			c := checkOf(t, examined(t, func(p *patient) {
				later(t, &p.Config)
				p.Config.Receiver.URL, p.Config.Checkout.Clients, p.Config.FourWayShop.Reversals = s.URL, tt.clients, tt.reversals
			}), doctor.Checkout)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			if tt.status == check.Fail {
				require.Contains(t, c.Fix, "RECEIVER_SERVES contain checkout")
			}
		})
	}
}

// Who configures clients without cards that they could spend is told so, and who has neither is not asked.
func TestCheckoutWithoutCards(t *testing.T) {
	t.Parallel()
	clients := checkout.Clients{{Name: "web", Rights: checkout.Rights}}
	c := checkOf(t, examined(t, func(p *patient) { p.Config.Checkout.Clients = clients }), doctor.Checkout)
	require.Equal(t, check.Fail, c.Status)
	require.Contains(t, c.Fix, "FOURWAYSHOP_ITEMS")
	for _, c := range examined(t, nil).Checks {
		require.NotEqual(t, doctor.Checkout, c.Name)
	}
	for _, tt := range []struct {
		clients checkout.Clients
		status  check.Status
	}{{nil, check.OK}, {clients, check.Fail}} {
		c = checkOf(t, examined(t, func(p *patient) {
			later(t, &p.Config)
			p.Config.Receiver.URL, p.Config.Checkout.Clients = "http://127.0.0.1:1", tt.clients
		}), doctor.Checkout)
		require.Equal(t, tt.status, c.Status, c.Found)
	}
}
