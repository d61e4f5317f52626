package workflows

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

const (
	// maxStarting bounds the children whose start is awaited: enough to keep the server busy, few enough that a page of
	// new orders does not starve those already started.
	maxStarting = 50
	// maxIssuing bounds the cards of one order that are issued at once.
	maxIssuing = 10
	// continueAfter is the number of children after which a poll continues as new: about 6 events a child keep a run
	// near 3,000 events, and the server's bound of 2,000 pending children far away.
	continueAfter = 500
	// maxNames bounds the lists of order names in a poll's result; the counts go on.
	maxNames = 200
	// maxLatest bounds the orders that a poll's result names for the next poll: 2,000 numbers are some 32 kB. Beyond it the
	// next poll asks for orders that are there already, which costs it two events and Temporal Cloud's price of a try.
	maxLatest = 2000

	// MaxIssueTime is the longest that one attempt to issue a card may take; HTTP time-outs must stay below it. It is
	// also how long a worker's death keeps a card waiting.
	MaxIssueTime = 45 * time.Second
)

// listing reads a page of orders. A page of 250 takes seconds; half a minute covers throttling. The next poll starts
// from the same watermark, so giving up after a quarter of an hour loses nothing and shows.
func listing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 15 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// sweeping reads orders at a fifth of Shopify's pace: 100,000 take an hour. A sweep goes on where it was cut off.
func sweeping(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Hour,
		ScheduleToCloseTimeout: 6 * time.Hour,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}

// lookup finds a merchant, mostly in memory.
func lookup(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: MaxIssueTime,
		RetryPolicy:         backoff,
		Summary:             "merchant of the customer",
	})
}

// issue creates a card. The time to retry is the activity's own business (the retry budget): a schedule-to-close
// time-out would also count the wait in a rate-limited queue.
func issue(ctx workflow.Context, taskQueue, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           taskQueue,
		StartToCloseTimeout: MaxIssueTime,
		RetryPolicy:         backoff,
		Summary:             summary,
	})
}

const (
	// visibilityLag is how far a list of workflows may lie behind (measured: well below a second). It is longer than the
	// distance that a report keeps from the present for the same reason.
	visibilityLag = 12 * time.Second
	// deadAfter is after how long without a sign of life an activity's worker is taken for dead. Those that beat may take
	// many minutes, which a death would otherwise cost.
	deadAfter = 45 * time.Second
	// rerunLookEvery is how often a digest looks whether the orders that it runs again are done.
	rerunLookEvery = 15 * time.Second
)

// resetting runs a page of failed orders again, a bounded number a second.
func resetting(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: time.Hour,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}

// counting asks visibility for a number.
func counting(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    30 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// mailing makes a report, which takes minutes where thousands of orders failed, and sends it. A mail server may be down
// for a night; after that the digest fails, and is seen to.
func mailing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Minute,
		ScheduleToCloseTimeout: 8 * time.Hour,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    5 * time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Minute,
		},
	})
}

// cancelling cancels a card; somebody waits for it.
func cancelling(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// RerunTimeout ends a run of RerunOrders that no worker can go on with: while there is one, no other can run. At 20 orders a
// second, one that works re-runs 140,000 orders in the time.
const RerunTimeout = 2 * time.Hour

// rerunOptions start the one re-run; while another one runs, the start fails.
func rerunOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:         RerunOrdersID,
		WorkflowRunTimeout: RerunTimeout,
		StaticSummary:      "Run failed orders again",
	})
}

// backoff: quick at first, because most failures are blips; a minute at most, so that cards flow soon after an outage.
var backoff = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

// orderOptions start an order's workflow so that it outlives the poll and can never be started twice: a failed order
// is re-run by a reset, never by a poll.
func orderOptions(ctx workflow.Context, o giftcard.Order) workflow.Context {
	listing := ListingOf(o)
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            GiftCardOrderID(o.Shop, o.ID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: listing.Attributes,
		Memo:                  listing.Memo,
		StaticSummary:         listing.Summary,
	})
}
