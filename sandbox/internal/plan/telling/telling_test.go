package telling_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
)

func orders() []*shopifytest.Order {
	var all []*shopifytest.Order
	for i := range int64(160) {
		all = append(all, &shopifytest.Order{ID: 100 * (i + 1), Customer: &shopifytest.Customer{}, Lines: []shopifytest.LineItem{{Title: "Gift card"}}})
	}
	return all
}

// tells are the changes that customers are told of.
var tells = []telling.Change{telling.Sent, telling.Tracked, telling.Quantities, telling.Added, telling.MoneyBack, telling.Cancelled}

// Whatever the seed, a run of the usual size has enough of each kind of customer, and of each script, in time.
func TestTellingHoldsEverything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		told := telling.New(seed, orders(), time.Minute)
		require.Equal(t, told, telling.New(seed, orders(), time.Minute), "it is a function of its seed")
		require.True(t, told.On() && told.Enough())
		why, numbers := map[telling.Reason]int{}, map[string]bool{}
		unsubscribed, unreachable, abroad, leaves := 0, 0, 0, 0
		for _, p := range told.People {
			why[p.Why]++
			require.Equal(t, p.Why == "", p.Number != "")
			require.False(t, p.Number != "" && numbers[p.Number], "each number belongs to one order")
			numbers[p.Number] = true
			for is, n := range map[*int]bool{&unsubscribed: p.Unsubscribed, &unreachable: p.Unreachable, &abroad: p.Abroad, &leaves: p.Leaves > 0} {
				if n {
					*is++
				}
			}
		}
		for _, reason := range []telling.Reason{telling.NoPhone, telling.BadPhone, telling.Landline, telling.NoConsent} {
			require.GreaterOrEqual(t, why[reason], 4, reason)
		}
		for _, n := range []int{unsubscribed, unreachable, abroad, leaves} {
			require.GreaterOrEqual(t, n, 5)
		}
		require.GreaterOrEqual(t, leaves, 12, "some have a message in doubt when they leave, and are not asked again")
		scripts := map[telling.Script]int{}
		for _, o := range told.Orders {
			scripts[o.Script]++
			before := o.At
			for _, s := range o.Steps {
				require.Greater(t, s.At, before)
				before = s.At
			}
			require.Less(t, before, time.Minute)
			left := told.People[o.Order.ID].Leaves
			require.Less(t, left, time.Minute)
			require.True(t, left == 0 || slices.ContainsFunc(o.Steps, func(s telling.Step) bool {
				return s.At > left && slices.Contains(tells, s.Change)
			}), "something follows that the customer is not told of")
		}
		require.Len(t, scripts, 9)
		for script, n := range scripts {
			require.Equal(t, 4, n, script)
		}
	}
	require.NotEqual(t, telling.New(1, orders(), time.Minute).Orders, telling.New(2, orders(), time.Minute).Orders)
	require.False(t, telling.New(1, orders()[:50], time.Minute).Enough())
	require.False(t, telling.Telling{}.On())
}
