package checkout

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// crowd is the number of redemptions at once on one card.
const crowd = 50

// Crowd are redemptions of one card that are asked for at once.
type Crowd struct {
	// Succeeded and Busy are what shops were told in the end: that the amount was taken, or that the card is busy. Asked is the
	// number of requests beyond the first of each.
	Succeeded int `json:"succeeded"`
	Busy      int `json:"busy"`
	Asked     int `json:"asked_again"`
	// Together is the largest number of updates that were in flight, as the history shows it.
	Together int `json:"in_flight"`
	// Disordered is the number of amounts that the issuer's ledger has before one that the workflow has accepted earlier, and
	// Untold that of those in the ledger that no shop was told of, or the other way round.
	Disordered int `json:"disordered"`
	Untold     int `json:"untold"`
	// Slowest is the longest time until a shop knew, in seconds.
	Slowest float64 `json:"slowest_seconds"`
}

// crowd lets many shops spend one card at once.
func (s *system) crowd(ctx context.Context) (Crowd, error) {
	var out Crowd
	card := s.Card()
	all, errs := make([]spent, crowd), make([]error, crowd)
	var running sync.WaitGroup
	for i := range crowd {
		key := s.key()
		running.Go(func() { all[i], errs[i] = s.redeem(ctx, key, card) })
	}
	running.Wait()
	for _, err := range append(errs, s.gone()) {
		if err != nil {
			return out, err
		}
	}
	told := map[string]bool{}
	for _, one := range all {
		out.Asked += one.asked - 1
		out.Slowest = max(out.Slowest, one.settled.Seconds())
		if one.busy {
			out.Busy++
			continue
		}
		out.Succeeded++
		told[one.id] = true
	}
	accepted, together, err := s.accepted(ctx, s.CardWorkflow(card))
	if err != nil {
		return out, err
	}
	taken, err := s.taken(card)
	if err != nil {
		return out, err
	}
	out.Together, out.Disordered, out.Untold = together, disordered(accepted, taken), untold(told, taken)
	return out, nil
}

// accepted returns the IDs of the redemptions that a workflow has accepted, in this order, and the largest number of updates in flight.
func (s *system) accepted(ctx context.Context, id string) (ids []string, together int, err error) {
	all := s.Client.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var in flight
	for all.HasNext() {
		e, err := all.Next()
		if err != nil {
			return nil, 0, fmt.Errorf("read history of %s: %w", id, err)
		}
		together = max(together, in.after(e))
		if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
			// An update's ID is that of the redemption, and the attempt.
			id, _, _ := strings.Cut(a.GetAcceptedRequest().GetMeta().GetUpdateId(), "-")
			ids = append(ids, id)
		}
	}
	return ids, together, nil
}

// flight counts the updates that are in flight.
type flight struct {
	// before is their number when the latest task was made, accepted that of those that it has accepted, and completed that of
	// those that it has answered.
	before, accepted, completed int
}

// after returns the number of updates in flight after an event. One that a task accepts and answers was in flight with all
// others of the task.
func (f *flight) after(e *historypb.HistoryEvent) int {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		*f = flight{before: f.before + f.accepted - f.completed}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		f.accepted++
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		f.completed++
	}
	return f.before + f.accepted
}

// taken returns the IDs of the redemptions whose amounts the issuer has taken off a card, in this order.
func (s *system) taken(card string) ([]string, error) {
	for _, c := range s.Later.Cards() {
		if c.Barcode != card {
			continue
		}
		var ids []string
		for _, m := range c.Movements[1:] { // The first has put the value on it.
			ids = append(ids, m.Payload)
		}
		return ids, nil
	}
	return nil, fmt.Errorf("the issuer has lost a card")
}

// disordered counts what is in the ledger before something that was accepted earlier, or was not accepted at all.
func disordered(accepted, taken []string) (n int) {
	last := -1
	for _, id := range taken {
		at := slices.Index(accepted, id)
		if at <= last {
			n++
		}
		last = max(last, at)
	}
	return n
}

// untold counts what is in the ledger and nobody was told of, or the other way round, or what is in it twice.
func untold(told map[string]bool, taken []string) (n int) {
	in := map[string]int{}
	for _, id := range taken {
		if in[id]++; !told[id] || in[id] > 1 {
			n++
		}
	}
	for id := range told {
		if in[id] == 0 {
			n++
		}
	}
	return n
}
