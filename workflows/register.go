package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Register registers the workflows under the names by which histories and clients know them.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(PollOrders, workflow.RegisterOptions{Name: PollOrdersType})
	r.RegisterWorkflowWithOptions(GiftCardOrder, workflow.RegisterOptions{Name: GiftCardOrderType})
	r.RegisterWorkflowWithOptions(DailyDigest, workflow.RegisterOptions{Name: DailyDigestType})
	r.RegisterWorkflowWithOptions(RerunOrders, workflow.RegisterOptions{Name: RerunOrdersType})
	r.RegisterWorkflowWithOptions(CancelCard, workflow.RegisterOptions{Name: CancelCardType})
}
