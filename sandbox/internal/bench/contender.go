package bench

import (
	"context"
	"time"
)

// Variant is a system that takes in orders.
type Variant string

// The variants. Floor polls and connects as our workers do, FloorDefaults as the SDK does unless told otherwise: with its
// poller options, and requests compressed with gzip.
const (
	Ours          Variant = "ours"
	Floor         Variant = "floor"
	FloorDefaults Variant = "floor_sdk_defaults"
)

// contender is a variant that runs, on a server of its own.
type contender interface {
	// warm takes in so many orders that do not count.
	warm(ctx context.Context, n int) error
	// take takes in so many orders with one parent, and returns when the last one's card is issued, or what stands for
	// it in the bare engine.
	take(ctx context.Context, n int) (intake, error)
	// settle waits until all workflows are done.
	settle(ctx context.Context) error
	// again carries out the parents that find the last orders taken in once more, and returns them.
	again(ctx context.Context) ([]run, error)
	temporal() *Server
	workers() []*Process
	// orderType is the type of the workflows of orders.
	orderType() string
	close()
}

// intake is how a number of orders was taken in.
type intake struct {
	parent run
	// issued tells when each order's card was issued, by workflow ID.
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
