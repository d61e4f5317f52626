package scenario

import "github.com/giftbridge/giftbridge/internal/shopify/shopifytest"

// Goods is the kind of orders without a gift card. What is in them is sent as parcels.
const Goods Kind = "goods"

// goodsEvery is how often an order is one of goods, if the shop sells them, and goodsFrom how many orders come before the first of
// these. So none of them is one of cards that are made later.
const goodsEvery, goodsFrom = 4, 9

// The goods. The lamp sells out, and returns.
var (
	mug  = product("MUG-BLUE", "Mug", "12.50", 350, "Color", "Blue", "It holds coffee, and tea as well.")
	boot = product("BOOT-42", "Boots", "80.00", 1400, "Size", "42", "They are made for walking.")
	lamp = product("LAMP", "Desk lamp", "45.00", 900, "Color", "Black", "It stays where it is put.")
)

// product returns a product with one option. Its page and its picture are at an address that is nobody's.
func product(sku, title, price string, grams int, option, value, about string) shopifytest.Variant {
	const shop = "https://shop.example.com/"
	return shopifytest.Variant{
		SKU: sku, Title: title, Price: price, Vendor: "Widgets", Description: about, Grams: grams,
		URL: shop + sku, Image: shop + sku + ".png", Options: [3]shopifytest.Option{{Name: option, Value: value}},
	}
}

// BuyGoods has the customers leave numbers and addresses, and a share of them buy goods. [Customers.Tend] sends these.
func (c *Customers) BuyGoods() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range []shopifytest.Variant{mug, boot, lamp} {
		c.shop.PutVariant(p)
	}
	c.shop.SetStock(lamp.SKU, lampStock)
	c.goods = true
}

// goodsOrder turns an order into one of goods.
func goodsOrder(o *shopifytest.Order) {
	line := func(p shopifytest.Variant, units int) shopifytest.LineItem {
		return shopifytest.LineItem{
			SKU: p.SKU, Title: p.Title, Vendor: p.Vendor, Quantity: units, UnitPrice: p.Price, Grams: p.Grams,
		}
	}
	o.Lines = []shopifytest.LineItem{line(mug, 2), line(boot, 1)}
	o.Shipping, o.ShippingMethod, o.Tax = "5.00", "Ground", "8.40"
}

// step is one thing that the shop's staff, or a carrier, do about an order.
type step func(*shopifytest.Server, shopifytest.Order)

// lives are what becomes of orders of goods, in turn.
var lives = [][]step{
	{send("UPS", "1Z999AA10123456784", 0, 1), deliver},
	{giveBack(0, 1), send("FedEx", "449044304137821", 0, 1), deliver},
	{send("USPS", "9400100000000000000000", 0), deliver, send("FedEx", "449044304137822", 1), deliver},
	{giveBack(1, 1), send("UPS", "1Z999AA10123456785", 0), deliver},
	// The number comes later, and until then nobody could follow the parcel.
	{send("UPS", "", 0, 1), track("1Z999AA10123456786"), deliver},
	{cancel},
}

// tended is an order of goods, and what is still to be done about it.
type tended struct {
	id    int64
	steps []step
}

// Tend has the shop's staff do the next thing about each order of goods, and reports whether something is left to be done. Now and
// then a product sells out, and returns.
func (c *Customers) Tend() (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.goods {
		return false
	}
	c.stock()
	orders := map[int64]shopifytest.Order{}
	for _, o := range c.shop.Orders() {
		orders[o.ID] = o
	}
	var left []tended
	for _, t := range c.tended {
		t.steps[0](c.shop, orders[t.id])
		if t.steps = t.steps[1:]; len(t.steps) > 0 {
			left = append(left, t)
		}
	}
	c.tended = left
	c.shifts++
	return len(left) > 0
}

// The lamp is sold out at the first of so many calls of Tend, and returns at a later one.
const (
	soldOutEvery = 60
	backAfter    = 2
	lampStock    = 40
)

func (c *Customers) stock() {
	switch c.shifts % soldOutEvery {
	case 0:
		c.shop.SetStock(lamp.SKU, 0)
	case backAfter:
		c.shop.SetStock(lamp.SKU, lampStock)
	}
}

// send sends what is left of lines, by their places, as one parcel. Without a number, it cannot be followed.
func send(carrier, number string, lines ...int) step {
	return func(s *shopifytest.Server, o shopifytest.Order) {
		f := shopifytest.Fulfillment{Company: carrier, Origin: &shopifytest.Address{
			Address1: "2 Example Street", City: "Reno", Province: "NV", Zip: "89501", Country: "US",
		}}
		if number != "" {
			f.Trackings = trackings(number)
		}
		for _, i := range lines {
			if n := o.Lines[i].Remaining(); n > 0 {
				f.Lines = append(f.Lines, shopifytest.Units{Line: o.Lines[i].ID, Quantity: n})
			}
		}
		s.Fulfil(o.ID, f)
	}
}

func trackings(number string) []shopifytest.Tracking {
	return []shopifytest.Tracking{{Number: number, URL: "https://parcels.example.com/" + number}}
}

// track adds the number of the newest parcel.
func track(number string) step {
	return func(s *shopifytest.Server, o shopifytest.Order) {
		newest := o.Fulfillments[len(o.Fulfillments)-1]
		s.ChangeFulfillment(o.ID, newest.ID, func(f *shopifytest.Fulfillment) { f.Trackings = trackings(number) })
	}
}

// deliver delivers the newest parcel.
func deliver(s *shopifytest.Server, o shopifytest.Order) {
	s.Deliver(o.ID, o.Fulfillments[len(o.Fulfillments)-1].ID)
}

// giveBack refunds units of a line, by its place.
func giveBack(line, units int) step {
	return func(s *shopifytest.Server, o shopifytest.Order) {
		s.GiveBack(o.ID, shopifytest.Refund{Lines: []shopifytest.Units{{Line: o.Lines[line].ID, Quantity: units}}})
	}
}

// cancel cancels an order, and gives back all of it.
func cancel(s *shopifytest.Server, o shopifytest.Order) {
	s.UpdateOrder(o.ID, func(o *shopifytest.Order) {
		o.CancelledAt = o.UpdatedAt
		for i := range o.Lines {
			o.Lines[i].Removed = o.Lines[i].Quantity
		}
		o.FinancialStatus = "REFUNDED"
	})
}
