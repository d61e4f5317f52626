package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

// Histories are those of the runs of a type of workflow.
type Histories struct {
	Type string `json:"type"`
	Runs int    `json:"runs"`
	// MostEvents and MostBytes are those of the largest; they need not be of one run.
	MostEvents int64 `json:"most_events"`
	MostBytes  int64 `json:"most_bytes"`
}

// histories looks at all runs that have ended.
func (s *Server) histories(ctx context.Context) ([]Histories, error) {
	const page = 1000
	byType := map[string]Histories{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: temporalserver.DefaultNamespace, Query: "ExecutionStatus != 'Running'", PageSize: page,
	}
	for {
		answer, err := s.Client.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		for _, run := range answer.GetExecutions() {
			h := byType[run.GetType().GetName()]
			h.Type = run.GetType().GetName()
			h.Runs++
			h.MostEvents = max(h.MostEvents, run.GetHistoryLength())
			h.MostBytes = max(h.MostBytes, run.GetHistorySizeBytes())
			byType[h.Type] = h
		}
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return slices.SortedFunc(maps.Values(byType), func(a, b Histories) int { return b.Runs - a.Runs }), nil
		}
	}
}

// pendingEvery is the pause between two looks at a poll's children.
const pendingEvery = 500 * time.Millisecond

// watchChildren looks at the newest run of a workflow until ctx ends, and then tells the most children that it had
// pending at any look.
func (r *Rig) watchChildren(ctx context.Context, workflowID string) <-chan int {
	out := make(chan int, 1)
	go func() {
		most := 0
		for ctx.Err() == nil {
			d, err := r.Server.Client.DescribeWorkflowExecution(ctx, workflowID, "")
			if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
				break
			}
			most = max(most, len(d.GetPendingChildren()))
			_ = wait(ctx, pendingEvery) // Its error is the context's.
		}
		out <- most
	}()
	return out
}
