package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"
)

// call starts an activity. The SDK checks neither the number nor the types of its arguments; the compiler does here.
func call[In, Out any](
	ctx workflow.Context, activity func(context.Context, In) (Out, error), in In,
) future[Out] {
	return future[Out]{workflow.ExecuteActivity(ctx, activity, in)}
}

// child starts a child workflow, checked likewise.
func child[In, Out any](
	ctx workflow.Context, flow func(workflow.Context, In) (Out, error), in In,
) workflow.ChildWorkflowFuture {
	return workflow.ExecuteChildWorkflow(ctx, flow, in)
}

// future is a result to come.
type future[Out any] struct{ workflow.Future }

func (f future[Out]) get(ctx workflow.Context) (Out, error) {
	var out Out
	err := f.Get(ctx, &out)
	return out, err
}
