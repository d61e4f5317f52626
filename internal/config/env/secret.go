package env

import (
	"fmt"
	"io"

	"github.com/giftbridge/giftbridge/internal/redact"
)

// Secret is a value that prints, logs and marshals as [redacted]. Only [Secret.Reveal] returns the value.
type Secret struct {
	// A pointer, because fmt calls no methods on values in unexported fields of other structs: there it prints the
	// address of a pointer, but would print a string in full.
	value *string
}

// NewSecret returns a secret with the value. An empty value means that there is no secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// Decode reads the value of a variable.
func (s *Secret) Decode(value string) error {
	*s = NewSecret(value)
	return nil
}

// Format prints [redacted], regardless of the verb and its flags.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Secret) }

// String returns [redacted].
func (Secret) String() string { return redact.Secret }

// MarshalText returns [redacted], for JSON, YAML and loggers alike.
func (Secret) MarshalText() ([]byte, error) { return []byte(redact.Secret), nil }
