package floor

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

// Names of the workflows of a pair: an order, and the card that an issuer makes later for it.
const (
	PairType = "Pair"
	madeType = "Made"
	// SettledSignal tells a pair's first workflow that the second is done.
	SettledSignal = "settled"
	calledSignal  = "called"
)

// PairID returns the ID of a pair's first workflow, and MadeID that of the second.
func PairID(number int) string { return fmt.Sprintf("pair/%d", number) }

// MadeID returns the ID of a pair's second workflow.
func MadeID(number int) string { return fmt.Sprintf("made/%d", number) }

// Pair has one activity, which starts another workflow, and waits for that one's signal: the least that Temporal can do
// for an order whose card is made later, in a workflow of its own.
func Pair(ctx workflow.Context, in Order) (Order, error) {
	var a *activities
	err := workflow.ExecuteActivity(brief(ctx), a.Begin, in).Get(ctx, &in)
	if err == nil {
		workflow.GetSignalChannel(ctx, SettledSignal).Receive(ctx, &in)
	}
	return in, err
}

// made has three activities. The first two enqueue something, and wait for the signal that says that it is done; the
// third signals the order.
func made(ctx workflow.Context, in Order) (Order, error) {
	var a *activities
	called := workflow.GetSignalChannel(ctx, calledSignal)
	for range 2 {
		if err := workflow.ExecuteActivity(brief(ctx), a.Enqueue, in).Get(ctx, &in); err != nil {
			return in, err
		}
		called.Receive(ctx, &in)
	}
	err := workflow.ExecuteActivity(brief(ctx), a.Tell, in).Get(ctx, &in)
	return in, err
}

func brief(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
}

// Begin starts the second workflow.
func (a *activities) Begin(ctx context.Context, in Order) (Order, error) {
	_, err := a.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: MadeID(in.Number), TaskQueue: TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, madeType, in)
	return in, err
}

// Enqueue has the second workflow signalled when the queue has taken its time.
func (a *activities) Enqueue(_ context.Context, in Order) (Order, error) {
	time.AfterFunc(in.Queue, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = a.client.SignalWorkflow(ctx, MadeID(in.Number), "", calledSignal, in) // Whoever measures notices.
	})
	return in, nil
}

// Tell signals the first workflow.
func (a *activities) Tell(ctx context.Context, in Order) (Order, error) {
	return in, a.client.SignalWorkflow(ctx, PairID(in.Number), "", SettledSignal, in)
}
