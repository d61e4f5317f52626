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

	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/rollout"
)

// Monitor watches one installation.
type Monitor struct {
	*installation.Installation
	*rollout.Rollout
	expected Expected
}

// Expected is what the process that asks expects of the installation. Where the poll schedule says otherwise, the schedule
// counts.
type Expected struct {
	PollInterval, SettleDelay, MaxOrderAge time.Duration
	// Digest reports whether a digest is sent.
	Digest bool
	// MatchesByName reports whether merchants are matched by the name that customers choose only because nobody has chosen
	// otherwise.
	MatchesByName bool
}

// New returns the monitor of an installation and its workers.
func New(i *installation.Installation, r *rollout.Rollout, expected Expected) *Monitor {
	return &Monitor{Installation: i, Rollout: r, expected: expected}
}

// Health is where the system stands, and what of it somebody has to see to.
type Health struct {
	// Healthy tells that no check has failed.
	Healthy bool `json:"healthy"`
	// Problems are the checks that failed.
	Problems []check.Check `json:"problems"`
	// Checks are all of them, in the order in which they are to be read.
	Checks []check.Check `json:"checks"`
	Status
}

// Health asks Temporal where the system stands, and judges it as of now.
func (o *Monitor) Health(ctx context.Context, now time.Time) (*Health, error) {
	status, err := o.Status(ctx)
	if err != nil {
		return nil, err
	}
	f := facts{
		Status: *status, now: now.UTC(), namespace: o.Namespace(),
		interval: o.expected.PollInterval, settle: o.expected.SettleDelay, maxOrderAge: o.expected.MaxOrderAge,
		digestWanted: o.expected.Digest, byChance: o.expected.MatchesByName,
	}
	// The schedule is what polls go by. A monitor need not have the configuration.
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
	h.Stale = h.WatermarkUnreadable != "" || (!h.Watermark.IsZero() && f.now.Sub(h.Watermark) > f.tolerance())
	for _, c := range h.Checks {
		if c.Status == check.Fail {
			h.Healthy = false
			h.Problems = append(h.Problems, c)
		}
	}
	return h, nil
}

// stuckWorkflows are running workflows whose code fails: Temporal goes on trying it, and nobody is told. An order among
// them is neither issued nor failed.
type stuckWorkflows struct {
	count int
	// example is one of them.
	example string
	// unknown tells that this Temporal does not keep account of them.
	unknown bool
}

// stuck asks for workflows with problems that Temporal reports after five workflow tasks in a row have failed.
func (o *Monitor) stuck(ctx context.Context) (stuckWorkflows, error) {
	const query = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
	count, err := o.Client.CountWorkflow(ctx,
		&workflowservice.CountWorkflowExecutionsRequest{Namespace: o.Namespace(), Query: query})
	if _, unknown := errors.AsType[*serviceerror.InvalidArgument](err); unknown {
		return stuckWorkflows{unknown: true}, nil
	}
	if err != nil {
		return stuckWorkflows{}, fmt.Errorf("count workflows with problems: %w", err)
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
