package delivery

import (
	"cmp"
	"container/heap"
	"context"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options are the options of a [Sender]. Secret and Domain are needed.
type Options struct {
	// Secret is the app's client secret, which signs deliveries.
	Secret string
	// Domain is the domain of the shop.
	Domain string
	// Version is the version of the API in which bodies are written.
	Version string
	// Speed is by how much retries, late deliveries, and the farewell to an old secret are faster than at Shopify, by
	// default 1. The time limits of a request stay as they are.
	Speed float64
	// Workers is the number of requests at the same time, by default 16. Queue is the number of deliveries that may wait,
	// by default 100,000; the others are dropped.
	Workers, Queue int
	// Connect and Total limit a request, by default to 1 s and 5 s.
	Connect, Total time.Duration
	// RootCAs are the authorities whose certificates are accepted, by default the system's.
	RootCAs *x509.CertPool
	// Trouble returns the trouble of a delivery, empty for none. It is asked before the Shares, and may be called
	// concurrently.
	Trouble func(Event) Trouble
	// Shares are the troubles that befall deliveries at random. Seed is what random choices begin with.
	Shares []Share
	Seed   uint64
	// Unsubscribed is called when the retries of a delivery have all failed, and no other delivery of the subscription
	// has succeeded since. It may be nil.
	Unsubscribed func(subscription int64)
	// Now is the shop's clock, by default time.Now.
	Now func() time.Time
}

const (
	// Retries is the number of retries of a failed delivery. They wait for firstRetry, then twice as long each, which
	// makes four hours in all.
	Retries    = 8
	firstRetry = 56 * time.Second
	// farewell is how long some deliveries are signed with the secret before.
	farewell = time.Hour
	// lateness is how late a late delivery is at least, and by how much at most it is later.
	lateness = 2 * time.Hour
	// reordering is the same of one that is out of order.
	reordering = 20 * time.Second
	// Staleness is how long reads lag behind with [Stale], whatever the speed.
	Staleness = 1500 * time.Millisecond
)

// Event is something that happened in the shop, for one subscription.
type Event struct {
	// Topic is that of the header, such as orders/create.
	Topic string
	// ID is the same for all deliveries of one change.
	ID string
	// Subject is Shopify's number of the order or product.
	Subject int64
	// Subscription is the number of the subscription, URI its address when the event happened, Name its name.
	Subscription int64
	URI, Name    string
	// Body is the body to send.
	Body []byte
	// HoldBack lets reads of the order yield what it was before, for some time. It may be nil.
	HoldBack func(lasts time.Duration)
}

// Sender delivers events. It is safe for concurrent use.
type Sender struct {
	opts   Options
	client *http.Client
	draws  *draws
	ledger ledger

	mu        sync.Mutex
	queue     queue
	working   int
	last      int64
	random    *rand.Rand
	old       string // The secret before, until oldUntil.
	oldUntil  time.Time
	paused    bool
	succeeded map[int64]time.Time // When a subscription's last successful delivery ended.
	idle      chan struct{}       // Closed when nothing waits.
	started   bool
	stopped   bool

	wake   chan struct{}
	ctx    context.Context //nolint:containedctx // of the goroutines, which end with Stop
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// New returns a sender. It starts goroutines with the first event; [Sender.Stop] ends them.
func New(opts Options) *Sender {
	opts.Speed = cmp.Or(opts.Speed, 1)
	opts.Workers, opts.Queue = cmp.Or(opts.Workers, 16), cmp.Or(opts.Queue, 100_000)
	opts.Connect, opts.Total = cmp.Or(opts.Connect, time.Second), cmp.Or(opts.Total, 5*time.Second)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Sender{
		opts: opts, draws: newDraws(opts.Seed, opts.Trouble, opts.Shares), client: newClient(opts),
		random: rand.New(rand.NewPCG(opts.Seed, 1)), wake: make(chan struct{}, 1), idle: make(chan struct{}),
		succeeded: map[int64]time.Time{},
	}
	close(s.idle)
	s.ledger.reset()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Send delivers an event. It does not wait.
func (s *Sender) Send(e Event) {
	trouble := s.draws.next(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	d := s.next(e)
	d.trouble = trouble
	s.ledger.triggered(d)
	switch trouble {
	case Lost:
		s.ledger.befell(trouble, d)
		s.ledger.ended(d, outcomeLost)
		return
	case Late:
		d.due = d.due.Add(s.between(lateness))
	case Reordered:
		d.due = d.due.Add(s.between(reordering))
	case Stale:
		if e.HoldBack != nil {
			e.HoldBack(Staleness)
		}
	}
	if trouble.copies() {
		other := *d
		d.trouble = ""
		s.last++
		other.number, other.alone = s.last, true
		if trouble == Replayed {
			other.due = other.due.Add(s.between(lateness))
		}
		s.push(&other)
	}
	s.push(d)
}

// next returns a delivery of an event that is due now.
func (s *Sender) next(e Event) *delivery {
	s.last++
	return &delivery{
		Event: e, number: s.last, due: time.Now(), triggered: s.opts.Now(),
		webhook: fmt.Sprintf("%08x-0000-4000-8000-%012x", e.Subscription&0xffffffff, s.last),
	}
}

// between returns a random time from d to twice that, at the sender's speed.
func (s *Sender) between(d time.Duration) time.Duration {
	return s.scaled(d + time.Duration(s.random.Int64N(int64(d))))
}

func (s *Sender) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.opts.Speed)
}

// push queues a delivery.
func (s *Sender) push(d *delivery) {
	if len(s.queue) >= s.opts.Queue {
		s.ledger.ended(d, outcomeOverflow)
		return
	}
	if len(s.queue) == 0 && s.working == 0 {
		s.idle = make(chan struct{})
	}
	heap.Push(&s.queue, d)
	if !s.started {
		s.started = true
		for range s.opts.Workers {
			s.done.Go(s.work)
		}
	}
	s.signal()
}

func (s *Sender) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work sends deliveries when they are due. One worker at a time is woken, and wakes the next.
func (s *Sender) work() {
	for {
		d, wait := s.take()
		if d != nil {
			s.attempt(d)
			s.finish()
			continue
		}
		var due <-chan time.Time
		timer := time.NewTimer(wait)
		if wait > 0 {
			due = timer.C
		}
		select {
		case <-s.wake:
		case <-due:
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// take returns a delivery that is due, or how long the next one waits; zero if there is none.
func (s *Sender) take() (*delivery, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || s.paused || s.stopped {
		return nil, 0
	}
	if wait := time.Until(s.queue[0].due); wait > 0 {
		return nil, wait
	}
	s.working++
	d, _ := heap.Pop(&s.queue).(*delivery)
	if len(s.queue) > 0 {
		s.signal()
	}
	return d, 0
}

func (s *Sender) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working--
	if s.working == 0 && len(s.queue) == 0 {
		close(s.idle)
	}
}

// Rotate replaces the secret. For a while, some deliveries are signed with the secret before.
func (s *Sender) Rotate(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old, s.oldUntil = s.opts.Secret, time.Now().Add(s.scaled(farewell))
	s.opts.Secret = secret
}

// secret returns the secret that signs the next delivery.
func (s *Sender) secret() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.old != "" && time.Now().Before(s.oldUntil) && s.random.IntN(2) == 0 {
		return s.old
	}
	return s.opts.Secret
}

// Pause holds all deliveries back, or lets them go.
func (s *Sender) Pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = on
	s.signal()
}

// SetShares replaces the troubles that befall deliveries at random.
func (s *Sender) SetShares(shares ...Share) error {
	for _, share := range shares {
		if err := share.valid(); err != nil {
			return err
		}
	}
	s.draws.set(shares)
	return nil
}

// Clear ends all troubles, except those of the hook.
func (s *Sender) Clear() { s.draws.draws.Clear() }

// Befall queues a trouble for the next deliveries, of the given topics if there are any.
func (s *Sender) Befall(t Trouble, times int, topics ...string) error {
	share := Share{Trouble: t, Topics: topics}
	if err := share.valid(); err != nil {
		return err
	}
	s.draws.draws.Queue(share, times)
	return nil
}

// Wait waits until nothing is to be sent any more, retries and late deliveries included.
func (s *Sender) Wait(ctx context.Context) error {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d deliveries wait: %w", s.Ledger().Waiting, context.Cause(ctx))
	}
}

// Stop ends all deliveries. What waits is not sent any more.
func (s *Sender) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.cancel()
	s.done.Wait()
	s.client.CloseIdleConnections()
}
