package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

func TestValidateBaseURLs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url string
		ok  bool
	}{
		{"https://example.com", true},
		{"https://example.com:8443/v2/", true},
		{"http://localhost:8080", true},
		{"http://127.0.0.1:8080/v2/", true},
		{"http://127.9.9.9", true},
		{"http://[::1]:8080", true},
		{"http://LOCALHOST:8080", true},
		{"http://[::ffff:127.0.0.1]:8080", true}, // It is the same address.
		{"https://bücher.example/", true},
		{"http://example.com", false},
		{"http://localhost.example.com", false},
		{"http://0.0.0.0:8080", false},
		{"http://10.0.0.1", false},
		{"http://localhost.evil.com", false},
		{"http://evil.com.localhost", false},
		{"http://localhost.", false},
		{"http://127.0.0.1.nip.io", false},
		{"http://2130706433", false},
		{"http://0x7f000001", false},
		{"http://0x7f.1", false},
		{"http://0177.0.0.1", false},
		{"http://127.1", false},
		{"http://127.0.0.1.", false},
		{"http://[::]", false},
		{"http://[::ffff:10.0.0.1]", false},
		{"http://[::127.0.0.1]", false},
		{"http://[::1%25lo]", false},
		{"http://ⓛocalhost", false},
		{"http://localhoſt", false},
		{"http://１２７.0.0.1", false},
		{"http://bücher.example", false},
		{"http://169.254.169.254", false},
		{"ftp://example.com", false},
		{"example.com", false},
		{"https://", false},
		{"https://:443", false},
		{"https://hush@example.com", false},
		{"https://us:hush@example.com", false},
		{"https://example.com/?token=hush", false},
		{"https://example.com/#hush", false},
		{"ftp://us:hush@example.com", false},
		{"https://us:hush@exa mple.com", false},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			c := valid()
			c.Shopify.BaseURL, c.CashStar.BaseURL = tt.url, tt.url
			err := c.Validate()
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.Equal(t, []string{"SHOPIFY_BASE_URL", "CASHSTAR_BASE_URL"}, names(t, err))
			require.NotContains(t, err.Error(), "hush")
			require.NotContains(t, c.Table(), "token=hush")
			require.NotContains(t, c.Table(), "us:hush")
		})
	}
}

// Only the hosts that the configuration names may be used over plain HTTP, and no similar names.
func TestValidatePlainHTTPHosts(t *testing.T) {
	t.Parallel()
	hosts := config.List{"shopify-sim", "cashstar_sim.internal", "10.0.0.7", "fd00::7"}
	for url, ok := range map[string]bool{
		"http://shopify-sim":                   true,
		"http://shopify-sim:8080/v2/":          true,
		"http://Shopify-SIM:8080":              true,
		"http://cashstar_sim.internal":         true,
		"http://10.0.0.7:80":                   true,
		"http://[fd00::7]:80":                  true,
		"https://elsewhere.example.com":        true,
		"http://shopify-sim.":                  false,
		"http://shopify-sim.evil.com":          false,
		"http://evil.shopify-sim":              false,
		"http://ſhopify-sim":                   false,
		"http://10.0.0.70":                     false,
		"http://[::ffff:10.0.0.7]":             false,
		"http://internal":                      false,
		"http://shopify-sim@evil.com":          false,
		"http://evil.com/?http://shopify-sim/": false,
		"ftp://shopify-sim":                    false,
	} {
		c := valid()
		c.Network.PlainHTTPHosts = hosts
		c.Shopify.BaseURL, c.CashStar.BaseURL = url, url
		err := c.Validate()
		if ok {
			require.NoError(t, err, url)
			continue
		}
		require.Equal(t, []string{"SHOPIFY_BASE_URL", "CASHSTAR_BASE_URL"}, names(t, err), url)
	}
	for _, host := range []string{
		"", "*", "*.internal", "sim:8080", "http://sim", "sim/x", "a b", "sim.", ".sim", "-sim", "ſim", "a\u200bb", "[::1]",
		strings.Repeat("x", 254),
	} {
		c := valid()
		c.Network.PlainHTTPHosts = config.List{"good", host}
		require.Equal(t, []string{"PLAIN_HTTP_HOSTS"}, names(t, c.Validate()), "%q", host)
		require.ErrorContains(t, c.Validate(), "entry 2")
	}
}

// Values that look the same must be the same.
func TestValidateRefusesHiddenCharacters(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"GIFT\u200b", "\ufeffGIFT", "GI\x00FT", "GIFT\u202e", "GIFT\u3164", "GI\nFT"} {
		c := valid()
		c.Orders.GiftCardSKUs, c.Issue.MerchantCode = config.List{s}, s
		require.Equal(t, []string{"GIFT_CARD_SKUS", "MERCHANT_CODE"}, names(t, c.Validate()), "%q", s)
	}
	for _, s := range []string{"a@bücher.example", "ä@example.com", "a@example.com\r\nBcc: b@example.com", "a\x00 <a@example.com>"} {
		c := valid()
		c.Digest.From, c.Digest.To = s, config.List{s}
		require.Equal(t, []string{"DIGEST_FROM", "DIGEST_TO"}, names(t, c.Validate()), "%q", s)
	}
}

// The sentence is well formed with the requirements of any variable.
func TestURLWithAUserIsExplained(t *testing.T) {
	t.Parallel()
	c := valid()
	c.CashStar.BaseURL = "https://u:hush@api.cashstar.com/v2/"

	require.EqualError(t, c.Validate(), `configuration: 1 problem
  CASHSTAR_BASE_URL: has a user, a query or a fragment, which is not allowed: need an https URL, or an http URL on this `+
		`machine (localhost, 127.0.0.0/8, ::1) or a host in PLAIN_HTTP_HOSTS`)
}
