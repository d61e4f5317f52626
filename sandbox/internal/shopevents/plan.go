package shopevents

import "iter"

// Changes is how often each product of a [Plan] Changes.
const Changes = 10

// Part is what one connection of the shop sends: the numbers of orders, which have two events each, and of products, which have
// [Changes].
type Part struct{ Orders, Products []int64 }

// Plan distributes n events, half of them about orders and half about products, over connections.
func (e *Events) Plan(n, connections int) []Part {
	parts := make([]Part, connections)
	orders, products := max(1, n/4), max(1, n/2/Changes)
	for i := range orders {
		p := &parts[i%len(parts)]
		p.Orders = append(p.Orders, e.Number())
	}
	for i := range products {
		p := &parts[i%len(parts)]
		p.Products = append(p.Products, e.Number())
	}
	return parts
}

// All returns what makes the events of a part, in their order: those of orders and those of products in turns, and the events of one
// resource as far apart as can be.
func (p Part) All(e *Events) iter.Seq[func() Event] {
	return func(yield func(func() Event) bool) {
		orders, products := len(p.Orders)*2, len(p.Products)*Changes
		for i := range max(orders, products) {
			if i < len(p.Orders) && !yield(func() Event { return e.Order(p.Orders[i]) }) {
				return
			}
			if i >= len(p.Orders) && i < orders && !yield(func() Event { return e.Fulfillment(p.Orders[i-len(p.Orders)]) }) {
				return
			}
			if i < products && !yield(func() Event { return e.Product(p.Products[i%len(p.Products)]) }) {
				return
			}
		}
	}
}
