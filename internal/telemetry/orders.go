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
	// Suspicious is the number of cards of which callbacks contradicted each other in the last two days.
	Suspicious int
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
	i.Observed("giftbridge_failed_orders_oldest_timestamp",
		"When the first of the orders that are failed now failed for the first time.", "s",
		func() (float64, bool) {
			last := n.last.Load()
			if last == nil || last.OldestFailed.IsZero() {
				return 0, false
			}
			return unixSeconds(last.OldestFailed), true
		})
}

// SetOrders reports the orders that may need somebody; nil if they are unknown, so that an old number does not pass for
// today's.
func (t *Telemetry) SetOrders(now *Orders) {
	if t != nil && t.metrics != nil {
		t.metrics.orders.last.Store(now)
	}
}
