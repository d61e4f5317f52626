// Package rest is the one way in which giftbridge talks HTTP to outside services: build a request, do it once, decode
// JSON, and turn whatever went wrong into an [*Error] that says what is known of the outcome.
//
// It never retries, and keeps net/http from repeating what may create something: Temporal retries, durably and visibly,
// and two layers of retries multiply. It never logs. Answers are capped, and no request body, header or query string gets
// into an error.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// MaxBody is the number of bytes of an answer that are read before it is called unreadable; [Client.Bounded] names
// another. A page of 250 Shopify orders with long line lists stays far below it. A compressed answer is measured after it
// is unpacked.
const MaxBody = 32 << 20

// maxValues is the number of objects and lists of an answer. Decoded, an empty object of three bytes can take hundreds,
// so that MaxBody alone does not bound the memory that an answer takes.
const maxValues = 1 << 20

// Client sends requests to one service. The zero value is not usable; see [New].
type Client struct {
	service  string
	base     *url.URL
	http     *http.Client
	observer Observer
	maxBody  int
}

// Observer is told of each exchange before it begins, by the names that [Client.Do] has for it. It returns the context
// of the exchange and what is called at its end, with the HTTP status, 0 where there was no answer, and Do's error.
type Observer func(ctx context.Context, service, op string) (context.Context, func(status int, err error))

// New returns a client of the service, named as its users know it ("CashStar"), at baseURL. Paths of requests are
// appended to the base URL's own path. The HTTP client carries time-out and authentication; it follows no redirects
// here, since a redirected POST could be sent twice or elsewhere.
func New(service, baseURL string, hc *http.Client) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Hostname() == "" || (base.Scheme != "http" && base.Scheme != "https") ||
		base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "" {
		return nil, fmt.Errorf("%s base URL %q: need http(s)://host[/path] alone", service, redactURL(baseURL))
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	c := *hc
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Transport = once{hc.Transport}
	return &Client{service: service, base: base, http: &c, maxBody: MaxBody}, nil
}

// Observed returns a client that tells the observer of what it does; nil tells nobody.
func (c *Client) Observed(o Observer) *Client {
	observed := *c
	observed.observer = o
	return &observed
}

// Bounded returns a client that reads so many bytes of an answer instead of [MaxBody].
func (c *Client) Bounded(maxBody int) *Client {
	bounded := *c
	bounded.maxBody = maxBody
	return &bounded
}

func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "unparsable"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// NewRequest builds a request with a JSON body; a nil body sends none. The path is relative to the base URL, already
// escaped, without a leading slash.
func (c *Client) NewRequest(ctx context.Context, method, path string, body any) (*http.Request, error) {
	u, err := c.base.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("%s: path of a request: %w", c.service, err)
	}
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%s: encode request: %w", c.service, err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), r)
	if err != nil {
		return nil, fmt.Errorf("%s: build request: %w", c.service, err)
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// ErrorBody reads the service's own code and message from the body of an answer that is not 2xx. The message is shown
// to people and stored: it must hold no personal data.
type ErrorBody func(body []byte) (code, message string)

// Do sends the request once and decodes a 2xx answer into out, which may be nil. Whatever goes wrong is an [*Error]
// that names op, the operation in the service's words ("create order"). The answer's header is returned where there
// was an answer.
func (c *Client) Do(req *http.Request, op string, out any, errorBody ErrorBody) (http.Header, error) {
	if c.observer == nil {
		_, header, err := c.do(req, op, out, errorBody)
		return header, err
	}
	ctx, done := c.observer(req.Context(), c.service, op)
	status, header, err := c.do(req.WithContext(ctx), op, out, errorBody)
	done(status, err)
	return header, err
}

// do is Do unobserved; it returns the status of the answer too.
func (c *Client) do(
	req *http.Request, op string, out any, errorBody ErrorBody,
) (int, http.Header, error) {
	fail := &Error{Service: c.service, Op: op}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	resp, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		fail.Outcome, fail.Err, fail.Unsent = NoAnswer, withoutURL(err), !connected.Load()
		if isTimeout(req.Context(), err) {
			fail.Outcome = TimedOut
		}
		return 0, nil, fail
	}
	defer resp.Body.Close()
	fail.Status = resp.StatusCode
	fail.RetryAfter = RetryAfter(resp.Header, time.Now())
	fail.RequestID = RequestID(resp.Header)

	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(c.maxBody)+1))
	switch {
	case err != nil && isTimeout(req.Context(), err):
		fail.Outcome, fail.Err = TimedOut, withoutURL(err)
		return resp.StatusCode, resp.Header, fail
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		fail.Outcome = Refused
		if errorBody != nil {
			fail.Code, fail.Message = errorBody(body)
		}
		fail.Code, fail.Message = Clip(fail.Code), Clip(fail.Message)
		return resp.StatusCode, resp.Header, fail
	case err != nil:
		fail.Outcome, fail.Err = Unreadable, fmt.Errorf("answer cut off after %d bytes", len(body))
		return resp.StatusCode, resp.Header, fail
	case len(body) > c.maxBody:
		fail.Outcome, fail.Err = Unreadable, &TooLargeError{Most: c.maxBody, Of: "bytes"}
		return resp.StatusCode, resp.Header, fail
	case countValues(body) > maxValues:
		fail.Outcome, fail.Err = Unreadable, &TooLargeError{Most: maxValues, Of: "objects and lists"}
		return resp.StatusCode, resp.Header, fail
	case out == nil:
		return resp.StatusCode, resp.Header, nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		fail.Outcome, fail.Err = Unreadable, describeUnreadable(resp.Header, body, err)
		return resp.StatusCode, resp.Header, fail
	}
	return resp.StatusCode, resp.Header, nil
}

// countValues counts the objects and lists of a JSON text; what stands in its strings does not count.
func countValues(body []byte) int {
	n, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '['):
			n++
		}
	}
	return n
}

// describeUnreadable says what came instead of JSON without quoting it: a body may hold anything.
func describeUnreadable(h http.Header, body []byte, err error) error {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		kind, _, _ := strings.Cut(wrongType.Value, " ") // "number 4111…" quotes the number
		if wrongType.Field == "" {
			return fmt.Errorf("unexpected JSON %s", kind)
		}
		return fmt.Errorf("unexpected %s in JSON field %s", kind, wrongType.Field)
	case media != "" && media != "application/json":
		return fmt.Errorf("%d bytes of %s instead of JSON", len(body), Clip(media))
	default:
		return fmt.Errorf("%d bytes that are not whole JSON", len(body))
	}
}

func isTimeout(ctx context.Context, err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) ||
		(errors.As(err, &t) && t.Timeout())
}

// withoutURL drops the URL that net/http puts in front of its errors, since it may hold a card code, and the line of an
// answer that is no HTTP, which net/http quotes.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if strings.Contains(err.Error(), "malformed") {
		return errors.New("malformed HTTP answer")
	}
	return err
}

var (
	idForm = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)
	// cardForm is a number as long as a card's, which no ID is.
	cardForm = regexp.MustCompile(`\d{13}`)
)

// RequestID returns the service's name of an exchange, empty where what stands there does not look like a name: it is
// kept and shown, and a service may write anything into a header.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if v := h.Get(name); idForm.MatchString(v) && !cardForm.MatchString(v) {
			return v
		}
	}
	return ""
}
