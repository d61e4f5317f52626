package activities

import (
	"context"
)

// OrderDecisions records decisions about orders. left.Left implements it.
type OrderDecisions interface {
	// SettleRun settles an order whose newest run is the one in the input.
	SettleRun(ctx context.Context, in SettleOrderInput) (SettleOrderResult, error)
}

// Decisions records what people have decided about orders.
type Decisions struct{ Orders OrderDecisions }

// SettleOrderInput says which order is settled, by whom, and why.
type SettleOrderInput struct {
	// Order is the order's workflow ID, and RunID the run that the person decided about.
	Order string `json:"order"`
	RunID string `json:"run_id"`
	By    string `json:"by"`
	Note  string `json:"note"`
}

// SettleOrderResult is the outcome.
type SettleOrderResult struct {
	// RunID is the run that records that the order is settled; empty if there is none.
	RunID string `json:"run_id,omitempty"`
	// LeftAlone says why the order was not settled.
	LeftAlone string `json:"left_alone,omitempty"`
}

// SettleOrder records that a person has settled an order. It does nothing if the order has had another run since the one
// that the person decided about. While failed orders are being run again, it is tried again later.
func (d *Decisions) SettleOrder(ctx context.Context, in SettleOrderInput) (SettleOrderResult, error) {
	out, err := d.Orders.SettleRun(ctx, in)
	return out, failure(ctx, "settling the order", err, untilTimeout)
}
