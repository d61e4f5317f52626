package giftcard

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Money is an exact amount in hundredths of a currency's unit, because issuers write amounts in every currency that
// way ("50.00").
type Money struct {
	Hundredths int64
	// Currency is the ISO 4217 code.
	Currency string
}

// ParseMoney parses a decimal number such as Shopify's "50.0". It rejects values that hundredths cannot represent
// exactly, and any other notation: exponents, signs other than a leading minus, spaces, separators.
func ParseMoney(amount, currency string) (Money, error) {
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Money{}, fmt.Errorf("currency %.10q is not an ISO 4217 code", currency)
	}
	digits, negative := strings.CutPrefix(amount, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !isDigits(whole) || (point && !isDigits(fraction)) {
		return Money{}, fmt.Errorf("amount %.40q is not a decimal number", amount)
	}
	exact := strings.TrimRight(fraction, "0")
	if len(exact) > 2 {
		return Money{}, fmt.Errorf("amount %.40q has more than two decimals", amount)
	}
	n, err := strconv.ParseInt(whole+(exact + "00")[:2], 10, 64)
	if err != nil || n == math.MaxInt64 {
		return Money{}, fmt.Errorf("amount %.40q is too large", amount)
	}
	if negative {
		n = -n
	}
	return Money{Hundredths: n, Currency: currency}, nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Add returns m plus n times more. The zero Money has no currency and takes that of more. Different currencies cannot
// be added.
func (m Money) Add(more Money, n int) (Money, error) {
	if m == (Money{}) {
		m.Currency = more.Currency
	}
	if m.Currency != more.Currency {
		return Money{}, fmt.Errorf("%s and %s cannot be added", m.Currency, more.Currency)
	}
	product := new(big.Int).Mul(big.NewInt(more.Hundredths), big.NewInt(int64(n)))
	sum := product.Add(product, big.NewInt(m.Hundredths))
	if !sum.IsInt64() {
		return Money{}, fmt.Errorf("the sum in %s is too large", m.Currency)
	}
	return Money{Hundredths: sum.Int64(), Currency: m.Currency}, nil
}

// Amount returns the number with two decimals: "50.00".
func (m Money) Amount() string {
	sign, n := "", new(big.Int).Abs(big.NewInt(m.Hundredths))
	if m.Hundredths < 0 {
		sign = "-"
	}
	whole, cents := n.QuoRem(n, big.NewInt(100), new(big.Int))
	return fmt.Sprintf("%s%d.%02d", sign, whole, cents)
}

// String returns amount and currency: "50.00 USD".
func (m Money) String() string { return m.Amount() + " " + m.Currency }
