// Package sonar is a client of Sonar, a service that sends messages to customers' phones. It uses the service's own terms:
// customers, messages, types, data. It sends each request once, makes no decisions about messages and keeps no state.
//
// A message has a text and, for a structured one, a type and its data. The form of a request, and most of the answers, are
// those that the vendor's public Ruby client recorded (sendsonar/send_sonar_gem, spec/vcr_cassettes); the fields of
// structured messages are published at docs.sendsonar.com. There is no idempotency key. The service drops a message that is
// identical to one of the last 7 seconds to the same customer, so an unclear one may be repeated that long without reaching
// the customer twice. Behaviour that is neither recorded nor published is marked "assumed".
package sonar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service   = "Sonar"
	userAgent = "giftbridge"

	// maxBody is the size limit of an answer in bytes. An answer repeats the text of its message; should it repeat the data
	// too, those of an order of some hundred lines fit.
	maxBody = 1 << 20

	pathMessages = "api/v1/messages"

	opSend  = "send message"
	opProbe = "check token"

	// DefaultTimeout is the time-out of one request, including its answer, unless [Options] set another.
	DefaultTimeout = 10 * time.Second
)

// Options are the address of the service and the credentials for it.
type Options struct {
	// URL is https://www.sendsonar.com or https://sandbox.sendsonar.com.
	URL string
	// Token is the account's secret token, sent in the header Token.
	Token string
	// HTTPClient is optional. It is copied, not changed.
	HTTPClient *http.Client
	// Timeout is the time-out of one request. If it is 0, HTTPClient's time-out applies; if that is 0 too, or there is no
	// HTTPClient, [DefaultTimeout] applies.
	Timeout time.Duration
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
}

// Format implements [fmt.Formatter] for all verbs. It keeps the token out of logs.
func (Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Secret) }

// Client talks to one account. It is safe for concurrent use.
type Client struct {
	rest  *rest.Client
	token string
}

// New returns a client. It sends no request.
func New(o Options) (*Client, error) {
	if o.Token == "" || strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("sonar client: need a token of printable ASCII characters")
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
	c, err := rest.New(service, o.URL, &hc)
	if err != nil {
		return nil, err
	}
	return &Client{rest: c.Observed(o.Observe).Bounded(maxBody), token: o.Token}, nil
}

// Format implements [fmt.Formatter] for all verbs. It keeps the token out of logs.
func (*Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Secret) }

// Status is what the service does with a message that it took. It publishes nothing about delivery.
type Status string

const (
	// Queued: the message "should be sent within seconds" (docs.sendsonar.com/reference/send-message).
	Queued Status = "queued"
	// Unsubscribed: the customer gets no messages, and did not get this one. It is an answer, not a failure.
	Unsubscribed Status = "unsubscribed"
)

// Answer is the answer to a message that the service took.
type Answer struct {
	Status Status
	// RequestID is the service's identifier of the request, for its support team. It is empty if there was none.
	RequestID string
}

// Send sends a message once. Identical messages have identical bodies, so that the service recognises them. The error of a
// message that cannot be sent as it is is an [*InvalidError], any other one a [*rest.Error]; [EffectOf] says of both whether
// the customer may get the message nevertheless, [ReasonOf] why the service refused. How long the service asked to wait is in
// [rest.Error].RetryAfter. No error holds the token, a phone number, or words of the message.
func (c *Client) Send(ctx context.Context, m Message) (Answer, error) {
	if err := m.check(); err != nil {
		return Answer{}, err
	}
	return c.post(ctx, opSend, m)
}

// Probe checks the token, and changes nothing: it posts a message with neither text nor customer. The recorded answer to
// such a request is 400 "text is missing, to is missing"; Probe then returns nil. Assumed: the service checks the token and
// the account first, as [BadToken] and [NoSubscription] are recorded for complete messages alone. A GET of a customer would
// need the number of one, and the answer for an unknown number is not recorded.
func (c *Client) Probe(ctx context.Context) error {
	_, err := c.post(ctx, opProbe, Message{})
	switch {
	case err == nil:
		return contradiction(opProbe, "the service took a message without a text")
	case ReasonOf(err) == BadFields && rest.StatusOf(err) < http.StatusInternalServerError:
		return nil
	}
	return err
}

// messageAnswer is the answer to a message. Error is raw, as its type is known for refusals alone.
type messageAnswer struct {
	Status Status          `json:"status"`
	Error  json.RawMessage `json:"error"`
}

// post sends the form of a message and reads the answer.
func (c *Client) post(ctx context.Context, op string, m Message) (Answer, error) {
	req, err := c.rest.NewRequest(ctx, http.MethodPost, pathMessages, nil)
	if err != nil {
		return Answer{}, err
	}
	setForm(req, m.form())
	req.Header.Set("Token", c.token)
	req.Header.Set("User-Agent", userAgent)

	reading := reader{scrub: m.scrubber(c.token)}
	var got messageAnswer
	header, err := c.rest.Do(req, op, &got, reading.refusal)
	if err != nil {
		return Answer{}, c.conceal(reading.explain(err), m)
	}
	id := rest.RequestID(header)
	_, said := reading.refusal(rawError(got.Error))
	fail := &rest.Error{Service: service, Op: op, RequestID: id}
	switch {
	case reading.reason != "" && got.Status == "":
		// The service refuses in words, whatever the status says.
		fail.Outcome, fail.Message = rest.Refused, rest.Clip(said)
		return Answer{}, c.conceal(reading.explain(fail), m)
	case reading.reason != "":
		fail.Outcome, fail.Err = rest.Contradictory, errors.New("the answer holds a status and an error")
		return Answer{}, c.conceal(fail, m)
	case got.Status != Queued && got.Status != Unsubscribed:
		fail.Outcome, fail.Err = rest.Contradictory, errors.New("the answer says neither that the message is queued nor why not")
		return Answer{}, c.conceal(fail, m)
	}
	return Answer{Status: got.Status, RequestID: redact.Secrets(id, m.secrets(c.token)...)}, nil
}

// setForm gives a request a body in the encoding of forms, which the vendor's own client uses.
func setForm(req *http.Request, form url.Values) {
	body := form.Encode()
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	req.Body, _ = req.GetBody()
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
}

// conceal removes token and number from what the service said: an answer may repeat what was sent.
func (c *Client) conceal(err error, m Message) error {
	return rest.Concealed(err, m.secrets(c.token)...)
}

func contradiction(op, what string) *rest.Error {
	return &rest.Error{Service: service, Op: op, Outcome: rest.Contradictory, Err: errors.New(what)}
}
