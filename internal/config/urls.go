package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// url requires http or https and a host. It refuses the parts that could hide a secret: user, query and fragment.
func (ps *problems) url(name, raw string) (u *url.URL, ok bool) {
	if raw == "" {
		return nil, false
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		ps.bad(name, publicURL(raw))
		return nil, false
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		ps.add(name, "has a user, a query or a fragment, which is not allowed: need %s", references[name].want)
		return nil, false
	}
	return u, true
}

// baseURL is url for addresses that credentials are sent to. In the clear, credentials may only stay on this machine or
// go to the hosts that the configuration names.
func (ps *problems) baseURL(name, raw string, n Network) {
	if u, ok := ps.url(name, raw); ok && u.Scheme != "https" && !loopback(u.Hostname()) && !n.plain(u.Hostname()) {
		ps.bad(name, raw)
	}
}

// hostForm matches a host name as it appears in a URL and as a name server resolves it: no wildcards, no ports.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

func (n Network) problems() problems {
	var ps problems
	for i, host := range n.PlainHTTPHosts {
		_, err := netip.ParseAddr(host)
		if err != nil && (!hostForm.MatchString(host) || len(host) > maxHost) {
			ps.add("PLAIN_HTTP_HOSTS", "entry %d, %s: need %s", i+1, show(host), references["PLAIN_HTTP_HOSTS"].want)
		}
	}
	return ps
}

const maxHost = 253 // RFC 1035, section 2.3.4, without the trailing dot of the root.

// plain reports whether credentials may be sent to the host in the clear. Host names are compared without regard to
// case, but otherwise exactly, including the trailing dot of the root: "sim." is not resolved as "sim" is.
func (n Network) plain(host string) bool {
	return slices.ContainsFunc(n.PlainHTTPHosts, func(h string) bool { return h != "" && strings.EqualFold(h, host) && ascii(host) })
}

// ascii excludes letters outside ASCII that fold to ASCII letters: to a name server, U+212A is not a k.
func ascii(s string) bool { return strings.Trim(s, asciiHost) == "" }

const asciiHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%"

// origin returns the origin of an address as browsers write it: in lower case, without the scheme's default port. It
// returns "" for an address that has no origin.
func origin(address string) string {
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

func isHostPort(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	_, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil
}

// publicURL returns a URL that is safe to show.
func publicURL(raw string) string {
	if strings.ContainsAny(raw, "@?#") {
		return redacted
	}
	return raw
}

// loopback reports whether a host is this machine. Only the canonical form of an address counts: decimal, octal and
// hexadecimal forms are treated as names, because resolvers may interpret them in different ways.
func loopback(host string) bool {
	if ascii(host) && strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() && addr.Zone() == ""
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return !strings.ContainsAny(s, ":/@ \t\r\n")
}
