package shopfront

import (
	"fmt"
	"strconv"
	"strings"
)

// Cents is an amount in hundredths of a currency. Money is never a floating-point number.
type Cents int64

// String returns the amount as a decimal, such as "12.50".
func (c Cents) String() string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

// parseCents parses a decimal as giftbridge writes it.
func parseCents(s string) (Cents, error) {
	const decimals = 2
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > decimals {
		return 0, fmt.Errorf("%q is not an amount", s)
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", decimals-len(part)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%q is not an amount", s)
	}
	return Cents(n), nil
}
