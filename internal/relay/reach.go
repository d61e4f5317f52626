package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/guard"
)

// Reach connects to the endpoint as [Client.Post] does, and sends no request. For https it makes the TLS handshake, and returns when the
// endpoint's certificate expires; for http, the zero time. An endpoint that does not accept the client's certificate may say so only
// in its answer to a request, which Reach does not see. The error holds nothing of the URL beyond the host and the port.
func (o Options) Reach(ctx context.Context) (expires time.Time, err error) {
	c, err := New(o)
	if err != nil {
		return time.Time{}, err
	}
	u, err := url.Parse(c.url)
	if err != nil {
		return time.Time{}, c.wrong(errURL)
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	conn, err := guard.New(o.Allowed...).Dialer(o.Timeout, o.Resolver).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return time.Time{}, c.wrong(err)
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme == "http" {
		return time.Time{}, nil
	}
	trust, err := o.tls()
	if err != nil {
		return time.Time{}, c.wrong(err)
	}
	trust.ServerName = u.Hostname()
	secured := tls.Client(conn, trust)
	if err := secured.HandshakeContext(ctx); err != nil {
		return time.Time{}, c.wrong(err)
	}
	return secured.ConnectionState().PeerCertificates[0].NotAfter, nil
}
