package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"

	"github.com/giftbridge/giftbridge/internal/redact"
)

// Barcode is the barcode of a card, normally an EAN with 13 digits. It is all that is needed to spend the card, so no
// verb of package fmt prints it. string(b) is the barcode itself.
type Barcode string

// barcodeForm is what a barcode looks like. Assumed: it is longer than 7 characters, and has only digits and letters.
var barcodeForm = regexp.MustCompile(`^[0-9A-Za-z]{8,40}$`)

// eanForm is a barcode that may be written as a JSON number: a shorter number may have lost its leading zeros.
var eanForm = regexp.MustCompile(`^[1-9][0-9]{12}$`)

// Format implements [fmt.Formatter] for all verbs.
func (Barcode) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redact.Secret)) }

// Masked returns the barcode with all but its last four characters hidden, for people. There are always nine stars, so
// that they do not reveal the length.
func (b Barcode) Masked() string {
	const stars, shown = "*********", 4
	if !barcodeForm.MatchString(string(b)) {
		return stars
	}
	return stars + string(b[len(b)-shown:])
}

// Valid reports whether the barcode looks like one.
func (b Barcode) Valid() bool { return barcodeForm.MatchString(string(b)) }

// UnmarshalJSON implements json.Unmarshaler. Assumed: a service may write a barcode as a number.
func (b *Barcode) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*b = ""
		return nil
	}
	if raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(b))
	}
	if !eanForm.Match(raw) {
		return &json.UnmarshalTypeError{Value: "other than a barcode", Type: reflect.TypeFor[Barcode]()}
	}
	*b = Barcode(raw)
	return nil
}
