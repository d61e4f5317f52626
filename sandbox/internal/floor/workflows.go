package floor

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/relay"
)

// Names with which a parent is started and its children are found.
const (
	TaskQueue  = "floor"
	ParentType = "Parent"
	ChildType  = "Child"
	SingleType = "Single"
)

const (
	// maxStarting and continueAfter have the values that a poll uses: only the content differs, not the shape.
	maxStarting   = 50
	continueAfter = 500
)

// ParentInput says which children to start: the numbers from From up to, but not including, To.
type ParentInput struct {
	From int `json:"from"`
	To   int `json:"to"`
	// Pairs starts pairs instead of children, whose queue takes Queue.
	Pairs bool          `json:"pairs,omitempty"`
	Queue time.Duration `json:"queue,omitempty"`
}

// Order is the input and output of children and activities.
type Order struct {
	Number int `json:"number"`
	// Queue is how long the queue of a [Pair] takes.
	Queue time.Duration `json:"queue,omitempty"`
}

// ChildID returns the workflow ID of a child.
func ChildID(number int) string { return fmt.Sprintf("child/%d", number) }

// Parent starts children, a limited number at a time, and does not wait until they end.
func Parent(ctx workflow.Context, in ParentInput) error {
	var starting []workflow.Future
	await := func(inFlight int) error {
		for len(starting) > inFlight {
			if err := starting[0].Get(ctx, nil); err != nil {
				return err
			}
			starting = starting[1:]
		}
		return nil
	}
	until := min(in.To, in.From+continueAfter)
	for n := in.From; n < until; n++ {
		if err := await(maxStarting - 1); err != nil {
			return err
		}
		id, of := ChildID(n), ChildType
		if in.Pairs {
			id, of = PairID(n), PairType
		}
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID:        id,
			ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		})
		starting = append(starting,
			workflow.ExecuteChildWorkflow(child, of, Order{Number: n, Queue: in.Queue}).GetChildWorkflowExecution())
	}
	if err := await(0); err != nil {
		return err
	}
	if until < in.To {
		in.From = until
		return workflow.NewContinueAsNewError(ctx, ParentType, in)
	}
	return nil
}

// Child runs two activities.
func Child(ctx workflow.Context, in Order) (Order, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var a *activities
	if err := workflow.ExecuteActivity(ctx, a.First, in).Get(ctx, &in); err != nil {
		return in, err
	}
	err := workflow.ExecuteActivity(ctx, a.Second, in).Get(ctx, &in)
	return in, err
}

// Single runs one activity: the least that Temporal can do for an order whose merchant is known.
func Single(ctx workflow.Context, in Order) (Order, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var a *activities
	err := workflow.ExecuteActivity(ctx, a.Only, in).Get(ctx, &in)
	return in, err
}

// activities do nothing except record in the ledger that a child is done.
type activities struct {
	ledger *ledger
	// client starts and signals the workflows of a [Pair], and signals those of a [Card].
	client client.Client
	// shop is where cards are spent, in the name of entity; it answers to called.
	shop           *fourwayshop.Client
	entity, called string
	// erp is where events are posted, in the name of the shop.
	erp      *relay.Client
	shopName string
	// takes is how long [activities.Only] and [activities.Second] take.
	takes time.Duration
}

// Only takes as long as a card does, and then records the order in the ledger.
func (a *activities) Only(ctx context.Context, in Order) (Order, error) { return in, a.issue(ctx, in) }

func (a *activities) issue(ctx context.Context, in Order) error {
	timer := time.NewTimer(a.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	a.ledger.enter(in.Number)
	return nil
}

// First does nothing.
func (a *activities) First(_ context.Context, in Order) (Order, error) { return in, nil }

// Second does the same as Only. Benchmarks of many orders let it take no time.
func (a *activities) Second(ctx context.Context, in Order) (Order, error) {
	return in, a.issue(ctx, in)
}
