package shopify

import (
	"net/http"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
)

// How the API is reached has names here, so that a caller names one package.
type (
	// TokenSource is a source of access tokens: a [StaticToken] or [ClientCredentials].
	TokenSource = adminapi.TokenSource
	// StaticToken is an access token that does not expire.
	StaticToken = adminapi.StaticToken
	// ClientCredentials are the id and secret of an app of the Dev Dashboard.
	ClientCredentials = adminapi.ClientCredentials
	// Cost is the cost of a response in points, and the state of the bucket.
	Cost = adminapi.Cost
)

// Codes of errors in responses with status 200.
const (
	CodeThrottled           = adminapi.CodeThrottled
	CodeMaxCostExceeded     = adminapi.CodeMaxCostExceeded
	CodeAccessDenied        = adminapi.CodeAccessDenied
	CodeInternalServerError = adminapi.CodeInternalServerError
	CodeBadRequest          = adminapi.CodeBadRequest
	CodeSearchWarning       = adminapi.CodeSearchWarning
	CodeUserError           = adminapi.CodeUserError
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
	// Keep is the share of Shopify's points, from 0 to 1, that this client leaves to others.
	Keep float64
}

// Client reads one shop, and marks its orders. It is safe for concurrent use.
type Client struct {
	api     *adminapi.API
	version string
	company bool
	fit     *fit
}

// New returns a client. It fails if the options cannot work, and sends no request.
func New(opts Options) (*Client, error) {
	api, err := adminapi.New(adminapi.Options{
		BaseURL: opts.BaseURL, Version: opts.APIVersion, Token: opts.Token, HTTPClient: opts.HTTPClient,
		Observe: opts.Observe, ObserveCost: opts.ObserveCost, Keep: opts.Keep,
	})
	if err != nil {
		return nil, err
	}
	return &Client{api: api, version: opts.APIVersion, company: opts.Company, fit: newFit()}, nil
}

// APIVersion returns the version that the client requests. A page states which version served it.
func (c *Client) APIVersion() string { return c.version }
