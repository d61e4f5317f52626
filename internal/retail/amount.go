package retail

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is an exact sum of money in the smallest unit of its currency: cents of USD, whole JPY, thousandths of KWD.
type Amount struct {
	Minor int64
	// Currency is the ISO 4217 code.
	Currency string
}

// exponents are the numbers of decimals of the currencies that do not have two, from ISO 4217 (list one, 2026).
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent returns the number of decimals that a currency has.
func Exponent(currency string) int {
	if n, ok := exponents[currency]; ok {
		return n
	}
	return 2
}

// maxDigits bounds amounts so that sums of an order's lines cannot overflow.
const maxDigits = 15

// ErrInexact is returned for an amount that the currency's smallest unit cannot represent.
var ErrInexact = errors.New("the amount has more decimals than its currency")

// ParseAmount parses a decimal number such as "50.0". It takes no other notation: no exponents, separators or spaces, and no sign
// but a leading minus. The error is [ErrInexact] for a value that is not a whole number of smallest units.
func ParseAmount(amount, currency string) (Amount, error) {
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Amount{}, fmt.Errorf("currency %.10q is not an ISO 4217 code", currency)
	}
	digits, negative := strings.CutPrefix(amount, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !isDigits(whole) || (point && !isDigits(fraction)) {
		return Amount{}, fmt.Errorf("amount %.40q is not a decimal number", amount)
	}
	exponent := Exponent(currency)
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > exponent {
		return Amount{}, fmt.Errorf("%.40q %s: %w", amount, currency, ErrInexact)
	}
	text := strings.TrimLeft(whole+fraction+strings.Repeat("0", exponent-len(fraction)), "0")
	if len(text) > maxDigits {
		return Amount{}, fmt.Errorf("amount %.40q is too large", amount)
	}
	n, err := strconv.ParseInt("0"+text, 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %.40q: %w", amount, err)
	}
	if negative {
		n = -n
	}
	return Amount{Minor: n, Currency: currency}, nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// String returns the number with the currency's decimals, without the currency: "50.00" (USD), "1000" (JPY), "1.500" (KWD).
func (a Amount) String() string {
	sign, n := "", a.Minor
	if n < 0 {
		sign, n = "-", -n
	}
	exponent := Exponent(a.Currency)
	text := strconv.FormatInt(n, 10)
	if exponent == 0 {
		return sign + text
	}
	if missing := exponent + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return sign + text[:len(text)-exponent] + "." + text[len(text)-exponent:]
}

// Sum returns the sum of amounts, of which each has the given currency; the zero Amount counts as nothing.
func Sum(currency string, all ...Amount) (Amount, error) {
	out := Amount{Currency: currency}
	for _, a := range all {
		if a == (Amount{}) {
			continue
		}
		if a.Currency != currency {
			return Amount{}, fmt.Errorf("%s and %s cannot be added", currency, a.Currency)
		}
		if (a.Minor > 0 && out.Minor > math.MaxInt64-a.Minor) || (a.Minor < 0 && out.Minor < math.MinInt64-a.Minor) {
			return Amount{}, fmt.Errorf("the sum in %s is too large", currency)
		}
		out.Minor += a.Minor
	}
	return out, nil
}

// Negated returns the amount with the other sign.
func (a Amount) Negated() Amount { return Amount{Minor: -a.Minor, Currency: a.Currency} }
