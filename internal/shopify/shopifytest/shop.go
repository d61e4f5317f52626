package shopifytest

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"
)

// shop is the store of orders, with a search index that may lag behind it. The orders that it returns are never changed
// afterwards.
type shop struct {
	now      func() time.Time
	currency string

	mu     sync.RWMutex
	lag    time.Duration
	byID   map[int64]*Order
	lastID int64
	// index holds the entries that searches see, sorted by last change and id. pending holds the writes that are not
	// yet visible to them, in order.
	index   []*entry
	indexed map[int64]*entry
	pending []write
}

// entry is an order in the index.
type entry struct {
	order *Order
	skus  [][]string
}

type write struct {
	seenAt time.Time
	order  *Order
}

func newShop(now func() time.Time, currency string, lag time.Duration) *shop {
	return &shop{
		now: now, currency: currency, lag: lag, lastID: 5_000_000_000_000,
		byID: map[int64]*Order{}, indexed: map[int64]*entry{},
	}
}

// add stores a copy of the order with its missing fields filled in. It replaces an existing order with the same id.
func (s *shop) add(o Order) Order {
	c := o.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().UTC()
	c.ID = s.id(c.ID)
	c.CreatedAt = orTime(c.CreatedAt, orTime(c.UpdatedAt, now))
	c.UpdatedAt = orTime(c.UpdatedAt, c.CreatedAt)
	c.Name = cmp.Or(c.Name, "#"+strconv.Itoa(1001+len(s.byID)))
	c.FinancialStatus = cmp.Or(c.FinancialStatus, "PAID")
	c.Currency = cmp.Or(c.Currency, s.currency)
	s.complete(c)
	s.store(c)
	return *c.clone()
}

// update changes an order, as an edit in the shop's admin would. It reports whether the order exists.
func (s *shop) update(id int64, change func(*Order)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.byID[id]
	if !ok {
		return false
	}
	c := old.clone()
	change(c)
	c.ID = id
	if c.UpdatedAt.Equal(old.UpdatedAt) {
		c.UpdatedAt = s.now().UTC()
	}
	s.complete(c)
	s.store(c)
	return true
}

func (s *shop) complete(o *Order) {
	for i := range o.Lines {
		l := &o.Lines[i]
		l.ID = s.id(l.ID)
		l.UnitPrice = cmp.Or(l.UnitPrice, "0.00")
	}
	if o.Customer != nil {
		o.Customer.ID = s.id(o.Customer.ID)
	}
	if o.Company != nil {
		o.Company.ID = s.id(o.Company.ID)
	}
}

func (s *shop) id(given int64) int64 {
	if given == 0 {
		s.lastID++
		return s.lastID
	}
	return given
}

func (s *shop) store(o *Order) {
	s.byID[o.ID] = o
	if s.lag <= 0 && len(s.pending) == 0 {
		s.see(o)
		return
	}
	s.pending = append(s.pending, write{seenAt: s.now().Add(s.lag), order: o})
}

// see adds an order to the index. It replaces the order's previous entry, if any.
func (s *shop) see(o *Order) {
	if old, ok := s.indexed[o.ID]; ok {
		i, _ := slices.BinarySearchFunc(s.index, old, byUpdate)
		s.index = slices.Delete(s.index, i, i+1)
	}
	e := newEntry(o)
	s.indexed[o.ID] = e
	if n := len(s.index); n == 0 || byUpdate(s.index[n-1], e) < 0 {
		s.index = append(s.index, e)
		return
	}
	i, _ := slices.BinarySearchFunc(s.index, e, byUpdate)
	s.index = slices.Insert(s.index, i, e)
}

func newEntry(o *Order) *entry {
	e := &entry{order: o}
	for _, l := range o.Lines {
		if l.SKU != "" {
			e.skus = append(e.skus, tokens(l.SKU))
		}
	}
	return e
}

func byUpdate(a, b *entry) int {
	return cmp.Or(a.order.UpdatedAt.Compare(b.order.UpdatedAt), cmp.Compare(a.order.ID, b.order.ID))
}

// settle moves the writes that are due into the index. A write does not overtake an earlier one of the same order.
func (s *shop) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, waiting := s.now(), map[int64]bool{}
	s.pending = slices.DeleteFunc(s.pending, func(w write) bool {
		if w.seenAt.After(now) || waiting[w.order.ID] {
			waiting[w.order.ID] = true
			return false
		}
		s.see(w.order)
		return true
	})
}

// order returns the order with the id, or nil. This lookup does not lag.
func (s *shop) order(id int64) *Order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

func (s *shop) orders() []Order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Order, 0, len(s.byID))
	for _, o := range s.byID {
		out = append(out, *o.clone())
	}
	slices.SortFunc(out, func(a, b Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// page returns up to n matching orders in the given order, starting after a position, and reports whether there are
// more. The index decides which orders match, but the caller reads their newest fields, as in Shopify, where a search
// yields ids. A list without a search does not lag.
func (s *shop) page(m matcher, sorting sorting, after *position, n int) (page []*entry, more bool) {
	s.settle()
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := s.index
	if m.all() && len(s.pending) > 0 {
		list = make([]*entry, 0, len(s.byID))
		for _, o := range s.byID {
			list = append(list, newEntry(o))
		}
		slices.SortFunc(list, byUpdate)
	}
	if sorting.key != sortUpdatedAt {
		list = slices.Clone(list)
		slices.SortFunc(list, sorting.compareEntries)
	}
	from, to := 0, len(list)
	if sorting.key == sortUpdatedAt {
		// Only a part of a large shop needs to be scanned.
		from = sort.Search(len(list), func(i int) bool { return !list[i].order.UpdatedAt.Before(m.updatedMin) })
		if !m.updatedMax.IsZero() {
			to = sort.Search(len(list), func(i int) bool { return list[i].order.UpdatedAt.After(m.updatedMax) })
		}
	}
	if after != nil {
		behind := sort.Search(len(list), func(i int) bool { return sorting.compare(list[i].order, *after) > 0 })
		at := sort.Search(len(list), func(i int) bool { return sorting.compare(list[i].order, *after) >= 0 })
		if sorting.reverse {
			to = min(to, at)
		} else {
			from = max(from, behind)
		}
	}
	for i := range max(0, to-from) {
		e := list[from+i]
		if sorting.reverse {
			e = list[to-1-i]
		}
		if !m.match(e) {
			continue
		}
		if len(page) == n {
			return page, true
		}
		page = append(page, e)
	}
	return page, false
}

func (s *shop) setLag(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = lag
}

func orTime(t, instead time.Time) time.Time {
	if t.IsZero() {
		return instead
	}
	return t.UTC()
}
