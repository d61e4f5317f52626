package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// Health is where the system stands, and what of it somebody has to see to.
type Health struct {
	// Healthy tells that no check has failed.
	Healthy bool `json:"healthy"`
	// Problems are the checks that failed.
	Problems []Check `json:"problems"`
	// Checks are all of them, in the order in which they are to be read.
	Checks []Check `json:"checks"`
	Status
}

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	Level Level  `json:"level"`
	// Says is what was found, and Do what to do about it.
	Says string `json:"says"`
	Do   string `json:"do,omitempty"`
}

// Level is what a check means for whoever is on call.
type Level string

// The levels. What warns can wait for the digest or for the next working day.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Health asks Temporal where the system stands, and judges it as of now.
func (o *Operator) Health(ctx context.Context, now time.Time) (*Health, error) {
	status, err := o.Status(ctx)
	if err != nil {
		return nil, err
	}
	f := facts{
		Status: *status, now: now.UTC(), namespace: o.namespace,
		interval: o.cfg.Poll.Interval, settle: o.cfg.Poll.SettleDelay, maxOrderAge: o.cfg.Orders.MaxOrderAge,
		digestWanted: o.cfg.SMTP.Enabled(), byChance: o.cfg.Shopify.B2B && len(o.cfg.Orders.MatchBy) == 0,
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
	if f.missingAttributes, err = o.missingSearchAttributes(ctx); err != nil {
		return nil, err
	}
	if f.unpolled, err = o.Unpolled(ctx); err != nil {
		return nil, err
	}
	if f.stuck, err = o.stuck(ctx); err != nil {
		return nil, err
	}
	for _, info := range status.failed {
		f.failed = append(f.failed, failedOrder{o.order(info).Name, info.GetCloseTime().AsTime()})
	}
	h := &Health{Healthy: true, Problems: []Check{}, Checks: f.checks(), Status: *status}
	h.Stale = h.WatermarkUnreadable != "" || (!h.Watermark.IsZero() && f.now.Sub(h.Watermark) > f.tolerance())
	for _, c := range h.Checks {
		if c.Level == Fail {
			h.Healthy = false
			h.Problems = append(h.Problems, c)
		}
	}
	return h, nil
}

// Unpolled lists the queues that no worker polls. Where workers have versions, the one that gets the work counts.
func (o *Operator) Unpolled(ctx context.Context) ([]string, error) {
	deployment, current := o.cfg.Worker.Deployment, ""
	if deployment != "" {
		var err error
		if current, err = o.CurrentBuild(ctx); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, q := range queues {
		d, err := o.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: o.namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: q.name}, TaskQueueType: q.of,
		})
		if err != nil {
			return nil, fmt.Errorf("describe task queue %s: %w", q, err)
		}
		polled := false
		for _, p := range d.GetPollers() {
			build, ours := buildOf(p, deployment)
			counts := deployment == "" || (ours && build == current)
			polled = polled || (counts && time.Since(p.GetLastAccessTime().AsTime()) <= stillPolls)
		}
		if !polled {
			out = append(out, q.String())
		}
	}
	return out, nil
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
func (o *Operator) stuck(ctx context.Context) (stuckWorkflows, error) {
	const query = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
	count, err := o.client.CountWorkflow(ctx,
		&workflowservice.CountWorkflowExecutionsRequest{Namespace: o.namespace, Query: query})
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
	err = o.scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		out.example = o.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		return false, nil
	})
	return out, err
}
