// Package guard keeps a client whose addresses come from outside away from what is not on the internet: this machine, private
// networks, the metadata services of clouds. It checks each address after names were resolved, when a connection is made, so no
// later answer of a name server can come between the check and the connection.
package guard

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Reason is why an address is refused. Each is fit for a metric.
type Reason string

// The reasons.
const (
	Loopback    Reason = "loopback"
	LinkLocal   Reason = "link-local"
	Private     Reason = "private"
	Unspecified Reason = "unspecified"
	Multicast   Reason = "multicast"
	Metadata    Reason = "metadata service of a cloud"
	Special     Reason = "reserved or special-purpose"
	Unreadable  Reason = "unreadable"
)

// BlockedError is the error of a connection that was not made, because its address is not allowed. Nothing was sent.
type BlockedError struct {
	// Address is the address; the zero value if it could not be read.
	Address netip.Addr
	Reason  Reason
}

// Error implements error.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("the address %s is not allowed: %s", e.Address, e.Reason)
}

// Guard decides which addresses may be connected to. Its zero value allows the internet alone.
type Guard struct{ allowed []netip.Prefix }

// New returns a guard that allows the internet, and the given networks. The metadata services of clouds stay refused in any
// network: they give away the machine's credentials.
func New(allowed ...netip.Prefix) *Guard {
	networks := make([]netip.Prefix, len(allowed))
	for i, n := range allowed {
		networks[i] = n.Masked()
	}
	return &Guard{allowed: networks}
}

// Dialer returns a dialer that connects to allowed addresses only. The resolver may be nil, which means the system's.
func (g *Guard) Dialer(timeout time.Duration, resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: timeout, Resolver: resolver, Control: g.Control}
}

// Control is for [net.Dialer]: it refuses addresses that are not allowed with a [*BlockedError].
func (g *Guard) Control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{Reason: Unreadable}
	}
	return g.Check(a.Addr())
}

// Check returns nil if an address is allowed, and a [*BlockedError] otherwise.
func (g *Guard) Check(a netip.Addr) error {
	a = a.Unmap()
	meant := embedded(a)
	if isMetadata(a) || isMetadata(meant) {
		return &BlockedError{a, Metadata}
	}
	if a.Zone() == "" && slices.ContainsFunc(g.allowed, func(n netip.Prefix) bool { return n.Contains(a) || n.Contains(meant) }) {
		return nil
	}
	if reason := judge(meant); reason != "" {
		return &BlockedError{a, reason}
	}
	return nil
}

// translated is the network of IPv4 addresses behind a translator (RFC 6052). In networks with IPv6 alone, every address of the
// IPv4 internet is in it.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// embedded returns the IPv4 address that an address stands for, or the address itself.
func embedded(a netip.Addr) netip.Addr {
	if !translated.Contains(a) {
		return a
	}
	b := a.As16()
	v4, _ := netip.AddrFromSlice(b[12:])
	return v4
}

// metadata are the metadata services of clouds, as their documentations name them. Some are on public addresses.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // nearly all of them
	netip.MustParseAddr("fd00:ec2::254"),   // Amazon EC2
	netip.MustParseAddr("169.254.170.2"),   // Amazon ECS
	netip.MustParseAddr("169.254.170.23"),  // Amazon EKS
	netip.MustParseAddr("fd00:ec2::23"),    // Amazon EKS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

func isMetadata(a netip.Addr) bool { return slices.Contains(metadata, a.WithZone("")) }

// special are networks that are not on the internet, beside those that package netip knows, or that lead to such networks (RFC 6890
// and its successors, as IANA lists them). Addresses that hold an IPv4 address in a form that nobody uses any more are refused
// whatever it is.
var special = []struct {
	network netip.Prefix
	reason  Reason
}{
	{netip.MustParsePrefix("0.0.0.0/8"), Unspecified},
	{netip.MustParsePrefix("100.64.0.0/10"), Private},   // carriers
	{netip.MustParsePrefix("192.0.0.0/24"), Special},    // protocol assignments
	{netip.MustParsePrefix("192.0.2.0/24"), Special},    // documentation
	{netip.MustParsePrefix("192.88.99.0/24"), Special},  // 6to4 relays
	{netip.MustParsePrefix("198.18.0.0/15"), Special},   // benchmarks
	{netip.MustParsePrefix("198.51.100.0/24"), Special}, // documentation
	{netip.MustParsePrefix("203.0.113.0/24"), Special},  // documentation
	{netip.MustParsePrefix("240.0.0.0/4"), Special},     // reserved, and the broadcast address
	{netip.MustParsePrefix("::/96"), Special},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), Special}, // IPv4-translated
	{netip.MustParsePrefix("64:ff9b:1::/48"), Private},  // IPv4 behind a local translator
	{netip.MustParsePrefix("100::/64"), Special},        // discarded
	{netip.MustParsePrefix("100:0:0:1::/64"), Special},  // dummy
	{netip.MustParsePrefix("2001::/23"), Special},       // protocol assignments, Teredo, benchmarks, ORCHID
	{netip.MustParsePrefix("2001:db8::/32"), Special},   // documentation
	{netip.MustParsePrefix("2002::/16"), Special},       // 6to4
	{netip.MustParsePrefix("3fff::/20"), Special},       // documentation
	{netip.MustParsePrefix("5f00::/16"), Special},       // segment routing
	{netip.MustParsePrefix("fec0::/10"), Private},       // site-local
}

// judge returns why an address is not on the internet, empty if it is.
func judge(a netip.Addr) Reason {
	switch {
	case !a.IsValid():
		return Unreadable
	case a.IsUnspecified():
		return Unspecified
	case a.IsLoopback():
		return Loopback
	case a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.Zone() != "":
		return LinkLocal
	case a.IsMulticast():
		return Multicast
	case a.IsPrivate():
		return Private
	}
	for _, s := range special {
		if s.network.Contains(a) {
			return s.reason
		}
	}
	return ""
}
