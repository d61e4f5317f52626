package e2e_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// If each card may be requested only once, an outage leaves in doubt the cards that were in progress when it began. The
// others wait until the issuer answers a harmless read.
func TestOutageLeavesFewInDoubt(t *testing.T) {
	t.Parallel()
	const orders = 20
	var lost, reads atomic.Int32
	w := start(t, stack.Options{
		CashStar: cashstartest.Options{
			Duplicates: cashstartest.IssueAgain,
			Fault: func(r cashstartest.Request) *cashstartest.Fault {
				switch {
				case reads.Load() >= 2:
					return nil // The outage is over.
				case r.Operation == cashstartest.CreateOrder:
					lost.Add(1)
				case lost.Load() == 0:
					return nil // The outage has not begun.
				default:
					reads.Add(1)
				}
				return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503}
			},
		},
		Configure: func(c *config.Config) { c.Issue.Dedupes, c.CashStar.MaxRPS = false, 5 },
	})
	w.place(slices.Repeat([]scenario.Kind{scenario.Single}, orders)...)
	w.poll()
	w.settle(orders)
	require.Less(t, int(lost.Load()), orders/2)
	require.Len(t, w.Issuer.Cards(), orders-int(lost.Load()))
}
