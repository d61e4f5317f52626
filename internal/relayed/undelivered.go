package relayed

import (
	"context"
	"fmt"
	"strings"
	"time"

	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Undelivered is an event that its endpoint has refused for good, and that nobody has settled.
type Undelivered struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	// Name is what people call the order; empty for a product, and if it is not known.
	Name string `json:"name,omitempty"`
	// Event is the event without its body, and Size the number of bytes of its body.
	Event relaying.Event `json:"event"`
	Size  int            `json:"body_bytes"`
	// GivenUpAt is when the last attempt failed, and Failure says why.
	GivenUpAt  time.Time          `json:"given_up_at"`
	Failure    executions.Failure `json:"failure"`
	WorkflowID string             `json:"workflow_id"`
	RunID      string             `json:"run_id"`
	Link       string             `json:"link"`
}

// Undelivered returns the events that were refused for good and that nobody has settled, the last one first, and how many there are
// without the limit. It costs a list, and a request for each event that it returns.
func (o *Relayed) Undelivered(ctx context.Context, f Filter) (out []Undelivered, all int, err error) {
	found, err := o.refused(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	all = len(found)
	found = limited(found, f.Limit)
	out = make([]Undelivered, len(found))
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(parallel)
	for i, info := range found {
		some.Go(func() (err error) {
			out[i], err = o.undelivered(ctx, info)
			out[i].Event.Body = ""
			return err
		})
	}
	return out, all, some.Wait()
}

func (o *Relayed) undelivered(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (Undelivered, error) {
	out, err := o.UndeliveredIn(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
	out.Name, out.GivenUpAt = orderName(info), info.GetCloseTime().AsTime()
	return out, err
}

// UndeliveredIn returns the event of a failed run, with its body.
func (o *Relayed) UndeliveredIn(ctx context.Context, id, run string) (Undelivered, error) {
	out := Undelivered{
		WorkflowID: id, RunID: run, Link: o.Link(id, run),
		Failure: executions.Failure{Kind: executions.TerminatedKind, Message: "somebody ended its record"},
	}
	var in workflows.UndeliveredEventInput
	err := o.EachEvent(ctx, id, run, func(e *historypb.HistoryEvent) error {
		if started := e.GetWorkflowExecutionStartedEventAttributes(); started != nil {
			return o.Converter.FromPayloads(started.GetInput(), &in)
		}
		if failed := e.GetWorkflowExecutionFailedEventAttributes(); failed != nil {
			out.Failure = *executions.FailureOf(o.Failures.FailureToError(failed.GetFailure()))
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read %s: %w", id, err)
	}
	out.Endpoint, out.Resource, out.Event, out.Size = in.Endpoint, in.Resource, in.Event, max(in.Event.Body.Len(), in.Event.Size)
	return out, nil
}

// IsEvent reports whether a text is the ID of an event, or enough of its beginning to name one.
func IsEvent(text string) bool { return len(text) >= shortID && strings.HasPrefix(text, eventPrefix) }

const (
	// eventPrefix is in front of the IDs of events.
	eventPrefix = "evt_"
	// shortID is the number of characters of an ID that tables show, and the fewest by which a person names an event.
	shortID = len(eventPrefix) + 12
)

// Short returns as much of the ID of an event as names it.
func Short(id string) string { return id[:min(len(id), shortID)] }

// Refused returns an event that was refused, with its body, by the beginning of the ID that it was given first. The error is an
// [executions.NotFoundError] if there is none, or if somebody has settled it.
func (o *Relayed) Refused(ctx context.Context, event string) (*Undelivered, error) {
	all, err := o.refused(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	var found []*workflowpb.WorkflowExecutionInfo
	for _, info := range all {
		if _, _, id, ok := workflows.ParseUndeliveredEventID(info.GetExecution().GetWorkflowId()); ok && strings.HasPrefix(id, event) {
			found = append(found, info)
		}
	}
	switch len(found) {
	case 0:
		return nil, &executions.NotFoundError{What: "no event " + event + " is undelivered"}
	case 1:
		u, err := o.undelivered(ctx, found[0])
		return &u, err
	}
	return nil, fmt.Errorf("%s is the beginning of the IDs of %d events: name more of it", event, len(found))
}
