// Package fourwayshop is a client of the gift-card services of Four Way Shop (4WS). It uses the service's own terms: item
// codes, barcodes, entities. It sends each request once, makes no decisions about cards, and keeps no state but the token
// of its login.
//
// Selling a card takes two jobs: Generate makes a barcode, Update with a positive amount activates it. Both answer at once
// that the job is in a queue, and POST its result to a callback URL later; [ParseGenerated] and [ParseUpdated] read those
// results. Get answers at once. There is no idempotency key. Whoever knows a barcode has the money, so [Barcode] does not
// print itself, and no error holds one.
//
// The vendor publishes the bodies of Generate, Get and Update, and the answer to a login. Behaviour that it does not
// publish is marked "assumed".
package fourwayshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service   = "Four Way Shop"
	userAgent = "giftbridge"

	// maxBody is the size limit of a response in bytes. A card takes a kilobyte.
	maxBody = 1 << 20

	opLogin    = "log in"
	opGenerate = "generate gift cards"
	opGet      = "get gift card"
	opUpdate   = "update gift card"
	opPDF      = "request PDF"

	// DefaultTimeout is the time-out of one request, including its response, unless [Options] set another.
	DefaultTimeout = 30 * time.Second
)

// Options are the address of the service and the credentials for it.
type Options struct {
	// BaseURL is the customer's own address of the service.
	BaseURL string
	// Paths are relative to BaseURL; each has a default.
	Paths Paths
	// Username and Password are the customer's login.
	Username, Password string
	// HTTPClient is optional. It is copied, not changed.
	HTTPClient *http.Client
	// Timeout is the time-out of one request. If it is 0, HTTPClient's time-out applies; if that is 0 too, or there is
	// no HTTPClient, [DefaultTimeout] applies.
	Timeout time.Duration
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
	// Wait makes a request wait for its turn; see [rest.Turn]. It may be nil. Logins do not wait.
	Wait func(ctx context.Context) error
	// Now is the clock by which tokens expire; nil means time.Now.
	Now func() time.Time
}

// Format implements [fmt.Formatter] for all verbs. It keeps the credentials out of logs.
func (Options) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redact.Secret)) }

// Paths are where the services are. All are assumed: the published pages say only "/api", and each customer has its own.
type Paths struct {
	Login, Generate, Get, Update, PDF string
}

// withDefaults returns the paths with a default in place of each empty one.
func (p Paths) withDefaults() Paths {
	for _, d := range []struct {
		path   *string
		preset string
	}{
		{&p.Login, "login"},
		{&p.Generate, "giftcard/generate"},
		{&p.Get, "giftcard"},
		{&p.Update, "giftcard/update"},
		{&p.PDF, "giftcard/pdf"},
	} {
		if *d.path == "" {
			*d.path = d.preset
		}
	}
	return p
}

// Client talks to one customer's account. It is safe for concurrent use.
type Client struct {
	rest    *rest.Client
	paths   Paths
	session *session
	turn    rest.Turn
}

// New returns a client. It sends no request.
func New(o Options) (*Client, error) {
	if o.Username == "" || o.Password == "" {
		return nil, errors.New("fourwayshop client: need a username and a password")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var hc http.Client
	if o.HTTPClient != nil {
		hc = *o.HTTPClient
	}
	switch {
	case o.Timeout > 0:
		hc.Timeout = o.Timeout
	case hc.Timeout == 0:
		hc.Timeout = DefaultTimeout
	}
	hc.Jar = nil // The cookies of the login would be a second way to be recognised, beside the token.
	rc, err := rest.New(service, o.BaseURL, &hc)
	if err != nil {
		return nil, err
	}
	rc = rc.Observed(o.Observe).Bounded(maxBody)
	paths := o.Paths.withDefaults()
	turn := rest.Turn{Service: service, Wait: o.Wait, Timeout: hc.Timeout}
	return &Client{rest: rc, paths: paths, turn: turn, session: &session{
		rest: rc, path: paths.Login, username: o.Username, password: o.Password, timeout: hc.Timeout, now: o.Now,
	}}, nil
}

// Format implements [fmt.Formatter] for all verbs. It keeps the credentials out of logs.
func (*Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redact.Secret)) }

// request is a request to a service proper, which needs a login.
type request struct {
	op, method, path string
	body             any
	// secrets are what an error must not hold, beside the credentials.
	secrets []string
}

// LogIn logs in, unless a login is still good. It changes nothing.
func (c *Client) LogIn(ctx context.Context) error {
	_, err := c.session.token(ctx, "")
	return err
}

// do sends a request, and reads the answer if the service says that it succeeded. A token that the service refuses is
// replaced once. Assumed: a request whose token is refused has no effect, so that it is safe to send it again.
func (c *Client) do(ctx context.Context, r request, into responder) error {
	if err := c.turn.Await(ctx); err != nil {
		return err
	}
	token, err := c.session.token(ctx, "")
	if err != nil {
		return err
	}
	err = c.send(ctx, r, token, into)
	if rest.StatusOf(err) != http.StatusUnauthorized {
		return err
	}
	if err := c.turn.Await(ctx); err != nil {
		return err
	}
	if token, err = c.session.token(ctx, token); err != nil {
		return err
	}
	return c.send(ctx, r, token, into)
}

func (c *Client) send(ctx context.Context, r request, token string, into responder) error {
	req, err := c.rest.NewRequest(ctx, r.method, r.path, r.body)
	if err != nil {
		return fmt.Errorf("fourwayshop: %s: the request cannot be built", r.op) // The cause may quote the path.
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return exchange(c.rest, req, r.op, into, append(slices.Clone(r.secrets), token, c.session.password)...)
}

// exchange sends a request and takes the answer for a success only if it says so.
func exchange(rc *rest.Client, req *http.Request, op string, into responder, secrets ...string) error {
	req.Header.Set("User-Agent", userAgent)
	var said wire.Verdict
	header, err := rc.Do(req, op, into, func(body []byte) (code, message string) {
		said = wire.ReadVerdict(body)
		return said.Words(secrets...)
	})
	if err != nil {
		if fail, ok := errors.AsType[*rest.Error](err); ok && said.Success == wire.No {
			fail.Err = &Refusal{Reason: reason(said, op)}
		}
		return rest.Concealed(err, secrets...)
	}
	fail := failure(into.Said(), op, secrets)
	if fail == nil {
		return nil
	}
	fail.Status = http.StatusOK
	fail.RequestID = rest.RequestID(header)
	return rest.Concealed(fail, secrets...)
}
