package relaying

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

const (
	// settling is how long events go on that do not count, before those that do: connections are opened meanwhile.
	settling = 2 * time.Second
	// again is the pause after a webhook that was not answered with 200.
	again = 200 * time.Millisecond
	// costed is the number of mailboxes whose costs are looked at.
	costed = 50
)

// Full is how many events arrive while as many as possible are sent.
type Full struct {
	// PerSecond is the number of events that the ERP gets in a second.
	PerSecond float64 `json:"events_per_second"`
	// Events were sent in all, and Refused were not answered with 200.
	Events  int `json:"events"`
	Refused int `json:"refused"`
	// ReceiverCPU, WorkerCPU and ServerCPU are the CPU times of what answers webhooks, of what posts events, and of Temporal, in
	// milliseconds per event.
	ReceiverCPU float64 `json:"receiver_cpu_ms"`
	WorkerCPU   float64 `json:"worker_cpu_ms"`
	ServerCPU   float64 `json:"server_cpu_ms"`
}

// Steady is how long events take that are sent at a constant rate.
type Steady struct {
	// Rate is the number of events in a second, and Events that of those that count.
	Rate    float64 `json:"events_per_second"`
	Events  int     `json:"events"`
	Refused int     `json:"refused"`
	// P50 and P99 are percentiles of the time from when the webhook is sent until the ERP has the event.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	// HistoryEvents and Actions are the medians of what a mailbox costs that has delivered one event.
	HistoryEvents float64 `json:"history_events"`
	Actions       float64 `json:"actions"`
}

// full sends events of different orders. There are always [inFlight] that have not arrived.
func (s *system) full(t *target) func(ctx context.Context, seconds int) (Full, error) {
	return func(ctx context.Context, seconds int) (out Full, err error) {
		before, err := s.cpus(t)
		if err != nil {
			return out, err
		}
		from := time.Now().Add(settling)
		until := from.Add(time.Duration(seconds) * time.Second)
		var mu sync.Mutex
		var failed error
		arrived := 0
		var running sync.WaitGroup
		for range inFlight {
			running.Go(func() {
				for time.Now().Before(until) {
					one, kept, err := s.relay(ctx, t)
					mu.Lock()
					switch {
					case err != nil:
						failed = errors.Join(failed, err)
					case !kept:
						out.Refused++
					case !one.at.Before(from) && one.at.Before(until):
						arrived++
					}
					out.Events++
					if kept {
						t.kept++
					}
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		running.Wait()
		if failed != nil {
			return out, failed
		}
		if err := s.settle(ctx, t); err != nil {
			return out, err
		}
		after, err := s.cpus(t)
		if err != nil {
			return out, err
		}
		out.PerSecond = float64(arrived) / float64(seconds)
		for i, into := range []*float64{&out.ReceiverCPU, &out.WorkerCPU, &out.ServerCPU} {
			*into = figures.Ratio(milliseconds(after[i]-before[i]), float64(out.Events))
		}
		s.clear()
		return out, nil
	}
}

// relay sends a new order, and waits until the ERP has it. An event that was not kept is not waited for.
func (s *system) relay(ctx context.Context, t *target) (one *entry, kept bool, err error) {
	e := s.Order(s.Number())
	one = s.book.send(e.ID)
	kept, err = s.send(ctx, t, e)
	if err != nil {
		return one, false, err
	}
	if !kept {
		return one, false, wait(ctx, again)
	}
	select {
	case <-one.arrived:
		return one, true, nil
	case <-ctx.Done():
		return one, true, errors.Join(context.Cause(ctx), s.gone())
	}
}

// steadily sends events of different orders at a rate, whether or not earlier ones have arrived.
func (s *system) steadily(ctx context.Context, t *target, rate float64, seconds int) (Steady, error) {
	out := Steady{Rate: rate}
	skipped := int(rate * settling.Seconds())
	count := skipped + max(1, int(rate*float64(seconds)))
	all, errs := make([]*entry, count), make([]error, count)
	resources := make([]string, count)
	var mu sync.Mutex
	var running sync.WaitGroup
	began := time.Now()
	for i := range count {
		if err := wait(ctx, time.Until(began.Add(time.Duration(float64(i)/rate*float64(time.Second))))); err != nil {
			errs[i] = err
			break
		}
		running.Go(func() {
			e := s.Order(s.Number())
			resources[i] = e.Resource
			one := s.book.send(e.ID)
			kept, err := s.send(ctx, t, e)
			if err != nil {
				errs[i] = err
				return
			}
			mu.Lock()
			if kept {
				t.kept++
			} else {
				out.Refused++
			}
			mu.Unlock()
			if !kept {
				return
			}
			select {
			case <-one.arrived:
				all[i] = one
			case <-ctx.Done():
				errs[i] = context.Cause(ctx)
			}
		})
	}
	running.Wait()
	if err := errors.Join(append(errs, s.gone())...); err != nil {
		return out, err
	}
	var took []float64
	var ids []string
	for i, one := range all[skipped:] {
		if one != nil {
			took = append(took, milliseconds(one.at.Sub(one.sent)))
			ids = append(ids, t.id(resources[skipped+i]))
		}
	}
	out.Events, out.P50, out.P99 = len(took), figures.Percentile(took, 50), figures.Percentile(took, 99)
	if err := s.settle(ctx, t); err != nil {
		return out, err
	}
	s.clear()
	var err error
	out.HistoryEvents, out.Actions, err = s.costs(ctx, ids[:min(costed, len(ids))])
	return out, err
}

// costs returns the medians of the events and actions of mailboxes, without events of tasks that nobody took in time.
func (s *system) costs(ctx context.Context, ids []string) (events, actions float64, err error) {
	all, billed := make([]float64, len(ids)), make([]float64, len(ids))
	for i, id := range ids {
		var one billing.Cost
		if err := one.AddRun(ctx, s.Client, id, ""); err != nil {
			return 0, 0, err
		}
		all[i], billed[i] = float64(one.Events-one.Late), float64(one.Actions)
	}
	return figures.Percentile(all, 50), figures.Percentile(billed, 50), nil
}

// cpus returns the CPU times that a target has used so far, in the order of [Full].
func (s *system) cpus(t *target) (all [3]time.Duration, err error) {
	for i, p := range []*rig.Process{t.receiver, t.worker, s.Process} {
		if all[i], err = p.CPU(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
