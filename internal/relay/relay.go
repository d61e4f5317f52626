// Package relay sends the shop's events on to another system, such as an ERP: one JSON POST for each event, its body byte for byte as
// the shop has sent it, to the URL that the other system declares for that kind of event. Requests are signed as Standard Webhooks
// 1.0.0 says (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md); docs/relay.md is for the
// developers of the other system.
//
// A request is sent once. When it is sent again, package schedule says, and its caller decides.
package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/guard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service   = "Relay"
	userAgent = "giftbridge"

	// DefaultTimeout is the time-out of one request, including its answer. Standard Webhooks asks for 15 to 30 seconds.
	DefaultTimeout = 15 * time.Second

	// maxAnswer is how many bytes of an answer are read. Nothing in it matters; reading a short one keeps the connection.
	maxAnswer = 16 << 10
	maxHeader = 64 << 10
)

// Header is a header that each request has.
type Header struct{ Name, Value string }

// Options describe an endpoint.
type Options struct {
	// Endpoint is its name in errors: "orders".
	Endpoint string
	// URL is where events are posted, without user and fragment. It may have a query, which is a secret. Whether it must be https is
	// its configuration's business.
	URL string
	// Secrets are the secret that signs or, during a rotation, the current and the previous one: "whsec_…".
	Secrets []string
	// Headers are added to each request. Their values are secrets. They cannot replace the headers of this package.
	Headers []Header
	// Allowed are networks that are not on the internet and may be connected to nevertheless.
	Allowed []netip.Prefix
	// CAFile is a PEM file of certificate authorities that are trusted beside the system's. CertFile and KeyFile are the certificate
	// with which the client authenticates. All are optional, and read once.
	CAFile, CertFile, KeyFile string
	// Timeout is the time-out of a request; 0 means [DefaultTimeout].
	Timeout time.Duration
	// Resolver resolves names; nil means the system's.
	Resolver *net.Resolver
	// Now is the clock of the signatures; nil means [time.Now].
	Now func() time.Time
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
}

// Client sends events to one endpoint. It is safe for concurrent use.
type Client struct {
	endpoint string
	url      string
	signers  signers
	headers  []Header
	http     *rest.Client
	now      func() time.Time
	observe  rest.Observer
}

// Answer is what an endpoint has answered that has taken an event.
type Answer struct {
	// Status is 2xx.
	Status int
}

var errURL = errors.New("the URL is not http(s)://host[/path][?query]")

// New returns a client. It sends no request. Its errors repeat no secret and nothing of the URL.
func New(o Options) (*Client, error) {
	c := &Client{endpoint: o.Endpoint, headers: o.Headers, now: o.Now, observe: o.Observe}
	if c.now == nil {
		c.now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, c.wrong(errURL)
	}
	c.url = u.String()
	if c.signers, err = newSigners(o.Secrets); err != nil {
		return nil, c.wrong(err)
	}
	trust, err := o.tls()
	if err != nil {
		return nil, c.wrong(err)
	}
	c.http, err = rest.New(service, (&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), &http.Client{
		Timeout: o.Timeout,
		// It uses no proxy, which would resolve names itself and reach what the client must not.
		Transport: short{&http.Transport{
			DialContext:            guard.New(o.Allowed...).Dialer(o.Timeout, o.Resolver).DialContext,
			TLSClientConfig:        trust,
			TLSHandshakeTimeout:    o.Timeout,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        time.Minute,
		}},
	})
	if err != nil {
		return nil, c.wrong(err)
	}
	return c, nil
}

func (c *Client) wrong(err error) error { return fmt.Errorf("endpoint %s: %w", c.endpoint, err) }

// tls returns what is trusted, and what the client authenticates with.
func (o Options) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM", o.CAFile)
		}
		config.RootCAs = roots
	}
	if o.CertFile != "" || o.KeyFile != "" {
		own, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the certificate in %s with the key in %s: %w", o.CertFile, o.KeyFile, err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

// Post sends an event once. Without an error, the endpoint has answered 2xx: it has taken the event. Any failure of the exchange is an
// [*Error].
func (c *Client) Post(ctx context.Context, e Event) (Answer, error) {
	body := e.body()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, c.wrong(errors.New("the request cannot be built"))
	}
	for _, h := range c.headers {
		req.Header.Set(h.Name, h.Value)
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Content-Type", "application/json")
	e.describe(req.Header)
	if err := c.signers.sign(req.Header, e.ID, c.now(), body); err != nil {
		return Answer{}, c.wrong(err)
	}
	var answer Answer
	_, err = c.http.Observed(func(ctx context.Context, service, op string) (context.Context, func(int, error)) {
		done := func(int, error) {}
		if c.observe != nil {
			ctx, done = c.observe(ctx, service, op)
		}
		return ctx, func(status int, err error) {
			answer.Status = status
			done(status, err)
		}
	}).Do(req, "post to "+c.endpoint, nil, nil)
	if err := c.failure(err); err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// short is a round tripper whose answers end after [maxAnswer] bytes and lead nowhere: net/http would quote a Location that it cannot
// read in an error.
type short struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Header.Del("Location")
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
