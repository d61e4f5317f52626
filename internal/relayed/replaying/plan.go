// Package replaying has events delivered once more: those that their endpoint has refused for good, and those that it has taken, as
// far as Temporal still holds them. It also settles events that need not be delivered.
//
// The body of an event is in the history of the mailbox that delivered it, or in the record of the event that was refused. Both are
// kept for the namespace's retention, after which an event cannot be sent again. Updates of a product that a later one made needless
// were never sent, and are not sent now. What waits is not sent again either: it goes out anyway.
package replaying

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/workflows"
)

// Selection says which events are sent again.
type Selection struct {
	// Event is the ID of one event; empty for all that the rest selects. It is the ID that the event was given first or last, or
	// the beginning of one.
	Event string
	// Endpoint, Resource and Topic select events; each may be empty. A resource needs an endpoint.
	Endpoint, Resource, Topic string
	// Since and Until select by when the endpoint took an event, or when it was given up. Zero means any time.
	Since, Until time.Time
}

// Item is an event that is sent again.
type Item struct {
	relayed.Place

	// ID is the ID of the event, and First the one that it was given first.
	ID    string `json:"id"`
	First string `json:"first_id"`
	Topic string `json:"topic"`
	// At is when the endpoint took it, or when it was given up; Refused says which.
	At      time.Time `json:"at"`
	Refused bool      `json:"undelivered,omitempty"`
	Size    int       `json:"body_bytes"`

	workflowID, runID string
	number            int64
	// settles is set if there is a record that the event was refused, which ends once it is delivered.
	settles bool
}

const (
	// maxRuns is the number of runs of mailboxes that are read.
	maxRuns = 20_000
	// parallel bounds the number of concurrent requests to Temporal.
	parallel = 8
)

// Replaying has events sent again.
type Replaying struct {
	relay *relayed.Relayed
	boxes Boxes
}

// New returns what has the events of a relay sent again.
func New(relay *relayed.Relayed, boxes Boxes) *Replaying { return &Replaying{relay, boxes} }

// Plan returns the events that a selection finds, each once, in the order in which they were taken or given up. told is called while
// it reads: it costs a request to Temporal for each run of a mailbox. The error says so if there are too many.
func (r *Replaying) Plan(ctx context.Context, s Selection, told func(read, all int)) ([]Item, error) {
	refused, err := r.refused(ctx, s)
	if err != nil {
		return nil, err
	}
	taken, err := r.taken(ctx, s, told)
	if err != nil {
		return nil, err
	}
	// An event may have been taken, and refused when it was sent again.
	again := map[string]bool{}
	for _, i := range refused {
		again[i.First] = true
	}
	all := slices.DeleteFunc(append(taken, refused...), func(i Item) bool { return !s.takes(i) })
	slices.SortStableFunc(all, func(a, b Item) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.number, b.number)) })
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(i Item) bool {
		double := seen[i.First]
		seen[i.First] = true
		return double
	})
	for i := range all {
		all[i].settles = again[all[i].First]
	}
	return all, nil
}

// takes reports whether a selection includes an event.
func (s Selection) takes(i Item) bool {
	return (strings.HasPrefix(i.ID, s.Event) || strings.HasPrefix(i.First, s.Event)) &&
		(s.Topic == "" || strings.EqualFold(s.Topic, i.Topic)) &&
		!i.At.Before(s.Since) && (s.Until.IsZero() || i.At.Before(s.Until))
}

func (r *Replaying) refused(ctx context.Context, s Selection) ([]Item, error) {
	all, _, err := r.relay.Undelivered(ctx, relayed.Filter{Endpoint: s.Endpoint, Resource: s.Resource})
	var out []Item
	for _, u := range all {
		out = append(out, Item{
			Place: relayed.Place{Endpoint: u.Endpoint, Resource: u.Resource}, ID: u.Event.ID, First: u.Event.FirstID(),
			Topic: u.Event.Topic, At: u.GivenUpAt, Refused: true, Size: u.Size, workflowID: u.WorkflowID, runID: u.RunID,
		})
	}
	return out, err
}

// taken returns the events that endpoints have taken. Of a single event whose resource is not known, there are none: its ID does not
// say where it is.
func (r *Replaying) taken(ctx context.Context, s Selection, told func(read, all int)) ([]Item, error) {
	if s.Event != "" && s.Resource == "" && s.Since.IsZero() {
		return nil, nil
	}
	var runs []*workflowpb.WorkflowExecutionInfo
	err := r.relay.Mailboxes(ctx, relayed.Filter{Endpoint: s.Endpoint, Resource: s.Resource, Since: s.Since}, s.Until,
		func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			runs = append(runs, info)
			return len(runs) <= maxRuns, nil
		})
	if err != nil {
		return nil, err
	}
	if len(runs) > maxRuns {
		return nil, fmt.Errorf("events of more than %d orders and products were sent in that time: take a shorter one", maxRuns)
	}
	var mu sync.Mutex
	var out []Item
	read := 0
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(parallel)
	for _, info := range runs {
		some.Go(func() error {
			id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
			taken, err := r.relay.TakenIn(ctx, id, run, false)
			mu.Lock()
			defer mu.Unlock()
			for _, t := range taken {
				out = append(out, Item{
					Place: relayed.Place{Endpoint: t.Endpoint, Resource: t.Resource}, ID: t.Event.ID, First: t.Event.FirstID(),
					Topic: t.Event.Topic, At: t.At, Size: t.Size, workflowID: workflows.RelayID(t.Endpoint, t.Resource), runID: run,
					number: t.Number,
				})
			}
			read++
			told(read, len(runs))
			return err
		})
	}
	return out, some.Wait()
}
