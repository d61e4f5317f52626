package cashstar

import (
	"fmt"
	"io"
	"slices"
)

const redacted = "[redacted]"

// Secret is a text that does not appear in logs, errors or JSON, however it is printed or encoded. [Secret.Value] is
// the only way to read it. The zero value is the empty secret.
type Secret struct {
	// value is a pointer because fmt prints an unexported field of another package's struct without calling its
	// methods: fmt then prints only an address.
	value *string
}

func secret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{value: &s}
}

// Value returns the text itself.
func (s Secret) Value() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, and so applies to all verbs.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON and the structured loggers use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Field names a field of a card that lets anyone who has it spend the card.
type Field string

// The fields of a card that are dropped when a response is decoded.
const (
	EGCNumber  Field = "egc_number"
	AccessCode Field = "access_code"
	URL        Field = "url"
)

// Option changes which fields of a response are kept.
type Option func(*kept)

type kept struct{ fields []Field }

// Reveal keeps the named fields. The caller is responsible for where they go.
func Reveal(fields ...Field) Option {
	return func(k *kept) { k.fields = append(k.fields, fields...) }
}

func keeper(opts []Option) func(Field, string) Secret {
	var k kept
	for _, o := range opts {
		o(&k)
	}
	return func(f Field, s string) Secret {
		if !slices.Contains(k.fields, f) {
			return Secret{}
		}
		return secret(s)
	}
}
