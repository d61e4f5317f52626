package retail_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/retail"
)

func TestParseAmount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount, currency string
		minor            int64
		text             string
	}{
		{"50.0", "USD", 5000, "50.00"},
		{"50", "USD", 5000, "50.00"},
		{"0.05", "EUR", 5, "0.05"},
		{"-0.05", "EUR", -5, "-0.05"},
		{"007.10", "EUR", 710, "7.10"},
		{"1000", "JPY", 1000, "1000"},
		{"1000.00", "JPY", 1000, "1000"},
		{"-3", "KRW", -3, "-3"},
		{"1.5", "KWD", 1500, "1.500"},
		{"0.001", "BHD", 1, "0.001"},
		{"1.2345", "CLF", 12345, "1.2345"},
		{"19.90", "ISK", 0, "inexact"},
		{"1.999", "USD", 0, "inexact"},
		{"1.0001", "TND", 0, "inexact"},
		{"1", "usd", 0, "wrong"},
		{"1", "", 0, "wrong"},
		{"1", "DOLLAR", 0, "wrong"},
		{"", "USD", 0, "wrong"},
		{"1e3", "USD", 0, "wrong"},
		{"1,00", "USD", 0, "wrong"},
		{"+1", "USD", 0, "wrong"},
		{"--1", "USD", 0, "wrong"},
		{".5", "USD", 0, "wrong"},
		{"5.", "USD", 0, "wrong"},
		{" 5", "USD", 0, "wrong"},
		{strings.Repeat("9", 30), "USD", 0, "wrong"},
	} {
		a, err := retail.ParseAmount(c.amount, c.currency)
		switch c.text {
		case "inexact":
			require.ErrorIs(t, err, retail.ErrInexact, c.amount)
		case "wrong":
			require.Error(t, err, c.amount)
			require.NotErrorIs(t, err, retail.ErrInexact, c.amount)
		default:
			require.NoError(t, err, c.amount)
			require.Equal(t, retail.Amount{Minor: c.minor, Currency: c.currency}, a)
			require.Equal(t, c.text, a.String())
		}
	}
}

// The numbers of decimals are those of ISO 4217, list one.
func TestExponents(t *testing.T) {
	t.Parallel()
	for n, currencies := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "AUD BRL CAD CHF CNY CZK DKK EUR GBP HUF INR MGA MRU MXN NOK NZD PLN SEK SGD TWD USD ZAR",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for currency := range strings.FieldsSeq(currencies) {
			require.Equal(t, n, retail.Exponent(currency), currency)
		}
	}
}

func TestSum(t *testing.T) {
	t.Parallel()
	yen := func(n int64) retail.Amount { return retail.Amount{Minor: n, Currency: "JPY"} }
	sum, err := retail.Sum("JPY", yen(1000), retail.Amount{}, yen(-1), yen(80))
	require.NoError(t, err)
	require.Equal(t, yen(1079), sum)
	sum, err = retail.Sum("JPY")
	require.NoError(t, err)
	require.Equal(t, yen(0), sum)
	for name, parts := range map[string][]retail.Amount{
		"another currency": {yen(1), {Minor: 1, Currency: "USD"}},
		"too large":        {yen(math.MaxInt64), yen(1)},
		"too small":        {yen(math.MinInt64), yen(-1)},
	} {
		_, err := retail.Sum("JPY", parts...)
		require.Error(t, err, name)
	}
}

// What is written is read as the same amount, in any currency, and sums do not depend on the order of their parts.
func TestAmountProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		minors := rapid.SliceOfN(rapid.Int64Range(-1e15+1, 1e15-1), 1, 20).Draw(t, "minors")
		var parts, back []retail.Amount
		for _, n := range minors {
			a := retail.Amount{Minor: n, Currency: currency}
			parsed, err := retail.ParseAmount(a.String(), currency)
			require.NoError(t, err)
			require.Equal(t, a, parsed)
			parts, back = append(parts, a), append([]retail.Amount{a}, back...)
		}
		sum, err := retail.Sum(currency, parts...)
		require.NoError(t, err)
		other, err := retail.Sum(currency, back...)
		require.NoError(t, err)
		require.Equal(t, sum, other)
		nothing, err := retail.Sum(currency, sum, sum.Negated())
		require.NoError(t, err)
		require.Zero(t, nothing.Minor)
	})
}

// Whatever is read is written as the same amount.
func FuzzParseAmount(f *testing.F) {
	f.Add("50.0", "USD")
	f.Add("1000", "JPY")
	f.Fuzz(func(t *testing.T, amount, currency string) {
		a, err := retail.ParseAmount(amount, currency)
		if err != nil {
			return
		}
		again, err := retail.ParseAmount(a.String(), a.Currency)
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}
