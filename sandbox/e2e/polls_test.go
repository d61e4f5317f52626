package e2e_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// maxEvents keeps histories far below the server's limit of 51,200 events, and below its warning threshold.
const maxEvents = 10_000

// A window with 20,000 candidates is read to its end, over as many runs as necessary.
func TestLargeWindow(t *testing.T) {
	t.Parallel()
	const candidates, every = 20_000, 16
	w := start(t, stack.Options{Shopify: unlimited(), Configure: func(c *config.Config) { c.Poll.Overlap = time.Hour }})
	others := []scenario.Kind{
		scenario.Unpaid, scenario.Cancelled, scenario.Test, scenario.Unpaid, scenario.SimilarSKU, scenario.Mixed, scenario.Native,
	}
	for i := range candidates {
		if i%every == 0 {
			w.PlaceKind(scenario.Single)
			continue
		}
		w.PlaceKind(others[i%len(others)])
	}
	const orders = candidates / every
	poll, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	first, err := poll.Wait(w.ctx)
	require.NoError(t, err)
	require.Equal(t, candidates, first.Seen)
	require.Equal(t, orders, first.Started)
	require.Zero(t, first.Known)
	left := 0
	for _, n := range first.LeftOut {
		left += n
	}
	require.Equal(t, candidates-orders, left)
	w.settle(orders)
	w.requireBalance()

	runs := w.runs(poll.WorkflowID)
	require.Len(t, runs, 3, "500 children to a run")
	for _, r := range runs {
		t.Logf("run %s: %d events, %d bytes", r.GetExecution().GetRunId(), r.GetHistoryLength(), r.GetHistorySizeBytes())
		require.Less(t, r.GetHistoryLength(), int64(maxEvents))
	}

	again := w.poll()
	require.Equal(t, candidates, again.Seen)
	require.Zero(t, again.Started)
	require.Equal(t, orders, again.Known)
	w.requireBalance()
}

// runs returns the runs of a workflow that visibility lists.
func (w *system) runs(workflowID string) []*workflowpb.WorkflowExecutionInfo {
	w.t.Helper()
	page, err := w.plain.ListWorkflow(w.ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: w.Temporal.Namespace(), Query: "WorkflowId = '" + workflowID + "'",
	})
	require.NoError(w.t, err)
	return page.GetExecutions()
}

// Polls with overlapping windows may run at the same time: the schedule's poll, and several manual ones.
func TestPollsAtOnce(t *testing.T) {
	t.Parallel()
	shop := unlimited()
	shop.Faults.Latency = 50 * time.Millisecond
	w := start(t, stack.Options{Shopify: shop, Configure: func(c *config.Config) { c.Poll.PageSize = 7 }})
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single, scenario.SeveralUnits, scenario.Mixed}, 30)...)
	scheduled, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	now := time.Now()
	polls := []*installation.Poll{scheduled}
	for i := range 2 {
		byHand, err := w.Operator.PollWindow(w.ctx, now.Add(-time.Duration(i+1)*10*time.Minute), now.Add(time.Minute))
		require.NoError(t, err)
		polls = append(polls, byHand)
	}
	started, known := 0, 0
	for _, p := range polls {
		out, err := p.Wait(w.ctx)
		require.NoError(t, err)
		require.Equal(t, len(placed), out.Seen)
		started, known = started+out.Started, known+out.Known
	}
	require.Equal(t, 60, started)
	require.Equal(t, 2*60, known)
	w.settle(60)
	w.requireBalance()
}

// Two requests to poll the same window result in one poll.
func TestPollByHandTwice(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	now := time.Now()
	first, err := w.Operator.PollWindow(w.ctx, now.Add(-time.Hour), now)
	require.NoError(t, err)
	second, err := w.Operator.PollWindow(w.ctx, now.Add(-time.Hour), now)
	require.NoError(t, err)
	require.Equal(t, first.RunID, second.RunID)
	_, err = w.Operator.PollWindow(w.ctx, now, now)
	require.ErrorContains(t, err, "the window is empty")
}

// denied is a shop that refuses requests after a given number of further ones, until it is told otherwise.
type denied struct{ after atomic.Int64 }

func (d *denied) next(kind string) *shopifytest.Fault {
	if kind != "orders" || d.after.Add(-1) >= 0 {
		return nil
	}
	return &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: http.StatusUnauthorized}
}

const never = 1 << 40

// A poll that fails midway does not move the watermark. Its successor finds what it missed, even after a restart of the
// worker, and does not start again what it had started.
func TestPollFailsMidway(t *testing.T) {
	t.Parallel()
	var shop denied
	shop.after.Store(never)
	w := start(t, stack.Options{
		Shopify:   shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Faults: shopifytest.Faults{Next: shop.next}},
		Configure: func(c *config.Config) { c.Poll.PageSize = 10 },
	})
	w.place(scenario.Single)
	w.poll()
	watermark := w.watermark()
	require.WithinDuration(t, time.Now(), watermark, time.Minute)

	w.place(slices.Repeat([]scenario.Kind{scenario.Single}, 25)...)
	shop.after.Store(1)
	_, err := w.tryPoll()
	require.ErrorContains(t, err, "Unauthorized: poll of ")
	require.Equal(t, watermark, w.watermark())
	status, err := w.Operator.Status(w.ctx)
	require.NoError(t, err)
	require.Equal(t, "Unauthorized", status.FailedPoll.Failure.Kind)
	w.settle(10) // The orders of the first page, one of which was already known.

	w.StopWorker()
	require.Equal(t, watermark, w.watermark())
	require.NoError(t, w.StartWorker(w.ctx))
	_, err = w.tryPoll()
	require.Error(t, err, "the shop still refuses")
	require.Equal(t, watermark, w.watermark())

	shop.after.Store(never)
	out := w.poll()
	require.Equal(t, watermark.Add(-10*time.Minute), out.Since)
	require.Equal(t, 10, out.Known)
	require.Equal(t, 16, out.Started)
	require.True(t, out.Watermark.After(watermark))
	require.Equal(t, out.Watermark, w.watermark())
	w.settle(26)
	w.requireBalance()
	status, err = w.Operator.Status(w.ctx)
	require.NoError(t, err)
	require.Nil(t, status.FailedPoll)
}

// A manual poll does not move the watermark.
func TestPollByHandLeavesTheWatermark(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	w.poll()
	watermark := w.watermark()
	p := w.PlaceKind(scenario.Single)
	byHand, err := w.Operator.PollWindow(w.ctx, time.Now().Add(-time.Minute), time.Now().Add(time.Minute))
	require.NoError(t, err)
	out, err := byHand.Wait(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, out.Started)
	require.Zero(t, out.Watermark)
	require.Equal(t, watermark, w.watermark())
	w.show(p, executions.Completed)
	next, again := w.costedPoll()
	requireTimeline(t, w.history(next.WorkflowID, next.RunID),
		"WorkflowExecutionStarted",
		"ActivityTaskScheduled ListGiftCardOrders", "ActivityTaskStarted", "ActivityTaskCompleted",
		// The schedule's polls tell each other what they started. Of orders of other polls, visibility says that they exist.
		"WorkflowExecutionCompleted")
	require.Equal(t, workflows.PollOrdersResult{
		Since: again.Since, Until: again.Until, Watermark: again.Watermark, Seen: 1, Known: 1,
		Latest: []string{orderNumber(p)},
	}, again)
	require.True(t, again.Watermark.After(watermark))
}
