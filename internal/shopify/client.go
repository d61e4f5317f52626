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
	// versionHeader names the version of the API that served an answer. A version that is gone falls forward to the
	// oldest accessible one (shopify.dev/docs/api/usage/versioning).
	versionHeader = "X-Shopify-API-Version"
	tokenHeader   = "X-Shopify-Access-Token" //nolint:gosec // the name of a header, not a token
	// defaultTimeout is longer than the slowest search is expected to take.
	defaultTimeout = 30 * time.Second
)

// Options says which shop to talk to, and how.
type Options struct {
	// BaseURL is where the shop's API lives: https://example.myshopify.com. Every request goes below it.
	BaseURL string
	// APIVersion is a quarterly version of the Admin API: 2026-07.
	APIVersion string
	// Token is a [StaticToken] or [ClientCredentials].
	Token TokenSource
	// HTTPClient carries the time-out; nil means one of 30 seconds.
	HTTPClient *http.Client
	// Company also reads the company of an order. Only a shop with B2B has companies, and the app needs the scope
	// read_customers or read_companies.
	Company bool
	// Observe is told of each request; nil tells nobody.
	Observe rest.Observer
	// ObserveCost is told what each answer cost, where Shopify says so; nil tells nobody.
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

// New returns a client. It fails on options that cannot work, without talking to Shopify.
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

// APIVersion is the version that the client asks for. A page tells which one served it.
func (c *Client) APIVersion() string { return c.version }

// Cost is what an answer cost in points, and what is left in the bucket of app and shop
// (shopify.dev/docs/api/usage/limits). Its zero value means that Shopify did not say.
type Cost struct {
	// Requested was reserved before the query ran, Actual is what it took in the end.
	Requested, Actual float64
	// Available points are left of Maximum; RestoreRate come back per second.
	Available, Maximum, RestoreRate float64
}

// exchange is one operation on the API. It implements genqlient's client, and keeps what an answer tells beside data.
type exchange struct {
	client *Client
	op     string
	// size is the number of ids that are asked for; zero where that is fixed by the query.
	size    int
	version string
	cost    Cost
	// answeredAt is by Shopify's clock.
	answeredAt time.Time
}

func (c *Client) exchange(op string) *exchange { return &exchange{client: c, op: op} }

// weight names what decides on the requested cost: the query, and of how many ids it is.
func (x *exchange) weight() string { return x.op + strconv.Itoa(x.size) }

// MakeRequest implements [graphql.Client]. A token that is refused is renewed once.
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
		return concealed(err, token)
	}
	x.version = header.Get(versionHeader)
	x.cost = answer.cost()
	x.client.pace.note(x.weight(), x.cost)
	x.answeredAt, _ = http.ParseTime(header.Get("Date")) // Zero where there is none.
	if x.client.onCost != nil && x.cost != (Cost{}) {
		x.client.onCost(x.cost)
	}

	fail := rest.Error{Service: service, Op: x.op, Status: http.StatusOK, RequestID: rest.RequestID(header)}
	if err := answer.check(fail, header); err != nil {
		return concealed(err, token)
	}
	if err := json.Unmarshal(answer.Data, resp.Data); err != nil {
		fail.Outcome, fail.Err = rest.Unreadable, misfit(err)
		return &fail
	}
	return nil
}

// concealed takes secrets out of what Shopify says.
func concealed(err error, secrets ...string) error {
	if fail, ok := errors.AsType[*rest.Error](err); ok {
		fail.Conceal(secrets...)
	}
	return err
}

// contradiction tells of an answer that is well-formed and cannot be right.
func (x *exchange) contradiction(format string, args ...any) error {
	return &rest.Error{
		Service: service, Op: x.op, Outcome: rest.Contradictory, Status: http.StatusOK,
		Err: fmt.Errorf(format, args...),
	}
}

// misfit says where data differs from the query without quoting it.
func misfit(err error) error {
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("data field %s is no %s", wrongType.Field, wrongType.Type)
	}
	return errors.New("data do not fit the query")
}
