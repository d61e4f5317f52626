package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/health/relaying"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/rollout"
)

// Monitor checks one installation.
type Monitor struct {
	*installation.Installation
	*rollout.Rollout
	expected Expected
}

// Expected is the configuration of the process that runs the checks. Where the poll's schedule differs, the schedule takes
// precedence.
type Expected struct {
	PollInterval, SettleDelay, MaxOrderAge time.Duration
	// Digest reports whether a digest is sent.
	Digest bool
	// Links reports whether the digest's mail has links, as far as this process's settings say.
	Links bool
	// MatchesByName reports whether merchants are matched by the name that customers choose only by default, because
	// MATCH_BY is not set.
	MatchesByName bool
	// LaterOnly reports whether all cards are made later by their issuers: nothing then depends on ISSUER_DEDUPES.
	LaterOnly bool
	// Relay is what goes on to another system.
	Relay relaying.Expected
}

// New returns the monitor of an installation and its workers.
func New(i *installation.Installation, r *rollout.Rollout, expected Expected) *Monitor {
	return &Monitor{Installation: i, Rollout: r, expected: expected}
}

// Health is the status of the system, with the results of the checks.
type Health struct {
	// Healthy reports whether no check has failed.
	Healthy bool `json:"healthy"`
	// Problems are the checks that failed.
	Problems []check.Check `json:"problems"`
	// Checks are all checks, in reading order.
	Checks []check.Check `json:"checks"`
	Status
}

// Health reads the status of the system from Temporal, and runs the checks as of now.
func (o *Monitor) Health(ctx context.Context, now time.Time) (*Health, error) {
	status, err := o.Status(ctx)
	if err != nil {
		return nil, err
	}
	f := facts{
		Status: *status, now: now.UTC(), namespace: o.Namespace(),
		interval: o.expected.PollInterval, settle: o.expected.SettleDelay, maxOrderAge: o.expected.MaxOrderAge,
		digestWanted: o.expected.Digest, linksWanted: o.expected.Links,
		byChance: o.expected.MatchesByName, laterOnly: o.expected.LaterOnly,
	}
	// Polls follow the schedule, and a monitor need not have the configuration.
	if in := status.input; in != nil {
		f.maxOrderAge, f.settle = time.Duration(in.MaxOrderAge), time.Duration(in.SettleDelay)
	}
	if s := status.Schedule.Interval; s > 0 {
		f.interval = time.Duration(s * float64(time.Second))
	}
	if f.retention, err = o.Retention(ctx); err != nil {
		return nil, err
	}
	if f.missingAttributes, err = o.MissingSearchAttributes(ctx); err != nil {
		return nil, err
	}
	if f.unpolled, err = o.Unpolled(ctx); err != nil {
		return nil, err
	}
	if f.stuck, err = o.stuck(ctx); err != nil {
		return nil, err
	}
	for _, info := range status.failed {
		f.failed = append(f.failed, failedOrder{o.Order(info).Name, info.GetCloseTime().AsTime()})
	}
	h := &Health{Healthy: true, Problems: []check.Check{}, Checks: f.checks(), Status: *status}
	h.MadeUp = !f.unread().any()
	h.Stale = h.WatermarkUnreadable != "" || (!h.Watermark.IsZero() && f.now.Sub(h.Watermark) > f.tolerance())
	for _, c := range h.Checks {
		if c.Status == check.Fail {
			h.Healthy = false
			h.Problems = append(h.Problems, c)
		}
	}
	return h, nil
}

// Survey counts the orders that may need somebody. It costs less than [Monitor.Status], which describes each failed order.
func (o *Monitor) Survey(ctx context.Context, now time.Time) (survey.Counts, error) {
	return survey.Take(ctx, o.Installation, now)
}

// stuckWorkflows are running workflows whose code fails. Temporal keeps retrying their workflow tasks without notifying
// anyone. An order among them is neither issued nor failed.
type stuckWorkflows struct {
	count int
	// example is the Web UI page of one such workflow.
	example string
	// unknown reports that this Temporal server does not track such workflows.
	unknown bool
}

// stuck returns the workflows with problems that Temporal reports after five consecutive workflow tasks have failed.
func (o *Monitor) stuck(ctx context.Context) (stuckWorkflows, error) {
	const query = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
	count, err := o.Client.CountWorkflow(ctx,
		&workflowservice.CountWorkflowExecutionsRequest{Namespace: o.Namespace(), Query: query})
	if _, unknown := errors.AsType[*serviceerror.InvalidArgument](err); unknown {
		return stuckWorkflows{unknown: true}, nil
	}
	if err != nil {
		return stuckWorkflows{}, fmt.Errorf("count the tasks that fail repeatedly: %w", err)
	}
	out := stuckWorkflows{count: int(count.GetCount())}
	if out.count == 0 {
		return out, nil
	}
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		out.example = o.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		return false, nil
	})
	return out, err
}
