package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/workflows"
)

// Orders of a page that have a workflow are counted and passed on as known ones. Those that no webhook has announced are
// counted if this poll has started them.
func TestPollOfAnnouncedOrders(t *testing.T) {
	t.Parallel()
	page := pageOf(1, 3)
	page.Known, page.Unannounced = []string{"4001", "4002"}, []string{"5001", "5003"}
	e := newEnv(t).withOrders(0).withPages(page)
	in := rules()
	in.Webhooks = true
	out := e.poll(t, in)
	require.True(t, e.listed[0].Webhooks)
	require.Equal(t, []int{3, 2}, []int{out.Started, out.Known})
	require.Equal(t, []string{"4001", "4002", "5001", "5002", "5003"}, out.Latest)
	require.Equal(t, []int{2, 2}, []int{out.Unannounced.Polled, out.Unannounced.Orders})
	require.Len(t, out.Unannounced.Names, 2)
}

// Polls report unannounced orders for a day after the last of them.
func TestUnannouncedOrdersArePassedOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		last time.Time
		want *workflows.UnannouncedOrders
	}{
		"lately": {noon.Add(-23 * time.Hour), &workflows.UnannouncedOrders{
			Orders: 3, From: noon.AddDate(0, 0, -2), Last: noon.Add(-23 * time.Hour), Names: []string{"#7"},
		}},
		"long ago": {noon.Add(-24 * time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).withOrders(0).withPages(pageOf(1, 1))
			e.SetStartTime(noon)
			e.SetLastCompletionResult(workflows.PollOrdersResult{
				Watermark: noon.Add(-time.Minute),
				Unannounced: &workflows.UnannouncedOrders{
					Polled: 2, Orders: 3, From: noon.AddDate(0, 0, -2), Last: tt.last, Names: []string{"#7"},
				},
			})
			require.Equal(t, tt.want, e.poll(t, rules()).Unannounced)
		})
	}
}

// A poll by hand reads what it is told to, however old: it does not say that webhooks fail.
func TestPollByHandAwaitsNoWebhook(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(0).withPages(pageOf(1, 1))
	in := rules()
	in.Webhooks, in.Since, in.Until = true, noon.Add(-time.Hour), noon
	e.poll(t, in)
	require.False(t, e.listed[0].Webhooks)
}
