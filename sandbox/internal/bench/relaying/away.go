package relaying

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// connections is the number of webhooks that the shop sends at the same time while the ERP is away.
	connections = 16
	// warmUp is the number of orders before the ERP goes away.
	warmUp = 10
	// awaitEvery is the pause between two looks at what has arrived.
	awaitEvery = 500 * time.Millisecond
	// quiet is how long no mailbox has run when it is certain that nothing more comes.
	quiet = 10 * time.Second
)

// Memory is the most memory that processes have held, in MiB.
type Memory struct {
	Receiver float64 `json:"receiver_mib"`
	Worker   float64 `json:"worker_mib"`
}

// Away is what became of events that waited while the ERP was away. Half of them are about orders, which have two each, and half
// about products.
type Away struct {
	// Kept is the number of events that were answered with 200, and Refused that of answers with another status. Such events were
	// sent again.
	Kept    int `json:"kept"`
	Refused int `json:"refused"`
	// Mailboxes is the number of orders and products.
	Mailboxes int `json:"mailboxes"`
	// Filled is how long it took to send all events, and Away how long the ERP was away, in seconds. Attempts is the number of
	// attempts to reach it meanwhile.
	Filled   float64 `json:"filled_seconds"`
	Away     float64 `json:"away_seconds"`
	Attempts int     `json:"attempts_while_away"`
	// First and Last are the times from when the ERP was back until it got the first event and the last one, in seconds.
	First float64 `json:"first_seconds"`
	Last  float64 `json:"last_seconds"`
	// Orders and Products are how many events a second each endpoint got, without the first and the last tenth of them.
	Orders   float64 `json:"orders_per_second"`
	Products float64 `json:"products_per_second"`
	// Arrived is the number of events that the ERP got, and Doubles that of those that it got once more.
	Arrived int `json:"arrived"`
	Doubles int `json:"doubles"`
	// Coalesced is the number of events of products that did not arrive, because a later one of the same product did. MostOfProduct
	// is the largest number of events of one product that arrived.
	Coalesced     int `json:"coalesced"`
	MostOfProduct int `json:"most_of_a_product"`
	// Lost is the number of events that did not arrive, and no later one that has all of it, and Unordered that of events that
	// arrived after a newer state without a mark.
	Lost      int    `json:"lost"`
	Unordered int    `json:"unordered"`
	Memory    Memory `json:"memory"`
}

// keptEvent is an event that was answered with 200, without its body.
type keptEvent struct {
	id, resource string
	product      bool
}

// away lets the ERP be away while events come.
func (p *Programs) away(ctx context.Context, o Options, say output.Say) (out Away, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.patience(), errors.New("what has waited takes too long"))
	defer cancel()
	s, err := p.open(ctx, rig.ServerOptions{Deployed: true}, o.Pace)
	if err != nil {
		return out, err
	}
	defer s.close()
	for range warmUp {
		if _, _, err := s.relay(ctx, &s.ours); err != nil {
			return out, err
		}
	}
	s.clear()
	s.ERP.SetAway(true)
	began := time.Now()
	kept, err := s.fill(ctx, o.Waiting, &out)
	if err != nil {
		return out, err
	}
	out.Filled = time.Since(began).Seconds()
	say("%d events wait after %.0f s", len(kept), out.Filled)
	if err := wait(ctx, time.Until(began.Add(time.Duration(o.Away)))); err != nil {
		return out, err
	}
	for _, statuses := range s.ERP.Stats().Requests {
		out.Attempts += statuses[0]
	}
	s.ERP.SetAway(false)
	back := time.Now()
	out.Away = back.Sub(began).Seconds()
	if err := s.drained(ctx, kept); err != nil {
		return out, err
	}
	out.judge(kept, s.ERP.Deliveries()[warmUp:])
	orders, products := s.times(relaytest.Orders), s.times(relaytest.Products)
	out.Orders, out.Products = pace(orders), pace(products)
	if all := slices.Concat(orders, products); len(all) > 0 {
		out.First = slices.MinFunc(all, time.Time.Compare).Sub(back).Seconds()
		out.Last = slices.MaxFunc(all, time.Time.Compare).Sub(back).Seconds()
	}
	out.Memory, err = s.memory()
	return out, err
}

// patience limits how long the ERP's absence and what follows may take. An event that has failed three times is tried again half an
// hour later.
func (o Options) patience() time.Duration {
	const more, perEvent = 45 * time.Minute, 50 * time.Millisecond
	return time.Duration(o.Away) + more + time.Duration(o.Waiting)*(perEvent+time.Duration(float64(2*time.Second)/o.Pace))
}

// fill sends events until so many have been answered with 200. Those of one order or product come one after the other.
func (s *system) fill(ctx context.Context, n int, out *Away) ([]keptEvent, error) {
	parts := s.Plan(n, connections)
	var mu sync.Mutex
	var failed error
	var kept []keptEvent
	var sending sync.WaitGroup
	for _, part := range parts {
		out.Mailboxes += len(part.Orders) + len(part.Products)
		sending.Go(func() {
			for makes := range part.All(s.Events) {
				e := makes()
				s.book.send(e.ID)
				for {
					ok, err := s.send(ctx, &s.ours, e)
					if err == nil && !ok {
						err = wait(ctx, again)
					}
					mu.Lock()
					failed = errors.Join(failed, err)
					if ok {
						kept = append(kept, keptEvent{id: e.ID, resource: e.Resource, product: e.Topic == webhook.ProductsUpdate})
					} else {
						out.Refused++
					}
					mu.Unlock()
					if err != nil {
						return
					}
					if ok {
						break
					}
				}
			}
		})
	}
	sending.Wait()
	out.Kept = len(kept)
	return kept, failed
}

// drained waits until all that was kept has arrived, or a later event in its place, and the mailboxes are empty; or until they are
// empty for good.
func (s *system) drained(ctx context.Context, kept []keptEvent) error {
	empty := time.Time{}
	return rig.Until(ctx, awaitEvery, func() (bool, error) {
		if err := s.gone(); err != nil {
			return false, err
		}
		running, err := s.Count(ctx, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", workflows.RelayType))
		if err != nil || running > 0 { // A server that is too busy to answer is asked again.
			empty = time.Time{}
			return false, nil
		}
		if empty.IsZero() {
			empty = time.Now()
		}
		_, lost := missing(kept, s.has)
		return lost == 0 || time.Since(empty) > quiet, nil
	})
}

// missing counts the events that have not arrived: those in whose place a later one of the same product has, and those that are lost.
func missing(kept []keptEvent, has func(id string) bool) (coalesced, lost int) {
	newer := map[string]bool{} // The products of which a later event has arrived.
	for _, e := range slices.Backward(kept) {
		switch {
		case has(e.id):
			newer[e.resource] = newer[e.resource] || e.product
		case newer[e.resource]:
			coalesced++
		default:
			lost++
		}
	}
	return coalesced, lost
}

// judge compares what was kept with what has arrived.
func (a *Away) judge(kept []keptEvent, arrived []relaytest.Delivery) {
	ids, products := map[string]bool{}, map[string]int{}
	for _, d := range arrived {
		a.Unordered += count(d.Unordered)
		if d.Double {
			a.Doubles++
			continue
		}
		ids[d.ID] = true
		if d.Endpoint == relaytest.Products {
			products[d.About]++
			a.MostOfProduct = max(a.MostOfProduct, products[d.About])
		}
	}
	a.Arrived = len(ids)
	a.Coalesced, a.Lost = missing(kept, func(id string) bool { return ids[id] })
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// pace returns how many came in a second, without the first and the last tenth.
func pace(at []time.Time) float64 {
	at = slices.SortedFunc(slices.Values(at), time.Time.Compare)
	const tenths = 10
	if len(at) < 2 {
		return 0
	}
	first, last := len(at)/tenths, len(at)-1-len(at)/tenths
	return figures.Ratio(float64(last-first), at[last].Sub(at[first]).Seconds())
}
