package env

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redact"
)

// expansion matches a whole value that refers to another variable, as compose files and pods write it.
var expansion = regexp.MustCompile(`^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$\([A-Za-z_][A-Za-z0-9_]*\))$`)

// Secret refuses a secret with characters that a copied file or a quoted line has left there, and a reference that
// nothing has replaced. The service would only answer "unauthorized".
func (ps *Problems) Secret(name string, s Secret) {
	v := s.Reveal()
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	switch {
	case v != strings.TrimSpace(v) || strings.ContainsFunc(v, hidden):
		ps.Add(name, "has white space around it, or contains an invisible character: need the secret alone")
	case expansion.MatchString(v):
		ps.Add(name, "is a reference to a variable that nothing has replaced: need the secret itself")
	}
}

// Token is [Problems.Secret] for a secret that is sent as the value of a header.
func (ps *Problems) Token(name string, s Secret) {
	if v := s.Reveal(); v == strings.TrimSpace(v) && strings.ContainsFunc(v, func(r rune) bool { return r == ' ' || r > '~' }) {
		ps.Add(name, "contains a space or a character outside ASCII: need the token alone, without \"Bearer\"")
		return
	}
	ps.Secret(name, s)
}

// URL requires http or https and a host. It refuses the parts that could hide a secret: user, query and fragment.
func (ps *Problems) URL(name, raw string) (u *url.URL, ok bool) {
	if raw == "" {
		return nil, false
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		ps.Bad(name, PublicURL(raw))
		return nil, false
	case u.Port() != "" && !isPort(u.Port()):
		ps.Add(name, "has port %s, which does not exist: need a port from 1 to 65535, or none", u.Port())
		return nil, false
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		ps.Add(name, "has a user, a query or a fragment, which is not allowed: need %s", ps.Want(name))
		return nil, false
	}
	return u, true
}

// BaseURL is [Problems.URL] for addresses that credentials are sent to. In the clear, credentials may only stay on this
// machine or go to the hosts in plain.
func (ps *Problems) BaseURL(name, raw string, plain List) {
	if u, ok := ps.URL(name, raw); ok && u.Scheme != "https" && !Loopback(u.Hostname()) && !contains(plain, u.Hostname()) {
		ps.Bad(name, raw)
	}
}

// hostForm matches a host name as it appears in a URL and as a name server resolves it: no wildcards, no ports.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

const maxHost = 253 // RFC 1035, section 2.3.4, without the trailing dot of the root.

// HostNames requires each entry of a list to be a host name or an IP address.
func (ps *Problems) HostNames(name string, hosts List) {
	for i, host := range hosts {
		_, err := netip.ParseAddr(host)
		if err != nil && (!hostForm.MatchString(host) || len(host) > maxHost) {
			ps.Add(name, "entry %d, %s: need %s", i+1, Show(host), ps.Want(name))
		}
	}
}

// contains reports whether a list has a host. Host names are compared without regard to case, but otherwise exactly,
// including the trailing dot of the root: "sim." is not resolved as "sim" is.
func contains(hosts List, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return h != "" && strings.EqualFold(h, host) && ascii(host) })
}

// ascii excludes letters outside ASCII that fold to ASCII letters: to a name server, U+212A is not a k.
func ascii(s string) bool { return strings.Trim(s, asciiHost) == "" }

const asciiHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%"

// Origin returns the origin of an address as browsers write it: in lower case, without the scheme's default port. It
// returns "" for an address that has no origin.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || (u.Scheme == "http" && port == "80") || (u.Scheme == "https" && port == "443") {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// IsHostPort reports whether an address is one to listen on or to connect to.
func IsHostPort(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	_, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil
}

// isPort reports whether a server can listen on a port.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// PublicURL returns a URL that is safe to show.
func PublicURL(raw string) string {
	if strings.ContainsAny(raw, "@?#") {
		return redact.Secret
	}
	return raw
}

// Loopback reports whether a host is this machine. Only the canonical form of an address counts: decimal, octal and
// hexadecimal forms are treated as names, because resolvers may interpret them in different ways.
func Loopback(host string) bool {
	if ascii(host) && strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() && addr.Zone() == ""
}

// IsHost reports whether s can be the name or the address of a host, without a port.
func IsHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return !strings.ContainsAny(s, ":/@ \t\r\n")
}

// IsAddress reports whether s is one address that a mail can be sent to. Only ASCII addresses are allowed, so that no
// server needs to support more.
func IsAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && !strings.ContainsFunc(s, unicode.IsControl) &&
		!strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Hidden reports whether r is a character that a person who compares two values does not see.
func Hidden(r rune) bool { return unicode.IsControl(r) || !printable.Visible(r) }
