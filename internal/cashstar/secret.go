package cashstar

import (
	"fmt"
	"io"
	"slices"
)

const redacted = "[redacted]"

// Secret is a text that stays out of logs, errors and JSON by whatever road it goes there; [Secret.Value] is the only
// way to it. The zero value is the empty secret.
type Secret struct {
	// value is a pointer because fmt prints an unexported field of a foreign struct without asking it: it then finds
	// an address.
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

// Format implements fmt.Formatter, and so covers all verbs.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON and the structured loggers use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Field names a part of a card that whoever has it can spend.
type Field string

// The fields of a card that are dropped as an answer is decoded.
const (
	EGCNumber  Field = "egc_number"
	AccessCode Field = "access_code"
	URL        Field = "url"
)

// Option changes what is kept of an answer.
type Option func(*kept)

type kept struct{ fields []Field }

// Reveal keeps the fields named. Whoever calls it answers for where they go.
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
