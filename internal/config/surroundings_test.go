package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// The characters that docker's --env-file, compose files and editors leave around a value are not part of it. Most of
// these values could be read but would mean something else: with quotes around the SKUs, the poll finds no order.
func TestLoadRefusesWhatIsAroundAValue(t *testing.T) {
	const (
		quotes = "has quotes around its value: need the bare value; shells remove quotes, docker's --env-file keeps them"
		space  = "has white space at the end of its value: need the bare value"
		cr     = "has a carriage return at the end of its value: need the bare value; the file has Windows line endings"
	)
	for _, tt := range []struct{ name, value, text string }{
		{"GIFT_CARD_SKUS", `"GIFT-25,GIFT-50"`, quotes},
		{"GIFT_CARD_SKUS", `"GIFT-25","GIFT-50"`, quotes},
		{"GIFT_CARD_SKUS", `'GIFT-25'`, quotes},
		{"CASHSTAR_PASSWORD", `"hush"`, quotes},
		{"CREATED_AT_MIN", `"2026-07-01T00:00:00Z"`, quotes},
		{"TEMPORAL_ADDRESS", `"localhost:7233"`, quotes},
		{"AUDIT_PREFIX", `""`, quotes},
		{"SHOPIFY_SHOP", "example.myshopify.com ", space},
		{"CASHSTAR_USERNAME", "us\t", space},
		{"CASHSTAR_PASSWORD", "hush\n", space},
		{"CASHSTAR_USERNAME", "us\r", cr},
		{"TEMPORAL_NAMESPACE", "default\r", cr},
	} {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			env := minimal()
			env[tt.name] = tt.value
			environ(t, env)

			_, err := config.Load()

			require.EqualError(t, err, "configuration: 1 problem\n  "+tt.name+": "+tt.text)
		})
	}
}

func TestLoadKeepsQuotesThatAreInAValue(t *testing.T) {
	env := minimal()
	env["GIFT_CARD_SKUS"] = `2"-CARD,'90s-CARD`
	env["CASHSTAR_PASSWORD"] = `a"b'c"`
	env["SHOPIFY_ACCESS_TOKEN"] = `'hush"`
	env["CASHSTAR_USERNAME"] = `"`
	env["TEMPORAL_TLS_CLIENT_CERT_DATA"] = "-----END CERTIFICATE-----\r\n"
	environ(t, env)

	c, err := config.Load()

	require.NoError(t, err)
	require.Equal(t, config.List{`2"-CARD`, `'90s-CARD`}, c.Orders.GiftCardSKUs)
	require.Equal(t, `a"b'c"`, c.CashStar.Password.Reveal())
}

// If a whole file is at fault, one sentence says so.
func TestLoadSaysOnceWhatIsAroundManyValues(t *testing.T) {
	env := minimal()
	for name, value := range env {
		env[name] = `"` + value + `"`
	}
	env["CASHSTAR_USERNAME"], env["CASHSTAR_PASSWORD"] = "us\r", "\"hush\" \r"
	environ(t, env)

	_, err := config.Load()

	require.EqualError(t, err, `configuration: 3 problems
  2 values have a carriage return at the end, CASHSTAR_USERNAME, CASHSTAR_PASSWORD: need the bare values; the file has `+
		`Windows line endings
  CASHSTAR_PASSWORD: has white space at the end of its value: need the bare value
  7 values have quotes around them, SHOPIFY_SHOP, SHOPIFY_ACCESS_TOKEN, GIFT_CARD_SKUS, CREATED_AT_MIN, `+
		`CASHSTAR_BASE_URL, CASHSTAR_PASSWORD, PAYLOAD_KEYS: need the bare values; shells remove quotes, docker's --env-file `+
		`keeps them`)
	require.NotContains(t, err.Error(), "hush")
}
