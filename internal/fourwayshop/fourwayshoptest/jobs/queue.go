// Package jobs is the queue of a simulated Four Way Shop: jobs that take effect after their request was answered, show
// their effect, and call back, in time or not. What a job does is the caller's.
package jobs

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Clock is the clock of a queue.
type Clock interface {
	Now() time.Time
	// After returns a channel on which the time is sent after d.
	After(d time.Duration) <-chan time.Time
}

type realClock struct{}

// Now implements [Clock].
func (realClock) Now() time.Time { return time.Now() }

// After implements [Clock].
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// RealClock returns the clock of the machine.
func RealClock() Clock { return realClock{} }

// Options configure a [Queue]. Operations is needed.
type Options struct {
	// Clock defaults to [RealClock].
	Clock Clock
	// Takes is how long a job waits before it takes effect.
	Takes time.Duration
	// Client sends callbacks. By default it is one with a time-out of 5 s that follows no redirect.
	Client *http.Client
	// Tries is how often a callback is sent until its status is 2xx, by default once: whether the vendor repeats
	// callbacks is not known. Pause is the time between two tries, by default 10 s.
	Tries int
	Pause time.Duration
	// Operations are the operations that a trouble may name.
	Operations []simulator.Operation
	// Trouble, if set, returns the trouble of a job. It is called before the queued and the random troubles are
	// considered.
	Trouble func(Job) *Trouble
	// Seed seeds the random troubles.
	Seed uint64
}

// Job is a request that was accepted.
type Job struct {
	ID        string
	Operation simulator.Operation
	// Callback is where the result is posted; empty means nowhere. Payload comes back in the callback of a failure.
	Callback, Payload string
	// Perform takes effect, and returns the body of the callback. Reveal lets the effect show. Forge returns the body
	// that a forger would post. They are called once at most, and not at the same time.
	Perform func() any
	Reveal  func()
	Forge   func() any
}

// Record is what has become of a job.
type Record struct {
	ID        string              `json:"id"`
	Operation simulator.Operation `json:"operation"`
	Enqueued  time.Time           `json:"enqueued"`
	Trouble   TroubleKind         `json:"trouble,omitempty"`
	// Done and Shown are when the job took effect, and when the effect began to show; they are zero until then.
	Done  time.Time `json:"done,omitzero"`
	Shown time.Time `json:"shown,omitzero"`
	// Callbacks are the attempts to call back.
	Callbacks []Attempt `json:"callbacks"`
}

// Attempt is one request of a callback.
type Attempt struct {
	At time.Time `json:"at"`
	// Status is the HTTP status, 0 without a response.
	Status int `json:"status"`
	// Forged reports whether somebody else than the service called back.
	Forged bool `json:"forged,omitempty"`
}

// Queue carries out jobs. It is safe for concurrent use.
type Queue struct {
	opts  Options
	draws *simulator.Draws[Trouble]

	mu      sync.Mutex
	takes   time.Duration
	paused  bool
	events  events
	last    int
	running int
	records []*Record
	idle    chan struct{} // Closed when nothing waits and nothing runs.
	started bool
	stopped bool

	wake   chan struct{}
	ctx    context.Context //nolint:containedctx // of the goroutines, which end with Stop
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// New returns an empty queue. It starts a goroutine with the first job; [Queue.Stop] ends it.
func New(o Options) *Queue {
	if o.Clock == nil {
		o.Clock = RealClock()
	}
	const timeout, pause = 5 * time.Second, 10 * time.Second
	if o.Client == nil {
		o.Client = &http.Client{Timeout: timeout}
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.Client = &client
	o.Tries, o.Pause = max(o.Tries, 1), cmp.Or(o.Pause, pause)
	q := &Queue{
		opts: o, takes: o.Takes, draws: simulator.NewDraws[Trouble](o.Seed), wake: make(chan struct{}, 1),
		idle: make(chan struct{}),
	}
	close(q.idle)
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q
}

// Enqueue accepts a job. It waits for nothing but an early callback.
func (q *Queue) Enqueue(j Job) {
	t := q.draw(j)
	now := q.opts.Clock.Now()
	q.mu.Lock()
	if q.stopped {
		q.mu.Unlock()
		return
	}
	r := &Record{ID: j.ID, Operation: j.Operation, Enqueued: now, Trouble: t.Kind}
	q.records = append(q.records, r)
	takes := q.takes
	q.mu.Unlock()

	due := now.Add(takes)
	switch t.Kind {
	case Lost:
		return
	case Early:
		body := j.Perform()
		q.note(&r.Done)
		q.call(q.ctx, r, j.Callback, encode(body), false)
		q.at(due, func() { q.reveal(j, r) })
		return
	case Forged:
		q.at(now.Add(takes/2), func() { q.post(r, j.Callback, encode(j.Forge()), true, 1) })
	case Stalled:
		due = due.Add(t.Delay)
	}
	q.at(due, func() { q.perform(j, r, t) })
}

// perform carries out a job that is due.
func (q *Queue) perform(j Job, r *Record, t Trouble) {
	var body []byte
	if t.Kind == Failed {
		body = encode(failure(t.Message, j.Payload))
	} else {
		body = encode(j.Perform())
	}
	q.note(&r.Done)
	now := q.opts.Clock.Now()
	if t.Kind == Lag {
		q.at(now.Add(t.Delay), func() { q.reveal(j, r) })
	} else {
		q.reveal(j, r)
	}
	switch t.Kind {
	case Never:
	case Late:
		q.at(now.Add(t.Delay), func() { q.post(r, j.Callback, body, false, q.opts.Tries) })
	case Dead:
		q.record(r, Attempt{At: now})
	case Garbled:
		q.post(r, j.Callback, garbled(body), false, q.opts.Tries)
	case Twice:
		q.post(r, j.Callback, body, false, q.opts.Tries)
		q.post(r, j.Callback, body, false, q.opts.Tries)
	default:
		q.post(r, j.Callback, body, false, q.opts.Tries)
	}
}

func (q *Queue) reveal(j Job, r *Record) {
	j.Reveal()
	q.note(&r.Shown)
}

// note sets a time of a record to now.
func (q *Queue) note(at *time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	*at = q.opts.Clock.Now()
}

// at calls do at a time, from the queue's goroutine.
func (q *Queue) at(due time.Time, do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return
	}
	q.busy()
	q.last++
	heap.Push(&q.events, event{due, q.last, do})
	if !q.started {
		q.started = true
		q.done.Go(q.work)
	}
	q.signal()
}

// busy replaces the channel of an idle queue. Its caller holds the lock.
func (q *Queue) busy() {
	if len(q.events) == 0 && q.running == 0 {
		q.idle = make(chan struct{})
	}
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run starts a goroutine that belongs to the queue.
func (q *Queue) run(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return
	}
	q.busy()
	q.running++
	q.done.Go(func() {
		do()
		q.finish()
	})
}

// finish ends what was running.
func (q *Queue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	if len(q.events) == 0 && q.running == 0 {
		close(q.idle)
	}
}

// work carries out what is due, one after the other.
func (q *Queue) work() {
	for {
		do, wait := q.take()
		if do != nil {
			do()
			q.finish()
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			due = q.opts.Clock.After(wait)
		}
		select {
		case <-q.wake:
		case <-due:
		case <-q.ctx.Done():
			return
		}
	}
}

// take returns what is due, or how long the next event waits; zero if there is none.
func (q *Queue) take() (do func(), wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 || q.paused || q.stopped {
		return nil, 0
	}
	if wait := q.events[0].due.Sub(q.opts.Clock.Now()); wait > 0 {
		return nil, wait
	}
	q.running++
	e, _ := heap.Pop(&q.events).(event)
	return e.do, 0
}

// SetTakes changes how long jobs wait that are enqueued from now on.
func (q *Queue) SetTakes(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.takes = d
}

// Pause holds all jobs back, or lets them go.
func (q *Queue) Pause(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = on
	q.signal()
}

// Records returns what has become of the jobs, in the order in which they were accepted.
func (q *Queue) Records() []Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Record, len(q.records))
	for i, r := range q.records {
		out[i] = *r
		out[i].Callbacks = slices.Clone(r.Callbacks)
	}
	return out
}

// Wait waits until all jobs are done, late callbacks included.
func (q *Queue) Wait(ctx context.Context) error {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("jobs wait: %w", context.Cause(ctx))
	}
}

// Stop ends the queue. What waits is not done any more.
func (q *Queue) Stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.cancel()
	q.done.Wait()
	q.opts.Client.CloseIdleConnections()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) > 0 {
		q.events = nil
		close(q.idle)
	}
}
