package retail

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound is returned for an order or a variant that the shop does not show: it does not exist, or is too old.
var ErrNotFound = errors.New("the shop does not show it")

// Source reads the orders and products of one shop. Its errors have kinds, as those of the intake's source have.
type Source interface {
	// Order returns the order with the shop's number as it is now, with all its lines. The error is [ErrNotFound] if the
	// shop does not show such an order.
	Order(ctx context.Context, number string) (*Order, error)
	// Variant returns the variant with the shop's number as it is now. The error is [ErrNotFound] if there is none.
	Variant(ctx context.Context, number string) (*Variant, error)
	// Updated returns a page of the orders that changed in [from, to), the earliest change first. The shop finds changes
	// some time after they were made. The cursor is that of the previous page, or empty for the first one.
	Updated(ctx context.Context, from, to time.Time, cursor string) (Page, error)
}

// Page is a page of orders that changed.
type Page struct {
	// Orders may be empty even though there is a next page.
	Orders []Changed
	// NextCursor is empty on the last page.
	NextCursor string
}

// Changed is an order that changed.
type Changed struct {
	// Number and Name are those of [Order].
	Number, Name string
	UpdatedAt    time.Time
}
