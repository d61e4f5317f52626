package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/Khan/genqlient/graphql"

	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service = "Shopify"
	// versionHeader is the header with the version of the API that served a response. A version that no longer exists
	// falls forward to the oldest accessible one (shopify.dev/docs/api/usage/versioning).
	versionHeader = "X-Shopify-API-Version"
	tokenHeader   = "X-Shopify-Access-Token" //nolint:gosec // the name of a header, not a token
	// defaultTimeout is longer than the slowest search is expected to take.
	defaultTimeout = 30 * time.Second
)

// Options are the shop to connect to, and how to connect.
type Options struct {
	// BaseURL is the root of the shop's API, such as https://example.myshopify.com. All requests go to paths below it.
	BaseURL string
	// APIVersion is a quarterly version of the Admin API, such as 2026-07.
	APIVersion string
	// Token is a [StaticToken] or [ClientCredentials].
	Token TokenSource
	// HTTPClient sets the time-out; nil means a client with a time-out of 30 seconds.
	HTTPClient *http.Client
	// Company also reads the company of each order. Only a shop with B2B has companies, and the app needs the scope
	// read_customers or read_companies.
	Company bool
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
	// ObserveCost is called with the cost of each response for which Shopify states it; it may be nil.
	ObserveCost func(Cost)
}

// Client reads one shop. It is safe for concurrent use.
type Client struct {
	rest    *rest.Client
	path    string
	version string
	tokens  tokens
	company bool
	onCost  func(Cost)
	pace    *pace
	fit     *fit
}

var versionPattern = regexp.MustCompile(`^(20\d\d-(01|04|07|10)|unstable)$`)

// New returns a client. It fails if the options cannot work, and sends no request.
func New(opts Options) (*Client, error) {
	if !versionPattern.MatchString(opts.APIVersion) {
		return nil, fmt.Errorf("Shopify API version %q: need a quarter like 2026-07", opts.APIVersion)
	}
	if opts.Token == nil {
		return nil, errors.New("Shopify access token or client credentials are missing")
	}
	hc := opts.HTTPClient
	if hc == nil {
		hc = &http.Client{Timeout: defaultTimeout}
	}
	rc, err := rest.New(service, opts.BaseURL, hc)
	if err != nil {
		return nil, err
	}
	rc = rc.Observed(opts.Observe)
	tokens, err := opts.Token.bind(rc)
	if err != nil {
		return nil, err
	}
	return &Client{
		rest:    rc,
		path:    "admin/api/" + opts.APIVersion + "/graphql.json",
		version: opts.APIVersion,
		tokens:  tokens,
		company: opts.Company,
		onCost:  opts.ObserveCost,
		pace:    newPace(),
		fit:     newFit(),
	}, nil
}

// APIVersion returns the version that the client requests. A page states which version served it.
func (c *Client) APIVersion() string { return c.version }

// Cost is the cost of a response in points, and the state of the bucket, which belongs to the app and the shop
// (shopify.dev/docs/api/usage/limits). The zero value means that Shopify did not state it.
type Cost struct {
	// Requested is the number of points reserved before the query ran; Actual is what the query used.
	Requested, Actual float64
	// Available is the number of points left of Maximum; RestoreRate is the number of points restored per second.
	Available, Maximum, RestoreRate float64
}

// exchange is one operation on the API. It implements genqlient's client, and records what a response says besides its
// data.
type exchange struct {
	client *Client
	op     string
	// size is the number of ids requested; zero if the query fixes it.
	size    int
	version string
	cost    Cost
	// answeredAt is the time of the response by Shopify's clock.
	answeredAt time.Time
}

func (c *Client) exchange(op string) *exchange { return &exchange{client: c, op: op} }

// weight identifies what determines the requested cost: the query and its number of ids.
func (x *exchange) weight() string { return x.op + strconv.Itoa(x.size) }

// MakeRequest implements [graphql.Client]. If the token is refused, it renews the token and tries once more.
func (x *exchange) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	token, err := x.client.tokens.token(ctx, "")
	if err != nil {
		return err
	}
	err = x.send(ctx, token, req, resp)
	if rest.StatusOf(err) != http.StatusUnauthorized {
		return err
	}
	renewed, renewErr := x.client.tokens.token(ctx, token)
	if renewErr != nil {
		return renewErr
	}
	if renewed == token {
		return err
	}
	return x.send(ctx, renewed, req, resp)
}

func (x *exchange) send(ctx context.Context, token string, req *graphql.Request, resp *graphql.Response) error {
	if err := x.client.pace.wait(ctx, x.weight()); err != nil {
		return err
	}
	httpReq, err := x.client.rest.NewRequest(ctx, http.MethodPost, x.client.path, req)
	if err != nil {
		return err
	}
	httpReq.Header.Set(tokenHeader, token)
	var answer answer
	header, err := x.client.rest.Do(httpReq, x.op, &answer, errorBody)
	if err != nil {
		return rest.Concealed(err, token)
	}
	x.version = header.Get(versionHeader)
	x.cost = answer.cost()
	x.client.pace.note(x.weight(), x.cost)
	x.answeredAt, _ = http.ParseTime(header.Get("Date")) // Zero if there is none.
	if x.client.onCost != nil && x.cost != (Cost{}) {
		x.client.onCost(x.cost)
	}

	fail := rest.Error{Service: service, Op: x.op, Status: http.StatusOK, RequestID: rest.RequestID(header)}
	if err := answer.check(fail, header); err != nil {
		return rest.Concealed(err, token)
	}
	if err := json.Unmarshal(answer.Data, resp.Data); err != nil {
		fail.Outcome, fail.Err = rest.Unreadable, misfit(err)
		return &fail
	}
	return nil
}

// contradiction returns the error for a response that is well-formed but cannot be right.
func (x *exchange) contradiction(format string, args ...any) error {
	return &rest.Error{
		Service: service, Op: x.op, Outcome: rest.Contradictory, Status: http.StatusOK,
		Err: fmt.Errorf(format, args...),
	}
}

// misfit describes where the data does not match the query, without quoting the data.
func misfit(err error) error {
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("data field %s is not of type %s", wrongType.Field, wrongType.Type)
	}
	return errors.New("data do not fit the query")
}
