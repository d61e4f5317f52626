// Package acting does what the links of the digest's mail are for: it says where an order stands for a link, and, when a
// person asks for it, has the order run again or settled. A use of a link is a workflow: it is recorded once, whatever
// happens to the receiver, and done when workers run.
package acting

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// Acting acts on the orders of one installation.
type Acting struct{ *orders.Orders }

// New returns an Acting.
func New(o *orders.Orders) *Acting { return &Acting{o} }

// Standing is where an order stands for a link.
type Standing string

// The standings.
const (
	// Open: the link can be used.
	Open Standing = "open"
	// Used: the link was used before.
	Used Standing = "used"
	// Newer: the order has another run than the one that the mail named, which is not about to be issued, and not settled.
	Newer Standing = "newer"
	// Running, Done and Settled: the order is being issued, has its cards, or is settled. Redacted counts as settled.
	Running Standing = "running"
	Done    Standing = "done"
	Settled Standing = "settled"
	// Gone: Temporal no longer has the order.
	Gone Standing = "gone"
)

// View is what a person needs to know about a link's order.
type View struct {
	Standing Standing
	Order    executions.Order
	// Use is what became of the link's use; nil if it was not used.
	Use *Use
}

// Use is the use of a link.
type Use struct {
	At time.Time
	// Done reports whether it has ended: RunID is the order's new run, or LeftAlone says why there is none.
	Done             bool
	RunID, LeftAlone string
	// Failed says why it could not be done.
	Failed string
}

// By returns the name under which the uses of a link are on record.
func By(l maillink.Link) string { return "link of the digest of " + l.Day }

// Look returns where the order of a link stands. It changes nothing.
func (a *Acting) Look(ctx context.Context, l maillink.Link) (View, error) {
	use, err := a.use(ctx, l)
	if err != nil {
		return View{}, err
	}
	order, err := a.Orders.Look(ctx, l.WorkflowID)
	switch {
	case executions.IsNotFound(err):
		return View{Standing: Gone, Use: use}, nil
	case err != nil:
		return View{}, err
	}
	return View{Standing: standing(order, l, use), Order: order, Use: use}, nil
}

// standing returns where an order stands for a link.
func standing(order executions.Order, l maillink.Link, use *Use) Standing {
	switch {
	case use != nil:
		return Used
	case order.State == executions.Running:
		return Running
	case order.State == executions.Completed:
		return Done
	case order.State == executions.Settled, order.State == executions.Redacted:
		return Settled
	case order.RunID != l.RunID:
		return Newer
	}
	return Open
}

// use returns what became of the use of a link, or nil if it was not used.
func (a *Acting) use(ctx context.Context, l maillink.Link) (*Use, error) {
	id := workflows.ActOnOrderID(l.ID)
	d, err := a.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a use of the link: %w", err)
	}
	return a.outcome(ctx, d.GetWorkflowExecutionInfo())
}

// outcome returns what became of a use.
func (a *Acting) outcome(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*Use, error) {
	use := &Use{At: info.GetStartTime().AsTime()}
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return use, nil
	}
	return use, a.read(ctx, a.Client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()), use)
}

// read waits for the end of a use, and notes it. The error is about reading it.
func (a *Acting) read(ctx context.Context, run client.WorkflowRun, use *Use) error {
	var result workflows.ActOnOrderResult
	err := run.Get(ctx, &result)
	if failed, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok {
		use.Done, use.Failed = true, executions.FailureOf(failed).Message
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what became of the use of a link: %w", err)
	}
	use.Done, use.RunID, use.LeftAlone = true, result.RunID, result.LeftAlone
	return nil
}

// maxName bounds an order's name in a summary, which Temporal bounds to 400 bytes.
const maxName = 60

// wait is how long a person who has pressed the button waits for the outcome. What takes longer is done all the same.
const wait = 8 * time.Second

// Act uses a link, unless there is nothing to do, and returns the view after it: the standing is [Open] if this call has
// used it. The order and the note are recorded first, so the action is done even if no worker runs at the moment.
func (a *Acting) Act(ctx context.Context, l maillink.Link, note string) (View, error) {
	v, err := a.Look(ctx, l)
	if err != nil || v.Standing != Open {
		return v, err
	}
	if err := a.CanRead(ctx); err != nil {
		return View{}, err
	}
	name := printable.Line(v.Order.Name, maxName)
	action, summary := workflows.RunAgain, "Run order "+name+" again"
	if l.Action == maillink.Settle {
		action, summary = workflows.SettleOrder, "Settle order "+name
	}
	run, err := a.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.ActOnOrderID(l.ID),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    workflows.NameAttribute(v.Order.Name),
		StaticSummary:                            summary,
	}, workflows.ActOnOrderType, workflows.ActOnOrderInput{
		Order: l.WorkflowID, RunID: l.RunID, Name: v.Order.Name, Action: action, By: By(l), Note: note,
	})
	if executions.IsAlreadyStarted(err) { // Somebody else has used it at the same moment.
		return a.Look(ctx, l)
	}
	if err != nil {
		return View{}, fmt.Errorf("use the link: %w", err)
	}
	v.Use = &Use{At: time.Now()}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_ = a.read(waiting, run, v.Use) // Without an outcome, it is recorded, and will be done.
	return v, nil
}
