package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
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

// A sweep looks for disputes only if it is told to, and one that cannot still says what it has found.
func TestSweepOrdersLooksForDisputes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of     time.Duration
		err    error
		asked  int
		found  *activities.RecordDisputesResult
		failed string
	}{
		"not told to": {},
		"told to":     {of: 48 * time.Hour, asked: 1, found: &activities.RecordDisputesResult{Disputed: 2, Recorded: 1}},
		"refused": {
			of: 48 * time.Hour, asked: 1, failed: "no such field",
			err: temporal.NewNonRetryableApplicationError("no such field", string(giftcard.InvalidRequest), nil),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.RegisterActivityWithOptions(
				func(context.Context, activities.SweepInput) (activities.SweepResult, error) {
					return activities.SweepResult{Seen: 7}, nil
				}, activity.RegisterOptions{Name: "Sweep"})
			asked := 0
			e.RegisterActivityWithOptions(
				func(_ context.Context, in activities.RecordDisputesInput) (activities.RecordDisputesResult, error) {
					asked++
					if !in.Since.Equal(noon.Add(-tt.of)) || len(in.SKUs) == 0 {
						return activities.RecordDisputesResult{}, errors.New("asked for something else")
					}
					return activities.RecordDisputesResult{Disputed: 2, Recorded: 1}, tt.err
				}, activity.RegisterOptions{Name: "RecordDisputes"})
			e.ExecuteWorkflow(workflows.SweepOrders, workflows.SweepOrdersInput{
				Poll: rules(), Every: workflows.Duration(time.Hour), DisputesOf: workflows.Duration(tt.of),
			})
			require.NoError(t, e.GetWorkflowError())
			var out workflows.SweepOrdersResult
			require.NoError(t, e.GetWorkflowResult(&out))
			require.Equal(t, tt.asked, asked)
			require.Equal(t, tt.found, out.Disputes)
			require.Equal(t, tt.failed, out.DisputesFailed)
			require.Equal(t, 7, out.Seen)
		})
	}
}
