package arrivals

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	// startsAtOnce is the number of orders that are started at the same time: enough for more than a hundred a second, few
	// enough that a burst does not delay the workers, whose tasks a busy server would have to store and read again.
	startsAtOnce = 6
	// askTimeout limits one request for the settings, and startTimeout one start. A server that is slow under a burst gets
	// the time that it needs: starts that are given up and repeated would make it slower.
	askTimeout   = 5 * time.Second
	startTimeout = 30 * time.Second
	// patience is how long an order waits while the shop or Temporal is away. By then a poll has seen it, or will as soon
	// as it can.
	patience = 5 * time.Minute
	// maxPause is the longest pause after failures in a row.
	maxPause = 30 * time.Second
)

// rereads are the pauses before an order is read again that the shop showed older than its notice: half a minute in all.
var rereads = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second}

// pauseAfter returns the pause after a number of failures in a row: 1 s, 2 s, 4 s, and so on.
func pauseAfter(failures int) time.Duration {
	const doublings = 5
	return min(time.Second<<min(failures-1, doublings), maxPause)
}

// turn reads what waits, as much as one request reads, and starts it. If more waits than that, it looks up as much as it
// can in the shop's search, which is cheaper. The starts may go on when it returns.
func (q *Queue) turn(ctx context.Context) {
	select {
	case q.turns <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-q.turns }()
	settings := q.settings(ctx)
	if settings == nil {
		return
	}
	if settings.Paused() {
		q.drop()
		return
	}
	if many := q.many(); len(many) > 0 {
		q.find(ctx, settings, many)
	} else if batch := q.batch(); len(batch) > 0 {
		q.read(ctx, settings, batch)
	}
}

// settings returns the current settings, or nil if Temporal cannot be asked.
func (q *Queue) settings(ctx context.Context) Settings {
	now := time.Now()
	q.mu.Lock()
	held := q.rules
	current := held.settings != nil && now.Sub(held.at) < settingsFor
	if current {
		q.asked = false
	}
	q.mu.Unlock()
	if current {
		return held.settings
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := q.o.Desk.Settings(asking)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		q.rules.failing = true
		q.failed(ctx, LostTemporal, "cannot read the settings of the poll: announced orders wait, or are left to the poll", err)
		return nil
	}
	q.rules, q.asked = rules{settings: found, screen: found.RulesAt(now), at: now}, false
	if found.Paused() != q.paused {
		q.paused = found.Paused()
		q.o.Log.Info(map[bool]string{
			true:  "the intake is paused: announced orders are left to the first poll after the pause",
			false: "the intake goes on: announced orders are taken in again",
		}[q.paused])
	}
	return found
}

// failed notes that the shop or Temporal could not be asked, and drops what has waited too long. The caller holds the lock.
func (q *Queue) failed(ctx context.Context, why Loss, message string, err error) {
	if ctx.Err() != nil {
		return
	}
	if q.failures++; q.failures == 1 || q.reason != why {
		q.o.Log.Warn(message, err)
	}
	now := time.Now()
	_, asked := giftcard.KindOf(err)
	q.reason, q.resume = why, now.Add(max(pauseAfter(q.failures), min(asked, maxPause)))
	q.expire(now)
}

// expire drops the orders that have waited too long. The caller holds the lock.
func (q *Queue) expire(now time.Time) {
	for _, i := range q.waiting.take(q.waiting.len(), func(i *item) bool { return now.Sub(i.since) > patience }) {
		q.o.Meter.Lost(cmp.Or(i.why, q.reason, LostShop), 1)
	}
}

// drop drops everything that waits, because the intake is paused: the first poll after the pause finds it.
func (q *Queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := q.waiting.len(); n > 0 {
		q.o.Meter.Lost(LostPaused, n)
	}
	q.waiting = newWaiting()
}

// batch takes out the orders of the next request.
func (q *Queue) batch() []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.expire(now)
	return q.takeOut(now, min(max(1, q.o.Shop.AtOnce()), maxBatch), func(*item) bool { return true })
}

// many takes out the orders of the next search, if more orders wait than one request reads; otherwise none. Only orders
// whose time of change is known are looked up, because the search may show an order as it was before.
func (q *Queue) many() []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	findable := func(i *item) bool { return !i.searched && !i.updatedAt.IsZero() }
	if q.waiting.count(func(i *item) bool { return !i.due.After(now) && findable(i) }) <= min(q.o.Shop.AtOnce(), maxBatch) {
		return nil
	}
	return q.takeOut(now, min(q.o.Shop.FindAtOnce(), maxBatch), findable)
}

// takeOut takes out at most a number of wanted orders that are due. The caller holds the lock.
func (q *Queue) takeOut(now time.Time, most int, wanted func(*item) bool) []*item {
	var out []*item
	q.waiting.take(q.waiting.len(), func(i *item) bool {
		if i.due.After(now) || len(out) == most || !wanted(i) {
			return false
		}
		screened, _ := q.screen(i, now)
		if !screened && !q.known.has(i.number) {
			out = append(out, i)
		}
		return true
	})
	q.busy += len(out)
	return out
}

// find looks orders up in the shop's search, and decides about those that it shows as new as their notices. The others are
// read.
func (q *Queue) find(ctx context.Context, settings Settings, batch []*item) {
	readAt := time.Now().UTC()
	found, err := q.o.Shop.FindFor(ctx, settings.RulesAt(readAt), numbersOf(batch))
	q.o.Meter.Read(len(found))
	why, now := LostStale, time.Now()
	if err != nil {
		why = lossOf(err)
	}
	var ready []*item
	var orders []giftcard.Order
	for _, i := range batch {
		o := found[i.number]
		if o == nil || o.UpdatedAt.Before(i.updatedAt) {
			i.searched = true
			q.again(i, why, now)
			continue
		}
		ready, orders = q.judge(ctx, settings, i, o, now, ready, orders)
	}
	q.startAll(ctx, settings, ready, orders, readAt)
}

func numbersOf(batch []*item) []string {
	numbers := make([]string, len(batch))
	for n, i := range batch {
		numbers[n] = i.number
	}
	return numbers
}

// read reads orders from the shop and decides about each.
func (q *Queue) read(ctx context.Context, settings Settings, batch []*item) {
	readAt := time.Now().UTC()
	found, err := q.o.Shop.ReadAllFor(ctx, settings.RulesAt(readAt), numbersOf(batch))
	q.o.Meter.Read(len(found))
	now := time.Now()
	var ready []*item
	var orders []giftcard.Order
	for _, i := range batch {
		l, ok := found[i.number]
		switch {
		case !ok:
			q.again(i, lossOf(err), now)
		case l.Err != nil:
			q.unread(i, l.Err, now)
		case l.Order.UpdatedAt.Before(i.updatedAt):
			q.outdated(i, now)
		default:
			ready, orders = q.judge(ctx, settings, i, l.Order, now, ready, orders)
		}
	}
	q.mu.Lock()
	if err != nil {
		q.failed(ctx, lossOf(err), "cannot read announced orders from the shop: they wait, or are left to the poll", err)
	} else {
		q.failures = 0
	}
	q.mu.Unlock()
	q.startAll(ctx, settings, ready, orders, readAt)
}

// judge decides about an order. It adds it to those that are ready to be started, or does what is to be done instead.
func (q *Queue) judge(
	ctx context.Context, settings Settings, i *item, found *intake.Order, now time.Time, ready []*item, orders []giftcard.Order,
) ([]*item, []giftcard.Order) {
	order, reason := intake.Judge(settings.RulesAt(now), settings.Shop(), found, now)
	switch {
	case reason == "" && tooLarge(order):
		q.lose(LostTooLarge)
	case reason == "":
		return append(ready, i), append(orders, order)
	case reason.LeftToPeople():
		q.do(ctx, i, func(ctx context.Context) (Result, error) { return Left, settings.Leave(ctx, order, reason) })
	default:
		q.ended(i, LeftOut)
	}
	return ready, orders
}

// startAll starts orders, with the accounts that are known.
func (q *Queue) startAll(ctx context.Context, settings Settings, ready []*item, orders []giftcard.Order, readAt time.Time) {
	if len(orders) == 0 {
		return
	}
	var accounts map[string]string
	accountsAt := time.Now().UTC()
	without := func(o giftcard.Order) bool { return !settings.NeedsAccount(o) }
	if some := slices.DeleteFunc(slices.Clone(orders), without); q.o.Accounts != nil && len(some) > 0 {
		accounts = q.o.Accounts.MatchNow(ctx, q.o.Code, settings.MatchBy(), some)
	}
	for n, i := range ready {
		o := Order{Order: orders[n], ReadAt: readAt}
		if code := accounts[i.number]; code != "" {
			o.Account, o.AccountAt = code, accountsAt
		}
		q.do(ctx, i, func(ctx context.Context) (Result, error) {
			started, err := settings.Start(ctx, o)
			if started {
				return Started, err
			}
			return Known, err
		})
	}
}

// do starts an order, or leaves it to people, in the background once there is room. Temporal may have done it though it
// returned an error; in that case the next try finds the order known.
func (q *Queue) do(ctx context.Context, i *item, act func(context.Context) (Result, error)) {
	select {
	case q.starts <- struct{}{}:
	case <-ctx.Done():
		q.again(i, LostTemporal, time.Now())
		return
	}
	go func() {
		defer func() { <-q.starts }()
		// What has begun is finished when the process stops; it takes milliseconds.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
		defer cancel()
		result, err := act(ctx)
		if err != nil {
			i.tries++
			now := time.Now()
			i.due = now.Add(pauseAfter(i.tries))
			q.again(i, LostTemporal, now)
			return
		}
		q.ended(i, result)
	}()
}

// unread handles an order that could not be read though the others of its request were.
func (q *Queue) unread(i *item, err error, now time.Time) {
	_, large := errors.AsType[*rest.TooLargeError](err)
	switch {
	case large:
		q.lose(LostTooLarge)
	case errors.Is(err, intake.ErrNotFound):
		q.outdated(i, now)
	default:
		i.tries++
		i.due = now.Add(pauseAfter(i.tries))
		q.again(i, lossOf(err), now)
	}
}

// outdated reads an order again that the shop showed older than its notice, or not at all: what it showed may not be so
// any more.
func (q *Queue) outdated(i *item, now time.Time) {
	if i.outdated == len(rereads) {
		q.lose(LostStale)
		return
	}
	i.due = now.Add(rereads[i.outdated])
	i.outdated++
	q.again(i, LostStale, now)
}

// again puts an order back, unless it has waited too long.
func (q *Queue) again(i *item, why Loss, now time.Time) {
	i.why = why
	if now.Sub(i.since) > patience {
		q.lose(why)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	q.waiting.add(i)
	q.signal()
}

// lose leaves an order that was taken out to the poll.
func (q *Queue) lose(why Loss) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	q.o.Meter.Lost(why, 1)
	q.signal()
}

// ended notes what became of an order.
func (q *Queue) ended(i *item, r Result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	if r != LeftOut { // It has a workflow.
		q.known.add(i.number)
	}
	q.o.Meter.Ended(r)
	q.signal()
}

func lossOf(err error) Loss {
	if kind, _ := giftcard.KindOf(err); kind == giftcard.RateLimited {
		return LostThrottled
	}
	return LostShop
}

// tooLarge reports whether an order is too large for Temporal.
func tooLarge(o giftcard.Order) bool {
	text, err := json.Marshal(o)
	return err != nil || len(text) > intake.MaxBytes
}
