package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/workflows"
)

// A sweep of the last two days goes by Shopify's search. One that looks at all orders does not: what the search misses
// is found by it alone. The first sweep of a day is such a sweep.
func TestSweepOrdersSearches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at    time.Time
		whole bool // By hand.
		want  bool
	}{
		"in the afternoon":          {noon, false, false},
		"the last one of a day":     {noon.Add(11 * time.Hour), false, false},
		"the first one of a day":    {noon.Add(12*time.Hour + time.Minute), false, true},
		"by hand, of all orders":    {noon, true, true},
		"the second one of the day": {noon.Add(13*time.Hour + time.Minute), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.SetStartTime(tt.at)
			var asked activities.SweepInput
			e.RegisterActivityWithOptions(
				func(_ context.Context, in activities.SweepInput) (activities.SweepResult, error) {
					asked = in
					return activities.SweepResult{Seen: 7}, nil
				}, activity.RegisterOptions{Name: "Sweep"})
			in := workflows.SweepOrdersInput{
				Poll: rules(), Every: workflows.Duration(time.Hour), Recent: workflows.Duration(48 * time.Hour), Whole: tt.whole,
			}
			in.Poll.CreatedAtMin = noon.AddDate(0, 0, -10)
			e.ExecuteWorkflow(workflows.SweepOrders, in)
			require.NoError(t, e.GetWorkflowError())
			var out workflows.SweepOrdersResult
			require.NoError(t, e.GetWorkflowResult(&out))
			require.Equal(t, tt.want, out.Whole)
			require.Equal(t, !tt.want, asked.Search)
			from := tt.at.Add(-48 * time.Hour)
			if tt.want {
				from = in.Poll.CreatedAtMin
			}
			require.Equal(t, []time.Time{from, from}, []time.Time{out.From, asked.From})
			require.Equal(t, 7, out.Seen)
		})
	}
}
