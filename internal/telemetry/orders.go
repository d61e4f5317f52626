package telemetry

import (
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/telemetry/instruments"
)

// Orders are the orders that may need somebody.
type Orders struct {
	// Failed is the number of orders that are failed, and Expiring how many of them can be run again only for a short time.
	Failed, Expiring int
	// OldestFailed is when the first of them failed, zero if there are none.
	OldestFailed time.Time
	// RunningLong is the number of orders that have been running for a long time.
	RunningLong int
	// FailedChanges is the number of orders whose cancellation or refund could not be acted on.
	FailedChanges int
	// Making is the number of cards that wait for an issuer that makes them later, and MakingLong how many of them for more than
	// an hour.
	Making, MakingLong int
	// OldestMaking is since when the first of them has waited, zero if there are none.
	OldestMaking time.Time
	// Suspicious is the number of cards of which callbacks contradicted each other in the last two days.
	Suspicious int
	// UnknownRedemptions is the number of amounts of which it is unknown whether they were taken off a card, or given back, and
	// OldestUnknownRedemption since when the first of them is; zero if there are none.
	UnknownRedemptions      int
	OldestUnknownRedemption time.Time
	// ContradictedRedemptions is the number of redemptions of the last week that the issuer has contradicted.
	ContradictedRedemptions int
}

// ordersNow are the orders as of the last survey; nil if it is unknown.
type ordersNow struct{ last atomic.Pointer[Orders] }

// observe creates the gauges. They have no value as long as nothing is known.
func (n *ordersNow) observe(i *instruments.Set) {
	count := func(of func(*Orders) int) func() (float64, bool) {
		return func() (float64, bool) {
			last := n.last.Load()
			if last == nil {
				return 0, false
			}
			return float64(of(last)), true
		}
	}
	i.Observed("giftbridge_failed_orders", "Orders that are failed now.", "",
		count(func(o *Orders) int { return o.Failed }))
	i.Observed("giftbridge_failed_orders_expiring", "Failed orders that cannot be run again for much longer.", "",
		count(func(o *Orders) int { return o.Expiring }))
	i.Observed("giftbridge_running_orders_long", "Orders that have been running for longer than a quarter of an hour.", "",
		count(func(o *Orders) int { return o.RunningLong }))
	i.Observed("giftbridge_failed_changes",
		"Orders that were cancelled or refunded after their cards were issued, and whose cards could not be compared or cancelled.",
		"", count(func(o *Orders) int { return o.FailedChanges }))
	i.Observed("giftbridge_cards_waiting", "Cards that wait for an issuer that makes them later.", "",
		count(func(o *Orders) int { return o.Making }))
	i.Observed("giftbridge_cards_waiting_long", "Cards that have waited for their issuer for more than an hour.", "",
		count(func(o *Orders) int { return o.MakingLong }))
	i.Observed("giftbridge_suspicious_cards",
		"Cards of the last two days of which an issuer's callbacks named another card than before, or one that cannot be used.", "",
		count(func(o *Orders) int { return o.Suspicious }))
	i.Observed("giftbridge_redemptions_unknown",
		"Redemptions of which it is unknown whether the amount was taken off the card, or given back.", "",
		count(func(o *Orders) int { return o.UnknownRedemptions }))
	i.Observed("giftbridge_redemptions_contradicted",
		"Redemptions of the last week that the issuer has contradicted though the card had shown them.", "",
		count(func(o *Orders) int { return o.ContradictedRedemptions }))
	i.Observed("giftbridge_failed_orders_oldest_timestamp",
		"When the first of the orders that are failed now failed for the first time.", "s",
		n.since(func(o *Orders) time.Time { return o.OldestFailed }))
	i.Observed("giftbridge_cards_waiting_oldest_timestamp",
		"Since when the first of the cards that wait for their issuer has waited.", "s",
		n.since(func(o *Orders) time.Time { return o.OldestMaking }))
	i.Observed("giftbridge_redemptions_unknown_oldest_timestamp",
		"Since when the first of the redemptions that are unknown now has been unknown.", "s",
		n.since(func(o *Orders) time.Time { return o.OldestUnknownRedemption }))
}

// since returns what a gauge of a time shows: nothing if the time is zero.
func (n *ordersNow) since(of func(*Orders) time.Time) func() (float64, bool) {
	return func() (float64, bool) {
		last := n.last.Load()
		if last == nil || of(last).IsZero() {
			return 0, false
		}
		return unixSeconds(of(last)), true
	}
}

// SetOrders reports the orders that may need somebody; nil if they are unknown, so that an old number does not pass for
// today's.
func (t *Telemetry) SetOrders(now *Orders) {
	if t != nil && t.metrics != nil {
		t.metrics.orders.last.Store(now)
	}
}
