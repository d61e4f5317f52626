package relayed

import (
	"context"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Waiting is a mailbox in which events wait.
type Waiting struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	// Name is what people call the order; empty for a product, and if it is not known.
	Name string `json:"name,omitempty"`
	// Since is when the mailbox began to wait. One whose history grew long has begun anew.
	Since time.Time `json:"since"`
	// Failed is how often the first event was tried without success, Failure why the last attempt failed, and NextAt when the next
	// one follows; zero while an attempt is under way.
	Failed  int                 `json:"failed_attempts"`
	Failure *executions.Failure `json:"last_failure,omitempty"`
	NextAt  time.Time           `json:"next_at,omitzero"`
	// Events are the events that wait, without their bodies, in their order. They are known only if somebody asks for one mailbox.
	Events     []relaying.Event `json:"events,omitempty"`
	WorkflowID string           `json:"workflow_id"`
	RunID      string           `json:"run_id"`
	Link       string           `json:"link"`
}

// Waiting returns the mailboxes in which events wait, the longest first, and how many there are without the limit. It costs a list,
// and a request for each mailbox that it returns.
func (o *Relayed) Waiting(ctx context.Context, f Filter) (out []Waiting, all int, err error) {
	found, err := o.boxes(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	all = len(found)
	found = limited(found, f.Limit)
	read := make([]*Waiting, len(found))
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(parallel)
	for i, info := range found {
		some.Go(func() (err error) {
			read[i], err = o.waiting(ctx, info.GetExecution().GetWorkflowId())
			return err
		})
	}
	if err := some.Wait(); err != nil {
		return nil, 0, err
	}
	for _, w := range read {
		if w == nil {
			all-- // Its events were delivered meanwhile.
			continue
		}
		out = append(out, *w)
	}
	return out, all, nil
}

// boxes lists the mailboxes in which something waits, the longest first.
func (o *Relayed) boxes(ctx context.Context, f Filter) (found []*workflowpb.WorkflowExecutionInfo, err error) {
	err = o.scan(ctx, running(f), func(info *workflowpb.WorkflowExecutionInfo) { found = append(found, info) })
	slices.SortStableFunc(found, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	return found, err
}

// maxLooked is the number of mailboxes that are looked at for an endpoint that fails.
const maxLooked = 50

// failing reports whether the last attempt in one of the newest mailboxes failed for another reason than that the endpoint refused the
// event. At an endpoint that is away, the newest have failed too; what it refuses may be days old.
func (o *Relayed) failing(ctx context.Context, boxes []*workflowpb.WorkflowExecutionInfo) (bool, error) {
	for _, info := range slices.Backward(boxes[max(0, len(boxes)-maxLooked):]) {
		w, err := o.waiting(ctx, info.GetExecution().GetWorkflowId())
		if err != nil {
			return false, err
		}
		if w != nil && w.Failure != nil && w.Failure.Kind != string(giftcard.InvalidRequest) {
			return true, nil
		}
	}
	return false, nil
}

// Running calls visit with each mailbox of an endpoint in which something waits.
func (o *Relayed) Running(
	ctx context.Context, endpoint string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error),
) error {
	return o.Scan(ctx, running(Filter{Endpoint: endpoint}), visit)
}

// waiting returns the mailbox of a workflow; nil if nothing waits in it.
func (o *Relayed) waiting(ctx context.Context, id string) (*Waiting, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, id, "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, nil
	}
	run := info.GetExecution().GetRunId()
	out := &Waiting{
		Name: orderName(info), Since: info.GetStartTime().AsTime(), WorkflowID: id, RunID: run, Link: o.Link(id, run),
	}
	out.Endpoint, out.Resource, _ = workflows.ParseRelayID(id)
	for _, p := range d.GetPendingActivities() {
		out.Failed = max(int(p.GetAttempt())-1, 0)
		if p.GetLastFailure() != nil {
			out.Failure = executions.FailureOf(o.Failures.FailureToError(p.GetLastFailure()))
		}
		if p.GetScheduledTime() != nil && p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			out.NextAt = p.GetScheduledTime().AsTime()
		}
	}
	return out, nil
}

// askFor is how long a mailbox is asked. Its workflow answers within milliseconds if there is a worker.
const askFor = 3 * time.Second

// box asks a running mailbox what waits in it. It needs a worker.
func (o *Relayed) box(ctx context.Context, id string) (out workflows.Mailbox, err error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := o.Client.QueryWorkflow(ctx, id, "", workflows.MailboxQuery)
	if err == nil {
		err = answer.Get(&out)
	}
	if err != nil {
		return out, fmt.Errorf("ask %s what waits in it: %w", id, err)
	}
	return out, nil
}
