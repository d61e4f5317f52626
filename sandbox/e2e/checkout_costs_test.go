package e2e_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/workflows"
)

// A redemption has three tasks of its card's workflow: it is taken in, with a look at the card, and asked for; its request has
// been sent; its callback has come, with another look at the card, and the shop is answered. A workflow that is idle has a timer, for when it may forget.
var (
	takenIn = []string{
		"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
		"WorkflowExecutionUpdateAccepted",
	}
	askedFor = []string{
		"MarkerRecorded", "ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted",
		"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted", "TimerStarted",
	}
	settled = []string{
		"WorkflowExecutionSignaled", "WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted",
		"TimerCanceled", "MarkerRecorded", "TimerStarted", "WorkflowExecutionUpdateCompleted",
	}
)

// The cost of a redemption is the same on every machine: events and actions billed by Temporal Cloud. Where several shops wait
// for one card, the looks of all but a few are one action each, and in no history.
func TestCostsOfRedemptions(t *testing.T) {
	t.Parallel()
	const redemptions = 5
	w := start(t, bothIssuers(fourwayshoptest.Options{}))
	shop := w.hurried(1)
	card := shop.card()
	first := slices.Concat([]string{"WorkflowExecutionStarted"}, takenIn, askedFor, settled)
	further := slices.Concat(takenIn, []string{"TimerCanceled"}, askedFor, settled)
	want := first
	for n := range redemptions {
		id := shop.slowly("k-"+strconv.Itoa(n), card)
		if n > 0 {
			want = slices.Concat(want, further)
		}
		require.Equal(t, want, types(undelayed(w.history(shop.workflow(card), ""))))

		// A start, an update, two local activities, an activity, a signal and two timers.
		var own, claim billing.Cost
		require.NoError(t, own.AddRun(w.ctx, w.plain, shop.workflow(card), ""))
		require.EqualValues(t, 1+7*(n+1), own.Actions)
		require.NoError(t, claim.AddRun(w.ctx, w.plain, workflows.ClaimRedemptionID("shop", id), ""))
		require.EqualValues(t, 1, claim.Actions)
		require.EqualValues(t, 5, claim.Events-claim.Late)
		t.Logf("redemption %d: the card has %d events, %d bytes and %d actions; its claim %d events, %d bytes and %d action",
			n+1, own.Events-own.Late, own.Bytes, own.Actions, claim.Events-claim.Late, claim.Bytes, claim.Actions)
	}
}

// slowly takes an amount off a card, whose callback comes when the workflow waits for it. It returns the redemption's ID.
func (c till) slowly(key string, code issuer.Code) string {
	c.t.Helper()
	const step = 2 // For each redemption, the workflow waits twice.
	waits := func() (n int) {
		for _, of := range types(c.history(c.workflow(code), "").GetEvents()) {
			if of == "TimerStarted" {
				n++
			}
		}
		return n
	}
	c.Later.Queue().Pause(true)
	ended := make(chan error, 1)
	go func() {
		_, err := c.desk.Redeem(c.ctx, asked(key, code, 1000))
		ended <- err
	}()
	id := c.desk.RedemptionID("shop", key)
	known := func(want redemption.State) func() bool {
		return func() bool {
			r, err := c.desk.Redemption(c.ctx, "shop", id)
			return err == nil && r != nil && r.State == want
		}
	}
	c.await("accepted", known(redemption.Accepted))
	c.await("waiting for the callback", func() bool { return waits()%step == 1 })
	c.Later.Queue().Pause(false)
	c.await("settled", known(redemption.Succeeded))
	c.await("kept", func() bool { return waits()%step == 0 })
	require.NoError(c.t, <-ended)
	return id
}
