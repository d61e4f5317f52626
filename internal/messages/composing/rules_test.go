package composing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Only the first message says how to get no more of them.
func TestOptOutIsInTheFirstMessage(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(0), "1Z")}
	c.look(o, at(time.Minute))
	o.Lines[0].CurrentQuantity = 1
	c.look(o, at(time.Hour))
	require.Len(t, c.texts, 3)
	for i, text := range c.texts {
		require.Equal(t, i == 0, strings.Contains(text, "STOP"), text)
	}
}

func TestTextsAreInTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	o.Locale = "de-AT"
	c.look(o, at(time.Minute))
	require.Contains(t, c.texts[0], "Danke für Ihre Bestellung #1001: 2 x Shirt, 1 x Mug. Summe: 48.00 USD. https://shop.example.com/orders/secret")
}

// A customer who wants no messages gets none: the state remembers it.
func TestUnsubscribed(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	c.look(o, at(time.Minute))
	c.told.Unsubscribed = true
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(time.Hour), "1Z", "2Z")}
	o.Lines[0].CurrentQuantity = 1
	got, _ := c.look(o, at(time.Hour))
	require.Equal(t, []string{"shipment dropped unsubscribed", "update dropped unsubscribed"}, got)
}

// An order of which nothing is ever told stays silent, whatever happens to it.
func TestSilentOrders(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	o.Test = true
	c.look(o, at(time.Minute))
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(time.Hour), "1Z")}
	got, plan := c.look(o, at(2*time.Hour))
	require.Empty(t, got)
	require.Equal(t, at(2*time.Hour), plan.EndsAt)
}

// A state of the order that is older than what was told tells nothing.
func TestStaleStates(t *testing.T) {
	t.Parallel()
	c, old := newCustomer(t), order()
	c.look(old, at(time.Minute))
	newer := order()
	newer.UpdatedAt, newer.Lines[0].CurrentQuantity = at(time.Hour), 1
	got, _ := c.look(newer, at(time.Hour))
	require.Equal(t, []string{"update"}, got)
	got, _ = c.look(old, at(2*time.Hour))
	require.Empty(t, got)
	got, _ = c.look(newer, at(3*time.Hour))
	require.Empty(t, got)
}

// What follows a receipt that the service does not have is told as texts, and the first that arrives says how to get no more.
func TestReceiptThatWasNotSent(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	plan := composing.Compose(o, c.told, c.rules, at(time.Minute))
	require.Len(t, plan.Steps, 1)
	c.told.Apply(plan.Steps[0].Tells)
	c.told.NotSent(plan.Steps[0].Tells)
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(time.Hour), "1Z")}
	got, _ := c.look(o, at(time.Hour))
	require.Equal(t, []string{"shipment text"}, got)
	require.Contains(t, c.texts[0], "STOP")
}

// A step whose number of another parcel was not told yet is made again by the next look, under the same key.
func TestStepsThatWereNotTaken(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	c.look(o, at(time.Minute))
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(time.Hour), "1Z1", "1Z2")}
	first := composing.Compose(o, c.told, c.rules, at(time.Hour))
	require.Len(t, first.Steps, 2)
	c.told.Apply(first.Steps[0].Tells)
	second := composing.Compose(o, c.told, c.rules, at(2*time.Hour))
	require.Len(t, second.Steps, 1)
	require.Equal(t, first.Steps[1].Key, second.Steps[0].Key)
}

func TestAges(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(time.Hour), "1Z")}
	plan := composing.Compose(o, c.told, c.rules, at(time.Hour))
	require.Equal(t, at(24*time.Hour), plan.Steps[0].NotAfter)
	require.Equal(t, at(49*time.Hour), plan.Steps[1].NotAfter)
	require.True(t, plan.Steps[0].NotBefore.IsZero())
}

func TestEnds(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		change func(*retail.Order)
		want   time.Duration
	}{
		{"nothing sent", nil, 90 * day},
		{"sent", func(o *retail.Order) { o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z")} }, 93 * day},
		{"all delivered", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z")}
			o.Fulfillments[0].DeliveredAt = at(5 * day)
		}, 35 * day},
		{"all delivered, when is not known", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z")}
			o.Fulfillments[0].Shipment = "delivered"
		}, 33 * day},
		{"a part delivered", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z")}
			o.Fulfillments[0].DeliveredAt, o.Fulfillments[0].Items = at(5*day), o.Fulfillments[0].Items[:1]
		}, 93 * day},
		{"a part delivered, and the rest cancelled", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z")}
			o.Fulfillments[0].DeliveredAt, o.Fulfillments[0].Items = at(5*day), o.Fulfillments[0].Items[:1]
			o.Lines[1].CurrentQuantity = 0
		}, 35 * day},
		{"one of two parcels delivered", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z"), parcel("8", at(4*day), "2Z")}
			o.Fulfillments[0].DeliveredAt = at(5 * day)
		}, 94 * day},
		{"a cancelled parcel does not count", func(o *retail.Order) {
			o.Fulfillments = []retail.Fulfillment{parcel("7", at(3*day), "1Z"), parcel("8", at(4*day), "2Z")}
			o.Fulfillments[0].DeliveredAt, o.Fulfillments[1].Status = at(5*day), retail.FulfillmentCancelled
		}, 35 * day},
	} {
		o := order()
		if c.change != nil {
			c.change(&o)
		}
		require.Equal(t, at(c.want), composing.Compose(o, composing.Told{}, rules(t), at(time.Minute)).EndsAt, c.name)
	}
}

func TestQuietHoursDelayOrDrop(t *testing.T) {
	t.Parallel()
	c, o := newCustomer(t), order()
	c.rules.Quiet = composing.Quiet{From: 21 * time.Hour, Until: 8 * time.Hour, All: true}
	evening := time.Date(2026, 11, 3, 5, 0, 0, 0, time.UTC) // 21:00 in San Francisco.
	plan := composing.Compose(o, c.told, c.rules, evening)
	require.Equal(t, time.Date(2026, 11, 3, 16, 0, 0, 0, time.UTC), plan.Steps[0].NotBefore)
	require.NotNil(t, plan.Steps[0].Message)
	// The receipt of an order of the evening before is too late in the morning.
	o.ProcessedAt, o.PaidAt = evening.Add(-20*time.Hour), evening.Add(-20*time.Hour)
	plan = composing.Compose(o, c.told, c.rules, evening)
	require.Equal(t, composing.ReasonTooLate, plan.Steps[0].Dropped)
}

func TestInStock(t *testing.T) {
	t.Parallel()
	mug := retail.Variant{
		Number: "55", Product: "5", Title: "Mug", URL: "https://shop.example.com/products/mug", Description: "Holds tea.",
		ImageURL: "https://cdn.example.com/mug.png", Price: usd(1200), ForSale: true, Sellable: 3,
		ProductTitle: "Mug", LowestPrice: usd(1200),
	}
	for _, c := range []struct {
		name   string
		change func(*retail.Variant, *composing.Rules)
		want   composing.Reason
	}{
		{"back", nil, ""},
		{"off", func(_ *retail.Variant, r *composing.Rules) { r.Kinds = r.Kinds[:3] }, composing.ReasonOff},
		{"unpublished", func(v *retail.Variant, _ *composing.Rules) { v.URL = "" }, composing.ReasonUnpublished},
		{"not for sale", func(v *retail.Variant, _ *composing.Rules) { v.ForSale = false }, composing.ReasonNotForSale},
		{"gone again", func(v *retail.Variant, _ *composing.Rules) { v.Sellable = 0 }, composing.ReasonNotForSale},
		{"gone again, no least number", func(v *retail.Variant, r *composing.Rules) { v.Sellable, r.MinInStock = 0, 0 }, composing.ReasonNotForSale},
		{"too few", func(_ *retail.Variant, r *composing.Rules) { r.MinInStock = 4 }, composing.ReasonNotForSale},
		{"enough", func(_ *retail.Variant, r *composing.Rules) { r.MinInStock = 3 }, ""},
		{"no image", func(v *retail.Variant, _ *composing.Rules) { v.ImageURL = "" }, composing.ReasonNoImage},
		{"the shop's image", func(v *retail.Variant, r *composing.Rules) {
			v.ImageURL, r.Image = "", "https://shop.example.com/a.png"
		}, ""},
		{"no title", func(v *retail.Variant, _ *composing.Rules) { v.ProductTitle = "" }, composing.ReasonIncomplete},
	} {
		v, r := mug, rules(t)
		if c.change != nil {
			c.change(&v, &r)
		}
		m, reason := composing.InStock(v, r, placed)
		require.Equal(t, c.want, reason, c.name)
		require.Equal(t, reason == "", m != nil, c.name)
	}
	m, _ := composing.InStock(mug, rules(t), placed)
	_, err := messages.ParseNotice(m.Data)
	require.NoError(t, err)
	require.Equal(t, messages.TypeNotice, m.Type)
	require.Empty(t, m.To)
	require.Equal(t, "Example Shop: Mug is back in stock: 12.00 USD. https://shop.example.com/products/mug Reply STOP to opt out.", m.Text)
	later, _ := composing.InStock(mug, rules(t), placed.Add(time.Hour))
	require.Equal(t, m.Key, later.Key, "one key a day")
	later, _ = composing.InStock(mug, rules(t), placed.Add(24*time.Hour))
	require.NotEqual(t, m.Key, later.Key)

	// Another size of the product is the same notice, unless customers asked for sizes.
	small := mug
	small.Number, small.Title, small.Price, small.LowestPrice = "56", "Mug - S", usd(1500), mug.LowestPrice
	other, _ := composing.InStock(small, rules(t), placed)
	require.Equal(t, m, other)
	by := rules(t)
	by.NotifyBy = composing.NotifyByVariant
	m, _ = composing.InStock(mug, by, placed)
	other, _ = composing.InStock(small, by, placed)
	require.NotEqual(t, m.Key, other.Key)
	require.Contains(t, other.Text, "Mug - S is back in stock: 15.00 USD.")
}

// Keys show nothing of what they are made of, and differ by order, kind and content.
func TestKeys(t *testing.T) {
	t.Parallel()
	o, r := order(), rules(t)
	o.Fulfillments = []retail.Fulfillment{parcel("7", at(0), "1Z"), parcel("8", at(0), "2Z")}
	other := o
	other.Number = "4502"
	keys := map[string]bool{}
	for _, o := range []retail.Order{o, other} {
		for _, s := range composing.Compose(o, composing.Told{}, r, at(time.Minute)).Steps {
			require.Regexp(t, `^[0-9a-f]{24}$`, s.Key)
			keys[s.Key] = true
		}
	}
	require.Len(t, keys, 6)
}

// What the composer says about its rules names no one.
func TestWhyIsNotPersonal(t *testing.T) {
	t.Parallel()
	o, r := order(), rules(t)
	o.Shipping.Province = "Secret Province"
	o.Phone = "+1 415 555 2671"
	for _, s := range composing.Compose(o, composing.Told{}, r, at(time.Minute)).Steps {
		require.NotContains(t, s.Why, "Secret")
		require.NotContains(t, s.Why, "415")
		require.NotContains(t, encode(t, s.Tells), "415")
	}
}

// Whatever happens to an order, in whatever order it is seen, each message is told once, none before the receipt, and none twice.
// The states are seen twice, late and out of order; look checks the rest.
func TestAnySequenceOfStates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newCustomer(t)
		states, o := []retail.Order{}, order()
		o.Paid = rapid.Bool().Draw(rt, "paid")
		carriers := []string{"UPS", "DHL", ""}
		for i := range rapid.IntRange(1, 8).Draw(rt, "states") {
			o.UpdatedAt = at(time.Duration(i) * time.Hour)
			o.Lines, o.Fulfillments, o.Refunds = slices.Clone(o.Lines), slices.Clone(o.Fulfillments), slices.Clone(o.Refunds)
			switch rapid.IntRange(0, 8).Draw(rt, "event") {
			case 0:
				o.Paid = true
			case 1:
				n := rapid.IntRange(0, len(o.Lines)-1).Draw(rt, "line")
				o.Lines[n].CurrentQuantity = rapid.IntRange(0, 3).Draw(rt, "quantity")
			case 2:
				f := parcel(fmt.Sprint(i), o.UpdatedAt, rapid.SliceOfN(rapid.SampledFrom([]string{"1Z", "2Z", "3Z"}), 0, 3).Draw(rt, "trackings")...)
				f.Carrier = rapid.SampledFrom(carriers).Draw(rt, "carrier")
				o.Fulfillments = append(o.Fulfillments, f)
			case 3:
				if len(o.Fulfillments) > 0 {
					f := &o.Fulfillments[rapid.IntRange(0, len(o.Fulfillments)-1).Draw(rt, "fulfillment")]
					f.UpdatedAt, f.Trackings = o.UpdatedAt, parcel("", placed, "1Z", "4Z").Trackings
				}
			case 4:
				if len(o.Fulfillments) > 0 {
					o.Fulfillments[len(o.Fulfillments)-1].Status = retail.FulfillmentCancelled
				}
			case 5:
				o.Refunds = append(o.Refunds, retail.Refund{ID: fmt.Sprint(i), CreatedAt: o.UpdatedAt, Total: usd(100)})
			case 6:
				o.Lines = append(o.Lines, retail.Line{ID: fmt.Sprint(1000 + i), Name: "Cup", Quantity: 1, CurrentQuantity: 1, UnitPrice: usd(1)})
			case 7:
				o.CancelledAt = o.UpdatedAt
			case 8:
				o.Phone = rapid.SampledFrom([]string{mobile, "", "1"}).Draw(rt, "phone")
			}
			states = append(states, o)
		}
		seen := rapid.SliceOfN(rapid.SampledFrom(states), 1, 20).Draw(rt, "seen")
		now := o.UpdatedAt
		for _, s := range seen {
			now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(rt, "minutes")) * time.Minute)
			c.look(s, now)
		}
		// The newest state is told in the end, however the others were seen.
		c.look(o, now)
		now = now.Add(time.Hour)
		c.look(o, now)
		if c.told.Receipt && c.told.Silent == "" {
			for _, l := range o.Lines {
				if want := l.CurrentQuantity; o.CancelledAt.IsZero() && (want > 0 || c.told.Lines[l.ID] > 0) {
					require.Equal(rt, want, c.told.Lines[l.ID])
				}
			}
			for _, f := range o.Fulfillments {
				require.True(rt, f.Status == retail.FulfillmentCancelled || len(c.told.Parcels[f.ID].Trackings) > 0 || c.told.Parcels[f.ID].Silent ||
					slices.IndexFunc(f.Trackings, func(t retail.Tracking) bool { return t.Number != "" }) < 0)
			}
		}
	})
}

// The texts that are composed with the built-in templates are those of package texts.
var _ composing.Texts = (*texts.Templates)(nil)
