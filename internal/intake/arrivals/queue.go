package arrivals

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

const (
	// MaxWaiting is the number of orders that may wait. A number and what is kept beside it take less than a kilobyte.
	MaxWaiting = 20_000
	// maxBatch is the number of orders that are read at once at most.
	maxBatch = 250
	// settingsFor is how long settings are used before Temporal is asked for them again: a pause, or another SKU, reaches
	// the queue by then.
	settingsFor = 10 * time.Second
	// staleSettingsFor is how long the last known rules reject notices while Temporal cannot be asked for newer ones.
	staleSettingsFor = time.Hour
)

// Topics are the topics whose notices a queue takes.
var Topics = []string{"orders/create", "orders/paid", "orders/updated", "orders/edited"}

// Options connect a queue to the world.
type Options struct {
	Shop Shop
	Desk Desk
	// Accounts, if set, finds the accounts of the orders, so that they need not look them up. Code, if set, is the account
	// of every order.
	Accounts Accounts
	Code     string
	Meter    Meter
	Log      Log
	// Max is the number of orders that may wait; zero means [MaxWaiting].
	Max int
}

// Queue holds the orders that the shop has announced. It implements [webhook.Consumer].
type Queue struct {
	o Options
	// wake tells the loop that something changed. It holds one message: more would say nothing new.
	wake chan struct{}
	// starts bounds the orders that are started at the same time.
	starts chan struct{}

	mu      sync.Mutex
	waiting waiting
	// busy is the number of orders that were taken out to be read or started.
	busy  int
	known known
	// resume is when the shop or Temporal is asked again after a failure, and failures the number of failures in a row.
	resume   time.Time
	failures int
	// reason is that of the last failure.
	reason Loss
	rules  rules
	// asked reports whether notices were screened by rules that may be others by now.
	asked bool
	// paused reports whether the last settings were paused.
	paused bool

	// turns has room for one: [Queue.Run] and [Queue.Drain] do not read at the same time.
	turns chan struct{}
}

// rules are what notices are screened by.
type rules struct {
	settings Settings
	screen   giftcard.Rules
	// at is when the settings were read, and failing reports whether a later attempt to read them has failed.
	at      time.Time
	failing bool
}

// New returns an empty queue.
func New(o Options) *Queue {
	if o.Max == 0 {
		o.Max = MaxWaiting
	}
	return &Queue{
		o: o, wake: make(chan struct{}, 1), turns: make(chan struct{}, 1), starts: make(chan struct{}, startsAtOnce),
		waiting: newWaiting(),
	}
}

// Topics implements [webhook.Consumer].
func (q *Queue) Topics() []string { return Topics }

// Take implements [webhook.Consumer]. It drops only notices of orders that the poll would leave out for having no gift
// card, and of orders that have a workflow. As long as the rules are not known, it drops none.
func (q *Queue) Take(n webhook.Notice) webhook.Outcome {
	if !isNumber(n.Order) {
		return webhook.Ignored
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	i := itemOf(n, now)
	if q.known.has(i.number) {
		return webhook.Ignored
	}
	if screened, current := q.screen(i, now); screened {
		if !current {
			q.asked = true
			q.signal()
		}
		return webhook.Ignored
	}
	if q.waiting.len() >= q.o.Max && !q.waiting.has(i.number) {
		q.o.Meter.Lost(LostFull, 1)
		return webhook.Full
	}
	q.waiting.add(i)
	q.signal()
	return webhook.Queued
}

// screen reports whether the rules certainly leave an order out, and whether these are the current rules. The caller holds
// the lock.
func (q *Queue) screen(i *item, now time.Time) (screened, current bool) {
	age := now.Sub(q.rules.at)
	current = q.rules.settings != nil && age < settingsFor
	usable := current || q.rules.settings != nil && q.rules.failing && age < staleSettingsFor
	return usable && i.linesKnown && !q.rules.screen.HasCard(i.skus...), current
}

// Len returns the number of orders that wait or are being read and started.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.len() + q.busy
}

// signal wakes the loop.
func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run takes orders in until ctx ends. What waits then stays in the queue for [Queue.Drain].
func (q *Queue) Run(ctx context.Context) {
	for {
		pause, something := q.pause(time.Now())
		if something && pause <= 0 && ctx.Err() == nil {
			q.turn(ctx)
			continue
		}
		if !q.sleep(ctx, pause, something) {
			return
		}
	}
}

// drainStep is the longest that [Queue.Drain] waits before it looks again.
const drainStep = 20 * time.Millisecond

// Drain takes in what waits, and returns once nothing is left, Temporal does not answer, or ctx has ended. It returns the
// number of orders that are left to the poll. Nothing should be added to the queue any more. [Queue.Run] may still run, or
// have ended.
func (q *Queue) Drain(ctx context.Context) int {
	q.mu.Lock()
	q.failures, q.resume = 0, time.Time{} // What has failed is tried once more, at once.
	q.mu.Unlock()
	for q.Len() > 0 && ctx.Err() == nil && !q.away() {
		pause, something := q.pause(time.Now())
		if something && pause <= 0 {
			q.turn(ctx)
			continue
		}
		q.sleep(ctx, drainStep, true)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.waiting.len() + q.busy
	if left > 0 {
		q.o.Meter.Lost(LostStopped, left)
	}
	q.waiting = newWaiting()
	return left
}

// away reports whether Temporal could not be asked at the last attempt.
func (q *Queue) away() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failures > 0 && q.reason == LostTemporal
}

// sleep waits until something has changed or, if timed is set, for the given time. It returns false once ctx has ended.
func (q *Queue) sleep(ctx context.Context, pause time.Duration, timed bool) bool {
	var after <-chan time.Time
	if timed {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-q.wake:
	case <-after:
	}
	return ctx.Err() == nil
}

// pause returns how long there is nothing to do but wait. something is false if only another notice makes work.
func (q *Queue) pause(now time.Time) (pause time.Duration, something bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.waiting.next()
	switch {
	case q.asked:
		due = now
	case due.IsZero():
		return 0, false
	}
	if due.Before(q.resume) {
		due = q.resume
	}
	return due.Sub(now), true
}

// isNumber reports whether s is a shop's number of an order: decimal digits.
func isNumber(s string) bool {
	const most = 20
	return s != "" && len(s) <= most && strings.Trim(s, "0123456789") == ""
}
