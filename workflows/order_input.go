package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// InputOf returns the input of an order that is taken in under the settings of a poll.
func InputOf(poll PollOrdersInput, o giftcard.Order) GiftCardOrderInput {
	return GiftCardOrderInput{
		Order:          o,
		AuditPrefix:    poll.AuditPrefix,
		IssueTaskQueue: poll.IssueTaskQueue,
		RetryBudget:    poll.RetryBudget,
		HoldUnderpaid:  poll.HoldUnderpaid,
		HoldRisky:      poll.HoldRisky,
		IssueAfter:     poll.IssueAfter,
		MatchBy:        poll.MatchBy,
		AtMostOnce:     poll.Identity != nil && !poll.Identity.IssuerDedupes,

		AdditionalContent: poll.AdditionalContent,
		WriteBack:         poll.WriteBack,
		Deferred:          poll.deferredOf(o),
	}
}

// later returns the SKUs of the cards that their issuers make later.
func (in PollOrdersInput) later() []string {
	return workflow.DeterministicKeys(in.Deferred)
}

// NeedsMerchant reports whether an order has a card that needs a merchant: one that is not made later by its issuer.
func (in PollOrdersInput) NeedsMerchant(o giftcard.Order) bool { return o.HasOtherThan(in.later()) }

// deferredOf returns the items of an order that their issuers make later; nil if it has none.
func (in PollOrdersInput) deferredOf(o giftcard.Order) map[string]DeferredItem {
	var items map[string]DeferredItem
	for _, l := range o.Lines {
		if item, later := in.Deferred[l.SKU]; later {
			if items == nil {
				items = map[string]DeferredItem{}
			}
			items[l.SKU] = item
		}
	}
	return items
}
