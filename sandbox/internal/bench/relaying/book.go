package relaying

import (
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// book has what was sent, and what has arrived at the ERP.
type book struct {
	mu       sync.Mutex
	entries  map[string]*entry
	arrivals map[relaytest.Endpoint][]time.Time
}

// entry is an event. Sent is when its webhook was sent, and at when the ERP has got it; at is set once arrived is closed.
type entry struct {
	sent, at time.Time
	arrived  chan struct{}
}

func newBook() *book {
	b := &book{}
	b.clear()
	return b
}

// clear forgets all.
func (b *book) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries, b.arrivals = map[string]*entry{}, map[relaytest.Endpoint][]time.Time{}
}

// send notes that the webhook of an event is about to be sent.
func (b *book) send(id string) *entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &entry{sent: time.Now(), arrived: make(chan struct{})}
	b.entries[id] = e
	return e
}

// arrive notes that the ERP has got an event.
func (b *book) arrive(d relaytest.Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.arrivals[d.Endpoint] = append(b.arrivals[d.Endpoint], now)
	if e := b.entries[d.ID]; e != nil && e.at.IsZero() {
		e.at = now
		close(e.arrived)
	}
}

// has reports whether an event has arrived.
func (b *book) has(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	return e != nil && !e.at.IsZero()
}

// times returns when an endpoint has got events.
func (b *book) times(endpoint relaytest.Endpoint) []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]time.Time(nil), b.arrivals[endpoint]...)
}
