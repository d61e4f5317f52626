// Package index is the search index of a simulated shop. It understands Shopify's search syntax, lags behind writes, and
// pages through its entries by cursor.
package index

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"
)

// Entry is what the index knows of an order.
type Entry struct {
	ID                           int64
	Name, Email, FinancialStatus string
	Test, Closed, Cancelled      bool
	CreatedAt, UpdatedAt         time.Time
	// Customer is the name by which orders are sorted. People are the names and addresses that a term without a field
	// finds.
	Customer string
	People   []string
	// SKUs are the SKUs of the lines, and Chargebacks the statuses of the disputes.
	SKUs, Chargebacks []string
}

// entry is an entry with the tokens of its SKUs.
type entry struct {
	Entry

	skus [][]string
}

func newEntry(e Entry) *entry {
	out := &entry{Entry: e}
	for _, sku := range e.SKUs {
		if sku != "" {
			out.skus = append(out.skus, tokens(sku))
		}
	}
	return out
}

func byUpdate(a, b *entry) int {
	return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID))
}

// Index is the index of a shop's orders. It is safe for concurrent use.
type Index struct {
	now  func() time.Time
	zone *time.Location

	mu  sync.RWMutex
	lag time.Duration
	// newest holds the orders as they are. seen holds them as searches see them, also sorted by last change and id.
	// pending holds the writes that are not yet visible to searches, in order.
	newest, seen map[int64]*entry
	sorted       []*entry
	pending      []write
}

type write struct {
	seenAt time.Time
	entry  *entry
}

// New returns an empty index. Times without a zone in searches are in the given one. A write stays invisible to searches
// for the lag.
func New(now func() time.Time, zone *time.Location, lag time.Duration) *Index {
	return &Index{now: now, zone: zone, lag: lag, newest: map[int64]*entry{}, seen: map[int64]*entry{}}
}

// SetLag sets the lag of writes from now on.
func (x *Index) SetLag(lag time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lag = lag
}

// Put adds an order, or replaces the one with its id.
func (x *Index) Put(order Entry) {
	e := newEntry(order)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.newest[e.ID] = e
	if x.lag <= 0 && len(x.pending) == 0 {
		x.see(e)
		return
	}
	x.pending = append(x.pending, write{seenAt: x.now().Add(x.lag), entry: e})
}

// see makes an entry visible to searches, in place of the order's previous entry, if any.
func (x *Index) see(e *entry) {
	if old, ok := x.seen[e.ID]; ok {
		i, _ := slices.BinarySearchFunc(x.sorted, old, byUpdate)
		x.sorted = slices.Delete(x.sorted, i, i+1)
	}
	x.seen[e.ID] = e
	if n := len(x.sorted); n == 0 || byUpdate(x.sorted[n-1], e) < 0 {
		x.sorted = append(x.sorted, e)
		return
	}
	i, _ := slices.BinarySearchFunc(x.sorted, e, byUpdate)
	x.sorted = slices.Insert(x.sorted, i, e)
}

// settle makes the writes visible that are due. A write does not overtake an earlier one of the same order.
func (x *Index) settle() {
	x.mu.Lock()
	defer x.mu.Unlock()
	now, waiting := x.now(), map[int64]bool{}
	x.pending = slices.DeleteFunc(x.pending, func(w write) bool {
		if w.seenAt.After(now) || waiting[w.entry.ID] {
			waiting[w.entry.ID] = true
			return false
		}
		x.see(w.entry)
		return true
	})
}

// Query selects a page of orders.
type Query struct {
	// Search is in Shopify's search syntax; empty means all orders.
	Search string
	// SortKey is an OrderSortKeys.
	SortKey string
	Reverse bool
	// After is the cursor of the previous page; nil means the first page.
	After *string
	// First is the page size.
	First int
}

// Page is a page of orders.
type Page struct {
	IDs []int64
	// More reports whether there are more orders. Cursor is that of the last order, empty if there is none.
	More   bool
	Cursor string
	// Warnings say which terms of the search were not understood.
	Warnings []Warning
}

// Page returns a page of the orders that match. The index decides which ones do, but the caller reads their newest
// fields, as in Shopify, where a search yields ids. A list without a search does not lag. The error is [ErrCursor].
func (x *Index) Page(q Query) (Page, error) {
	sorting := sorting{key: q.SortKey, reverse: q.Reverse}
	mark := ListMark(q.Search, q.SortKey, strconv.FormatBool(q.Reverse))
	var after *position
	if q.After != nil {
		p, err := decodeCursor(*q.After, mark)
		if err != nil {
			return Page{}, err
		}
		after = &p
	}
	search := ParseSearch(q.Search, x.zone)
	found, more := x.page(search, sorting, after, q.First)
	page := Page{More: more, Warnings: search.Warnings}
	for _, e := range found {
		page.IDs = append(page.IDs, e.ID)
	}
	if len(found) > 0 {
		page.Cursor = encodeCursor(sorting.position(found[len(found)-1]), mark)
	}
	return page, nil
}

// page returns up to n matching entries in the given order, starting after a position, and reports whether there are
// more.
func (x *Index) page(m Search, sorting sorting, after *position, n int) (page []*entry, more bool) {
	x.settle()
	x.mu.RLock()
	defer x.mu.RUnlock()
	list := x.sorted
	if m.all() && len(x.pending) > 0 {
		list = slices.SortedFunc(maps.Values(x.newest), byUpdate)
	}
	if sorting.key != sortUpdatedAt {
		list = slices.Clone(list)
		slices.SortFunc(list, sorting.compareEntries)
	}
	from, to := 0, len(list)
	if sorting.key == sortUpdatedAt {
		// Only a part of a large shop needs to be scanned.
		from = sort.Search(len(list), func(i int) bool { return !list[i].UpdatedAt.Before(m.updatedMin) })
		if !m.updatedMax.IsZero() {
			to = sort.Search(len(list), func(i int) bool { return list[i].UpdatedAt.After(m.updatedMax) })
		}
	}
	if after != nil {
		behind := sort.Search(len(list), func(i int) bool { return sorting.compare(list[i], *after) > 0 })
		at := sort.Search(len(list), func(i int) bool { return sorting.compare(list[i], *after) >= 0 })
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
