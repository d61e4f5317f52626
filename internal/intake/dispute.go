package intake

import (
	"context"
	"slices"
	"time"
)

// Dispute is a customer's dispute about the payment of an order.
type Dispute struct {
	// ID is the shop's number of the dispute.
	ID string
	// Kind is "chargeback" or "inquiry", and Status is its state, such as "needs_response": the shop's words in lower case.
	Kind, Status string
}

// Won reports whether the money stays with the shop.
func (d Dispute) Won() bool { return slices.Contains([]string{"won", "prevented"}, d.Status) }

// Disputed is an order with its disputes.
type Disputed struct {
	// Number is the shop's number of the order.
	Number   string
	Disputes []Dispute
}

// Disputes reads the disputes about the payments of orders.
type Disputes interface {
	// ListDisputed returns one page of the orders created since a time that have one of the SKUs and a dispute that is not
	// won. It asks the shop's search. next is empty on the last page.
	ListDisputed(ctx context.Context, since time.Time, skus []string, cursor string) (page []Disputed, next string, err error)
	// ReadDisputes returns the disputes of orders, as they are now. It omits orders that the shop does not show.
	ReadDisputes(ctx context.Context, numbers []string) ([]Disputed, error)
}
