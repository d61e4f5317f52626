package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// FieldError is a field that keeps a structure from being built. It repeats nothing of the field's value.
type FieldError struct {
	// Field is the name in the service's words, such as "structured_address.state".
	Field string
	// Problem is what is wrong with it, such as "is missing".
	Problem string
}

// Error returns a sentence such as "recipient_name is missing".
func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

func faulty(field, problem string) error { return &FieldError{Field: field, Problem: problem} }

// within returns err with a field's place in front of its name.
func within(place string, err error) error {
	if f, ok := errors.AsType[*FieldError](err); ok {
		return faulty(place+"."+f.Field, f.Problem)
	}
	return err
}

// first returns the first error.
func first(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func required(field, value string) error {
	if strings.TrimSpace(value) == "" {
		return faulty(field, "is missing")
	}
	return nil
}

// WebURL reports whether s is an absolute address of the web, http or https, without blanks, control characters or a password.
func WebURL(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

func webURL(field, value string) error {
	if !WebURL(value) {
		return faulty(field, "is not an http or https address")
	}
	return nil
}

func optionalURL(field, value string) error {
	if value == "" {
		return nil
	}
	return webURL(field, value)
}

// sum checks an amount of a structure: it is in the structure's currency and not below zero.
func sum(field string, a retail.Amount, currency string) error {
	if _, err := retail.ParseAmount("0", currency); err != nil && a.Currency != "" {
		return faulty("currency", "is not an ISO 4217 code")
	}
	switch {
	case a.Currency == "":
		return faulty(field, "is missing")
	case a.Currency != currency:
		return faulty(field, "is in another currency")
	case a.Minor < 0:
		return faulty(field, "is below zero")
	}
	return nil
}

// addUp checks that parts are a total.
func addUp(field string, total retail.Amount, parts ...retail.Amount) error {
	if s, err := retail.Sum(total.Currency, parts...); err != nil || s != total {
		return faulty(field, "is not the sum of its parts")
	}
	return nil
}

func moment(field string, t time.Time) error {
	if t.Unix() <= 0 {
		return faulty(field, "is missing")
	}
	return nil
}

// unix writes a time as all numbers are written: as text.
func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// maxUnix is the end of the year 9999.
const maxUnix = 253402300799

func parseUnix(field, s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > maxUnix || strconv.FormatInt(n, 10) != s {
		return time.Time{}, faulty(field, "is not a time in seconds since 1970")
	}
	return time.Unix(n, 0).UTC(), nil
}

func parseAmount(field, s, currency string) (retail.Amount, error) {
	a, err := retail.ParseAmount(s, currency)
	if err != nil {
		return retail.Amount{}, faulty(field, "is not an amount of its currency")
	}
	return a, nil
}

// maxQuantity bounds quantities, so that sums of them cannot overflow.
const maxQuantity = 1_000_000_000

func quantity(field string, n, least int) error {
	if n < least || n > maxQuantity {
		return faulty(field, "is out of range")
	}
	return nil
}

func parseQuantity(field, s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s {
		return 0, faulty(field, "is not a whole number")
	}
	return n, quantity(field, n, 0)
}

// decode reads one JSON object. Names that the structure does not have are left out.
func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return faulty(strings.TrimPrefix(kind.Field, "receiptWire."), "is not of its type")
		}
		return errors.New("the structure is not one JSON object")
	}
	return nil
}

// Attributes tell an item from others. Each may be empty.
type Attributes struct {
	Brand string `json:"brand,omitempty"`
	// Size is such as "L" or "Size 4": the word stands before sizes that begin with a digit.
	Size  string `json:"size,omitempty"`
	Color string `json:"color,omitempty"`
	// Gender is "M", "F" or empty.
	Gender string `json:"gender,omitempty"`
}

// Sized returns a size as attributes have it: "L", "Size 4", "Size 2T".
func Sized(size string) string {
	if size != "" && size[0] >= '0' && size[0] <= '9' {
		return "Size " + size
	}
	return size
}

func (a Attributes) check() error {
	switch {
	case a.Gender != "" && a.Gender != "M" && a.Gender != "F":
		return faulty("metadata.gender", "is not M, F or empty")
	case Sized(a.Size) != a.Size:
		return faulty("metadata.size", `is a number without "Size"`)
	}
	return nil
}

// wire returns nil for attributes that are all empty, so that the field is left out.
func (a Attributes) wire() *Attributes {
	if a == (Attributes{}) {
		return nil
	}
	return &a
}

func fromWire(a *Attributes) Attributes {
	if a == nil {
		return Attributes{}
	}
	return *a
}

// Weight is a weight with three decimals.
type Weight struct {
	// Thousandths are those of the unit.
	Thousandths int64
	// Unit is one of the constants.
	Unit string
}

// The units of weight.
const (
	Pounds    = "LBS"
	Kilograms = "KGS"
)

// Number returns the weight without its unit and without needless zeros: "4.5".
func (w Weight) Number() string {
	const thousand = 1000
	s := fmt.Sprintf("%d.%03d", w.Thousandths/thousand, w.Thousandths%thousand)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func (w Weight) check() error {
	if w == (Weight{}) {
		return nil
	}
	switch {
	case w.Thousandths <= 0:
		return faulty("weight", "is not above zero")
	case w.Unit != Pounds && w.Unit != Kilograms:
		return faulty("weight_unit", "is not one of LBS and KGS")
	}
	return nil
}

// maxWeight bounds the digits of a weight before its point.
const maxWeight = 12

func parseWeight(number, unit string) (Weight, error) {
	if number == "" && unit == "" {
		return Weight{}, nil
	}
	if unit == "" {
		unit = Pounds // The documented default.
	}
	whole, fraction, point := strings.Cut(number, ".")
	fraction += strings.Repeat("0", max(0, 3-len(fraction)))
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	w := Weight{Thousandths: n, Unit: unit}
	if err != nil || len(whole) > maxWeight || len(fraction) != 3 || strings.HasPrefix(number, "+") ||
		(point && whole == "") || strings.HasSuffix(number, ".") {
		return Weight{}, faulty("weight", "is not a number with at most three decimals")
	}
	return w, w.check()
}
