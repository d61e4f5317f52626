package arrivals

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/webhook"
)

// maxSKUs bounds the SKUs that are kept of a waiting order. An order with more is read whatever it holds.
const maxSKUs = 100

// item is an order that waits to be read.
type item struct {
	number string
	// updatedAt is the newest time of change of which a notice has told; zero if none has.
	updatedAt time.Time
	// skus are those of the order's lines, if every notice had all of them.
	skus       []string
	linesKnown bool
	// since is when the first notice came, and due when the order may be read.
	since, due time.Time
	// tries counts the failures, outdated the reads that showed the order older than its notice, and why is the reason of
	// the last one.
	tries, outdated int
	why             Loss
	// searched reports whether the search has not shown the order as new as its notice, so that it must be read.
	searched bool
}

func itemOf(n webhook.Notice, now time.Time) *item {
	i := &item{number: n.Order, updatedAt: n.UpdatedAt, since: now, due: now}
	if n.LinesKnown && len(n.SKUs) <= maxSKUs {
		i.skus, i.linesKnown = n.SKUs, true
	}
	return i
}

// merge adds what another notice, or an earlier try, knows of the same order.
func (i *item) merge(other *item) {
	if other.updatedAt.After(i.updatedAt) {
		i.updatedAt = other.updatedAt
	}
	if other.since.Before(i.since) {
		i.since = other.since
	}
	if i.linesKnown = i.linesKnown && other.linesKnown; !i.linesKnown {
		i.skus = nil
		return
	}
	if all := append(slices.Clip(i.skus), other.skus...); len(all) <= maxSKUs {
		i.skus = all
		return
	}
	i.skus, i.linesKnown = nil, false
}

// waiting holds the orders that wait to be read, each once, oldest first.
type waiting struct {
	byNumber map[string]*item
	order    []*item
}

func newWaiting() waiting { return waiting{byNumber: map[string]*item{}} }

// add adds an order, or what is new about one that waits already.
func (w *waiting) add(i *item) {
	if old, ok := w.byNumber[i.number]; ok {
		old.merge(i)
		return
	}
	w.byNumber[i.number] = i
	w.order = append(w.order, i)
}

func (w *waiting) has(number string) bool { return w.byNumber[number] != nil }

func (w *waiting) len() int { return len(w.order) }

// take removes and returns the orders for which wanted says so, oldest first, and at most n of them.
func (w *waiting) take(n int, wanted func(*item) bool) []*item {
	var taken []*item
	kept := w.order[:0]
	for _, i := range w.order {
		if len(taken) < n && wanted(i) {
			taken = append(taken, i)
			delete(w.byNumber, i.number)
			continue
		}
		kept = append(kept, i)
	}
	clear(w.order[len(kept):])
	w.order = kept
	return taken
}

// count returns the number of orders for which wanted says so.
func (w *waiting) count(wanted func(*item) bool) (n int) {
	for _, i := range w.order {
		if wanted(i) {
			n++
		}
	}
	return n
}

// next returns when the next order may be read; zero if none waits.
func (w *waiting) next() time.Time {
	var first time.Time
	for _, i := range w.order {
		if first.IsZero() || i.due.Before(first) {
			first = i.due
		}
	}
	return first
}

// known are the orders that have a workflow, as far as this process knows: newer notices of them start nothing.
type known struct{ orders, before map[string]bool }

// maxKnown bounds each of the two generations of known orders.
const maxKnown = 20_000

func (k *known) has(number string) bool { return k.orders[number] || k.before[number] }

func (k *known) add(number string) {
	if k.orders == nil || len(k.orders) >= maxKnown {
		k.orders, k.before = map[string]bool{}, k.orders
	}
	k.orders[number] = true
}
