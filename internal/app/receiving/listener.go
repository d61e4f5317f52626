package receiving

import (
	"net"
	"net/netip"
	"sync"
)

// The limits of connections. Behind a proxy all connections have the proxy's address: half of all are plenty for it,
// because an answer takes milliseconds, and one to a checkout a second or two.
const (
	maxConnections = 512
	maxPerAddress  = 256
	// networkBits is the part of an IPv6 address that one client has to itself.
	networkBits = 64
)

// limited is a listener that closes connections beyond its limits at once, so that one client cannot use up the memory or
// the connections of all.
type limited struct {
	net.Listener

	total, perAddress int
	// refused is called for each connection that was closed.
	refused func(why string)

	mu   sync.Mutex
	open map[netip.Addr]int
	all  int
}

// Why a connection was closed.
const (
	tooMany        = "total"
	tooManyFromOne = "address"
)

func limit(l net.Listener, total, perAddress int, refused func(string)) *limited {
	return &limited{Listener: l, total: total, perAddress: perAddress, refused: refused, open: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := clientOf(c.RemoteAddr())
		if why := l.take(from); why != "" {
			l.refused(why)
			_ = c.Close()
			continue
		}
		return &counted{Conn: c, release: sync.OnceFunc(func() { l.release(from) })}, nil
	}
}

// take counts a connection, or returns why there must not be another one.
func (l *limited) take(from netip.Addr) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.all >= l.total:
		return tooMany
	case l.open[from] >= l.perAddress:
		return tooManyFromOne
	}
	l.all++
	l.open[from]++
	return ""
}

func (l *limited) release(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// connections returns the number of open connections; 0 before there is a listener.
func (l *limited) connections() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn

	release func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// clientOf returns whose connection it is: an IPv4 address, or the network of an IPv6 address.
func clientOf(a net.Addr) netip.Addr {
	from, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	addr := from.Addr().Unmap().WithZone("")
	if addr.Is6() {
		if network, err := addr.Prefix(networkBits); err == nil {
			return network.Addr()
		}
	}
	return addr
}
