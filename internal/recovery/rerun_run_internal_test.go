package recovery

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/workflows"
)

// newestRun is a Temporal in which an order's newest run has failed. It has no histories.
type newestRun struct {
	client.Client
	id string
}

func (c newestRun) DescribeWorkflowExecution(
	context.Context, string, string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "gift-card-order/shop/1", RunId: c.id},
		Type:      &commonpb.WorkflowType{Name: workflows.GiftCardOrderType},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
	}}, nil
}

// Whoever asks for one run of an order leaves the order alone if it has a newer one: its history is not even read.
func TestRerunOfOneRunLeavesNewerOnesAlone(t *testing.T) {
	t.Parallel()
	out, err := recoveryOf(newestRun{id: "newer"}).RerunFailed(t.Context(), activities.RerunFailedOrdersInput{
		Orders: []string{"gift-card-order/shop/1"}, Run: "named", Reason: "link",
	})
	require.NoError(t, err)
	require.Equal(t, activities.RerunFailedOrdersResult{LeftAlone: 1, Orders: []activities.RerunOrder{{
		WorkflowID: "gift-card-order/shop/1", LeftAlone: "it was run again, or decided about, meanwhile",
	}}}, out)
}
