package recovery

import (
	"context"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// KnownAtOnce is the number of workflow IDs in one visibility query, which is then some 6 kB long.
const KnownAtOnce = 100

// Known returns which of these workflow IDs have a workflow. It implements activities.Intake. Visibility lags:
// workflows that were started in the last few seconds may be missing.
func (o *Recovery) Known(ctx context.Context, workflowIDs []string) (map[string]bool, error) {
	known := map[string]bool{}
	for ids := range slices.Chunk(workflowIDs, KnownAtOnce) {
		err := o.Scan(ctx, "WorkflowId IN ("+executions.QuoteAll(ids)+")",
			func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
				known[info.GetExecution().GetWorkflowId()] = true
				return true, nil
			})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// Start starts an order with the settings of the poll's schedule, unless a workflow with its ID exists. It implements
// activities.Intake.
func (o *Recovery) Start(ctx context.Context, order giftcard.Order) (bool, error) {
	poll, err := o.ScheduledInput(ctx)
	if err != nil {
		return false, err
	}
	if poll == nil {
		return false, fmt.Errorf("schedule %s does not exist; run: "+buildinfo.Program+" schedules",
			workflows.PollScheduleID)
	}
	return o.StartOrder(ctx, workflows.InputOf(*poll, order))
}

// StartOrder starts the workflow that a poll would start for an order, unless a workflow with its ID exists.
func (o *Recovery) StartOrder(ctx context.Context, in workflows.GiftCardOrderInput) (bool, error) {
	return o.StartOnce(ctx, workflows.GiftCardOrderID(in.Order.Shop, in.Order.ID), workflows.ListingOf(in.Order),
		workflows.GiftCardOrderType, in)
}

// StartOnce starts an order's workflow and reports whether it did: it does not if any workflow with the ID exists, closed
// or not.
func (o *Recovery) StartOnce(
	ctx context.Context, id string, listing workflows.Listing, workflowType string, in any,
) (bool, error) {
	_, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    listing.Attributes,
		Memo:                                     listing.Memo,
		StaticSummary:                            listing.Summary,
		StaticDetails:                            listing.Details,
	}, workflowType, in)
	if executions.IsAlreadyStarted(err) {
		return false, nil
	}
	return err == nil, err
}
