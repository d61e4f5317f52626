package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	answering "github.com/giftbridge/giftbridge/internal/answers"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/doctor"
	account "github.com/giftbridge/giftbridge/internal/doctor/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

const fourWayShopPassword = "correct-horse-battery"

// later configures an account at a simulated Four Way Shop.
func later(t *testing.T, c *config.Config) *fourwayshoptest.Server {
	t.Helper()
	sim := fourwayshoptest.New(fourwayshoptest.Options{Username: "api-user", Password: fourWayShopPassword})
	t.Cleanup(sim.Stop)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	items := fourwayshop.Items{{SKU: "GIFT-25", Code: "ITEM25"}, {SKU: "GIFT-50", Code: "ITEM50"}}
	c.FourWayShop = config.Default().FourWayShop
	c.FourWayShop.Items, c.FourWayShop.BaseURL = items, server.URL+"/api/"
	c.FourWayShop.Username, c.FourWayShop.Password = "api-user", config.NewSecret(fourWayShopPassword)
	c.FourWayShop.CallbackKeys = links.SigningKeys{{ID: "k1", Secret: config.NewSecret(strings.Repeat("c", 32))}}
	return sim
}

// The account is examined by a login, and what cannot be examined is said.
func TestFourWayShop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*config.Config)
		status check.Status
		says   string
		fix    string
	}{
		"healthy": {change: func(*config.Config) {}, status: check.OK, says: "credentials accepted"},
		"a wrong password": {
			func(c *config.Config) { c.FourWayShop.Password = config.NewSecret("another-password") }, check.Fail, "credentials refused",
			"FOURWAYSHOP_PASSWORD",
		},
		"another address": {
			func(c *config.Config) { c.FourWayShop.BaseURL += "v9/" }, check.Fail, "404", "FOURWAYSHOP_BASE_URL",
		},
		"nobody there": {
			func(c *config.Config) { c.FourWayShop.BaseURL = "http://127.0.0.1:1/" }, check.Fail, "no answer", "FOURWAYSHOP_BASE_URL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sim *fourwayshoptest.Server
			r := examined(t, func(p *patient) {
				sim = later(t, &p.Config)
				tt.change(&p.Config)
			})
			c := checkOf(t, r, account.Login)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.Contains(t, c.Fix, tt.fix)
			require.NotContains(t, c.Found+c.Fix, fourWayShopPassword)
			items := checkOf(t, r, account.Items)
			require.Equal(t, check.Skip, items.Status)
			if tt.status == check.OK {
				require.Contains(t, items.Found, "only making a card shows whether an item code is known: GIFT-25=ITEM25,GIFT-50=ITEM50")
			}
			require.Empty(t, sim.Cards(), "no card is made")
			require.NotEqual(t, check.Skip, checkOf(t, r, doctor.CashStar).Status, "the other issuer is examined as well")
		})
	}
}

// A shop with one issuer is examined for that one, and a line says so of the account at CashStar.
func TestOneIssuer(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		later(t, &p.Config)
		p.Config.Orders.GiftCardSKUs = nil
	})
	c := checkOf(t, r, doctor.CashStar)
	require.Equal(t, check.OK, c.Status)
	require.Equal(t, "off: GIFT_CARD_SKUS is not set", c.Found)
	require.Equal(t, check.OK, checkOf(t, r, account.Login).Status)
	for _, c := range r.Checks {
		require.NotContains(t, []string{doctor.Merchants, doctor.Offers}, c.Name)
	}
	for _, c := range examined(t, nil).Checks {
		require.NotContains(t, []string{account.Login, account.Items, account.Callbacks}, c.Name)
	}
}

// The doctor finds out whether the receiver takes what 4WS answers, without telling any workflow anything.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	key := func(id, letter string) links.SigningKey {
		return links.SigningKey{ID: id, Secret: config.NewSecret(strings.Repeat(letter, 32))}
	}
	receiver := func(id, letter string) http.Handler {
		return answering.New(answering.Options{ // A signal would panic.
			Addresses: callback.New("", token.Keys{
				{ID: "k0", Secret: []byte(strings.Repeat("z", 32))}, {ID: id, Secret: []byte(strings.Repeat(letter, 32))},
			}),
			Issuers: map[string]issuer.Deferred{fourwayshopissuer.Name: fourwayshopissuer.New(nil, fourwayshopissuer.Options{})},
			Count:   func(string, answering.Outcome) {}, Log: zerolog.Nop(),
		})
	}
	for name, tt := range map[string]struct {
		serve  http.Handler
		keys   links.SigningKeys
		status check.Status
		says   string
	}{
		"the same key":      {receiver("k1", "a"), links.SigningKeys{key("k1", "a"), key("k0", "z")}, check.OK, "knows all keys: 2"},
		"another secret":    {receiver("k1", "b"), links.SigningKeys{key("k1", "a")}, check.Fail, `does not know the key "k1"`},
		"another ID":        {receiver("k2", "a"), links.SigningKeys{key("k1", "a")}, check.Fail, `does not know the key "k1"`},
		"an old key alone":  {receiver("k1", "a"), links.SigningKeys{key("k2", "c"), key("k1", "a")}, check.Fail, `does not know the key "k2"`},
		"no callbacks":      {http.NotFoundHandler(), links.SigningKeys{key("k1", "a")}, check.Fail, "takes no answers of issuers (it answers 404)"},
		"a page of a proxy": {answers(http.StatusMethodNotAllowed), links.SigningKeys{key("k1", "a")}, check.Fail, "(it answers 405)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.serve)
			t.Cleanup(s.Close)
			c := checkOf(t, examined(t, func(p *patient) {
				later(t, &p.Config)
				p.Config.Receiver.URL, p.Config.FourWayShop.CallbackKeys = s.URL, tt.keys
			}), account.Callbacks)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.NotContains(t, c.Found+c.Fix, strings.Repeat("a", 32))
		})
	}
	c := checkOf(t, examined(t, func(p *patient) {
		later(t, &p.Config)
		p.Config.Receiver.URL = "http://127.0.0.1:1"
	}), account.Callbacks)
	require.Equal(t, check.Fail, c.Status)
	require.Contains(t, c.Found, "does not answer: ")
	require.NotContains(t, c.Found, callback.Path, "an address is in no output")
}
