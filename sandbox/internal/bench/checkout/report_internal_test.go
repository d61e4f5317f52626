package checkout

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/sandbox/internal/figures"
)

// good is a round that holds all bars.
func good() Round {
	return Round{
		Bare:  Redemptions{P50: 40, P99: 50},
		Ours:  Redemptions{P50: 50, P99: 80, Events: 21, Actions: 8, ClaimEvents: 5, ClaimActions: 1},
		Crowd: Crowd{Succeeded: 49, Busy: 1, Together: 10, Slowest: 4},
		Full:  Full{P50: 70, Runs: 2, MaxEvents: 2100, MaxBytes: 900 << 10, Kept: 1000, AllBytes: 400 << 10},
	}
}

// Ratios are those of each round, and their median counts. What must never happen must not happen in any round.
func TestSummarize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(r *Report)
		misses string
	}{
		"all are held":       {change: func(*Report) {}},
		"one slow round":     {change: func(r *Report) { r.Rounds[2].Ours.P50, r.Rounds[2].Ours.P99 = 999, 999 }},
		"slow":               {func(r *Report) { r.Rounds[0].Ours.P50, r.Rounds[1].Ours.P50 = 64, 64 }, "p50 / bare workflow is 1.6,"},
		"slow last ones":     {func(r *Report) { r.Rounds[0].Ours.P99, r.Rounds[1].Ours.P99 = 110, 110 }, "p99 / bare workflow is 2.2,"},
		"a slow full card":   {change: func(r *Report) { r.Rounds[0].Full.P50, r.Rounds[1].Full.P50 = 999, 999 }},
		"too many together":  {func(r *Report) { r.Rounds[1].Crowd.Together = 11 }, "updates of a card in flight is 11,"},
		"out of order":       {func(r *Report) { r.Rounds[1].Crowd.Disordered = 1 }, "in which they were accepted is 1,"},
		"untold":             {func(r *Report) { r.Rounds[1].Crowd.Untold = 1 }, "the other way round is 1,"},
		"a long wait":        {func(r *Report) { r.Rounds[1].Crowd.Slowest = 16 }, "last of many on one card knew is 16,"},
		"long histories":     {func(r *Report) { r.Rounds[1].Ours.Events = 22 }, "events of a card that was spent once is 22,"},
		"dear":               {func(r *Report) { r.Rounds[1].Ours.Actions = 9 }, "actions of a card that was spent once is 9,"},
		"long claims":        {func(r *Report) { r.Rounds[1].Ours.ClaimEvents = 6 }, "events of a claim is 6,"},
		"dear claims":        {func(r *Report) { r.Rounds[1].Ours.ClaimActions = 2 }, "actions of a claim is 2,"},
		"too many kept":      {func(r *Report) { r.Rounds[1].Full.Kept = 1001 }, "that a full card keeps is 1001,"},
		"too many events":    {func(r *Report) { r.Rounds[1].Full.MaxEvents = 2501 }, "events of a run of a full card is 2501,"},
		"a large history":    {func(r *Report) { r.Rounds[1].Full.MaxBytes = 1537 << 10 }, "run of a full card, KiB is 1537,"},
		"a large answer":     {func(r *Report) { r.Rounds[1].Full.AllBytes = 513 << 10 }, "as an answer, KiB is 513,"},
		"too many go on":     {func(r *Report) { r.Long.MostKept = 1001 }, "handed to the next run is 1001,"},
		"a large input":      {func(r *Report) { r.Long.MostInput = 513 << 10 }, "handed to the next run, KiB is 513,"},
		"a large redemption": {func(r *Report) { r.Long.MostOne = 1025 }, "answer to a shop's request, bytes is 1025,"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Report{Rounds: []Round{good(), good(), good()}, Long: Long{MostKept: 1000, MostInput: 400 << 10, MostOne: 400}}
			tt.change(&r)
			r.summarize()
			require.Len(t, r.Bars, 17)
			err := r.Check()
			var out strings.Builder
			require.NoError(t, r.Print(&out))
			require.Equal(t, tt.misses != "", strings.Contains(out.String(), "MISSED"))
			if tt.misses == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.misses)
			require.NotContains(t, err.Error(), ";", "one bar alone")
		})
	}
	r := Report{Rounds: []Round{good()}}
	r.summarize()
	require.Equal(t, figures.Comparison{
		Figure: "a redemption, p50 / bare workflow", Ratio: figures.NewSpread([]float64{1.25}),
		Is: figures.NewSpread([]float64{50}), Beside: figures.NewSpread([]float64{40}),
	}, r.Comparisons[0])
}

// The ledger must have what was accepted, in this order; what was declined is not in it.
func TestDisordered(t *testing.T) {
	t.Parallel()
	accepted := []string{"a", "b", "c", "d"}
	for taken, want := range map[string]int{
		"": 0, "a b c d": 0, "b d": 0, "b a c d": 1, "d c b a": 3, "a x": 1, "a a": 1,
	} {
		require.Equal(t, want, disordered(accepted, strings.Fields(taken)), taken)
	}
}

// An update is in flight from the task that accepts it to the one that answers it.
func TestFlight(t *testing.T) {
	t.Parallel()
	const (
		task      = enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		accepted  = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
		completed = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED
	)
	var f flight
	var got []int
	for _, of := range []enumspb.EventType{task, accepted, accepted, completed, task, accepted, completed, completed, task} {
		got = append(got, f.after(&historypb.HistoryEvent{EventType: of}))
	}
	require.Equal(t, []int{0, 1, 2, 2, 1, 2, 2, 2, 0}, got)
}

func TestUntold(t *testing.T) {
	t.Parallel()
	told := map[string]bool{"a": true, "b": true}
	for taken, want := range map[string]int{"a b": 0, "b a": 0, "a": 1, "a b c": 1, "a b a": 1, "": 2, "c": 3} {
		require.Equal(t, want, untold(told, strings.Fields(taken)), taken)
	}
}
