package activities

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/intake"
)

// WriteBackInput is an order whose cards all exist.
type WriteBackInput struct {
	OrderName string `json:"order_name"`
	// OrderID is the shop's number of the order.
	OrderID string `json:"order_id"`
	// By is how the order is marked: note, tag or fulfil.
	By string `json:"by"`
	// Units holds the number of cards of each line, by the shop's number of the line.
	Units map[string]int `json:"units"`
	// RetryBudget is how long a transient error is retried; zero means one attempt.
	RetryBudget time.Duration `json:"retry_budget,omitempty"`
}

// WriteBackResult is empty: the order is marked.
type WriteBackResult struct{}

// WriteBack marks an order in the shop, so that the shop's staff see that its cards exist. Repeating it is harmless.
func (o *Orders) WriteBack(ctx context.Context, in WriteBackInput) (WriteBackResult, error) {
	err := o.Marker.Mark(ctx, in.OrderID, intake.Mark{By: in.By, Units: in.Units})
	return WriteBackResult{}, failure(ctx, "marking order "+in.OrderName+" in the shop", err, in.RetryBudget)
}
