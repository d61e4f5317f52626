package relayed

import (
	"context"
	"fmt"
	"time"

	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Taken is an event that its endpoint has taken.
type Taken struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	// Event is the event. Its body is left out unless it is asked for; Size is the number of bytes of it.
	Event relaying.Event `json:"event"`
	Size  int            `json:"body_bytes"`
	// At is when the endpoint took it, Attempts how many attempts that took, and Stale whether it had a newer state already.
	At       time.Time `json:"at"`
	Attempts int       `json:"attempts"`
	Stale    bool      `json:"stale,omitempty"`
	// RunID is the run of the mailbox that delivered it, and Number the event of its history that asked for that.
	RunID  string `json:"run_id"`
	Number int64  `json:"-"`
}

// Mailboxes calls visit with each run of a mailbox in which an event may have been taken in [since, until). Temporal keeps runs that
// have ended for the namespace's retention.
func (o *Relayed) Mailboxes(
	ctx context.Context, f Filter, until time.Time, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error),
) error {
	query := of(workflows.RelayType) + f.under(workflows.RelayID)
	if !until.IsZero() {
		query += " AND StartTime < " + executions.QuoteTime(until)
	}
	if !f.Since.IsZero() {
		query += " AND (CloseTime >= " + executions.QuoteTime(f.Since) + " OR ExecutionStatus = 'Running')"
	}
	return o.Scan(ctx, query, visit)
}

// DeliverType is the type of the activity that delivers an event.
const DeliverType = "DeliverEvent"

// TakenIn returns the events that were taken in a run of a mailbox, in the order in which they were. Bodies are left out unless they
// are wanted. A run whose history Temporal has deleted has none.
func (o *Relayed) TakenIn(ctx context.Context, workflowID, runID string, bodies bool) ([]Taken, error) {
	tried := map[int64]relaying.DeliverEventInput{}
	var out []Taken
	err := o.EachEvent(ctx, workflowID, runID, func(e *historypb.HistoryEvent) error {
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == DeliverType {
			var in relaying.DeliverEventInput
			if err := o.Converter.FromPayloads(a.GetInput(), &in); err != nil {
				return fmt.Errorf("read an event of %s: %w", workflowID, err)
			}
			tried[e.GetEventId()] = in
		}
		a := e.GetActivityTaskCompletedEventAttributes()
		in, ok := tried[a.GetScheduledEventId()]
		if a == nil || !ok {
			return nil
		}
		var result relaying.DeliverEventResult
		if err := o.Converter.FromPayloads(a.GetResult(), &result); err != nil {
			return fmt.Errorf("read a delivery of %s: %w", workflowID, err)
		}
		t := Taken{
			Endpoint: in.Endpoint, Resource: in.Resource, Event: in.Event, Size: max(in.Event.Body.Len(), in.Event.Size),
			At: e.GetEventTime().AsTime(), Attempts: result.Attempts, Stale: result.Stale, RunID: runID, Number: a.GetScheduledEventId(),
		}
		if !bodies {
			t.Event.Body = ""
		}
		out = append(out, t)
		return nil
	})
	if executions.IsNotFound(err) {
		return nil, nil
	}
	return out, err
}
