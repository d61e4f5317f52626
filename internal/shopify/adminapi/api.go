// Package adminapi exchanges queries with Shopify's GraphQL Admin API. It authorizes them, waits for the points that they
// cost, and turns the ways in which Shopify fails into errors. What is asked for is in package shopify.
package adminapi

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
	// BaseURL is the root of the shop's API. All requests go to paths below it.
	BaseURL string
	// Version is a quarterly version of the Admin API, such as 2026-07.
	Version string
	Token   TokenSource
	// HTTPClient sets the time-out; nil means a client with a time-out of 30 seconds.
	HTTPClient *http.Client
	// Observe is called for each request, ObserveCost with the cost of each response for which Shopify states it. Both
	// may be nil.
	Observe     rest.Observer
	ObserveCost func(Cost)
	// Keep is the share of the bucket of points, from 0 to 1, that queries leave to other clients: a query waits for up to
	// ten seconds until the bucket holds what it requests and this share besides.
	Keep float64
}

// API is the Admin API of one shop. It is safe for concurrent use.
type API struct {
	rest   *rest.Client
	path   string
	tokens tokens
	onCost func(Cost)
	pace   *pace
}

var versionPattern = regexp.MustCompile(`^(20\d\d-(01|04|07|10)|unstable)$`)

// New returns the API of a shop. It fails if the options cannot work, and sends no request.
func New(opts Options) (*API, error) {
	if !versionPattern.MatchString(opts.Version) {
		return nil, fmt.Errorf("Shopify API version %q: need a quarter like 2026-07", opts.Version)
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
	return &API{
		rest:   rc,
		path:   "admin/api/" + opts.Version + "/graphql.json",
		tokens: tokens,
		onCost: opts.ObserveCost,
		pace:   newPace(opts.Keep),
	}, nil
}

// Cost is the cost of a response in points, and the state of the bucket, which belongs to the app and the shop
// (shopify.dev/docs/api/usage/limits). The zero value means that Shopify did not state it.
type Cost struct {
	// Requested is the number of points reserved before the query ran; Actual is what the query used.
	Requested, Actual float64
	// Available is the number of points left of Maximum; RestoreRate is the number of points restored per second.
	Available, Maximum, RestoreRate float64
}

// Exchange is one operation on the API. It implements genqlient's client, and records what a response says besides its
// data. It is not safe for concurrent use.
type Exchange struct {
	// Op is what errors call the operation.
	Op string
	// Version is the version of the API that served the latest response.
	Version string
	// Cost is the cost of the latest response.
	Cost Cost
	// AnsweredAt is the time of the latest response by Shopify's clock. It is zero if Shopify did not state it.
	AnsweredAt time.Time

	api *API
	// size is the number of ids requested; zero if the query fixes it.
	size int
}

// Exchange returns an exchange for an operation whose query fixes what it costs.
func (a *API) Exchange(op string) *Exchange { return a.ExchangeOf(op, 0) }

// ExchangeOf returns an exchange for a lookup of a number of ids.
func (a *API) ExchangeOf(op string, ids int) *Exchange { return &Exchange{Op: op, api: a, size: ids} }

// weight identifies what determines the requested cost: the query and its number of ids.
func (x *Exchange) weight() string { return x.Op + strconv.Itoa(x.size) }

// MakeRequest implements [graphql.Client]. If the token is refused, it renews the token and tries once more.
func (x *Exchange) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	token, err := x.api.tokens.token(ctx, "")
	if err != nil {
		return err
	}
	err = x.send(ctx, token, req, resp)
	if rest.StatusOf(err) != http.StatusUnauthorized {
		return err
	}
	renewed, renewErr := x.api.tokens.token(ctx, token)
	if renewErr != nil {
		return renewErr
	}
	if renewed == token {
		return err
	}
	return x.send(ctx, renewed, req, resp)
}

func (x *Exchange) send(ctx context.Context, token string, req *graphql.Request, resp *graphql.Response) error {
	if err := x.api.pace.wait(ctx, x.weight()); err != nil {
		return err
	}
	httpReq, err := x.api.rest.NewRequest(ctx, http.MethodPost, x.api.path, req)
	if err != nil {
		return err
	}
	httpReq.Header.Set(tokenHeader, token)
	var answer answer
	header, err := x.api.rest.Do(httpReq, x.Op, &answer, errorBody)
	if err != nil {
		return rest.Concealed(err, token)
	}
	x.Version = header.Get(versionHeader)
	x.Cost = answer.cost()
	x.api.pace.note(x.weight(), x.Cost)
	x.AnsweredAt, _ = http.ParseTime(header.Get("Date")) // Zero if there is none.
	if x.api.onCost != nil && x.Cost != (Cost{}) {
		x.api.onCost(x.Cost)
	}

	fail := rest.Error{Service: service, Op: x.Op, Status: http.StatusOK, RequestID: rest.RequestID(header)}
	if err := answer.check(fail, header); err != nil {
		return rest.Concealed(err, token)
	}
	if err := json.Unmarshal(answer.Data, resp.Data); err != nil {
		fail.Outcome, fail.Err = rest.Unreadable, misfit(err)
		return &fail
	}
	return nil
}

// Contradiction returns the error for a response that is well-formed but cannot be right.
func (x *Exchange) Contradiction(format string, args ...any) error {
	return &rest.Error{
		Service: service, Op: x.Op, Outcome: rest.Contradictory, Status: http.StatusOK,
		Err: fmt.Errorf(format, args...),
	}
}

// Refused returns the error for a mutation that Shopify answered with errors of its input, in Shopify's words.
func (x *Exchange) Refused(message string) error {
	return &rest.Error{
		Service: service, Op: x.Op, Outcome: rest.Refused, Status: http.StatusOK, Code: CodeUserError,
		Message: foreign(message),
	}
}

// misfit describes where the data does not match the query, without quoting the data.
func misfit(err error) error {
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("data field %s is not of type %s", wrongType.Field, wrongType.Type)
	}
	return errors.New("data do not fit the query")
}
