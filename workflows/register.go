package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Register registers the workflows under the names by which histories and clients know them.
//
// All workflows move to a newer version of the workers with their next task (AutoUpgrade; it has no effect on workers
// without a version). Pinned workflows would need the workers of their version for as long as they live or can be
// reset: an order retries for an hour, and a failed order is reset days later, when its build is long gone; a digest
// waits for its reruns; only a poll and a cancelled card are short. The price is that each version must replay the
// histories that older versions wrote. The replay tests ensure that, and a reset after an upgrade would need it in any
// case.
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
	register(WatchShop, WatchShopType)
	register(DailyDigest, DailyDigestType)
	register(RerunOrders, RerunOrdersType)
	register(CancelCard, CancelCardType)
	register(ResolveCard, ResolveCardType)
	register(ActOnOrder, ActOnOrderType)
	register(ChangedOrder, ChangedOrderType)
	register(DisputedOrder, DisputedOrderType)
	register(DeferredCard, DeferredCardType)
	register(ClaimCode, ClaimCodeType)
	register(DeliveredCard, DeliveredCardType)
	register(ResendCard, ResendCardType)
	register(SpendCard, SpendCardType)
	register(ClaimRedemption, ClaimRedemptionType)
	register(OrderMessages, OrderMessagesType)
	register(BackInStock, BackInStockType)
	register(SweepMessages, SweepMessagesType)
	register(UnsentMessage, UnsentMessageType)
	register(Relay, RelayType)
	register(UndeliveredEvent, UndeliveredEventType)
}
