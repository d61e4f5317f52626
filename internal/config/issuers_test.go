package config_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// later returns the smallest valid environment of a shop all of whose cards are made later.
func later() map[string]string {
	env := minimal()
	for _, name := range []string{"GIFT_CARD_SKUS", "CASHSTAR_BASE_URL", "CASHSTAR_USERNAME", "CASHSTAR_PASSWORD"} {
		delete(env, name)
	}
	maps.Copy(env, map[string]string{
		"FOURWAYSHOP_ITEMS": "GIFT-IT-50=ITEM50, A=B=ITEM20", "FOURWAYSHOP_BASE_URL": "https://cards.example.com/api/",
		"FOURWAYSHOP_USERNAME": "u", "FOURWAYSHOP_PASSWORD": "hush", "FOURWAYSHOP_ENTITY_CODE": "E1",
		"FOURWAYSHOP_BRANCH_CODE": "B1", "FOURWAYSHOP_COUNTRY": "IT", "FOURWAYSHOP_PRICE_LIST": "1",
		"RECEIVER_URL": "https://hooks.example.com",
		"SMTP_HOST":    "smtp.example.com", "DIGEST_FROM": "giftbridge@example.com", "DIGEST_TO": "ops@example.com",
		"CALLBACK_KEYS": "k1:" + strings.Repeat("c", 32), "CARD_ID_KEY": strings.Repeat("i", 32),
	})
	return env
}

func TestLoadOfAShopWhoseCardsAreMadeLater(t *testing.T) {
	environ(t, later())

	c, err := config.Load()

	require.NoError(t, err)
	require.False(t, c.IssuesAtOnce())
	require.Equal(t, config.List{"GIFT-IT-50", "A=B"}, c.SKUs())
	require.Equal(t, []config.DeferredItem{
		{SKU: "GIFT-IT-50", Issuer: "fourwayshop", Code: "ITEM50"}, {SKU: "A=B", Issuer: "fourwayshop", Code: "ITEM20"},
	}, c.DeferredItems())
	requireRoundTrip(t, c)
	require.Equal(t, 30*time.Second, c.LongestRequest())
}

// A shop with one issuer is asked for nothing of the other one.
func TestLoadOfOneIssuer(t *testing.T) {
	environ(t, minimal())
	c, err := config.Load()
	require.NoError(t, err)
	require.True(t, c.IssuesAtOnce())
	require.Empty(t, c.DeferredItems())
	require.Equal(t, c.CashStar.Timeout, c.LongestRequest())

	env := later()
	delete(env, "ISSUER_DEDUPES")
	env["FOURWAYSHOP_TIMEOUT"] = "5s"
	environ(t, env)
	c, err = config.Load()
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, c.LongestRequest(), "the other issuer's does not count")
}

// Cards are mailed by the digest's sender, unless they have one of their own.
func TestDeliverySender(t *testing.T) {
	environ(t, later())
	c, err := config.Load()
	require.NoError(t, err)
	address, name := c.Delivery.Sender(c.Digest)
	require.Equal(t, []string{"giftbridge@example.com", ""}, []string{address, name})

	env := later()
	env["DELIVERY_FROM"], env["DELIVERY_REPLY_TO"] = "Example Shop <cards@example.com>", "help@example.com"
	environ(t, env)
	c, err = config.Load()
	require.NoError(t, err)
	address, name = c.Delivery.Sender(c.Digest)
	require.Equal(t, []string{"Example Shop <cards@example.com>", "Example Shop"}, []string{address, name})
	requireRoundTrip(t, c)
}

func TestLoadOfIssuersThatDoNotFitTogether(t *testing.T) {
	for name, tc := range map[string]struct {
		change map[string]string
		want   string
	}{
		"no issuer":          {map[string]string{"FOURWAYSHOP_ITEMS": ""}, "GIFT_CARD_SKUS: is not set"},
		"no pair":            {map[string]string{"FOURWAYSHOP_ITEMS": "GIFT-IT-50"}, `FOURWAYSHOP_ITEMS: "GIFT-IT-50": need SKU=itemCode`},
		"no code":            {map[string]string{"FOURWAYSHOP_ITEMS": "GIFT-IT-50="}, "FOURWAYSHOP_ITEMS: entry 1 is incomplete"},
		"a duplicate":        {map[string]string{"FOURWAYSHOP_ITEMS": "A=1,A=2"}, `FOURWAYSHOP_ITEMS: entry 2: the SKU "A" is a duplicate`},
		"a companion":        {map[string]string{"COMPANION_SKUS": "A=B"}, `FOURWAYSHOP_ITEMS: entry 2, "A=B", is also in COMPANION_SKUS`},
		"the other issuer's": {map[string]string{"GIFT_CARD_SKUS": "A=B"}, `FOURWAYSHOP_ITEMS: entry 2, "A=B", is also in GIFT_CARD_SKUS`},
		"an account lacking": {map[string]string{"FOURWAYSHOP_PASSWORD": ""}, "FOURWAYSHOP_PASSWORD: is not set: need the password"},
		"no price list":      {map[string]string{"FOURWAYSHOP_PRICE_LIST": ""}, "FOURWAYSHOP_PRICE_LIST: is not set"},
		"no keys":            {map[string]string{"CALLBACK_KEYS": ""}, "CALLBACK_KEYS: is not set"},
		"a short key":        {map[string]string{"CARD_ID_KEY": "short"}, "CARD_ID_KEY: need a secret of at least 32 characters"},
		"nowhere to answer":  {map[string]string{"RECEIVER_URL": ""}, "RECEIVER_URL: is not set"},
		"no mail server": {
			map[string]string{"SMTP_HOST": "", "DIGEST_FROM": "", "DIGEST_TO": ""},
			"SMTP_HOST: is not set: need a host name or an IP address, without a port, because FOURWAYSHOP_ITEMS is set",
		},
		"no sender":    {map[string]string{"DELIVERY_FROM": "Example Shop"}, "DELIVERY_FROM: need an e-mail address, with or without"},
		"no replies":   {map[string]string{"DELIVERY_REPLY_TO": "a@example.com\nBcc: b"}, "DELIVERY_REPLY_TO: need an e-mail address"},
		"in the clear": {map[string]string{"PAYLOAD_ENCRYPTION": "off"}, "PAYLOAD_ENCRYPTION: is off"},
		"no country":   {map[string]string{"FOURWAYSHOP_COUNTRY": "Italy"}, `FOURWAYSHOP_COUNTRY: "Italy"`},
		"no host":      {map[string]string{"FOURWAYSHOP_PDF_HOSTS": "https://a.example.com"}, "FOURWAYSHOP_PDF_HOSTS"},
	} {
		t.Run(name, func(t *testing.T) {
			env := later()
			maps.Copy(env, tc.change)
			environ(t, env)

			_, err := config.Load()

			require.ErrorContains(t, err, tc.want)
		})
	}
}
