package composing_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/phones"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

var placed = time.Date(2026, 11, 2, 17, 0, 0, 0, time.UTC)

const mobile = "+14155552671"

func usd(cents int64) retail.Amount { return retail.Amount{Minor: cents, Currency: "USD"} }

func rules(t testing.TB) composing.Rules {
	t.Helper()
	all, err := texts.Load("")
	require.NoError(t, err)
	return composing.Rules{
		Kinds:    []messages.Kind{messages.KindReceipt, messages.KindShipment, messages.KindUpdate, messages.KindInStock},
		ShopName: "Example Shop", ShopURL: "https://shop.example.com", Country: "US", StrictAddress: true, MinInStock: 1,
		Phones: phones.Book{}, Texts: all,
	}
}

// order returns an order of two lines that was placed, paid, and not sent.
func order() retail.Order {
	sums := retail.Totals{Subtotal: usd(4000), Shipping: usd(500), Tax: usd(300), Total: usd(4800)}
	home := retail.Address{
		Name: "Matt Berman", Street1: "25 Taylor str", City: "San Francisco", Province: "CA", PostalCode: "94133", Country: "US",
	}
	return retail.Order{
		Number: "4501", Name: "#1001", Locale: "en", ProcessedAt: placed, CreatedAt: placed, UpdatedAt: placed, Paid: true, PaidAt: placed,
		Currency: "USD", Ordered: sums, Current: sums, Shipping: &home, Billing: &home, Phone: mobile, ShippingMethod: "UPS",
		Lines: []retail.Line{
			{ID: "100", Name: "Shirt", Quantity: 2, CurrentQuantity: 2, UnitPrice: usd(1500), DiscountedTotal: usd(3000), RequiresShipping: true},
			{ID: "200", Name: "Mug", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(1000), DiscountedTotal: usd(1000), RequiresShipping: true},
		},
		Payments: []retail.Payment{{Company: "Visa", LastDigits: "1234"}}, StatusURL: "https://shop.example.com/orders/secret",
	}
}

// at returns a time after the order was placed.
func at(d time.Duration) time.Time { return placed.Add(d) }

// parcel returns a fulfillment of the whole order.
func parcel(id string, created time.Time, trackings ...string) retail.Fulfillment {
	home := order().Shipping
	f := retail.Fulfillment{
		ID: id, Status: retail.FulfillmentSucceeded, CreatedAt: created, UpdatedAt: created, RequiresShipping: true, Carrier: "ups",
		Items:  []retail.FulfilledItem{{Line: "100", Quantity: 2}, {Line: "200", Quantity: 1}},
		Origin: &retail.Address{City: "Cleveland", Province: "OH", PostalCode: "44101", Country: "US"}, Destination: home,
	}
	for _, n := range trackings {
		f.Trackings = append(f.Trackings, retail.Tracking{Number: n, URL: "https://www.ups.com/track?n=" + n})
	}
	return f
}

// customer is the other side: what is told of one order.
type customer struct {
	t     testing.TB
	rules composing.Rules
	told  composing.Told
	keys  map[string]bool
	texts []string
}

func newCustomer(t testing.TB) *customer {
	return &customer{t: t, rules: rules(t), keys: map[string]bool{}}
}

// look composes, takes all steps, and returns them in short: "receipt", "shipment text", "update dropped too_late".
func (c *customer) look(o retail.Order, now time.Time) ([]string, composing.Plan) {
	c.t.Helper()
	before := encode(c.t, c.told)
	plan := composing.Compose(o, c.told, c.rules, now)
	require.Equal(c.t, before, encode(c.t, c.told), "told is not changed")
	var out []string
	for _, s := range plan.Steps {
		require.False(c.t, c.keys[s.Key], "%s is told twice", s.Key)
		c.keys[s.Key] = true
		require.NotEmpty(c.t, s.Why)
		short := string(s.Kind)
		if s.Message == nil {
			require.NotEmpty(c.t, s.Dropped)
			short += " dropped " + string(s.Dropped)
		} else {
			require.Empty(c.t, s.Dropped)
			require.True(c.t, c.told.Receipt || s.Kind == messages.KindReceipt, "nothing is told before the receipt")
			require.Equal(c.t, s.Key, s.Message.Key)
			require.Equal(c.t, s.Kind, s.Message.Kind)
			require.LessOrEqual(c.t, texts.Length(s.Message.Text), texts.MaxLength)
			require.True(c.t, strings.HasPrefix(s.Message.Text, "Example Shop: "))
			require.Equal(c.t, s.Message.Type == "", s.Message.Data == nil)
			require.False(c.t, s.NotAfter.IsZero())
			parse(c.t, s.Message)
			if s.Message.Type == "" {
				short += " text"
			}
			c.texts = append(c.texts, s.Message.Text)
		}
		// What is stored and read again is the same.
		var stored composing.Step
		require.NoError(c.t, json.Unmarshal([]byte(encode(c.t, s)), &stored))
		c.told.Apply(stored.Tells)
		out = append(out, short)
	}
	require.False(c.t, plan.EndsAt.IsZero())
	again := composing.Compose(o, c.told, c.rules, now)
	require.Empty(c.t, again.Steps, "the same order is told once")
	return out, plan
}

// parse checks a structure, as the service would.
func parse(t testing.TB, m *messages.Message) {
	t.Helper()
	var err error
	switch m.Type {
	case messages.TypeReceipt:
		_, err = messages.ParseReceipt(m.Data)
	case messages.TypeShipment:
		_, err = messages.ParseShipment(m.Data)
	case messages.TypeUpdate:
		_, err = messages.ParseUpdate(m.Data)
	}
	require.NoError(t, err)
}

func encode(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

// data returns the structure of the plan's n-th step.
func data(t testing.TB, p composing.Plan, n int) map[string]any {
	t.Helper()
	require.NotNil(t, p.Steps[n].Message, p.Steps[n].Dropped)
	var out map[string]any
	require.NoError(t, json.Unmarshal(p.Steps[n].Message.Data, &out))
	return out
}

// Who is told, and when not: each case is the first look at an order.
func TestReceipts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*retail.Order, *composing.Rules)
		after  time.Duration
		want   []string
		waits  composing.Reason
		ends   time.Duration
	}{
		{name: "paid", want: []string{"receipt"}},
		{name: "authorised a day ago less a second", after: 24*time.Hour - time.Second, want: []string{"receipt"}},
		{name: "older than a day", after: 24*time.Hour + time.Second, want: []string{"receipt dropped too_late"}},
		{name: "paid late", change: func(o *retail.Order, _ *composing.Rules) { o.PaidAt = at(72 * time.Hour) }, after: 73 * time.Hour, want: []string{"receipt"}},
		{name: "not paid", change: func(o *retail.Order, _ *composing.Rules) { o.Paid = false }, waits: composing.ReasonUnpaid},
		{name: "test order", change: func(o *retail.Order, _ *composing.Rules) { o.Test = true }, want: []string{"receipt dropped test"}, ends: time.Minute},
		{name: "test order that is not paid", change: func(o *retail.Order, _ *composing.Rules) { o.Test, o.Paid = true, false }, want: []string{"receipt dropped test"}, ends: time.Minute},
		{name: "cancelled before its receipt", change: func(o *retail.Order, _ *composing.Rules) { o.CancelledAt = at(1) }, want: []string{"receipt dropped cancelled"}, ends: time.Minute},
		{name: "imported", change: func(o *retail.Order, _ *composing.Rules) {
			o.ProcessedAt = placed.AddDate(-1, 0, 0)
			o.Fulfillments = []retail.Fulfillment{parcel("7", placed, "1Z")}
		}, want: []string{"receipt dropped imported"}, ends: time.Minute},
		{name: "nothing left", change: func(o *retail.Order, _ *composing.Rules) {
			o.Lines[0].CurrentQuantity, o.Lines[1].CurrentQuantity = 0, 0
		}, want: []string{"receipt dropped empty"}},
		{name: "no lines", change: func(o *retail.Order, _ *composing.Rules) { o.Lines = nil }, want: []string{"receipt dropped empty"}},
		{name: "receipts are off", change: func(_ *retail.Order, r *composing.Rules) { r.Kinds = r.Kinds[1:] }, want: []string{"receipt dropped off"}},
		{name: "no structure", change: func(o *retail.Order, _ *composing.Rules) { o.Shipping, o.Billing = nil, nil }, want: []string{"receipt text"}},
		{name: "a tip", change: func(o *retail.Order, _ *composing.Rules) { o.Current.Tips = usd(1) }, want: []string{"receipt text"}},
		{name: "no phone", change: func(o *retail.Order, _ *composing.Rules) { o.Phone = " " }, want: []string{"receipt dropped no_phone"}},
		{name: "not a number", change: func(o *retail.Order, _ *composing.Rules) { o.Phone = "call me" }, want: []string{"receipt dropped bad_phone"}},
		{name: "landline", change: func(o *retail.Order, _ *composing.Rules) { o.Phone = "+49 30 901820" }, want: []string{"receipt dropped not_mobile"}},
		{name: "foreign number", change: func(o *retail.Order, _ *composing.Rules) { o.Phone = "+49 151 23456789" }, want: []string{"receipt"}},
		{name: "a number of the address' country", change: func(o *retail.Order, _ *composing.Rules) {
			o.Phone, o.Shipping, o.Billing = "0151 23456789", &retail.Address{Country: "DE"}, &retail.Address{Country: "US"}
		}, want: []string{"receipt text"}},
		{name: "a number of the shop's country", change: func(o *retail.Order, r *composing.Rules) {
			o.Phone, o.Shipping, o.Billing, r.Country = "0151 23456789", nil, nil, "DE"
		}, want: []string{"receipt text"}},
		{name: "the shipping address has the number", change: func(o *retail.Order, _ *composing.Rules) {
			o.Phone, o.Shipping.Phone = "", "(415) 555-2671"
		}, want: []string{"receipt"}},
		{name: "the second number is mobile", change: func(o *retail.Order, _ *composing.Rules) {
			o.Phone, o.Shipping.Phone = "+49 30 901820", mobile
		}, want: []string{"receipt"}},
		{name: "a number of the account only", change: func(o *retail.Order, _ *composing.Rules) {
			o.Phone, o.Customer = "", retail.Customer{Phone: mobile, TextsConsented: true}
		}, want: []string{"receipt dropped no_consent"}},
		{name: "a number of the account only, any allowed", change: func(o *retail.Order, r *composing.Rules) {
			o.Phone, o.Customer.Phone, r.AnyPhone = "", mobile, true
		}, want: []string{"receipt"}},
		{name: "a billing phone is not for messages", change: func(o *retail.Order, _ *composing.Rules) {
			billing := *o.Billing
			billing.Phone = mobile
			o.Phone, o.Billing = "", &billing
		}, want: []string{"receipt dropped no_phone"}},
		{name: "a line that is there twice", change: func(o *retail.Order, _ *composing.Rules) {
			twin := o.Lines[0]
			twin.CurrentQuantity = 1
			o.Lines = append(o.Lines, twin)
		}, want: []string{"receipt"}},
		{name: "300 lines", change: func(o *retail.Order, _ *composing.Rules) {
			for i := range 298 {
				l := o.Lines[0]
				l.ID, l.Name = fmt.Sprint(1000+i), strings.Repeat("long name ", 30)
				o.Lines = append(o.Lines, l)
			}
		}, want: []string{"receipt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			customer, o := newCustomer(t), order()
			if c.change != nil {
				c.change(&o, &customer.rules)
			}
			now := at(max(c.after, time.Minute))
			got, plan := customer.look(o, now)
			require.Equal(t, c.want, got)
			require.Equal(t, c.waits, plan.Waits)
			if c.ends == 0 {
				c.ends = 90 * 24 * time.Hour
			}
			require.Equal(t, at(c.ends), plan.EndsAt)
			for _, s := range plan.Steps {
				if s.Message != nil {
					require.Regexp(t, `^\+[0-9]+$`, s.Message.To)
				}
			}
		})
	}
}

// story is a sequence of looks at an order, with what is told at each.
type story struct {
	name string
	// looks change the order one after the other; the order's time of change is that of the look.
	looks []look
	rules func(*composing.Rules)
}

type look struct {
	after  time.Duration
	change func(*retail.Order)
	want   []string
	check  func(t *testing.T, p composing.Plan)
}

func quantities(shirts, mugs int) func(*retail.Order) {
	return func(o *retail.Order) { o.Lines[0].CurrentQuantity, o.Lines[1].CurrentQuantity = shirts, mugs }
}

func sends(f retail.Fulfillment) func(*retail.Order) {
	return func(o *retail.Order) { o.Fulfillments = append(o.Fulfillments, f) }
}

func gives(id string, total int64, lines ...string) func(*retail.Order) {
	return func(o *retail.Order) {
		r := retail.Refund{ID: id, CreatedAt: at(2 * time.Hour), Total: usd(total)}
		for _, l := range lines {
			r.Items = append(r.Items, retail.FulfilledItem{Line: l, Quantity: 1})
		}
		o.Refunds = append(o.Refunds, r)
	}
}

func both(changes ...func(*retail.Order)) func(*retail.Order) {
	return func(o *retail.Order) {
		for _, c := range changes {
			c(o)
		}
	}
}

func run(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c, o := newCustomer(t), order()
			if s.rules != nil {
				s.rules(&c.rules)
			}
			for i, l := range s.looks {
				o.UpdatedAt = at(l.after)
				if l.change != nil {
					l.change(&o)
				}
				got, plan := c.look(o, at(l.after))
				require.Equal(t, l.want, got, "look %d", i+1)
				if l.check != nil {
					l.check(t, plan)
				}
			}
		})
	}
}

var receipt = look{after: time.Minute, want: []string{"receipt"}}

func TestShipments(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	thirty := make([]string, 30)
	for i := range thirty {
		thirty[i] = fmt.Sprintf("1Z%016d", i)
	}
	run(t, []story{
		{name: "carrier: as the service writes it", looks: []look{receipt, {hour, sends(parcel("7", at(hour), "1Z")), []string{"shipment"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "UPS", data(t, p, 0)["carrier"])
			require.Equal(t, "1Z", data(t, p, 0)["tracking_number"])
		}}}},
		{name: "carrier: none, the shipping method", looks: []look{receipt, {hour, both(sends(parcel("7", at(hour), "1Z")), func(o *retail.Order) {
			o.Fulfillments[0].Carrier, o.ShippingMethod = "", "Express"
		}), []string{"shipment"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "Express", data(t, p, 0)["carrier"])
		}}}},
		{name: "shipment with the first look", looks: []look{{time.Minute, sends(parcel("7", at(0), "1Z")), []string{"receipt", "shipment"}, nil}}},
		{name: "shipment waits for the payment", looks: []look{
			{time.Minute, both(sends(parcel("7", at(0), "1Z")), func(o *retail.Order) { o.Paid = false }), nil, nil},
			{hour, func(o *retail.Order) { o.Paid, o.PaidAt = true, at(hour) }, []string{"receipt", "shipment"}, nil},
		}},
		{name: "tracking_number: UPS waits 30 minutes, then a text", looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour))), nil, func(t *testing.T, p composing.Plan) {
				require.Equal(t, composing.ReasonNoTracking, p.Waits)
				require.Equal(t, at(hour+30*time.Minute), p.LookAgainAt)
			}},
			{hour + 29*time.Minute, nil, nil, nil},
			{hour + 30*time.Minute, nil, []string{"shipment text"}, nil},
		}},
		{name: "tracking_number: UPS waits, and it comes", looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour))), nil, nil},
			{hour + time.Minute, func(o *retail.Order) { o.Fulfillments[0].Trackings = parcel("", at(0), "1Z").Trackings }, []string{"shipment"}, nil},
		}},
		{name: "tracking_number: UPS by the shipping method waits", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour))), func(o *retail.Order) { o.Fulfillments[0].Carrier = "" }), nil, nil},
		}},
		{name: "tracking_number: two wait, the earlier one counts", looks: []look{
			receipt, {hour, both(sends(parcel("8", at(hour))), sends(parcel("7", at(50*time.Minute)))), nil, func(t *testing.T, p composing.Plan) {
				require.Equal(t, at(80*time.Minute), p.LookAgainAt)
			}},
		}},
		{name: "tracking_number: others do not wait", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour))), func(o *retail.Order) { o.Fulfillments[0].Carrier = "FedEx" }), []string{"shipment"}, nil},
		}},
		{name: "tracking_number: several are one structured message and a text", looks: []look{
			receipt, {hour, sends(parcel("7", at(hour), "1Z1", "1Z2", "1Z3", "1Z1", "")), []string{"shipment", "shipment text"}, func(t *testing.T, p composing.Plan) {
				require.Equal(t, "1Z1", data(t, p, 0)["tracking_number"])
				require.NotContains(t, p.Steps[0].Message.Text, "1Z2")
				require.Contains(t, p.Steps[1].Message.Text, "1Z2, 1Z3")
			}},
		}},
		{name: "tracking_number: thirty", looks: []look{
			receipt, {hour, sends(parcel("7", at(hour), thirty...)), []string{"shipment", "shipment text"}, func(t *testing.T, p composing.Plan) {
				require.Regexp(t, "and 2[0-9] more", p.Steps[1].Message.Text)
			}},
		}},
		{name: "tracking_number: added later", looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour), "1Z1")), []string{"shipment"}, nil},
			{2 * hour, func(o *retail.Order) {
				o.Fulfillments[0].Trackings = parcel("", at(0), "1Z1", "1Z2").Trackings
				o.Fulfillments[0].UpdatedAt = at(2 * hour)
			}, []string{"shipment text"}, func(t *testing.T, p composing.Plan) {
				require.Contains(t, p.Steps[0].Message.Text, "1Z2")
				require.NotContains(t, p.Steps[0].Message.Text, "1Z1")
			}},
			{3 * hour, func(o *retail.Order) { slices.Reverse(o.Fulfillments[0].Trackings) }, nil, nil},
		}},
		{name: "tracking_number: added to a text", looks: []look{
			receipt,
			{2 * hour, sends(parcel("7", at(hour))), []string{"shipment text"}, nil},
			{3 * hour, func(o *retail.Order) { o.Fulfillments[0].Trackings = parcel("", at(0), "1Z1").Trackings }, []string{"shipment text"}, nil},
		}},
		{name: "tracking_number: added after delivery", looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour), "1Z1")), []string{"shipment"}, nil},
			{2 * hour, func(o *retail.Order) {
				o.Fulfillments[0].Trackings, o.Fulfillments[0].Shipment = parcel("", at(0), "1Z2").Trackings, "delivered"
			}, []string{"shipment dropped delivered"}, nil},
		}},
		{name: "items: partial fulfillments are messages of their own", looks: []look{
			receipt,
			{hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) {
				o.Fulfillments[0].Items = []retail.FulfilledItem{{Line: "100", Quantity: 1}}
			}), []string{"shipment"}, func(t *testing.T, p composing.Plan) {
				require.Equal(t, []any{map[string]any{"id": "100", "quantity": "1"}}, data(t, p, 0)["items"])
			}},
			{2 * hour, both(sends(parcel("8", at(2*hour), "1Z2")), func(o *retail.Order) {
				o.Fulfillments[1].Items = []retail.FulfilledItem{{Line: "100", Quantity: 1}, {Line: "200", Quantity: 1}}
			}), []string{"shipment"}, nil},
		}},
		{name: "items: not on the receipt", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) { o.Fulfillments[0].Items[0].Line = "999" }), []string{"shipment text"}, nil},
		}},
		{name: "destination: none", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) { o.Fulfillments[0].Destination = nil }), []string{"shipment text"}, nil},
		}},
		{name: "the receipt was a text", looks: []look{
			{time.Minute, func(o *retail.Order) { o.Current.Tips = usd(1) }, []string{"receipt text"}, nil},
			{hour, sends(parcel("7", at(hour), "1Z1", "1Z2")), []string{"shipment text"}, func(t *testing.T, p composing.Plan) {
				require.Contains(t, p.Steps[0].Message.Text, "1Z1, 1Z2")
			}},
		}},
		{name: "the receipt was too late", looks: []look{{49 * hour, sends(parcel("7", at(48*hour), "1Z1")), []string{"receipt dropped too_late", "shipment text"}, nil}}},
		{name: "not a parcel", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) { o.Fulfillments[0].RequiresShipping = false }), nil, nil},
		}},
		{name: "not sent yet", looks: []look{
			receipt,
			{hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) { o.Fulfillments[0].Status = "pending" }), nil, nil},
			{2 * hour, func(o *retail.Order) { o.Fulfillments[0].Status = retail.FulfillmentSucceeded }, []string{"shipment"}, nil},
		}},
		{name: "delivered already", looks: []look{
			receipt,
			{hour, both(sends(parcel("7", at(hour))), func(o *retail.Order) { o.Fulfillments[0].DeliveredAt = at(hour) }), []string{"shipment dropped delivered"}, nil},
			{2 * hour, func(o *retail.Order) { o.Fulfillments[0].Trackings = parcel("", at(0), "1Z1").Trackings }, nil, nil},
			{3 * hour, func(o *retail.Order) { o.Fulfillments[0].Status = retail.FulfillmentCancelled }, nil, nil},
		}},
		{name: "older than two days", looks: []look{receipt, {50 * hour, sends(parcel("7", at(hour), "1Z1")), []string{"shipment dropped too_late"}, nil}}},
		{name: "cancelled: told before", looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour), "1Z1")), []string{"shipment"}, nil},
			{2 * hour, func(o *retail.Order) {
				o.Fulfillments[0].Status, o.Fulfillments[0].UpdatedAt = retail.FulfillmentCancelled, at(2*hour)
			}, []string{"shipment text"}, nil},
			{3 * hour, func(o *retail.Order) { o.Fulfillments[0].Status = retail.FulfillmentSucceeded }, nil, nil},
		}},
		{name: "cancelled: not told before", looks: []look{
			receipt, {hour, both(sends(parcel("7", at(hour), "1Z1")), func(o *retail.Order) { o.Fulfillments[0].Status = retail.FulfillmentCancelled }), nil, nil},
		}},
		{name: "shipments are off", rules: func(r *composing.Rules) { r.Kinds = r.Kinds[:1] }, looks: []look{
			receipt,
			{hour, sends(parcel("7", at(hour), "1Z1", "1Z2")), []string{"shipment dropped off"}, nil},
			{2 * hour, func(o *retail.Order) { o.Fulfillments[0].Status = retail.FulfillmentCancelled }, nil, nil},
		}},
	})
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	run(t, []story{
		{name: "update_type: fewer", looks: []look{receipt, {hour, quantities(1, 1), []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "update_quantity", data(t, p, 0)["update_type"])
			require.Equal(t, []any{map[string]any{"id": "100", "quantity": "1"}}, data(t, p, 0)["items"])
			require.Equal(t, "48.00", data(t, p, 0)["updated_total"])
			require.NotEmpty(t, data(t, p, 0)["update_id"])
		}}}},
		{name: "update_type: more", looks: []look{receipt, {hour, quantities(5, 1), []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "update_quantity", data(t, p, 0)["update_type"])
		}}}},
		{name: "update_type: none left", looks: []look{receipt, {hour, quantities(2, 0), []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "cancel_item", data(t, p, 0)["update_type"])
			require.Equal(t, []any{map[string]any{"id": "200", "quantity": "0"}}, data(t, p, 0)["items"])
		}}}},
		{name: "update_type: both kinds are two messages", looks: []look{receipt, {hour, quantities(1, 0), []string{"update", "update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "cancel_item", data(t, p, 0)["update_type"])
			require.Equal(t, "update_quantity", data(t, p, 1)["update_type"])
			require.NotEqual(t, data(t, p, 0)["update_id"], data(t, p, 1)["update_id"])
		}}}},
		{name: "update_type: the whole order", looks: []look{receipt, {hour, func(o *retail.Order) { o.CancelledAt = at(hour) }, []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "cancel_item", data(t, p, 0)["update_type"])
			require.Equal(t, "cancel", data(t, p, 0)["update_id"])
			require.Len(t, data(t, p, 0)["items"], 2)
			require.Contains(t, p.Steps[0].Message.Text, "was cancelled")
		}}}},
		{name: "cancelled with its refund", looks: []look{receipt, {hour, both(gives("9", 4800), func(o *retail.Order) { o.CancelledAt = at(hour) }), []string{"update"}, nil}}},
		{name: "back to what it was is another update", looks: []look{
			receipt, {hour, quantities(1, 1), []string{"update"}, nil}, {2 * hour, quantities(2, 1), []string{"update"}, nil}, {3 * hour, quantities(1, 1), []string{"update"}, nil},
		}},
		{name: "update_id: the refund", looks: []look{receipt, {3 * hour, both(quantities(1, 1), gives("9", 1500, "100")), []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "9", data(t, p, 0)["update_id"])
			require.Equal(t, fmt.Sprint(at(2*hour).Unix()), data(t, p, 0)["timestamp"])
		}}}},
		{name: "update_id: a refund of other lines", looks: []look{receipt, {3 * hour, both(quantities(1, 1), gives("9", 1500, "200")), []string{"update"}, func(t *testing.T, p composing.Plan) {
			require.NotEqual(t, "9", data(t, p, 0)["update_id"])
			require.Equal(t, fmt.Sprint(at(3*hour).Unix()), data(t, p, 0)["timestamp"])
		}}}},
		{name: "update_id: two refunds, the untold one", looks: []look{
			receipt,
			{3 * hour, both(quantities(1, 1), gives("9", 1500, "100")), []string{"update"}, nil},
			{4 * hour, both(quantities(0, 1), gives("10", 1500, "100")), []string{"update"}, func(t *testing.T, p composing.Plan) {
				require.Equal(t, "10", data(t, p, 0)["update_id"])
			}},
		}},
		{name: "update_id: a refund of both kinds", looks: []look{receipt, {3 * hour, both(quantities(1, 0), gives("9", 1500, "100", "200")), []string{"update", "update"}, func(t *testing.T, p composing.Plan) {
			require.Equal(t, "9-cancel_item", data(t, p, 0)["update_id"])
			require.Equal(t, "9-update_quantity", data(t, p, 1)["update_id"])
		}}}},
		{name: "added line: a text", looks: []look{receipt, {hour, func(o *retail.Order) {
			o.Lines = append(o.Lines, retail.Line{ID: "300", Name: "Cup", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(1)})
		}, []string{"update text"}, func(t *testing.T, p composing.Plan) {
			require.Contains(t, p.Steps[0].Message.Text, "1 x Cup")
		}}, {2 * hour, func(o *retail.Order) { o.Lines[2].CurrentQuantity = 0 }, []string{"update text"}, nil}, {
			3 * hour, func(o *retail.Order) { o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*hour), "1Z")} }, []string{"shipment"}, nil,
		}}},
		{name: "added line: sent", looks: []look{receipt, {hour, func(o *retail.Order) {
			o.Lines = append(o.Lines, retail.Line{ID: "300", Name: "Cup", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(1)})
		}, []string{"update text"}, nil}, {2 * hour, both(sends(parcel("7", at(2*hour), "1Z")), func(o *retail.Order) {
			o.Fulfillments[0].Items = []retail.FulfilledItem{{Line: "300", Quantity: 1}}
		}), []string{"shipment text"}, nil}}},
		{name: "money-only refund: a text", looks: []look{receipt, {3 * hour, gives("9", 500), []string{"update text"}, func(t *testing.T, p composing.Plan) {
			require.Contains(t, p.Steps[0].Message.Text, "5.00 USD")
		}}}},
		{name: "money-only refunds: one text", looks: []look{receipt, {3 * hour, both(gives("9", 500), gives("10", 250)), []string{"update text"}, func(t *testing.T, p composing.Plan) {
			require.Contains(t, p.Steps[0].Message.Text, "7.50 USD")
		}}, {4 * hour, gives("11", 100), []string{"update text"}, nil}}},
		{name: "refund of nothing", looks: []look{receipt, {3 * hour, gives("9", 0), nil, nil}}},
		{name: "refund before the receipt", looks: []look{{3 * hour, both(quantities(1, 1), gives("9", 1500, "100"), gives("10", 100)), []string{"receipt"}, nil}}},
		{name: "updated_*: do not add up", looks: []look{receipt, {hour, both(quantities(1, 1), func(o *retail.Order) { o.Current.Total = usd(1) }), []string{"update text"}, nil}}},
		{name: "the receipt was a text", looks: []look{
			{time.Minute, func(o *retail.Order) { o.Current.Tips = usd(1) }, []string{"receipt text"}, nil},
			{hour, both(quantities(1, 1), func(o *retail.Order) { o.Current.Tips = usd(0) }), []string{"update text"}, nil},
		}},
		{name: "cancelled later than two days ago", looks: []look{receipt, {50 * hour, func(o *retail.Order) { o.CancelledAt = at(hour) }, []string{"update dropped too_late"}, nil}}},
		{name: "updates are off", rules: func(r *composing.Rules) { r.Kinds = r.Kinds[:1] }, looks: []look{receipt, {hour, quantities(1, 1), []string{"update dropped off"}, nil}}},
		{name: "other changes", looks: []look{receipt, {hour, func(o *retail.Order) { o.Current.Total, o.Name = usd(5000), "#2" }, nil, nil}}},
	})
}
