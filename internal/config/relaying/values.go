package relaying

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/redact"
)

// Secrets are the secret that signs and, during a rotation, the one before it.
type Secrets []env.Secret

// The form of a secret in Standard Webhooks 1.0.0.
const (
	secretPrefix = "whsec_"
	minSecret    = 24 // bytes
	maxSecret    = 64 // bytes
	maxSecrets   = 2
)

// Decode reads the value of a variable. It keeps empty entries, so that they can be reported.
func (s *Secrets) Decode(value string) error {
	*s = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	if strings.ContainsAny(value, "\r\n") {
		return errors.New("has more than one line")
	}
	for entry := range strings.SplitSeq(value, ",") {
		*s = append(*s, env.NewSecret(strings.TrimSpace(entry)))
	}
	return nil
}

// String returns as many placeholders as there are secrets.
func (s Secrets) String() string {
	return strings.TrimSuffix(strings.Repeat(redact.Secret+",", len(s)), ",")
}

// Values returns the secrets themselves.
func (s Secrets) Values() []string {
	all := make([]string, len(s))
	for i, secret := range s {
		all[i] = secret.Reveal()
	}
	return all
}

// Reveal returns the secrets as they are written in a variable.
func (s Secrets) Reveal() string { return strings.Join(s.Values(), ",") }

// MarshalText returns what String does, so that no form of output has a secret.
func (s Secrets) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Secrets) check(ps *env.Problems) {
	if len(s) > maxSecrets {
		ps.Add(secretsName, "has %d secrets: need %s", len(s), ps.Want(secretsName))
	}
	for i, secret := range s.Values() {
		encoded, ok := strings.CutPrefix(secret, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) < minSecret || len(key) > maxSecret {
			ps.Add(secretsName, "secret %d: need %s", i+1, ps.Want(secretsName))
		} else if slices.Contains(s.Values()[:i], secret) {
			ps.Add(secretsName, "secret %d is the same as the one before it", i+1)
		}
	}
}

// Header is a header that each request has.
type Header struct {
	Name  string
	Value env.Secret
}

// Headers are the headers that each request has.
type Headers []Header

// Decode reads the value of a variable: one header a line. Its errors name a line by its number and never repeat any part of it.
func (h *Headers) Decode(value string) error {
	*h = nil
	n := 0
	for line := range strings.Lines(value) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, content, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("line %d: need Name: value", n)
		}
		*h = append(*h, Header{Name: strings.TrimSpace(name), Value: env.NewSecret(strings.TrimSpace(content))})
	}
	return nil
}

// String returns the headers without their values.
func (h Headers) String() string {
	return h.join(", ", func(env.Secret) string { return redact.Secret })
}

// Reveal returns the headers as they are written in a variable.
func (h Headers) Reveal() string { return h.join("\n", env.Secret.Reveal) }

// MarshalText returns what String does, so that no form of output has a secret.
func (h Headers) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

func (h Headers) join(between string, value func(env.Secret) string) string {
	lines := make([]string, len(h))
	for i, header := range h {
		lines[i] = header.Name + ": " + value(header.Value)
	}
	return strings.Join(lines, between)
}

var (
	tokenForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110, section 5.6.2
	// ownHeaders are those that a request has anyway, or that would break it.
	ownHeaders = regexp.MustCompile(`(?i)^(webhook-.*|giftbridge-.*|content-(type|length|encoding)|user-agent|accept-encoding|host|` +
		`connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$`)
)

func (h Headers) check(ps *env.Problems) {
	for i, header := range h {
		value := header.Value.Reveal()
		switch {
		case !tokenForm.MatchString(header.Name):
			ps.Add(headersName, "header %d has no valid name: need %s", i+1, ps.Want(headersName))
		case ownHeaders.MatchString(header.Name):
			ps.Add(headersName, "header %d, %s, is set by giftbridge or by HTTP itself: need another one", i+1, header.Name)
		case slices.ContainsFunc(h[:i], func(o Header) bool { return strings.EqualFold(o.Name, header.Name) }):
			ps.Add(headersName, "header %d, %s, is a duplicate", i+1, header.Name)
		case value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			ps.Add(headersName, "header %d, %s, has no value, or one with a character that is not visible ASCII", i+1, header.Name)
		}
	}
}

// Networks are networks of IP addresses.
type Networks []string

// Decode reads the value of a variable. It keeps what is no network, so that it can be reported.
func (n *Networks) Decode(value string) error { return (*env.List)(n).Decode(value) }

// String returns the networks as they are written in a variable.
func (n Networks) String() string { return env.List(n).String() }

// Prefixes returns the networks. Entries that are none are left out.
func (n Networks) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, entry := range n {
		if p, err := netip.ParsePrefix(entry); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func (n Networks) check(ps *env.Problems) {
	for i, entry := range n {
		p, err := netip.ParsePrefix(entry)
		if err != nil || p != p.Masked() || slices.Contains(n[:i], entry) {
			ps.Bad(networks, entry)
		}
	}
}
