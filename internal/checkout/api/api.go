package api

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/workflows"
)

// Path is the path below which everything is served.
const Path = "/v1/"

// Desk does what clients ask for. [*checkout.Desk] implements it.
type Desk interface {
	// Balance returns what is on a card. The currency may be empty.
	Balance(ctx context.Context, code issuer.Code, currency string) (checkout.Balance, error)
	// Redeem takes an amount off a card.
	Redeem(ctx context.Context, r checkout.Request) (*workflows.Redemption, error)
	// Redemption returns a redemption of a client's; nil if there is none.
	Redemption(ctx context.Context, client, id string) (*workflows.Redemption, error)
	// Reverse gives back what a redemption has taken.
	Reverse(ctx context.Context, r checkout.ReversalRequest) (*workflows.Redemption, error)
}

// Options are what the API needs.
type Options struct {
	Desk  Desk
	Guard Guard
	// Observe is called once for each request, when it was answered. It may be nil.
	Observe func(Answered)
	Log     zerolog.Logger
}

// Answered is a request and its answer, without anything that identifies a card or a person.
type Answered struct {
	// Route is one of [Routes], or empty for a path that is not served.
	Route string
	// Client is the name of the client; empty if the request carries no known key.
	Client string
	Status int
	// Type is the type of the problem; empty if there was none.
	Type string
	// Redemption is the ID of the redemption that was asked for; empty if there is none.
	Redemption string
	Took       time.Duration
}

// The routes, as logs and metrics name them.
const (
	RouteBalances    = "balances"
	RouteRedemptions = "redemptions"
	RouteRedemption  = "redemption"
	RouteReversals   = "reversals"
)

// Routes are all routes.
var Routes = []string{RouteBalances, RouteRedemptions, RouteRedemption, RouteReversals}
