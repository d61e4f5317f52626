package shop

import (
	"slices"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/order"
)

// What an order is has names here, so that those who watch a shop name one package.
type (
	// Order is an order of the simulated shop.
	Order = order.Order
	// Customer is the person who placed an order.
	Customer = order.Customer
	// Company is a B2B company.
	Company = order.Company
	// LineItem is a line of an order.
	LineItem = order.LineItem
	// Attribute is a custom attribute of a line.
	Attribute = order.Attribute
	// Fulfillment is a parcel.
	Fulfillment = order.Fulfillment
	// Refund is money or units that were given back.
	Refund = order.Refund
	// Variant is a variant of a product.
	Variant = goods.Variant
)

// Fulfil adds a fulfillment to an order, by default one of all units that are left, and returns its id. It returns false
// if there is no such order, or not as much left of it.
func (s *Shop) Fulfil(id int64, f Fulfillment) (int64, bool) {
	done := false
	var made int64
	s.ChangeOrder(id, func(o *Order) bool {
		if len(f.Lines) == 0 {
			for i := range o.Lines {
				if n := o.Lines[i].Remaining(); n > 0 {
					f.Lines = append(f.Lines, order.Units{Line: o.Lines[i].ID, Quantity: n})
				}
			}
		}
		done = o.Fulfillable(f.Lines)
		if done {
			made = s.id(f.ID)
			f.ID = made
			o.Fulfillments = append(o.Fulfillments, f)
		}
		return done
	})
	return made, done
}

// ChangeFulfillment changes a fulfillment of an order, and sets its UpdatedAt to now. It reports whether there is one. Units
// of a fulfillment that is cancelled can be fulfilled again.
func (s *Shop) ChangeFulfillment(id, fulfillment int64, change func(*Fulfillment)) bool {
	found := false
	s.ChangeOrder(id, func(o *Order) bool {
		for i := range o.Fulfillments {
			if f := &o.Fulfillments[i]; f.ID == fulfillment {
				change(f)
				f.ID, f.UpdatedAt, found = fulfillment, s.opts.Now().UTC(), true
			}
		}
		return found
	})
	return found
}

// Deliver reports a fulfillment of an order as delivered, as its carrier would. It reports whether there is one.
func (s *Shop) Deliver(id, fulfillment int64) bool {
	return s.ChangeFulfillment(id, fulfillment, func(f *Fulfillment) {
		f.DisplayStatus, f.DeliveredAt = order.Delivered, s.opts.Now().UTC()
	})
}

// GiveBack refunds units of a paid order, or money alone, and reports whether the order exists and has as many left.
func (s *Shop) GiveBack(id int64, r Refund) bool {
	done := false
	s.ChangeOrder(id, func(o *Order) bool {
		done = o.GiveBack(r)
		return done
	})
	return done
}

// Variants returns the variants of the shop's products.
func (s *Shop) Variants() []Variant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.variants)
}

// PutVariant adds a variant, or replaces the one with its SKU.
func (s *Shop) PutVariant(v Variant) {
	all := s.Variants()
	if i := slices.IndexFunc(all, func(x Variant) bool { return x.SKU == v.SKU }); i >= 0 {
		all[i] = v
	} else {
		all = append(all, v)
	}
	s.SetVariants(all...)
}

// SetStock sets how many units of a variant there are. It reports whether there is such a variant.
func (s *Shop) SetStock(sku string, stock int) bool {
	all := s.Variants()
	i := slices.IndexFunc(all, func(x Variant) bool { return x.SKU == sku })
	if i < 0 {
		return false
	}
	all[i].Tracked, all[i].Stock = true, stock
	s.SetVariants(all...)
	return true
}
