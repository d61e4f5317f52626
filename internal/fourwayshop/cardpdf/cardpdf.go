// Package cardpdf fetches the PDFs that Four Way Shop makes of gift cards. Their addresses come from the service, and may
// come in a forged callback, so a PDF is fetched only from hosts that the operator has named, over TLS, and from an
// address on the internet. Redirects are not followed, and no credentials are sent.
package cardpdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service   = "Four Way Shop"
	op        = "fetch PDF"
	userAgent = "giftbridge"

	// media is the only content type that is accepted.
	media = "application/pdf"

	// Most is the size limit of a PDF in bytes.
	Most = 5 << 20

	// DefaultTimeout is the time-out of one request, including its response, unless [Options] set another.
	DefaultTimeout = 30 * time.Second
)

// Link is the address of a PDF. Whoever has it may have the card, so no verb of package fmt prints it.
type Link string

// Format implements [fmt.Formatter] for all verbs.
func (Link) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redact.Secret)) }

// Reason is why a PDF was not fetched. Each is fit for a metric.
type Reason string

// The reasons.
const (
	HostNotAllowed    Reason = "host not allowed"
	AddressNotAllowed Reason = "address not on the internet"
	Redirected        Reason = "redirected"
	Refused           Reason = "refused"
	NotAPDF           Reason = "not a PDF"
	TooLarge          Reason = "larger than 5 MiB"
	Unavailable       Reason = "not available"
)

// Error is the cause of a [*rest.Error] if a PDF was not fetched.
type Error struct{ Reason Reason }

// Error implements error.
func (e *Error) Error() string { return string(e.Reason) }

// ReasonOf returns why a PDF was not fetched, empty if err says nothing about it.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// Options say where PDFs may be fetched from.
type Options struct {
	// Hosts are the hosts, such as "files.example.com" or "files.example.com:8443". Without a port, the port must be that
	// of HTTPS. Without hosts, no PDF is fetched.
	Hosts []string
	// Networks are networks that are not on the internet, such as 127.0.0.0/8, and from which PDFs may be fetched
	// nevertheless, with or without TLS. They are for simulators.
	Networks []netip.Prefix
	// Timeout is the time-out of one request; 0 means [DefaultTimeout].
	Timeout time.Duration
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
}

// Fetcher fetches PDFs. It is safe for concurrent use.
type Fetcher struct {
	hosts    []string
	networks []netip.Prefix
	observe  rest.Observer
	// tls reaches the internet and the networks, plain the networks alone.
	tls, plain *http.Client
}

// New returns a fetcher. It sends no request.
func New(o Options) (*Fetcher, error) {
	f := &Fetcher{networks: o.Networks, observe: o.Observe}
	for _, h := range o.Hosts {
		u, err := url.Parse("https://" + h)
		if err != nil || u.Host != h || u.Hostname() == "" {
			return nil, fmt.Errorf("host of PDFs %q: need host or host:port", h)
		}
		f.hosts = append(f.hosts, canonical(h))
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	f.tls = newClient(o.Timeout, func(a netip.Addr) bool { return onInternet(a) || f.exempt(a) })
	f.plain = newClient(o.Timeout, f.exempt)
	return f, nil
}

// canonical returns a host and port in the form in which they are compared.
func canonical(host string) string { return strings.TrimSuffix(strings.ToLower(host), ":443") }

// newClient returns a client that connects to some addresses only. It checks the address of each connection after names
// were resolved: no other answer of a name server can come between the check and the connection. It uses no proxy, which
// would resolve names itself and reach what the client must not.
func newClient(timeout time.Duration, reachable func(netip.Addr) bool) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !reachable(a.Addr()) {
			return &Error{AddressNotAllowed}
		}
		return nil
	}}
	const maxHeader = 64 << 10
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, DisableKeepAlives: true,
			MaxResponseHeaderBytes: maxHeader, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (f *Fetcher) exempt(a netip.Addr) bool {
	a = a.Unmap()
	return slices.ContainsFunc(f.networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Fetch fetches a PDF. The error is a [*rest.Error] with an [*Error], and names neither the host nor the path.
func (f *Fetcher) Fetch(ctx context.Context, link Link) ([]byte, error) {
	if f.observe == nil {
		pdf, _, err := f.fetch(ctx, link)
		return pdf, err
	}
	ctx, done := f.observe(ctx, service, op)
	pdf, status, err := f.fetch(ctx, link)
	done(status, err)
	return pdf, err
}

// fetch is Fetch without the observer. It also returns the status of the response, 0 if there was none.
func (f *Fetcher) fetch(ctx context.Context, link Link) ([]byte, int, error) {
	client, u := f.clientFor(link)
	if client == nil {
		return nil, 0, failed(rest.NoAnswer, HostNotAllowed, true)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, 0, failed(rest.NoAnswer, HostNotAllowed, true)
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", media)
	resp, err := client.Do(req)
	switch {
	case ReasonOf(err) == AddressNotAllowed:
		return nil, 0, failed(rest.NoAnswer, AddressNotAllowed, true)
	case err != nil:
		return nil, 0, failed(outcomeOf(ctx, err), Unavailable, false)
	}
	defer resp.Body.Close()
	pdf, err := read(ctx, resp)
	if fail, ok := errors.AsType[*rest.Error](err); ok {
		fail.Status, fail.RetryAfter = resp.StatusCode, rest.RetryAfter(resp.Header, time.Now())
	}
	return pdf, resp.StatusCode, err
}

// clientFor returns the client that may follow a link, and the URL. The client is nil if none may.
func (f *Fetcher) clientFor(link Link) (*http.Client, string) {
	u, err := url.Parse(string(link))
	if err != nil || u.User != nil || u.Opaque != "" || !slices.Contains(f.hosts, canonical(u.Host)) {
		return nil, ""
	}
	switch u.Scheme {
	case "https":
		return f.tls, u.String()
	case "http":
		return f.plain, u.String()
	}
	return nil, ""
}

func read(ctx context.Context, resp *http.Response) ([]byte, error) {
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case resp.StatusCode/100 == 3:
		return nil, failed(rest.Refused, Redirected, false)
	case resp.StatusCode != http.StatusOK:
		return nil, failed(rest.Refused, Refused, false)
	case kind != media:
		return nil, failed(rest.Contradictory, NotAPDF, false)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, Most+1))
	switch {
	case err != nil:
		return nil, failed(outcomeOf(ctx, err), Unavailable, false)
	case len(body) > Most:
		return nil, failed(rest.Unreadable, TooLarge, false)
	case !strings.HasPrefix(string(body[:min(len(body), 8)]), "%PDF-"):
		return nil, failed(rest.Contradictory, NotAPDF, false)
	}
	return body, nil
}

func failed(o rest.Outcome, r Reason, unsent bool) error {
	return &rest.Error{Service: service, Op: op, Outcome: o, Unsent: unsent, Err: &Error{r}}
}

func outcomeOf(ctx context.Context, err error) rest.Outcome {
	var t interface{ Timeout() bool }
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) ||
		(errors.As(err, &t) && t.Timeout()) {
		return rest.TimedOut
	}
	return rest.NoAnswer
}
