package bench

import (
	"context"
	"time"
)

// Variant is a system that takes in orders.
type Variant string

// The variants. Floor polls and connects as our workers do. FloorDefaults polls and connects as the SDK does by
// default: with its poller options, and with requests compressed with gzip.
const (
	Ours          Variant = "ours"
	Floor         Variant = "floor"
	FloorDefaults Variant = "floor_sdk_defaults"
)

// contender is a running variant, with a server of its own.
type contender interface {
	// warm takes in n orders that do not count.
	warm(ctx context.Context, n int) error
	// take takes in n orders with one parent. It returns when the last card is issued, or its equivalent in the bare
	// engine.
	take(ctx context.Context, n int) (intake, error)
	// settle waits until all workflows are done.
	settle(ctx context.Context) error
	// again runs the parents that find the orders of the latest intake once more, and returns these runs.
	again(ctx context.Context) ([]run, error)
	temporal() *Server
	workers() []*Process
	// orderType returns the workflow type of orders.
	orderType() string
	close()
}

// intake records how a number of orders was taken in.
type intake struct {
	parent run
	// issued is the time at which each order's card was issued, by workflow ID.
	issued map[string]time.Time
}

// run is a run of a workflow.
type run struct{ workflowID, runID string }

// open starts a variant with a number of workers.
func (p *Programs) open(ctx context.Context, v Variant, workers int) (contender, error) {
	if v == Ours {
		return p.openOurs(ctx, workers)
	}
	return p.openFloor(ctx, v == FloorDefaults, workers)
}
