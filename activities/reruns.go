package activities

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// FailedOrders reruns and counts orders. recovery.Recovery implements it.
type FailedOrders interface {
	Beater
	// RerunFailed reruns failed orders: one page of them, or the ones named in the input.
	RerunFailed(ctx context.Context, in RerunFailedOrdersInput) (RerunFailedOrdersResult, error)
	// CountRunning counts the running orders that were started, or rerun, since the given time.
	CountRunning(ctx context.Context, since time.Time) (int, error)
}

// Reruns reruns failed orders, for the digest and for operators.
type Reruns struct{ Orders FailedOrders }

// RerunFailedOrdersInput selects the failed orders to rerun. Each call handles one page, unless orders are named.
type RerunFailedOrdersInput struct {
	// Orders are workflow IDs; empty means all failed orders.
	Orders []string `json:"orders,omitempty"`
	// Run restricts the rerun to this run of the one order that is named: if it is not the newest, the order is left alone.
	// Empty means the newest run, whichever it is.
	Run string `json:"run,omitempty"`
	// Kinds restricts the rerun to orders that failed with one of these kinds; empty means no restriction.
	Kinds []giftcard.Kind `json:"kinds,omitempty"`
	// Force includes kinds of failure that a rerun alone does not cure.
	Force bool `json:"force,omitempty"`
	// Reason is recorded in the history of each order.
	Reason string `json:"reason"`
	// Since is when the rerun began: an order that was reset after that is already running again.
	Since time.Time `json:"since"`
	// PageToken continues after an earlier page.
	PageToken []byte `json:"page_token,omitempty"`
}

// RerunFailedOrdersResult is the outcome for the orders of one page.
type RerunFailedOrdersResult struct {
	// Rerun counts the orders that were rerun; LeftAlone counts the failed or named orders that were not.
	Rerun     int `json:"rerun"`
	LeftAlone int `json:"left_alone"`
	// Orders has one entry per order, if orders were named.
	Orders []RerunOrder `json:"orders,omitempty"`
	// PageToken is empty after the last page.
	PageToken []byte `json:"page_token,omitempty"`
}

// RerunOrder is the outcome for one order.
type RerunOrder struct {
	WorkflowID string `json:"workflow_id"`
	// RunID is the new run; empty if there is none.
	RunID string `json:"run_id,omitempty"`
	// LeftAlone says why there is no new run.
	LeftAlone string `json:"left_alone,omitempty"`
}

// RerunFailedOrders resets failed orders, each to the workflow task that scheduled the failed activity, so the results
// of earlier tasks are kept. Cards of the same task are requested again, which is safe because of audit numbers or
// [Attempts].
func (r *Reruns) RerunFailedOrders(ctx context.Context, in RerunFailedOrdersInput) (RerunFailedOrdersResult, error) {
	stop := Alive(ctx, r.Orders)
	defer stop()
	out, err := r.Orders.RerunFailed(ctx, in)
	return out, failure(ctx, "running failed orders again", err, untilTimeout)
}

// CountRunningOrdersInput is the time from which orders are counted.
type CountRunningOrdersInput struct {
	Since time.Time `json:"since"`
}

// CountRunningOrdersResult is the number of running orders.
type CountRunningOrdersResult struct {
	Running int `json:"running"`
}

// CountRunningOrders counts the running orders that were started, or rerun, since in.Since.
func (r *Reruns) CountRunningOrders(ctx context.Context, in CountRunningOrdersInput) (CountRunningOrdersResult, error) {
	n, err := r.Orders.CountRunning(ctx, in.Since)
	return CountRunningOrdersResult{Running: n}, failure(ctx, "counting orders", err, untilTimeout)
}
