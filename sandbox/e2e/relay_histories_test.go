package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// courier stands for the activities of the relay: an endpoint that is away or there, and refuses what it is told to.
type courier struct {
	*system

	boxes *relaybox.Boxes

	mu      sync.Mutex
	away    bool
	failing int
	tried   int
}

// deliver delivers an event, or fails.
func (c *courier) deliver(ctx context.Context, in relaying.DeliverEventInput) (relaying.DeliverEventResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried++
	switch {
	case strings.HasPrefix(in.Event.ID, "refused"):
		return relaying.DeliverEventResult{}, temporal.NewNonRetryableApplicationError("status 422", string(giftcard.InvalidRequest), nil)
	case c.away || c.failing > 0:
		c.failing--
		return relaying.DeliverEventResult{}, temporal.NewApplicationErrorWithOptions("away", string(giftcard.Unavailable),
			temporal.ApplicationErrorOptions{NextRetryDelay: 20 * time.Millisecond})
	}
	out := relaying.DeliverEventResult{Delivered: in.Delivered, Attempts: int(activity.GetInfo(ctx).Attempt)}
	if out.Stale = in.Event.UpdatedAt.Before(in.Delivered); !out.Stale {
		out.Delivered = in.Event.UpdatedAt
	}
	return out, nil
}

func startCourier(t *testing.T) *courier {
	t.Helper()
	c := &courier{system: start(t, stack.Options{
		Configure: inTheClear, DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 60},
	})}
	c.StopWorker()
	c.boxes = relaybox.New(c.plain, time.Now)
	for _, queue := range []string{workflows.TaskQueue, workflows.RelayTaskQueue(relaying.Orders), workflows.RelayTaskQueue(relaying.Products)} {
		q := worker.New(c.plain, queue, worker.Options{})
		workflows.Register(q)
		q.RegisterActivityWithOptions(c.deliver, activity.RegisterOptions{Name: "DeliverEvent"})
		require.NoError(t, q.Start())
		t.Cleanup(q.Stop)
	}
	return c
}

func (c *courier) set(away bool, failing int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away, c.failing, c.tried = away, failing, 0
}

// put puts events into a mailbox. While the endpoint is away, the first one is being tried before the next one comes.
func (c *courier) put(endpoint, resource string, all ...relaying.Event) {
	c.t.Helper()
	for i, e := range all {
		require.NoError(c.t, c.boxes.Put(c.ctx, endpoint, resource, e))
		c.mu.Lock()
		away := c.away
		c.mu.Unlock()
		if i == 0 && away {
			c.await("tried", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.tried > 0
			})
		}
	}
}

// ends waits for the end of a mailbox and returns its result.
func (c *courier) ends(endpoint, resource string) (out workflows.RelayResult) {
	c.t.Helper()
	require.NoError(c.t, c.plain.GetWorkflow(c.ctx, workflows.RelayID(endpoint, resource), "").Get(c.ctx, &out))
	return out
}

func shopEvent(id, topic string, updated int) relaying.Event {
	return relaying.Event{
		ID: id, Topic: topic, Order: "#1001", Body: relaying.Body(fmt.Sprintf(`{"id":7,"n":%d}`, updated)), UpdatedAt: changedAt(updated),
		TakenAt: changedAt(updated), APIVersion: "2026-07",
	}
}

// The histories of mailboxes, and what a delivery costs.
func TestHistoriesOfTheRelay(t *testing.T) {
	t.Parallel()
	c := startCourier(t)
	const orders, products = relaying.Orders, relaying.Products
	keep := func(name, endpoint, resource string) {
		c.keep("Relay/"+name, workflows.RelayID(endpoint, resource), "")
	}

	// One event is a start with a signal, and an activity.
	c.put(orders, "1", shopEvent("a", "orders/create", 1))
	require.Equal(t, workflows.RelayResult{Events: 1, Delivered: changedAt(1)}, c.ends(orders, "1"))
	keep("one", orders, "1")
	var cost billing.Cost
	require.NoError(t, cost.AddRun(c.ctx, c.plain, workflows.RelayID(orders, "1"), ""))
	require.LessOrEqual(t, cost.Actions, int64(3))
	require.LessOrEqual(t, cost.Events-cost.Late, int64(12))

	// Each further one, while the mailbox is open, is a signal and an activity. An older state is marked; the same event comes once.
	c.set(true, 0)
	c.put(orders, "2", shopEvent("a", "orders/create", 1), shopEvent("b", "fulfillments/create", 3), shopEvent("a", "orders/create", 1),
		shopEvent("c", "fulfillments/update", 2))
	c.set(false, 0)
	require.Equal(t, workflows.RelayResult{Events: 3, Stale: 1, Repeated: 1, Delivered: changedAt(3)}, c.ends(orders, "2"))
	keep("in-order", orders, "2")

	c.set(true, 0)
	c.put(products, "3", shopEvent("a", "products/create", 1), shopEvent("b", "products/update", 2), shopEvent("c", "products/update", 3),
		shopEvent("d", "products/update", 4))
	c.set(false, 0)
	require.Equal(t, workflows.RelayResult{Events: 2, Coalesced: 2, Delivered: changedAt(4)}, c.ends(products, "3"))
	keep("coalesced", products, "3")

	// A retry costs an action, and no event.
	c.set(false, 2)
	c.put(orders, "4", shopEvent("a", "orders/create", 1))
	c.ends(orders, "4")
	keep("retried", orders, "4")
	retried := billing.Cost{}
	require.NoError(t, retried.AddRun(c.ctx, c.plain, workflows.RelayID(orders, "4"), ""))
	require.LessOrEqual(t, retried.Actions, int64(5))
	require.LessOrEqual(t, retried.Events-retried.Late, int64(12))

	// A refused event is a run that fails; once it was delivered after all, one that completes. Those behind it go on.
	c.set(true, 0)
	c.put(orders, "5", shopEvent("a", "orders/create", 1), shopEvent("refused", "fulfillments/create", 2), shopEvent("b", "orders/paid", 3))
	c.set(false, 0)
	require.Equal(t, workflows.RelayResult{Events: 2, Refused: 1, Delivered: changedAt(3)}, c.ends(orders, "5"))
	keep("refused", orders, "5")
	refused := workflows.UndeliveredEventID(orders, "5", "refused")
	var app *temporal.ApplicationError
	require.ErrorAs(t, c.plain.GetWorkflow(c.ctx, refused, "").Get(c.ctx, nil), &app)
	require.Equal(t, string(giftcard.InvalidRequest), app.Type())
	c.keep("UndeliveredEvent/refused", refused, "")
	settled, err := c.plain.ExecuteWorkflow(c.ctx, client.StartWorkflowOptions{ID: refused, TaskQueue: workflows.TaskQueue},
		workflows.UndeliveredEventType, workflows.UndeliveredEventInput{
			Endpoint: orders, Resource: "5", Event: shopEvent("refused", "fulfillments/create", 2),
		})
	require.NoError(t, err)
	require.NoError(t, settled.Get(c.ctx, nil))
	c.keep("UndeliveredEvent/delivered", refused, settled.GetRunID())

	// An event that was refused, and that a person has sent once more, ends its record when it is delivered.
	replayed := shopEvent("again", "fulfillments/create", 2)
	replayed.Again, replayed.Refused, replayed.Repeats = true, true, "refused"
	c.put(orders, "9", shopEvent("refused", "fulfillments/create", 2))
	require.Equal(t, 1, c.ends(orders, "9").Refused)
	c.put(orders, "9", replayed)
	require.Equal(t, 1, c.ends(orders, "9").Events)
	keep("replayed", orders, "9")
	record := workflows.UndeliveredEventID(orders, "9", "refused")
	require.NoError(t, c.plain.GetWorkflow(c.ctx, record, "").Get(c.ctx, nil))
	c.keep("UndeliveredEvent/replayed", record, "")

	// What is too large to be kept goes on as a notice.
	notice := shopEvent("a", "orders/create", 1)
	notice.Size = 3 << 20
	c.put(orders, "6", notice)
	c.ends(orders, "6")
	keep("oversized", orders, "6")

	// A history that is full is handed over, also while an event is being tried.
	c.set(true, 0)
	var many []relaying.Event
	for i := range 40 {
		many = append(many, shopEvent(fmt.Sprint(i), "fulfillments/update", i))
	}
	c.put(orders, "7", many...)
	var first string
	c.await("handed over", func() bool {
		d, err := c.plain.DescribeWorkflowExecution(c.ctx, workflows.RelayID(orders, "7"), "")
		require.NoError(t, err)
		first = d.GetWorkflowExecutionInfo().GetFirstRunId()
		return first != d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	})
	c.set(false, 0)
	require.Equal(t, changedAt(39), c.ends(orders, "7").Delivered)
	next := c.keep("Relay/handed-over-first", workflows.RelayID(orders, "7"), first)
	last := next
	for next != "" {
		last, next = next, continuedAs(c.history(workflows.RelayID(orders, "7"), next))
	}
	c.keep("Relay/handed-over-last", workflows.RelayID(orders, "7"), last)

	c.set(true, 0)
	c.put(orders, "8", shopEvent("a", "orders/create", 1))
	require.NoError(t, c.plain.CancelWorkflow(c.ctx, workflows.RelayID(orders, "8"), ""))
	require.Error(t, c.plain.GetWorkflow(c.ctx, workflows.RelayID(orders, "8"), "").Get(c.ctx, nil))
	keep("cancelled", orders, "8")
}
