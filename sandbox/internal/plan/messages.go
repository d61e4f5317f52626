package plan

import (
	"maps"
	"slices"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
)

// WithMessages returns the plan with customers who are told about their orders. The orders get addresses and numbers, and those of
// ordinary goods are added; all else stays as it is.
func (p Plan) WithMessages() Plan {
	p.Orders = slices.Clone(p.Orders)
	orders := make([]*shopifytest.Order, len(p.Orders))
	for i := range p.Orders {
		o := &p.Orders[i]
		o.Order = *o.Order.Clone()
		orders[i] = &o.Order
	}
	p.Telling = telling.New(p.Seed, orders, p.Length)
	for i := range p.Orders {
		o := &p.Orders[i]
		if o.Change == nil || o.Change.Fields["lines"] == nil {
			continue
		}
		// What changes lines has the lines as they are called now.
		change := *o.Change
		change.Fields = maps.Clone(change.Fields)
		lines, _ := change.Fields["lines"].([]shopifytest.LineItem)
		lines = slices.Clone(lines)
		for n := range lines {
			lines[n].Title = o.Order.Lines[n].Title
		}
		change.Fields["lines"] = lines
		o.Change = &change
	}
	return p
}

// ToldTroubles lists what must befall customers who are told about their orders: nothing if there are few of them.
func (p Plan) ToldTroubles() []What {
	if !p.Telling.On() || !p.Telling.Enough() {
		return nil
	}
	return slices.Concat(happenings.MessageTroubles, []What{happenings.MessageTokenRefused, happenings.MessageNoAccount}, happenings.MessageFates)
}
