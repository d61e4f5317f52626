package headline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/headline"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func dollars(cards int, amount string) digest.Worth {
	return digest.Worth{Cards: cards, Amount: amount, Currency: "USD"}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	failed := func(n, fresh int) func(*digest.Report) {
		return func(r *digest.Report) {
			for i := range n {
				r.FailedOrders = append(r.FailedOrders, digest.FailedOrder{New: i < fresh})
			}
		}
	}
	tests := []struct {
		name   string
		change func(*digest.Report)
		want   string
	}{
		{"nothing", func(*digest.Report) {}, "nothing waits (example)"},
		{"one, new", failed(1, 1), "1 order waits; none needs you; new (example)"},
		{"one, old", failed(1, 0), "1 order waits; none needs you (example)"},
		{"some new", failed(3, 1), "3 orders wait; none needs you; 1 new (example)"},
		{"all new", failed(3, 3), "3 orders wait; none needs you; all new"},
		{
			"totals beyond the list", func(r *digest.Report) { r.FailedTotal, r.FailedNew = 5000, 1200 },
			"5,000 orders wait; none needs you; 1,200 new",
		},
		{
			"money", func(r *digest.Report) {
				r.FailedOrders = []digest.FailedOrder{
					{Kind: giftcard.Timeout, Worth: dollars(1, "50.00"), New: true},
					{Kind: giftcard.InvalidRequest, Worth: dollars(1, "50.00"), New: true},
				}
			}, "2 orders wait, 100.00 USD; 1 needs you; all new",
		},
		{
			"several currencies that fit", func(r *digest.Report) {
				r.FailedOrders = []digest.FailedOrder{
					{Worth: dollars(1, "5.00")}, {Worth: digest.Worth{Amount: "7.00", Currency: "EUR"}},
				}
			}, "2 orders wait, 7.00 EUR and 5.00 USD (example)",
		},
		{
			"several currencies that do not fit", func(r *digest.Report) {
				r.FailedOrders = []digest.FailedOrder{
					{Worth: dollars(1, "5000000.00")}, {Worth: digest.Worth{Amount: "7000000.00", Currency: "EUR"}},
				}
			}, "2 orders wait; none needs you (example)",
		},
		{
			"one that needs the shop", func(r *digest.Report) {
				r.FailedOrders = []digest.FailedOrder{{Kind: giftcard.InvalidRequest, Worth: dollars(1, "50.00"), Age: 48 * time.Hour}}
			}, "1 order waits, 50.00 USD; it needs you",
		},
		{"one recovered", func(r *digest.Report) { r.RecoveredTotal = 1 }, "1 order recovered (example)"},
		{"all recovered", func(r *digest.Report) { r.RecoveredTotal = 2 }, "2 orders recovered (example)"},
		{"missed", func(r *digest.Report) { r.Missed.To = time.Now() }, "orders missed (example)"},
		{"stale", func(r *digest.Report) { r.Watermark.Stale = true }, "orders not seen (example)"},
		{
			"polls", func(r *digest.Report) { r.FailedPolls = make([]digest.FailedPoll, 2) },
			"looking for orders failed (example)",
		},
		{
			"products", func(r *digest.Report) { r.Watch.Products = make([]digest.Product, 2) }, "2 products to correct (example)",
		},
		{
			"unknown redemptions", func(r *digest.Report) { r.Redeeming.Unknown = make([]digest.Redemption, 2) },
			"2 redemptions unknown (example)",
		},
		{
			"contradicted redemption", func(r *digest.Report) { r.Redeeming.Contradicted = make([]digest.Redemption, 1) },
			"1 redemption contradicted (example)",
		},
		{"unsent messages", func(r *digest.Report) { r.Unsent.Total = 3 }, "3 messages not sent (example)"},
		{"refused events", func(r *digest.Report) { r.Relaying.Total = 3 }, "3 events refused by the ERP (example)"},
		{"halted endpoint", func(r *digest.Report) { r.Relaying.Halted = make([]digest.HaltedEndpoint, 1) }, "ERP waits (example)"},
		{"gap of events", func(r *digest.Report) { r.Relaying.Gaps = make([]digest.EventGap, 1) }, "ERP may lack events (example)"},
		{"unread redemptions", func(r *digest.Report) { r.Redeeming.Unread = 1 }, "1 card not asked (example)"},
		{"lost", func(r *digest.Report) { r.Watch.Lost = []string{"x"} }, "orders not announced (example)"},
		{"repaired", func(r *digest.Report) { r.Watch.Repaired = &digest.Repaired{} }, "notices set up again (example)"},
		{
			"looks", func(r *digest.Report) { r.Watch.Failed = make([]digest.FailedLook, 1) },
			"looking after the shop failed (example)",
		},
		{
			"native", func(r *digest.Report) { r.Native = []string{"#1"} },
			"1 order waits; it needs you; 1 native order",
		},
		{
			"left to people",
			func(r *digest.Report) { r.Left = []digest.LeftOrder{{Name: "#1", Reason: giftcard.NativeGiftCard}} },
			"1 order waits; it needs you; 1 native order",
		},
		{"mixed", func(r *digest.Report) { r.Mixed = []string{"#1"} }, "1 order waits; it needs you; new (example)"},
		{"retrying", func(r *digest.Report) { r.RetryingTotal = 2 }, "2 orders being tried again (example)"},
		{"paused", func(r *digest.Report) { r.Paused = &digest.Pause{} }, "paused (example)"},
		{
			"paused, and therefore stale", func(r *digest.Report) {
				failed(1, 0)(r)
				r.Paused, r.Watermark.Stale = &digest.Pause{}, true
			}, "paused; 1 order waits; none needs you (example)",
		},
		{
			"a long name of a shop", func(r *digest.Report) { r.Shop = strings.Repeat("x", 60) + ".myshopify.com" }, "nothing waits",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := digest.Report{Shop: "example.myshopify.com"}
			tt.change(&r)
			got := headline.Subject(r)
			require.Equal(t, "[giftbridge] "+tt.want, got)
			require.LessOrEqual(t, len(got), 60)
		})
	}
}
