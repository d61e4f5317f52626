// Package redact removes from foreign text what must not be logged.
package redact

import (
	"regexp"
	"strings"
)

// What stands in the place of a secret, and of an e-mail address.
const (
	Secret  = "[redacted]"
	Address = "[address]"
)

// Secrets replaces the secrets in a text. Empty ones are ignored.
func Secrets(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, Secret)
		}
	}
	return text
}

var addresses = regexp.MustCompile(`[^\s@<>"'(),;:\[\]]*@[^\s@<>"'(),;:\[\]]*`)

// Addresses replaces whatever looks like an e-mail address.
func Addresses(text string) string { return addresses.ReplaceAllLiteralString(text, Address) }
