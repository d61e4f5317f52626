package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"
)

// call starts an activity. The SDK checks neither the number nor the types of the arguments; here the compiler does.
func call[In, Out any](
	ctx workflow.Context, activity func(context.Context, In) (Out, error), in In,
) future[Out] {
	return future[Out]{workflow.ExecuteActivity(ctx, activity, in)}
}

// child starts a child workflow, with the same compile-time check.
func child[In, Out any](
	ctx workflow.Context, flow func(workflow.Context, In) (Out, error), in In,
) workflow.ChildWorkflowFuture {
	return workflow.ExecuteChildWorkflow(ctx, flow, in)
}

// future is a typed activity result that is not yet available.
type future[Out any] struct{ workflow.Future }

func (f future[Out]) get(ctx workflow.Context) (Out, error) {
	var out Out
	err := f.Get(ctx, &out)
	return out, err
}
