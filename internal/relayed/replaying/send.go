package replaying

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relayed"
)

// Boxes are the mailboxes of the relay.
type Boxes interface {
	// Put puts an event into the mailbox of its resource. It returns once Temporal has the event.
	Put(ctx context.Context, endpoint, resource string, e relaying.Event) error
}

// Options say how events are sent again.
type Options struct {
	// NewID gives each event a new ID, so that an endpoint that knows the old one works on it anew.
	NewID bool
	// PerSecond is the number of events that are put into mailboxes in a second, at most.
	PerSecond int
}

// putWithin is how long Temporal may take to keep one event. A person who interrupts a replay waits for that.
const putWithin = 10 * time.Second

// Send puts events into the mailboxes of their resources, one after the other, behind what waits there. It returns how many it has
// put. When ctx ends, it stops between two events. told is called after each event.
func (r *Replaying) Send(ctx context.Context, items []Item, o Options, told func(sent int)) (sent int, err error) {
	pace := time.NewTicker(time.Second / time.Duration(max(o.PerSecond, 1)))
	defer pace.Stop()
	var from history
	for i, item := range items {
		if i > 0 {
			select {
			case <-ctx.Done():
			case <-pace.C:
			}
		}
		if ctx.Err() != nil {
			return sent, ctx.Err()
		}
		e, err := r.event(ctx, &from, item)
		if err != nil {
			return sent, err
		}
		if err := r.put(ctx, item, e, o.NewID); err != nil {
			return sent, err
		}
		sent++
		told(sent)
	}
	return sent, nil
}

func (r *Replaying) put(ctx context.Context, item Item, e relaying.Event, newID bool) error {
	e.Again, e.Refused = true, item.settles
	if newID {
		e.Repeats = e.FirstID()
		e.ID = relay.ID(item.Endpoint, e.Topic, item.Resource, []byte(e.Repeats+"/"+rand.Text()))
	}
	// Half-way, it would not be known whether Temporal has the event.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putWithin)
	defer cancel()
	return r.boxes.Put(ctx, item.Endpoint, item.Resource, e)
}

// history is the run of a mailbox that was read last. Events that follow each other often are of one run.
type history struct {
	run   string
	taken []relayed.Taken
}

// event reads an event with its body.
func (r *Replaying) event(ctx context.Context, from *history, item Item) (relaying.Event, error) {
	if item.Refused {
		u, err := r.relay.UndeliveredIn(ctx, item.workflowID, item.runID)
		return u.Event, err
	}
	if from.run != item.runID {
		taken, err := r.relay.TakenIn(ctx, item.workflowID, item.runID, true)
		if err != nil {
			return relaying.Event{}, err
		}
		*from = history{item.runID, taken}
	}
	for _, t := range from.taken {
		if t.Number == item.number {
			return t.Event, nil
		}
	}
	return relaying.Event{}, &executions.NotFoundError{What: fmt.Sprintf("Temporal has deleted event %s of %s meanwhile", item.ID, item.Place)}
}
