package shop

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
)

// Watcher learns what changed in a shop, after the fact. Its methods may be called concurrently, and must not wait.
type Watcher interface {
	// OrderChanged is told of an order as it was, nil for a new one, and as it is. Neither may be changed.
	OrderChanged(before, after *Order)
	// VariantsChanged is told of the variants before and after a change.
	VariantsChanged(before, after []goods.Variant)
}

// Watch sets the watcher. It must be called before the shop is used.
func (s *Shop) Watch(w Watcher) { s.watcher = w }

// changed tells the watcher of an order.
func (s *Shop) changed(before, after *Order) {
	if s.watcher != nil {
		s.watcher.OrderChanged(before, after)
	}
}

// replica is what a read of an order yields for a while after a change.
type replica struct {
	order *Order // Nil if it does not exist yet.
	until time.Time
}

// HoldBack lets reads of an order by its id yield what it was before its last change, nothing if the order is nil, until
// a time by the shop's clock. Shopify reads from replicas that may lag behind. Searches are not affected.
func (s *Shop) HoldBack(id int64, before *Order, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replicas == nil {
		s.replicas = map[int64]replica{}
	}
	s.replicas[id] = replica{before, until}
}

// read returns the order with the id as a read by id sees it, or nil.
func (s *Shop) read(id int64) *Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.replicas[id]; ok {
		if s.opts.Now().Before(old.until) {
			return old.order
		}
		delete(s.replicas, id)
	}
	return s.byID[id]
}
