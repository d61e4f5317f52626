package telling_test

import (
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
		scripts := map[telling.Script]int{}
		for _, o := range told.Orders {
			scripts[o.Script]++
			before := o.At
			for _, s := range o.Steps {
				require.Greater(t, s.At, before)
				before = s.At
			}
			require.Less(t, before, time.Minute)
			require.Less(t, told.People[o.Order.ID].Leaves, time.Minute)
		}
		require.Len(t, scripts, 9)
		for script, n := range scripts {
			require.Equal(t, 3, n, script)
		}
	}
	require.NotEqual(t, telling.New(1, orders(), time.Minute).Orders, telling.New(2, orders(), time.Minute).Orders)
	require.False(t, telling.New(1, orders()[:50], time.Minute).Enough())
	require.False(t, telling.Telling{}.On())
}
