package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// The window of a poll: from the watermark, less the overlap, to the present, less the settle delay, and never further
// back than orders count.
func TestPollWindow(t *testing.T) {
	t.Parallel()
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	tests := []struct {
		name      string
		change    func(*workflows.PollOrdersInput)
		last      time.Time // The watermark of the last poll; zero for the first poll.
		created   time.Time
		since     time.Time
		until     time.Time
		watermark time.Time
		missed    *workflows.MissedOrders
	}{
		{
			name:    "first poll begins where orders count",
			created: noon.AddDate(0, 0, -3), since: noon.AddDate(0, 0, -3), until: minute(-1), watermark: minute(-1),
		},
		{
			name:    "orders older than the maximum age do not count",
			change:  func(in *workflows.PollOrdersInput) { in.MaxOrderAge = workflows.Duration(24 * time.Hour) },
			created: noon.AddDate(0, 0, -1), since: noon.AddDate(0, 0, -1), until: minute(-1), watermark: minute(-1),
			missed: &workflows.MissedOrders{From: noon.AddDate(0, 0, -3), Until: noon.AddDate(0, 0, -1), FoundAt: noon},
		},
		{
			name:    "a watermark older than the maximum age leaves orders out, and says so",
			change:  func(in *workflows.PollOrdersInput) { in.MaxOrderAge = workflows.Duration(24 * time.Hour) },
			last:    noon.AddDate(0, 0, -2),
			created: noon.AddDate(0, 0, -1), since: noon.AddDate(0, 0, -1), until: minute(-1), watermark: minute(-1),
			missed: &workflows.MissedOrders{
				From: noon.AddDate(0, 0, -2).Add(-10 * time.Minute), Until: noon.AddDate(0, 0, -1), FoundAt: noon,
			},
		},
		{
			name: "what lies between the watermark and the overlap was seen",
			change: func(in *workflows.PollOrdersInput) {
				in.MaxOrderAge, in.Overlap = workflows.Duration(time.Hour), workflows.Duration(50*time.Minute)
			},
			last:    minute(-55),
			created: minute(-60), since: minute(-60), until: minute(-1), watermark: minute(-1),
		},
		{
			name:    "next poll reads the overlap again",
			last:    minute(-6),
			created: noon.AddDate(0, 0, -3), since: minute(-16), until: minute(-1), watermark: minute(-1),
		},
		{
			name:    "a watermark of long ago is bounded by the maximum age",
			last:    noon.AddDate(0, 0, -30),
			created: noon.AddDate(0, 0, -3), since: noon.AddDate(0, 0, -3), until: minute(-1), watermark: minute(-1),
		},
		{
			name:    "no delay, no overlap",
			change:  func(in *workflows.PollOrdersInput) { in.SettleDelay, in.Overlap = 0, 0 },
			last:    minute(-5),
			created: noon.AddDate(0, 0, -3), since: minute(-5), until: noon, watermark: noon,
		},
		{
			name:    "a clock that went back moves no watermark back",
			last:    minute(5),
			created: noon.AddDate(0, 0, -3), since: minute(-5), until: minute(-1), watermark: minute(5),
		},
		{
			name:    "a watermark further in the future than the overlap makes up for is not believed",
			last:    minute(10),
			created: noon.AddDate(0, 0, -3), since: noon.AddDate(0, 0, -3), until: minute(-1), watermark: minute(-1),
		},
		{
			name:    "nor one of next year",
			last:    noon.AddDate(1, 0, 0),
			created: noon.AddDate(0, 0, -3), since: noon.AddDate(0, 0, -3), until: minute(-1), watermark: minute(-1),
		},
		{
			name: "a longer delay than before is no clock that went back",
			change: func(in *workflows.PollOrdersInput) {
				in.SettleDelay, in.Overlap = workflows.Duration(30*time.Minute), workflows.Duration(40*time.Minute)
			},
			last:    minute(-1),
			created: noon.AddDate(0, 0, -3), since: minute(-41), until: minute(-30), watermark: minute(-1),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).withPages(activities.ListGiftCardOrdersResult{})
			in := rules()
			if tt.change != nil {
				tt.change(&in)
			}
			if !tt.last.IsZero() {
				e.SetLastCompletionResult(workflows.PollOrdersResult{Watermark: tt.last})
			}
			out := e.poll(t, in)
			require.Equal(t, workflows.PollOrdersResult{
				Since: tt.since, Until: tt.until, Watermark: tt.watermark, Missed: tt.missed,
			}, out)
			require.Equal(t, []activities.ListGiftCardOrdersInput{{
				Rules: giftcard.Rules{
					SKUs: in.SKUs, CreatedFrom: tt.created, MaxAge: time.Duration(in.MaxOrderAge), TakenOver: in.CreatedAtMin,
				},
				UpdatedFrom: tt.since, UpdatedBefore: tt.until, PageSize: 100,
			}}, e.listed)
		})
	}
}

// An empty window is not read, and its watermark stays the same.
func TestPollEmptyWindow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		last, created, want time.Time
	}{
		"orders count from tomorrow only": {time.Time{}, noon.AddDate(0, 0, 1), noon.Add(-time.Minute)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			if !tt.last.IsZero() {
				e.SetLastCompletionResult(workflows.PollOrdersResult{Watermark: tt.last})
			}
			in := rules()
			in.CreatedAtMin = tt.created
			out := e.poll(t, in)
			require.Equal(t, tt.want, out.Watermark)
			require.Empty(t, e.listed)
		})
	}
}

// A poll that missed orders reports that until people have had time to see it, and for longer if more are missed.
func TestPollTellsOfMissedOrders(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	missed := func(found time.Time) *workflows.MissedOrders {
		return &workflows.MissedOrders{From: day(-9), Until: day(-8), FoundAt: found}
	}
	tests := map[string]struct {
		last workflows.PollOrdersResult
		want *workflows.MissedOrders
	}{
		"yesterday":    {workflows.PollOrdersResult{Watermark: noon, Missed: missed(day(-1))}, missed(day(-1))},
		"two days ago": {workflows.PollOrdersResult{Watermark: noon, Missed: missed(day(-2))}, nil},
		"and again": {
			workflows.PollOrdersResult{Watermark: day(-5), Missed: missed(day(-1))},
			&workflows.MissedOrders{From: day(-9), Until: day(-2), FoundAt: noon},
		},
		"behind a watermark in the future": {
			workflows.PollOrdersResult{Watermark: day(1), Missed: missed(day(-1))}, missed(day(-1)),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).withPages(activities.ListGiftCardOrdersResult{})
			e.SetLastCompletionResult(tt.last)
			in := rules()
			in.MaxOrderAge = workflows.Duration(48 * time.Hour)
			in.CreatedAtMin = day(-30)
			require.Equal(t, tt.want, e.poll(t, in).Missed)
		})
	}
}

// The caller of a poll by hand names the window; the watermark is neither read nor written.
func TestPollByHand(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(0).withPages(pageOf(1, 2))
	e.SetLastCompletionResult(workflows.PollOrdersResult{Watermark: noon.Add(-5 * time.Minute)})
	in := rules()
	in.Since, in.Until = noon.Add(-48*time.Hour), noon.Add(-47*time.Hour)
	out := e.poll(t, in)
	require.Equal(t, workflows.PollOrdersResult{Since: in.Since, Until: in.Until, Seen: 2, Started: 2}, out)
	require.Equal(t, in.Since, e.listed[0].UpdatedFrom)
	require.Equal(t, in.Until, e.listed[0].UpdatedBefore)
	require.Equal(t, in.CreatedAtMin, e.listed[0].Rules.CreatedFrom)
}

// A poll that cannot read the watermark does not guess one: a guess could leave orders out.
func TestPollUnreadableWatermark(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.SetLastCompletionResult("not a poll's result")
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	require.ErrorContains(t, e.GetWorkflowError(), "the result of the schedule's last run cannot be read: ")
	require.ErrorContains(t, e.GetWorkflowError(), "type: UnexpectedResponse")
	require.Empty(t, e.listed)
}
