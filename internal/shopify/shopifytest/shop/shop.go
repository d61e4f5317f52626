// Package shop is a simulated shop: its orders and products, what its app may see of them, and how the API shows them.
package shop

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

// Options describe a shop. All are needed, except those that may be empty.
type Options struct {
	// ID is Shopify's number for the shop.
	ID                     int64
	Name, Domain, Currency string
	TimeZone               *time.Location
	// Versions are the accessible versions of the API, oldest first.
	Versions []string
	// Lag is how long a write stays invisible to searches.
	Lag time.Duration
	// Scopes are the access scopes granted to the app. Denied are fields to which it has no access nevertheless.
	Scopes, Denied []string
	// Variants are the variants of the shop's products.
	Variants []goods.Variant
	// Now is the shop's clock.
	Now func() time.Time
}

// Shop is a shop. It is safe for concurrent use. The orders that it stores are never changed afterwards.
type Shop struct {
	opts  Options
	index *index.Index

	mu     sync.Mutex
	byID   map[int64]*Order
	lastID int64
	// parts are the orders of fulfillments and refunds, by their ids.
	parts map[int64]int64

	scopes   []string
	variants []goods.Variant
	denied   []string
	replicas map[int64]replica

	watcher Watcher
}

// New returns a shop without orders.
func New(opts Options) *Shop {
	s := &Shop{
		opts: opts, index: index.New(opts.Now, opts.TimeZone, opts.Lag),
		byID: map[int64]*Order{}, parts: map[int64]int64{}, lastID: 5_000_000_000_000,
	}
	s.SetScopes(opts.Scopes...)
	s.SetVariants(opts.Variants...)
	s.Deny(opts.Denied...)
	return s
}

// SetLag sets how long writes from now on stay invisible to searches.
func (s *Shop) SetLag(lag time.Duration) { s.index.SetLag(lag) }

// AddOrder stores a copy of the order, and returns it with its missing fields filled in. It replaces an existing order
// with the same id.
func (s *Shop) AddOrder(o Order) Order {
	before, after := s.add(o.Clone())
	s.changed(before, after)
	return *after.Clone()
}

func (s *Shop) add(c *Order) (before, after *Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now().UTC()
	c.ID = s.id(c.ID)
	c.CreatedAt = orTime(c.CreatedAt, orTime(c.UpdatedAt, now))
	c.UpdatedAt = orTime(c.UpdatedAt, c.CreatedAt)
	c.Name = cmp.Or(c.Name, "#"+strconv.Itoa(1001+len(s.byID)))
	c.FinancialStatus = cmp.Or(c.FinancialStatus, "PAID")
	c.Currency = cmp.Or(c.Currency, s.opts.Currency)
	before = s.byID[c.ID]
	s.complete(before, c)
	s.store(c)
	return before, c
}

// UpdateOrder changes an order, as an edit in the shop's admin would, and sets its UpdatedAt to now unless the change
// sets it. It reports whether the order exists.
func (s *Shop) UpdateOrder(id int64, change func(*Order)) bool {
	return s.ChangeOrder(id, func(o *Order) bool {
		change(o)
		return true
	})
}

// ChangeOrder is UpdateOrder for a change that may turn out to be none: if it returns false, the order stays as it was.
func (s *Shop) ChangeOrder(id int64, change func(*Order) bool) bool {
	before, after := s.change(id, change)
	if after != before {
		s.changed(before, after)
	}
	return before != nil
}

// change returns the order before and after a change; the same twice if it is none, and nil if there is no such order.
func (s *Shop) change(id int64, change func(*Order) bool) (before, after *Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.byID[id]
	if !ok {
		return nil, nil
	}
	c := old.Clone()
	if !change(c) {
		return old, old
	}
	c.ID = id
	if c.UpdatedAt.Equal(old.UpdatedAt) {
		c.UpdatedAt = s.opts.Now().UTC()
	}
	s.complete(old, c)
	s.store(c)
	return old, c
}

func (s *Shop) complete(before, o *Order) {
	for i := range o.Lines {
		l := &o.Lines[i]
		l.ID = s.id(l.ID)
		l.UnitPrice = cmp.Or(l.UnitPrice, "0.00")
	}
	for i := range o.Disputes {
		o.Disputes[i].Complete(s.id)
	}
	if o.Customer != nil {
		o.Customer.ID = s.id(o.Customer.ID)
	}
	if o.Company != nil {
		o.Company.ID = s.id(o.Company.ID)
	}
	o.Record(before, s.opts.Now().UTC(), s.id)
}

func (s *Shop) id(given int64) int64 {
	if given == 0 {
		s.lastID++
		return s.lastID
	}
	return given
}

func (s *Shop) store(o *Order) {
	s.byID[o.ID] = o
	for _, f := range o.Fulfillments {
		s.parts[f.ID] = o.ID
	}
	for _, r := range o.Refunds {
		s.parts[r.ID] = o.ID
	}
	s.index.Put(o.Entry())
}

// order returns the order with the id, or nil. This lookup does not lag.
func (s *Shop) order(id int64) *Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// Orders returns copies of all orders, oldest first.
func (s *Shop) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Order, 0, len(s.byID))
	for _, o := range s.byID {
		out = append(out, *o.Clone())
	}
	slices.SortFunc(out, func(a, b Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func orTime(t, instead time.Time) time.Time {
	if t.IsZero() {
		return instead
	}
	return t.UTC()
}
