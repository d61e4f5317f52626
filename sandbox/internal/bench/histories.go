package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

// Histories summarizes the histories of the runs of a workflow type.
type Histories struct {
	Type string `json:"type"`
	Runs int    `json:"runs"`
	// MostEvents and MostBytes are the largest values. They need not be of the same run.
	MostEvents int64 `json:"most_events"`
	MostBytes  int64 `json:"most_bytes"`
}

// histories summarizes all runs that have ended.
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

// pendingChildren is what was seen of the pending children of a workflow.
type pendingChildren struct {
	// most is the largest number of pending children at any look.
	most int
	// looks is the number of looks that Temporal answered.
	looks int
}

// watchChildren looks at the newest run of a workflow until ctx ends, and then sends what it has seen. A busy server
// may leave a look unanswered; more looks follow.
func watchChildren(ctx context.Context, c client.Client, workflowID string) <-chan pendingChildren {
	out := make(chan pendingChildren, 1)
	go func() {
		var seen pendingChildren
		for ctx.Err() == nil {
			if d, err := c.DescribeWorkflowExecution(ctx, workflowID, ""); err == nil {
				seen.looks++
				seen.most = max(seen.most, len(d.GetPendingChildren()))
			}
			_ = wait(ctx, pendingEvery) // Its error is the context's.
		}
		out <- seen
	}()
	return out
}
