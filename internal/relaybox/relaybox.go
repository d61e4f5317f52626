// Package relaybox puts events of the shop into the mailboxes of the relay, and reads from Temporal what mailboxes have delivered.
package relaybox

import (
	"context"
	"fmt"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Client is what [Boxes] need of Temporal's client.
type Client interface {
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any, options client.StartWorkflowOptions,
		workflow any, workflowArgs ...any) (client.WorkflowRun, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (
		*workflowservice.ListWorkflowExecutionsResponse, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
}

const (
	// fresh is the age below which Temporal's lists may not show a run that has ended.
	fresh = 5 * time.Second
	// lately is how long ago an endpoint has taken an event at most that is known to work.
	lately = time.Hour
	// maxRead is the number of runs of which the results are read at most. Of a mailbox, which has runs that deliver events of other
	// objects, maxLooked are read, until maxRead of them say something of the object.
	maxRead   = 5
	maxLooked = 20
	// maxRecent is the number of objects of which a process remembers what it has delivered, at least. They need be remembered only
	// until lists show them.
	maxRecent = 4096
)

// Boxes are the mailboxes of a namespace. They are safe for concurrent use.
type Boxes struct {
	client Client
	now    func() time.Time

	mu sync.Mutex
	// recent and older are what this process has delivered, the newer objects and those before them.
	recent, older map[object]time.Time
}

// object is what a state is of: the order or product of a mailbox if number is empty, or one of its fulfilments.
type object struct{ mailbox, number string }

// New returns the mailboxes of the namespace of a client.
func New(c Client, now func() time.Time) *Boxes {
	return &Boxes{client: c, now: now, recent: map[object]time.Time{}}
}

// Put puts an event into the mailbox of its resource, which is started if it does not run. It returns once Temporal has the event.
func (b *Boxes) Put(ctx context.Context, endpoint, resource string, e relaying.Event) error {
	attributes, summary := workflows.RelayListing(endpoint, resource, e.Order)
	id := workflows.RelayID(endpoint, resource)
	_, err := b.client.SignalWithStartWorkflow(ctx, id, workflows.EventSignal, e, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: attributes, StaticSummary: summary,
	}, workflows.RelayType, workflows.RelayInput{Endpoint: endpoint, Resource: resource})
	if err != nil {
		return fmt.Errorf("keep %s of %s: %w", e.Topic, resource, err)
	}
	return nil
}

// Delivered implements relaying.Memory. It looks at the results of the last runs of the mailbox that have ended, unless this process
// itself has delivered a newer state than updated, or that is so recent that lists would not show a run that has. What this process
// has delivered is not enough: another one may have delivered a newer state since.
func (b *Boxes) Delivered(ctx context.Context, endpoint, resource, number string, updated time.Time) (time.Time, error) {
	id := workflows.RelayID(endpoint, resource)
	b.mu.Lock()
	known := b.recent[object{id, number}]
	if known.IsZero() {
		known = b.older[object{id, number}]
	}
	b.mu.Unlock()
	if known.After(updated) || b.now().Sub(updated) < fresh {
		return known, nil
	}
	said := 0
	err := b.results(ctx, "WorkflowId = "+executions.Quote(id), maxLooked, func(r workflows.RelayResult) bool {
		// The last run need not know the newest state: it may have delivered an older one too soon after the run before it, or only
		// events of other objects, or that have no time.
		newest := r.Newest(number)
		if !newest.IsZero() {
			said++
		}
		if newest.After(known) {
			known = newest
		}
		return !known.After(updated) && said < maxRead
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read what was delivered before: %w", err)
	}
	return known, nil
}

// Remember implements relaying.Memory.
func (b *Boxes) Remember(endpoint, resource, number string, delivered time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.recent) >= maxRecent {
		b.recent, b.older = map[object]time.Time{}, b.recent
	}
	of := object{workflows.RelayID(endpoint, resource), number}
	if delivered.After(b.recent[of]) {
		b.recent[of] = delivered
	}
}

// Takes implements relaying.Memory: it looks for mailboxes that have ended within the last hour and have delivered an event.
func (b *Boxes) Takes(ctx context.Context, endpoint string) (takes bool, err error) {
	query := "WorkflowId STARTS_WITH " + executions.Quote(workflows.RelayID(endpoint, "")) +
		" AND CloseTime >= " + executions.QuoteTime(b.now().Add(-lately))
	err = b.results(ctx, query, maxRead, func(r workflows.RelayResult) bool {
		takes = r.Events > 0
		return !takes
	})
	if err != nil {
		return false, fmt.Errorf("read what endpoint %s has taken: %w", endpoint, err)
	}
	return takes, nil
}

// results reads the results of the last mailboxes that match a query and have ended, the newest first, until next returns false, of most
// mailboxes at most.
func (b *Boxes) results(ctx context.Context, query string, most int32, next func(workflows.RelayResult) bool) error {
	page, err := b.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query:    "WorkflowType = " + executions.Quote(workflows.RelayType) + " AND ExecutionStatus = 'Completed' AND " + query,
		PageSize: most,
	})
	if err != nil {
		return fmt.Errorf("list mailboxes: %w", err)
	}
	for _, info := range page.GetExecutions() {
		result, err := b.result(ctx, info)
		if executions.IsNotFound(err) {
			continue // It was kept no longer.
		}
		if err != nil {
			return err
		}
		if !next(result) {
			return nil
		}
	}
	return nil
}

func (b *Boxes) result(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (out workflows.RelayResult, err error) {
	id := info.GetExecution().GetWorkflowId()
	if err := b.client.GetWorkflow(ctx, id, info.GetExecution().GetRunId()).Get(ctx, &out); err != nil {
		return out, fmt.Errorf("read the result of %s: %w", id, err)
	}
	return out, nil
}
