// Package relayed finds what waits for the endpoints of the relay, what they have refused for good, and what they have taken, as far as
// Temporal keeps it. It changes nothing.
package relayed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/workflows"
)

// Relayed is the relay of one installation.
type Relayed struct {
	*executions.Reader

	// Queues are the queues of the endpoints.
	Queues relayqueue.Queues
}

// New returns the relay of an installation. identity says who changes the queues of endpoints.
func New(r *executions.Reader, identity string) *Relayed {
	return &Relayed{r, relayqueue.Queues{
		Service: r.Client.WorkflowService(), Namespace: r.Namespace(), Name: workflows.RelayTaskQueue, Identity: identity,
	}}
}

const (
	// maxScanned is the number of runs that a list looks at, at most.
	maxScanned = 10_000
	// parallel bounds the number of concurrent requests to Temporal.
	parallel = 8
)

// Filter selects mailboxes and events. The zero value selects all.
type Filter struct {
	// Endpoint and Resource select those of one endpoint or resource. A resource needs an endpoint.
	Endpoint, Resource string
	// Since selects mailboxes that have waited since that time or later, and events that were given up then or later.
	Since time.Time
	// Limit is the number of those that are read, 0 for all.
	Limit int
}

// under returns the condition on workflow IDs with a prefix, such as "relay/".
func (f Filter) under(id func(endpoint, resource string) string) string {
	switch {
	case f.Resource != "":
		return " AND (WorkflowId = " + executions.Quote(id(f.Endpoint, f.Resource)) +
			" OR WorkflowId STARTS_WITH " + executions.Quote(id(f.Endpoint, f.Resource)+"/") + ")"
	case f.Endpoint != "":
		return " AND WorkflowId STARTS_WITH " + executions.Quote(id(f.Endpoint, ""))
	}
	return ""
}

// undeliveredOf returns what the workflow IDs of events that were refused begin with.
func undeliveredOf(endpoint, resource string) string {
	return strings.TrimSuffix(workflows.UndeliveredEventID(endpoint, resource, ""), "/")
}

// of begins a query for runs of a type.
func of(workflowType string) string { return "WorkflowType = " + executions.Quote(workflowType) }

// EndpointStatus is the state of an endpoint.
type EndpointStatus struct {
	Endpoint string `json:"endpoint"`
	// State is whether events go to the endpoint. Reason says why they do not, By who has done it, and Since when.
	State  relayqueue.State `json:"state"`
	Reason string           `json:"reason,omitempty"`
	By     string           `json:"by,omitempty"`
	Since  time.Time        `json:"since,omitzero"`
	// Waiting is the number of orders or products with events that wait, and OldestWaiting since when the first of them does; zero if
	// none does.
	Waiting       int       `json:"waiting"`
	OldestWaiting time.Time `json:"oldest_waiting,omitzero"`
	// Failing reports whether events wait because the endpoint itself fails. Of events that it refuses it does not.
	Failing bool `json:"failing,omitempty"`
	// Undelivered is the number of events that the endpoint has refused for good, and that nobody has settled.
	Undelivered int `json:"undelivered"`
	// Unset reports whether the endpoint has no URL any more: nothing goes to it, and what waits for it waits until it has one again.
	Unset bool `json:"unset,omitempty"`
}

// Status returns the state of an endpoint. It costs a count and two requests if nothing waits and nothing was refused, and if something
// waits a list, and [maxLooked] requests at most.
func (o *Relayed) Status(ctx context.Context, endpoint string) (EndpointStatus, error) {
	queue, err := o.Queues.Status(ctx, endpoint)
	if err != nil {
		return EndpointStatus{}, err
	}
	out := EndpointStatus{Endpoint: endpoint, State: queue.State}
	if queue.State != relayqueue.Open {
		out.Reason, out.By, out.Since = queue.Reason, queue.By, queue.Since
	}
	f := Filter{Endpoint: endpoint}
	if out.Waiting, err = o.count(ctx, running(f)); err != nil {
		return out, err
	}
	if out.Waiting > 0 {
		boxes, err := o.boxes(ctx, f)
		if err != nil {
			return out, err
		}
		if len(boxes) > 0 {
			out.OldestWaiting = boxes[0].GetStartTime().AsTime()
		}
		// What slows an endpoint down are failures of its own, and it goes on as soon as it takes or refuses an event.
		if out.Failing = out.State == relayqueue.Probing; !out.Failing {
			if out.Failing, err = o.failing(ctx, boxes); err != nil {
				return out, err
			}
		}
	}
	refused, err := o.refused(ctx, f)
	out.Undelivered = len(refused)
	return out, err
}

// Unset returns the states of the endpoints other than those given for which something waits.
func (o *Relayed) Unset(ctx context.Context, set []string) ([]EndpointStatus, error) {
	var out []EndpointStatus
	for _, e := range relaying.Endpoints {
		if slices.Contains(set, e) {
			continue
		}
		n, err := o.count(ctx, running(Filter{Endpoint: e}))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		s, err := o.Status(ctx, e)
		if err != nil {
			return nil, err
		}
		s.Unset = true
		out = append(out, s)
	}
	return out, nil
}

// Statuses returns the states of endpoints.
func (o *Relayed) Statuses(ctx context.Context, endpoints []string) ([]EndpointStatus, error) {
	var out []EndpointStatus
	for _, e := range endpoints {
		s, err := o.Status(ctx, e)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (o *Relayed) count(ctx context.Context, query string) (int, error) {
	answer, err := o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: o.Namespace(), Query: query})
	if err != nil {
		return 0, fmt.Errorf("count events of the relay: %w", err)
	}
	return int(answer.GetCount()), nil
}

// scan looks at the runs that match a query, [maxScanned] at most.
func (o *Relayed) scan(ctx context.Context, query string, visit func(*workflowpb.WorkflowExecutionInfo)) error {
	seen := 0
	return o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		visit(info)
		seen++
		return seen < maxScanned, nil
	})
}

// running selects the mailboxes in which something waits.
func running(f Filter) string {
	query := of(workflows.RelayType) + " AND ExecutionStatus = 'Running'" + f.under(workflows.RelayID)
	if !f.Since.IsZero() {
		query += " AND StartTime >= " + executions.QuoteTime(f.Since)
	}
	return query
}

// refused returns the newest failed run of each event that was refused, and that nobody has settled, the last one first.
func (o *Relayed) refused(ctx context.Context, f Filter) ([]*workflowpb.WorkflowExecutionInfo, error) {
	more := f.under(undeliveredOf)
	if !f.Since.IsZero() {
		more += " AND CloseTime >= " + executions.QuoteTime(f.Since)
	}
	return o.Unsettled(ctx, workflows.UndeliveredEventType, more)
}

// limited returns as many as a filter wants.
func limited[T any](all []T, limit int) []T {
	if limit > 0 && len(all) > limit {
		return all[:limit]
	}
	return all
}

// orderName returns the name of the order of a run; empty if it has none.
func orderName(info *workflowpb.WorkflowExecutionInfo) string {
	return executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName())
}
