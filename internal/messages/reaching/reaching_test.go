package reaching_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/phones"
	"github.com/giftbridge/giftbridge/internal/messages/reaching"
	"github.com/giftbridge/giftbridge/internal/retail"
)

const mobile = "+14155552671"

// Which number a message goes to, if any.
func TestPhone(t *testing.T) {
	t.Parallel()
	const landline = "+49 30 901820"
	for _, c := range []struct {
		name           string
		order          retail.Order
		any            bool
		number, reason string
	}{
		{"of the order", retail.Order{Phone: "(415) 555-2671"}, false, mobile, ""},
		{"of the shipping address", retail.Order{Shipping: &retail.Address{Phone: mobile}}, false, mobile, ""},
		{"of the order first", retail.Order{Phone: "+49 151 23456789", Shipping: &retail.Address{Phone: mobile}}, false, "+4915123456789", ""},
		{"of the shipping address if that of the order is a landline", retail.Order{Phone: landline, Shipping: &retail.Address{Phone: mobile}}, false, mobile, ""},
		{"in the shipping country", retail.Order{Phone: "0151 23456789", Shipping: &retail.Address{Country: "DE"}, Billing: &retail.Address{Country: "US"}}, false, "+4915123456789", ""},
		{"in the billing country", retail.Order{Phone: "0151 23456789", Shipping: &retail.Address{}, Billing: &retail.Address{Country: "DE"}}, false, "+4915123456789", ""},
		{"of the account", retail.Order{Customer: retail.Customer{Phone: mobile}}, true, mobile, ""},
		{"of the account, not allowed", retail.Order{Customer: retail.Customer{Phone: mobile, TextsConsented: true}}, false, "", "no_consent"},
		{"of the billing address, never", retail.Order{Billing: &retail.Address{Phone: mobile}}, true, "", "no_phone"},
		{"none", retail.Order{Phone: " "}, true, "", "no_phone"},
		{"not valid", retail.Order{Phone: "12"}, false, "", "bad_phone"},
		{"a landline", retail.Order{Phone: landline}, false, "", "not_mobile"},
		{"a landline, and not valid", retail.Order{Phone: landline, Shipping: &retail.Address{Phone: "12"}}, false, "", "not_mobile"},
		{"not valid, and one of the account", retail.Order{Phone: "12", Customer: retail.Customer{Phone: mobile}}, false, "", "bad_phone"},
	} {
		number, reason := reaching.Rules{Country: "US", AnyPhone: c.any, Phones: phones.Book{}}.Phone(c.order)
		require.Equal(t, c.number, number, c.name)
		require.Equal(t, reaching.Reason(c.reason), reason, c.name)
	}
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	night := reaching.Quiet{From: 21 * time.Hour, Until: 8 * time.Hour, All: true}
	marketing := night
	marketing.All = false
	lunch := reaching.Quiet{From: 12 * time.Hour, Until: 13*time.Hour + 30*time.Minute, All: true}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		name     string
		quiet    reaching.Quiet
		zone     *time.Location
		kind     messages.Kind
		to       string
		now      string
		want     string
		anywhere bool
	}{
		{name: "no quiet hours", kind: messages.KindReceipt, to: mobile, now: "2026-11-02T05:00:00Z", want: "2026-11-02T05:00:00Z"},
		{name: "evening in San Francisco", quiet: night, kind: messages.KindReceipt, to: mobile, now: "2026-11-03T05:00:00Z", want: "2026-11-03T16:00:00Z"},
		{name: "early in San Francisco", quiet: night, kind: messages.KindReceipt, to: mobile, now: "2026-11-03T15:59:59Z", want: "2026-11-03T16:00:00Z"},
		{name: "eight in San Francisco", quiet: night, kind: messages.KindReceipt, to: mobile, now: "2026-11-03T16:00:00Z", want: "2026-11-03T16:00:00Z"},
		{name: "a second before nine", quiet: night, kind: messages.KindReceipt, to: mobile, now: "2026-11-03T04:59:59Z", want: "2026-11-03T04:59:59Z"},
		{name: "the clock is set back in the night", quiet: night, kind: messages.KindReceipt, to: mobile, now: "2026-11-01T05:00:00Z", want: "2026-11-01T16:00:00Z"},
		{name: "marketing only: an order", quiet: marketing, kind: messages.KindShipment, to: mobile, now: "2026-11-03T05:00:00Z", want: "2026-11-03T05:00:00Z"},
		{name: "marketing only: a product", quiet: marketing, kind: messages.KindInStock, zone: berlin, now: "2026-11-03T22:00:00Z", want: "2026-11-04T07:00:00Z"},
		{name: "without a zone", quiet: marketing, kind: messages.KindInStock, now: "2026-11-03T22:00:00Z", want: "2026-11-04T08:00:00Z"},
		{name: "hours of one day", quiet: lunch, kind: messages.KindUpdate, now: "2026-11-03T12:00:00Z", want: "2026-11-03T13:30:00Z"},
		{name: "after hours of one day", quiet: lunch, kind: messages.KindUpdate, now: "2026-11-03T13:30:00Z", want: "2026-11-03T13:30:00Z"},
		{name: "before hours of one day", quiet: lunch, kind: messages.KindUpdate, now: "2026-11-03T11:59:59Z", want: "2026-11-03T11:59:59Z"},
		{name: "a number in all zones of Russia", quiet: night, kind: messages.KindReceipt, to: "+79161234567", now: "2026-11-03T00:00:00Z", anywhere: true},
	} {
		r := reaching.Rules{Quiet: c.quiet, Zone: c.zone, Phones: phones.Book{}}
		now, err := time.Parse(time.RFC3339, c.now)
		require.NoError(t, err)
		got := r.OpenAt(c.kind, c.to, now)
		if c.anywhere {
			zones := r.Phones.Zones(c.to)
			require.NotEmpty(t, zones)
			for _, zone := range zones {
				require.True(t, got.In(zone).Hour() >= 8 && got.In(zone).Hour() < 21, zone)
			}
			continue
		}
		require.Equal(t, c.want, got.Format(time.RFC3339), c.name)
	}
}
