// Package rest is the only way in which giftbridge talks HTTP to outside services. It builds a request, sends it once,
// decodes the JSON response, and turns any failure into an [*Error] that says what is known about the outcome.
//
// It never retries, and keeps net/http from repeating a request that may create something. Temporal retries, durably
// and visibly, and two layers of retries would multiply. The package never logs. The size of responses is limited, and
// no request body, header or query string gets into an error.
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

// MaxBody is the default size limit of a response in bytes; a larger response is unreadable. [Client.Bounded] sets
// another limit. A page of 250 Shopify orders with long line lists stays far below it. A compressed response is
// measured after decompression.
const MaxBody = 32 << 20

// maxValues is the maximum number of objects and lists in a response. An empty object of three bytes can take hundreds
// of bytes when decoded, so MaxBody alone does not limit the memory that a response takes.
const maxValues = 1 << 20

// Client sends requests to one service. The zero value is not usable; see [New].
type Client struct {
	service  string
	base     *url.URL
	http     *http.Client
	observer Observer
	maxBody  int
}

// Observer is called before each exchange, with the names that [Client.Do] uses for it. It returns the context for the
// exchange, and a function that is called at the end of the exchange with the HTTP status, 0 if there was no response,
// and with Do's error.
type Observer func(ctx context.Context, service, op string) (context.Context, func(status int, err error))

// New returns a client of the service at baseURL. The service is named as its users know it ("Shopify"). Request paths
// are appended to the base URL's own path. The HTTP client provides time-out and authentication. Redirects are not
// followed, since a redirected POST could be sent twice or elsewhere.
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

// Observed returns a client that calls the observer for each exchange; o may be nil.
func (c *Client) Observed(o Observer) *Client {
	observed := *c
	observed.observer = o
	return &observed
}

// Bounded returns a client whose responses are limited to maxBody bytes instead of [MaxBody].
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

// NewRequest builds a request with a JSON body, or without a body if body is nil. The path is relative to the base URL,
// already escaped, and has no leading slash.
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

// ErrorBody extracts the service's own code and message from the body of a response other than 2xx. The message is
// shown to people and stored, so it must hold no personal data.
type ErrorBody func(body []byte) (code, message string)

// Do sends the request once and decodes a 2xx response into out, which may be nil. Any failure is an [*Error] that
// names op, the operation in the service's terms ("create order"). Do returns the response header if there was a
// response.
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

// do is Do without the observer. It also returns the status of the response.
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

// countValues counts the objects and lists in a JSON text, ignoring the contents of strings.
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

// describeUnreadable describes what came instead of the expected JSON, without quoting it: a body may hold anything.
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

// withoutURL removes the URL that net/http prepends to its errors, since the URL may hold a card code. It also removes
// the line of a response that is not HTTP, which net/http quotes.
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
	// cardForm matches a number as long as a card's. No request ID contains one.
	cardForm = regexp.MustCompile(`\d{13}`)
)

// RequestID returns the service's identifier of an exchange. It returns an empty string if the header does not look
// like an identifier: the value is stored and shown, and a service may write anything into a header.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if v := h.Get(name); idForm.MatchString(v) && !cardForm.MatchString(v) {
			return v
		}
	}
	return ""
}
