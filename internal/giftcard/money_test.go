package giftcard_test

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount string
		want   int64
	}{
		{"0", 0},
		{"0.00", 0},
		{"-0.0", 0},
		{"50", 5000},
		{"50.0", 5000},
		{"50.00", 5000},
		{"50.000000", 5000},
		{"0050.10", 5010},
		{"0.1", 10},
		{"0.01", 1},
		{"19.99", 1999},
		{"1.15", 115}, // 114.99… as a float
		{"-0.01", -1},
		{"-50.05", -5005},
		{"92233720368547758.06", math.MaxInt64 - 1},
		{"-92233720368547758.06", -(math.MaxInt64 - 1)},
	}
	for _, tt := range tests {
		t.Run(tt.amount, func(t *testing.T) {
			t.Parallel()
			m, err := giftcard.ParseMoney(tt.amount, "USD")
			require.NoError(t, err)
			require.Equal(t, giftcard.Money{Hundredths: tt.want, Currency: "USD"}, m)
		})
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	t.Parallel()
	const (
		notDecimal = "is not a decimal number"
		tooFine    = "has more than two decimals"
		tooLarge   = "is too large"
		noCurrency = "is not an ISO 4217 code"
	)
	tests := []struct{ name, amount, currency, want string }{
		{"nothing", "", "USD", notDecimal},
		{"a sign", "-", "USD", notDecimal},
		{"two signs", "--5", "USD", notDecimal},
		{"plus", "+5", "USD", notDecimal},
		{"a point", ".", "USD", notDecimal},
		{"no whole", ".5", "USD", notDecimal},
		{"no fraction", "5.", "USD", notDecimal},
		{"two points", "5.0.0", "USD", notDecimal},
		{"comma", "5,00", "USD", notDecimal},
		{"separator", "1,000.00", "USD", notDecimal},
		{"underscore", "1_000", "USD", notDecimal},
		{"exponent", "5e3", "USD", notDecimal},
		{"exponent of the fraction", "5.0E1", "USD", notDecimal},
		{"hexadecimal", "0x10", "USD", notDecimal},
		{"leading space", " 5", "USD", notDecimal},
		{"trailing space", "5.00 ", "USD", notDecimal},
		{"line break", "5\n", "USD", notDecimal},
		{"infinity", "Inf", "USD", notDecimal},
		{"not a number", "NaN", "USD", notDecimal},
		{"Arabic digits", "٥٠", "USD", notDecimal},
		{"sign inside", "5.-1", "USD", notDecimal},
		{"with its currency", "5 USD", "USD", notDecimal},
		{"three decimals", "50.001", "USD", tooFine},
		{"late decimal", "50.0000001", "USD", tooFine},
		{"largest int64", "92233720368547758.07", "USD", tooLarge},
		{"above int64", "92233720368547758.08", "USD", tooLarge},
		{"below int64", "-92233720368547758.08", "USD", tooLarge},
		{"many digits", strings.Repeat("9", 1000), "USD", tooLarge},
		{"no currency", "5", "", noCurrency},
		{"short currency", "5", "US", noCurrency},
		{"long currency", "5", "USDX", noCurrency},
		{"lower case", "5", "usd", noCurrency},
		{"digit inside", "5", "U5D", noCurrency},
		{"spaces", "5", "   ", noCurrency},
		{"symbol of three bytes", "5", "€", noCurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := giftcard.ParseMoney(tt.amount, tt.currency)
			require.ErrorContains(t, err, tt.want)
			require.Less(t, len(err.Error()), 250, "a foreign text is cut")
			require.Zero(t, m)
		})
	}
}

func TestParseMoneyReadsWhatAmountWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := giftcard.Money{
			Hundredths: rapid.Int64Range(-math.MaxInt64+1, math.MaxInt64-1).Draw(t, "hundredths"),
			Currency:   rapid.StringMatching(`[A-Z]{3}`).Draw(t, "currency"),
		}
		got, err := giftcard.ParseMoney(m.Amount(), m.Currency)
		require.NoError(t, err)
		require.Equal(t, m, got)
	})
}

func TestParseMoneyAgreesWithRationals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		requireExact(t, rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{0,3}0{0,3})?`).Draw(t, "amount"))
	})
}

func FuzzParseMoney(f *testing.F) {
	for _, amount := range []string{"50.0", "-0.01", "1e3", "92233720368547758.07"} {
		f.Add(amount)
	}
	f.Fuzz(func(t *testing.T, amount string) { requireExact(t, amount) })
}

var decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// requireExact compares ParseMoney with math/big: it accepts exactly the decimals that hundredths can represent, with
// their exact value.
func requireExact(t require.TestingT, amount string) {
	m, err := giftcard.ParseMoney(amount, "EUR")
	if !decimal.MatchString(amount) {
		require.Error(t, err, amount)
		return
	}
	hundredths, ok := new(big.Rat).SetString(amount)
	require.True(t, ok)
	hundredths.Mul(hundredths, big.NewRat(100, 1))
	holds := hundredths.IsInt() && new(big.Int).Abs(hundredths.Num()).Cmp(big.NewInt(math.MaxInt64)) < 0
	require.Equal(t, holds, err == nil, "%s: %v", amount, err)
	if holds {
		require.Equal(t, giftcard.Money{Hundredths: hundredths.Num().Int64(), Currency: "EUR"}, m)
	}
}

func TestMoneyString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hundredths int64
		want       string
	}{
		{0, "0.00 USD"},
		{1, "0.01 USD"},
		{-1, "-0.01 USD"},
		{10, "0.10 USD"},
		{100, "1.00 USD"},
		{-105, "-1.05 USD"},
		{5000, "50.00 USD"},
		{math.MaxInt64, "92233720368547758.07 USD"},
		{math.MinInt64, "-92233720368547758.08 USD"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			m := giftcard.Money{Hundredths: tt.hundredths, Currency: "USD"}
			require.Equal(t, tt.want, m.String())
			require.Equal(t, strings.TrimSuffix(tt.want, " USD"), m.Amount())
		})
	}
}
