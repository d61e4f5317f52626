package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Register registers the workflows under the names by which histories and clients know them.
//
// All of them move on to a newer version of the workers with their next task (AutoUpgrade; it says nothing to workers
// without a version). Pinned ones would need the workers of their version for as long as they live or can be reset: an
// order retries for an hour, and a failed one is reset days later, when its build is long gone; a digest waits for its
// re-runs; only a poll and a cancelled card are short. The price is that each version must replay what older ones wrote,
// which the replay tests hold, and which a reset after an upgrade would need in any case.
func Register(r worker.WorkflowRegistry) {
	register := func(flow any, name string) {
		r.RegisterWorkflowWithOptions(flow, workflow.RegisterOptions{
			Name: name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		})
	}
	register(PollOrders, PollOrdersType)
	register(GiftCardOrder, GiftCardOrderType)
	register(LeftOrder, LeftOrderType)
	register(SweepOrders, SweepOrdersType)
	register(DailyDigest, DailyDigestType)
	register(RerunOrders, RerunOrdersType)
	register(CancelCard, CancelCardType)
	register(ResolveCard, ResolveCardType)
}
