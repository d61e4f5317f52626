package intake

import (
	"context"
	"errors"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Source reads the shop's orders. Its errors have a kind; see [giftcard.KindOf].
type Source interface {
	// List returns one page of the orders that a query finds, least recently updated first.
	List(ctx context.Context, q Query) (Page, error)
	// Glance returns one page of little facts about the orders that a query finds, newest first. With a query that
	// limits nothing, it does not go through the shop's search, and so sees the newest state.
	Glance(ctx context.Context, q Query) (GlancePage, error)
	// Read returns the newest state of an order, by the shop's number. The error is [ErrNotFound] if the shop shows no
	// such order.
	Read(ctx context.Context, number string) (*Order, error)
	// ReadAll is Read for several orders at once, with a result for each. An error applies to all orders that are not
	// in the map.
	ReadAll(ctx context.Context, numbers []string) (map[string]Lookup, error)
}

// ErrNotFound is returned for an order that the shop does not show.
var ErrNotFound = errors.New("the shop shows no such order")

// Order is an order as the shop shows it. It does not say whose shop it is: [giftcard.Order].Shop is empty.
type Order struct {
	giftcard.Candidate
	// Payment is the state of the payment, in the shop's words.
	Payment string
	// UpdatedAt is when the order last changed.
	UpdatedAt time.Time
}

// In returns the candidate with the shop that identifies it.
func (o *Order) In(shop string) giftcard.Candidate {
	c := o.Candidate
	c.Order.Shop = shop
	return c
}

// Lookup is the result for one order.
type Lookup struct {
	Order *Order
	Err   error
}

// Query selects orders. The zero value of a field means no limit.
type Query struct {
	// UpdatedFrom and UpdatedBefore limit the time of the last change, CreatedFrom that of the creation.
	UpdatedFrom, UpdatedBefore, CreatedFrom time.Time
	// SKUs are those of which an order must have at least one.
	SKUs []string
	// Name is what people call an order. The shop may find others with a similar name.
	Name string
	// PageSize is the number of orders on a page.
	PageSize int
	// Cursor continues after an earlier page of the same query; empty for the first page.
	Cursor string
	// WithoutLines omits the orders' lines: it makes it possible to read orders whose lines are too large to be read.
	WithoutLines bool
}

// Page is one page of orders.
type Page struct {
	// Orders may be empty even though there is a next page.
	Orders []*Order
	// NextCursor is empty on the last page.
	NextCursor string
	// Version is the version of the shop's API that was requested, and ServedVersion the one that answered.
	Version, ServedVersion string
}

// Glance is little of an order: enough to decide whether to read it.
type Glance struct {
	// Number is the shop's number of the order.
	Number    string
	CreatedAt time.Time
	Cancelled bool
	Paid      bool
	// SKUs are the SKUs of its first lines; MoreLines reports whether there are more lines.
	SKUs      []string
	MoreLines bool
}

// GlancePage is one page of glances.
type GlancePage struct {
	Orders []Glance
	// NextCursor is empty on the last page.
	NextCursor string
	// Restore is how long the shop takes to restore what the page took of its quota.
	Restore time.Duration
}
