package intake

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// GoodFor is how long an order that was read is trusted before money is spent on it.
const GoodFor = 5 * time.Minute

// Reader rereads orders before money is spent on them. It reads an order at most once in five minutes, however
// many cards need it. Orders requested while a query is under way are read together by the next query.
type Reader struct {
	source Source
	now    func() time.Time
	judged func() *Reader
	// goodFor is how long a read is trusted.
	goodFor time.Duration

	mu   sync.Mutex
	read map[string]readOrder
	// waiting holds the channels of waiting callers, by order number, and next the orders of the next query. reading is
	// set while a query is under way.
	waiting map[string][]chan<- Lookup
	next    []string
	reading bool
}

// readOrder is what was read of an order; order is nil if Shopify shows none.
type readOrder struct {
	at    time.Time
	order *Order
}

// NewReader returns a reader that has read nothing yet. believed is how long a read is trusted; zero means five
// minutes, which everything but tests with less time uses.
func NewReader(source Source, believed time.Duration) *Reader {
	if believed == 0 {
		believed = GoodFor
	}
	r := &Reader{
		source: source, now: time.Now, goodFor: believed, read: map[string]readOrder{},
		waiting: map[string][]chan<- Lookup{},
	}
	r.judged = sync.OnceValue(func() *Reader { return NewReader(source.WithRisk(), believed) })
	return r
}

// WithRisk returns the reader that also reads [giftcard.Candidate].Risk. It remembers its own reads: an order that was read
// without the risk says nothing about it.
func (r *Reader) WithRisk() *Reader { return r.judged() }

// Believed returns how long a read is trusted.
func (r *Reader) Believed() time.Duration { return r.goodFor }

// Get returns the order as it was at most five minutes ago, or nil if Shopify shows none.
func (r *Reader) Get(ctx context.Context, number string) (*Order, error) {
	known, answer := r.ask(ctx, number)
	if answer == nil {
		return known, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case found := <-answer:
		return found.Order, found.Err
	}
}

// ask returns an order that is still good, or the channel on which it will arrive. It starts a read if none is under
// way.
func (r *Reader) ask(ctx context.Context, number string) (*Order, <-chan Lookup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, o := range r.read {
		if r.now().Sub(o.at) >= r.goodFor {
			delete(r.read, n)
		}
	}
	if known, ok := r.read[number]; ok {
		return known.order, nil
	}
	answer := make(chan Lookup, 1)
	if len(r.waiting[number]) == 0 {
		r.next = append(r.next, number)
	}
	r.waiting[number] = append(r.waiting[number], answer)
	if !r.reading {
		r.reading = true
		// Reads are shared, so they must not end with the card that happened to start them. The client has a time-out.
		go r.readAll(context.WithoutCancel(ctx))
	}
	return nil, answer
}

// readAll reads the requested orders until no caller waits.
func (r *Reader) readAll(ctx context.Context) {
	for {
		r.mu.Lock()
		numbers := r.next
		r.next, r.reading = nil, len(numbers) > 0
		r.mu.Unlock()
		if len(numbers) == 0 {
			return
		}
		at := r.now()
		found, err := r.source.ReadAll(ctx, numbers)
		for _, number := range numbers {
			r.tell(number, at, found, err)
		}
	}
}

// tell answers the callers that wait for an order, and keeps what was read. An order that Shopify does not show is nil.
func (r *Reader) tell(number string, at time.Time, found map[string]Lookup, err error) {
	answer, ok := found[number]
	if !ok {
		answer.Err = cmp.Or(err, errors.New("Shopify returned no result for order "+number))
	}
	if errors.Is(answer.Err, ErrNotFound) {
		answer.Err = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if answer.Err == nil {
		r.read[number] = readOrder{at: at, order: answer.Order}
	}
	for _, w := range r.waiting[number] {
		w <- answer
	}
	delete(r.waiting, number)
}
