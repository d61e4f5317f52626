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

// url demands http or https and a host, and refuses what could hide a secret: user, query and fragment.
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
		ps.add(name, "has a user, a query or a fragment, which it must not have: need %s", references[name].want)
		return nil, false
	}
	return u, true
}

// baseURL is url for addresses that get credentials: in the clear they may not leave the machine, but for the hosts
// that the configuration names.
func (ps *problems) baseURL(name, raw string, n Network) {
	if u, ok := ps.url(name, raw); ok && u.Scheme != "https" && !loopback(u.Hostname()) && !n.plain(u.Hostname()) {
		ps.bad(name, raw)
	}
}

// hostForm is a host name as it stands in an address that a name server answers for: no wildcards, no ports.
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

const maxHost = 253 // RFC 1035, section 2.3.4, without the dot of the root.

// plain tells whether credentials may go to the host in the clear. Case does not matter in the names of hosts;
// everything else does, the dot of the root included: "sim." is not asked for as "sim" is.
func (n Network) plain(host string) bool {
	return slices.ContainsFunc(n.PlainHTTPHosts, func(h string) bool { return h != "" && strings.EqualFold(h, host) && ascii(host) })
}

// ascii keeps out the letters beyond ASCII that fold to those within: U+212A is no k to a name server.
func ascii(s string) bool { return strings.Trim(s, asciiHost) == "" }

const asciiHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%"

// origin returns the origin of an address as browsers write it: lower case, without the scheme's own port. It is empty
// for what has none.
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

// publicURL returns a URL fit to be shown.
func publicURL(raw string) string {
	if strings.ContainsAny(raw, "@?#") {
		return redacted
	}
	return raw
}

// loopback tells whether a host is this machine. Only the canonical form of an address counts: decimal, octal and
// hexadecimal ones are names to us, and what a resolver makes of them is not known.
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
