package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// Whatever the seed, every habit is planned often enough, no card has enough for all, and nothing else of the plan changes.
func TestShopping(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		before := plan.New(seed, 10, time.Minute)
		for _, shoppers := range []int{20, plan.UsualShoppers} {
			p := before.WithShoppers(shoppers)
			require.Equal(t, p, before.WithShoppers(shoppers))
			s, habits, asked := p.Shopping, map[plan.What]int{}, make([]int64, plan.SpendCards)
			for i, v := range s.Visits {
				require.True(t, i == 0 || s.Visits[i-1].At <= v.At, "in order")
				require.True(t, v.At < p.Length && v.Shopper < shoppers && v.Amount > 0 && v.Amount%50 == 0)
				habits[v.What]++
				asked[v.Card] += v.Amount
			}
			minimal := s.Minimal()
			for _, what := range plan.ShopperHabits {
				require.GreaterOrEqual(t, habits[what], 2*minimal[what], "seed %d: %s", seed, what)
			}
			require.GreaterOrEqual(t, len(s.Tills), 3*minimal[plan.TillElsewhere])
			for _, till := range s.Tills {
				require.NotZero(t, till.Amount%50, "a till's amount is not taken for a shopper's")
			}
			for i, value := range s.Cards {
				require.Less(t, value, asked[i])
				require.Positive(t, value)
			}
			p.Shopping = plan.Shopping{}
			require.Equal(t, before, p)
		}
		require.Equal(t, before, before.WithShoppers(0))
	}
	require.Empty(t, plan.Shopping{}.Minimal())
}

// What a run must have shown has a name of its own each.
func TestNamesOfShopping(t *testing.T) {
	t.Parallel()
	require.Len(t, plan.New(1, 10, time.Minute).WithShoppers(plan.UsualShoppers).Shopping.Minimal(),
		len(plan.ShopperHabits)+len(happenings.SpendTroubles)+7)
}
