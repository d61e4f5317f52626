// Package wire reads the values in the JSON of Four Way Shop: numbers that are texts, texts that are numbers, amounts, dates
// and flags, and what a service says about the success of a request. It accepts every form that means one thing only.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Text decodes a JSON string, number or boolean as text: the published samples have codes as numbers in one place and as
// texts in another.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Text(strings.TrimSpace(s))
	case 'n':
		*t = ""
	case '{':
		return &json.UnmarshalTypeError{Value: "object", Type: reflect.TypeFor[Text]()}
	case '[':
		return &json.UnmarshalTypeError{Value: "array", Type: reflect.TypeFor[Text]()}
	default:
		*t = Text(b)
	}
	return nil
}

// Flag is a boolean that may be missing.
type Flag int

// The values of a [Flag].
const (
	Unsaid Flag = iota
	Yes
	No
)

// UnmarshalJSON implements json.Unmarshaler. Published are true and false for "success", and "Y" and "N" for the flags of
// a card; the other forms are assumed. A value that is not understood says nothing.
func (f *Flag) UnmarshalJSON(b []byte) error {
	var t Text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	switch strings.ToLower(string(t)) {
	case "true", "y", "yes", "s", "si", "sì", "1", "ok":
		*f = Yes
	case "false", "n", "no", "0", "ko":
		*f = No
	default:
		*f = Unsaid
	}
	return nil
}

// OneOrMany decodes a list, or a single element in place of a list of one. Assumed.
type OneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *OneOrMany[T]) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*l = nil
		return nil
	case bytes.HasPrefix(b, []byte("[")):
		return json.Unmarshal(b, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(b, &(*l)[0])
}

// Layout is how the service writes dates.
const Layout = "2006-01-02 15:04:05"

// ParseDate reads a date in GMT; the zero time stands for none. Published is that activation dates are in GMT. That all
// others are, and the forms other than the published one, are assumed.
func ParseDate(t Text) (time.Time, error) {
	s := string(t)
	if s == "" || strings.HasPrefix(s, "0000-00-00") {
		return time.Time{}, nil
	}
	for _, form := range []string{Layout, time.DateOnly, "2006-01-02T15:04:05", time.RFC3339} {
		if d, err := time.Parse(form, s); err == nil {
			return d.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a date")
}

// number matches a decimal number of a bounded length. Assumed: a text may have a decimal comma.
var number = regexp.MustCompile(`^(-?)([0-9]{1,18})(?:[.,]([0-9]{1,18}))?(?:[eE]([+-]?[0-9]{1,2}))?$`)

// ParseAmount rewrites a number as a decimal with at least two digits after the point, without changing its value: "390"
// becomes "390.00". An empty text stays empty. It uses no floating-point arithmetic, which cannot represent most cents.
func ParseAmount(t Text) (string, error) {
	if t == "" {
		return "", nil
	}
	m := number.FindStringSubmatch(string(t))
	if m == nil {
		return "", errors.New("not a number")
	}
	digits, decimals := m[2]+m[3], len(m[3])
	if m[4] != "" {
		exponent, err := strconv.Atoi(m[4])
		if err != nil {
			return "", fmt.Errorf("exponent: %w", err)
		}
		decimals -= exponent
	}
	const least = 2
	if decimals < least {
		digits += strings.Repeat("0", least-decimals)
		decimals = least
	}
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	whole = strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:]
	fraction = fraction[:least] + strings.TrimRight(fraction[least:], "0")
	sign := m[1]
	if strings.Trim(whole+fraction, "0") == "" {
		sign = ""
	}
	return sign + whole + "." + fraction, nil
}

// ParseMilliseconds reads a positive number of milliseconds, at most a year's.
func ParseMilliseconds(s string) (time.Duration, bool) {
	const most = 366 * 24 * time.Hour
	amount, err := ParseAmount(Text(s))
	whole, _, _ := strings.Cut(amount, ".")
	if err != nil || whole == "" {
		return 0, false
	}
	ms, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil || ms > most.Milliseconds():
		return most, !strings.HasPrefix(whole, "-")
	case ms <= 0:
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}
