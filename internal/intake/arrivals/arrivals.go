package arrivals

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// Shop reads orders.
type Shop interface {
	// ReadAllFor returns the newest state of several orders at once, as the rules need it; see [intake.For].
	ReadAllFor(ctx context.Context, rules giftcard.Rules, numbers []string) (map[string]intake.Lookup, error)
	// AtOnce is how many orders one request reads, as far as is known.
	AtOnce() int
	// FindFor looks several orders up in the shop's search, as the rules need them, which costs less than reading as many.
	// An order may be missing from the result, or be shown as it was before.
	FindFor(ctx context.Context, rules giftcard.Rules, numbers []string) (map[string]*intake.Order, error)
	// FindAtOnce is how many orders one request looks up.
	FindAtOnce() int
}

// Accounts finds the accounts of customers at the issuer.
type Accounts interface {
	// MatchNow returns the codes of the accounts of these orders, by order number, as far as they are known.
	MatchNow(ctx context.Context, code string, by []string, orders []giftcard.Order) map[string]string
}

// Desk knows how orders are taken in at present.
type Desk interface {
	// Settings returns the settings of the poll. It is called again and again, and asks Temporal each time.
	Settings(ctx context.Context) (Settings, error)
}

// Settings are the settings of the poll at one moment, and start orders under exactly these.
type Settings interface {
	// Paused reports whether no orders are taken in at present.
	Paused() bool
	// Shop identifies the orders of the shop.
	Shop() string
	// RulesAt returns the rules for orders that are taken in at the given time.
	RulesAt(now time.Time) giftcard.Rules
	// MatchBy is what accounts are matched by; empty means every attribute.
	MatchBy() []string
	// NeedsAccount reports whether an order has a card for which an account is needed.
	NeedsAccount(o giftcard.Order) bool
	// Start starts the workflow of an order. It returns false if the order has a workflow already.
	Start(ctx context.Context, o Order) (bool, error)
	// Leave records that an order is left to people, unless it has a workflow already.
	Leave(ctx context.Context, o giftcard.Order, reason giftcard.Reason) error
}

// Order is an order to start.
type Order struct {
	giftcard.Order
	// ReadAt is when it was read from the shop.
	ReadAt time.Time
	// Account is its customer's account; empty if it was not found with the order. AccountAt is when it was found.
	Account   string
	AccountAt time.Time
}

// Loss is why an order was dropped. The next poll finds it.
type Loss string

// The reasons for dropping an order.
const (
	// LostFull: too many orders were waiting.
	LostFull Loss = "full"
	// LostPaused: no orders are taken in while the intake is paused.
	LostPaused Loss = "paused"
	// LostThrottled: the shop had no points left for too long.
	LostThrottled Loss = "throttled"
	// LostShop: the shop could not be read for too long.
	LostShop Loss = "shop"
	// LostTemporal: Temporal could not be reached for too long.
	LostTemporal Loss = "temporal"
	// LostStale: the shop showed the order older than its notice for too long, or did not show it.
	LostStale Loss = "stale"
	// LostTooLarge: the order is too large; a poll takes it in without its lines.
	LostTooLarge Loss = "too_large"
	// LostStopped: the process stopped.
	LostStopped Loss = "stopped"
)

// Losses lists the reasons for dropping an order.
var Losses = []Loss{
	LostFull, LostPaused, LostThrottled, LostShop, LostTemporal, LostStale, LostTooLarge, LostStopped,
}

// Result is what became of an order that was read.
type Result string

// The results.
const (
	// Started means that the order's workflow was started.
	Started Result = "started"
	// Known means that the order had a workflow.
	Known Result = "known"
	// Left means that the order is left to people.
	Left Result = "left"
	// LeftOut means that the rules leave the order out, at least at present.
	LeftOut Result = "left_out"
)

// Results lists the results.
var Results = []Result{Started, Known, Left, LeftOut}

// Meter counts what a queue does.
type Meter interface {
	// Read counts the orders of one request to the shop.
	Read(orders int)
	// Ended counts orders by what became of them.
	Ended(r Result)
	// Lost counts orders that were dropped.
	Lost(why Loss, orders int)
}

// Log is told what a person may have to know. The texts name no order.
type Log interface {
	Warn(message string, err error)
	Info(message string)
}
