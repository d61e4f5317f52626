package workflows

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// maxStarting bounds the children whose start is awaited: enough to keep the server busy, few enough that a page of
	// new orders does not starve the orders already started.
	maxStarting = 50
	// maxIssuing bounds the cards of one order that are issued at once.
	maxIssuing = 10
	// continueAfter is the number of children after which a poll continues as new. At about 6 events a child, this
	// keeps a run near 3,000 events, and the server's limit of 2,000 pending children far away.
	continueAfter = 500
	// maxNames bounds the lists of order names in a poll's result; the counts go on.
	maxNames = 200
	// maxLatest bounds the orders that a poll's result names for the next poll: 2,000 numbers take about 32 kB. Beyond
	// it the next poll requests orders that exist already, which costs it two events and the price of an attempt on
	// Temporal Cloud.
	maxLatest = 2000

	// MaxIssueTime is the longest that one attempt to issue a card may take. HTTP time-outs must stay below it. It is
	// also how long a card waits if its worker dies.
	MaxIssueTime = 45 * time.Second
)

// listing reads a page of orders. A page of 250 takes seconds; half a minute covers throttling. The next poll starts
// from the same watermark, so giving up after a quarter of an hour loses nothing and is visible.
func listing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 15 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// sweeping reads orders at a fifth of Shopify's pace: 100,000 take an hour. A sweep continues where it was cut off.
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

// marking marks an order in the shop: by two requests, or by one for each part that is fulfilled on its own. The activity
// itself decides how long to retry, as that of a card does.
func marking(ctx workflow.Context, by string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         backoff,
		Summary:             "mark the order in Shopify: " + by,
	})
}

// issue creates a card. The activity itself decides how long to retry (the retry budget): a schedule-to-close time-out
// would also count the wait in a rate-limited queue.
func issue(ctx workflow.Context, taskQueue, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           taskQueue,
		StartToCloseTimeout: MaxIssueTime,
		RetryPolicy:         backoff,
		Summary:             summary,
	})
}

const (
	// visibilityLag is how far a list of workflows may lag behind (measured: well below a second). It is longer than
	// the distance that a report keeps from the present for the same reason.
	visibilityLag = 12 * time.Second
	// deadAfter is the time without a heartbeat after which an activity's worker is considered dead. Activities with
	// heartbeats may take many minutes, which a worker's death would otherwise cost.
	deadAfter = 45 * time.Second
	// rerunLookEvery is how often a digest checks whether the orders that it reran are done.
	rerunLookEvery = 15 * time.Second
)

// resetting reruns a page of failed orders, a bounded number a second.
func resetting(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: time.Hour,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}

// counting asks visibility for a count.
func counting(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    30 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// mailing makes a report, which takes minutes if thousands of orders failed, and sends it. A mail server may be down
// for a night; after that the digest fails, and a person looks into it.
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

// cancelling cancels a card while an operator waits.
func cancelling(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// deciding records what a person has decided about an order. It waits while failed orders are being run again, because
// one of them may be this one.
func deciding(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: patience,
		RetryPolicy:            backoff,
		Summary:                "settle the order",
	})
}

// patience is how long the use of a link waits for a rerun of failed orders to end: longer than any rerun takes.
const patience = RerunTimeout + time.Hour

// comparing reads a changed order and its cards. Nobody waits for it: a shop or a Temporal that is away for hours delays it.
func comparing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    2 * time.Minute,
		ScheduleToCloseTimeout: 12 * time.Hour,
		RetryPolicy:            backoff,
	})
}

// inspecting asks the issuer for the state of a card. Nobody waits for it: an issuer that is away for a night delays it, and
// one that is away for longer fails the run, which is reported.
func inspecting(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: 12 * time.Hour,
		RetryPolicy:            backoff,
	})
}

// RerunTimeout ends a run of RerunOrders that no worker can continue, because no other run can start while it exists.
// At 20 orders a second, a working run reruns 140,000 orders in that time.
const RerunTimeout = 2 * time.Hour

// rerunOptions sets the options of the only rerun workflow. Its start fails while another one is running.
func rerunOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:         RerunOrdersID,
		WorkflowRunTimeout: RerunTimeout,
		StaticSummary:      "Run failed orders again",
	})
}

// backoff is quick at first, because most failures are short, and a minute at most, so that cards are issued again soon
// after an outage.
var backoff = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

// orderOptions sets the options of an order's workflow so that it outlives the poll and can never be started twice: a
// failed order is rerun by a reset, never by a poll.
func orderOptions(ctx workflow.Context, in GiftCardOrderInput) workflow.Context {
	o, listing := in.Order, in.Listing()
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            GiftCardOrderID(o.Shop, o.ID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: listing.Attributes,
		Memo:                  listing.Memo,
		StaticSummary:         listing.Summary,
		StaticDetails:         listing.Details,
	})
}

// beginning starts the workflow of a card, or reads what has become of it.
func beginning(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         backoff,
		Summary:             "card that is made later",
	})
}

// delivering mails a card. A mail server may be down for a night, and a day later the order fails, so that somebody looks
// into it; the digest runs it again every day.
func delivering(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Minute,
		ScheduleToCloseTimeout: deliveryPatience,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    5 * time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Minute,
		},
		Summary: summary,
	})
}

// deliveryPatience is how long a mail is tried again, and also how long the issuer is asked for the state of its card.
const deliveryPatience = 24 * time.Hour

// resending mails a card once more, while a person waits.
func resending(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Minute,
		ScheduleToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}

// generating asks the issuer for a card that is worth nothing: it may be repeated. What lasts longer is repeated with a new
// address for the answer.
func generating(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: 2 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// claiming claims a card for a unit.
func claiming(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: deferredPatience,
		RetryPolicy:            backoff,
	})
}

// once asks the issuer once: a request that was repeated could give a card its value, or take an amount off it, twice.
func once(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: MaxIssueTime,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// looking asks the issuer for the state of a card. If it fails, the next look is soon.
func looking(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    MaxIssueTime,
		ScheduleToCloseTimeout: 2 * time.Minute,
		RetryPolicy:            backoff,
	})
}

// lookingAtFunds asks the issuer what is on a card, while a person waits at a checkout.
func lookingAtFunds(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: sendWithin / 2,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second / 2, BackoffCoefficient: 2, MaximumAttempts: 3},
	})
}

// reviewing reads an order or a variant. The activity itself decides for how long.
func reviewing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         slowBackoff,
	})
}

// sendingMessage asks for a message to be delivered. The activity itself decides for how long.
func sendingMessage(ctx workflow.Context, kind string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: MaxIssueTime,
		RetryPolicy:         slowBackoff,
		Summary:             kind,
	})
}

// sweepingMessages has orders looked at, an hour's worth at a time.
func sweepingMessages(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    45 * time.Minute,
		ScheduleToCloseTimeout: 50 * time.Minute,
		HeartbeatTimeout:       deadAfter,
		RetryPolicy:            backoff,
	})
}

// slowBackoff is quick at first, because most failures are short, and slow at last: a service may be away for a day, and each attempt
// has its price on Temporal Cloud.
var slowBackoff = &temporal.RetryPolicy{
	InitialInterval:    2 * time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    15 * time.Minute,
}
