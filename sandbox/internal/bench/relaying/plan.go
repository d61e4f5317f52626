package relaying

import "iter"

// part is what one connection of the shop sends: the numbers of orders, which have two events each, and of products, which have
// [changes].
type part struct{ orders, products []int64 }

// plan distributes n events, half of them about orders and half about products, over the connections.
func plan(n int, number func() int64) []part {
	parts := make([]part, connections)
	orders, products := max(1, n/4), max(1, n/2/changes)
	for i := range orders {
		p := &parts[i%len(parts)]
		p.orders = append(p.orders, number())
	}
	for i := range products {
		p := &parts[i%len(parts)]
		p.products = append(p.products, number())
	}
	return parts
}

// all returns what makes the events of a part, in their order: those of orders and those of products in turns, and the events of one
// resource as far apart as can be.
func (p part) all(e *events) iter.Seq[func() event] {
	return func(yield func(func() event) bool) {
		orders, products := len(p.orders)*2, len(p.products)*changes
		for i := range max(orders, products) {
			if i < len(p.orders) && !yield(func() event { return e.order(p.orders[i]) }) {
				return
			}
			if i >= len(p.orders) && i < orders && !yield(func() event { return e.fulfillment(p.orders[i-len(p.orders)]) }) {
				return
			}
			if i < products && !yield(func() event { return e.product(p.products[i%len(p.products)]) }) {
				return
			}
		}
	}
}
