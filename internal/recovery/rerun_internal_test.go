package recovery

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	commonpb "go.temporal.io/api/common/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/workflows"
)

// An order that somebody has ended is run again only if it is named.
func TestEndedOrdersAreRunAgainByName(t *testing.T) {
	t.Parallel()
	for status, why := range map[enumspb.WorkflowExecutionStatus]string{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: "it was terminated",
		enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:   "it was cancelled",
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:     "",
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  "",
	} {
		run := &workflowpb.WorkflowExecutionInfo{
			Status: status, Type: &commonpb.WorkflowType{Name: workflows.GiftCardOrderType},
		}
		require.Equal(t, why, notFailed(run, activities.RerunFailedOrdersInput{}), status)
		require.Empty(t, notFailed(run, activities.RerunFailedOrdersInput{Orders: []string{"named"}}), status)
	}
}
