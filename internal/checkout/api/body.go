package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

const (
	// maxBody is the number of bytes of the largest body.
	maxBody = 64 << 10
	// maxCode, maxOrder and maxEndUser are numbers of characters, and maxName that of a field's name which an answer repeats.
	maxCode    = 64
	maxOrder   = 128
	maxEndUser = 128
	maxName    = 40
)

// fields are the fields of a body that is a JSON object. Reading a field takes it out, and what is left is not known.
type fields struct {
	values map[string]json.RawMessage
	// wrong is what is wrong with the first field that has a fault. It never repeats a value.
	wrong string
}

// bodyOf reads the body of a request. An absent one is allowed if it may be: it has no fields.
func bodyOf(w http.ResponseWriter, r *http.Request, optional bool) (*fields, *answer) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		a := refused(redemption.Problem{Type: TooLarge, Detail: fmt.Sprintf("A body has at most %d bytes.", maxBody)}, "")
		return nil, &a
	}
	if err != nil {
		a := invalid("The body ended too early.")
		return nil, &a
	}
	if optional && len(body) == 0 {
		return &fields{}, nil
	}
	if !isJSON(r.Header) {
		a := refused(redemption.Problem{
			Type: UnsupportedMediaType, Detail: "Send Content-Type: application/json, in UTF-8 and not compressed.",
		}, "")
		return nil, &a
	}
	f, wrong := parse(body)
	if wrong != "" {
		a := invalid(wrong)
		return nil, &a
	}
	return f, nil
}

// isJSON reports whether the header of a request says that its body is JSON in UTF-8.
func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8")) &&
		h.Get("Content-Encoding") == ""
}

// parse returns the fields of a JSON object, or what is wrong with it. A field that comes twice is wrong: which of them counts
// differs between programs.
func parse(body []byte) (*fields, string) {
	const noObject = "The body is not a JSON object."
	if !utf8.Valid(body) {
		return nil, "The body is not UTF-8."
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, noObject
	}
	f := &fields{values: map[string]json.RawMessage{}}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, noObject
		}
		if _, twice := f.values[name]; twice {
			return nil, fmt.Sprintf("The field %q comes twice.", printable.Line(name, maxName))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, noObject
		}
		f.values[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, noObject
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, "Something follows the JSON object."
	}
	return f, ""
}

// fail notes what is wrong with a field.
func (f *fields) fail(format string, args ...any) {
	if f.wrong == "" {
		f.wrong = fmt.Sprintf(format, args...)
	}
}

// take takes a field out, and reports whether it is there and has the type of into.
func (f *fields) take(name, typ string, into any) bool {
	value, ok := f.values[name]
	delete(f.values, name)
	if !ok {
		return false
	}
	if string(value) == "null" || json.Unmarshal(value, into) != nil {
		f.fail("The field %q is not a %s.", name, typ)
		return false
	}
	return true
}

// text takes out a text of printable characters; it is empty if there is none.
func (f *fields) text(name string, longest int) string {
	var s string
	if !f.take(name, "string", &s) {
		return ""
	}
	if utf8.RuneCountInString(s) > longest || strings.ContainsFunc(s, func(r rune) bool { return !printable.Visible(r) }) {
		f.fail("The field %q has at most %d characters, all of them printable.", name, longest)
	}
	return s
}

// required takes out a text that has to be there.
func (f *fields) required(name string) string {
	if _, ok := f.values[name]; !ok {
		f.fail("The field %q is missing.", name)
		return ""
	}
	var s string
	f.take(name, "string", &s)
	return s
}

// code takes out the code of a card. Nothing is cut off or corrected: that is for who shows the form.
func (f *fields) code() issuer.Code {
	s := f.required("code")
	if len(s) < 1 || len(s) > maxCode || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		f.fail("The field \"code\" has 1 to %d printable ASCII characters, and no spaces.", maxCode)
	}
	return issuer.Code(s)
}

// currency takes out the code of a currency.
func (f *fields) currency(optional bool) string {
	if _, ok := f.values["currency"]; !ok && optional {
		return ""
	}
	s := f.required("currency")
	if _, err := giftcard.ParseMoney("0", s); err != nil {
		f.fail("The field \"currency\" is not an ISO 4217 code, such as EUR.")
	}
	return s
}

// money takes out an amount above zero, and its currency.
func (f *fields) money() giftcard.Money {
	amount := f.required("amount")
	currency := f.currency(false)
	m, err := giftcard.ParseMoney(amount, currency)
	if err != nil || m.Hundredths <= 0 {
		f.fail("The field \"amount\" is not a decimal number above zero with at most two decimals, such as \"20.00\".")
	}
	return m
}

// done returns what is wrong with the fields, if anything is. It names the first field that is not known, too.
func (f *fields) done() *answer {
	var unknown []string
	for name := range f.values {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	if len(unknown) > 0 {
		f.fail("The field %q is not known.", printable.Line(unknown[0], maxName))
	}
	if f.wrong == "" {
		return nil
	}
	a := invalid(f.wrong)
	return &a
}
