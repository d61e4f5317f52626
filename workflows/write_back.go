package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
)

// writeBack marks the order in the shop, if that is wanted. All its cards exist, so the order has succeeded whatever the
// shop says, and also if somebody cancels it now.
func (o *issuing) writeBack(ctx workflow.Context, out *GiftCardOrderResult) {
	if o.in.WriteBack == "" {
		return
	}
	workflow.SetCurrentDetails(ctx, "Issued "+cards(len(o.units))+". Marking the order in Shopify.")
	units := make(map[string]int, len(o.in.Order.Lines))
	for _, l := range o.in.Order.Lines {
		units[l.ID] += l.Units
	}
	_, err := call(marking(ctx, o.in.WriteBack), orders.WriteBack, activities.WriteBackInput{
		OrderName:   o.in.Order.Name,
		OrderID:     o.in.Order.ID,
		By:          o.in.WriteBack,
		Units:       units,
		RetryBudget: time.Duration(o.in.RetryBudget),
	}).get(ctx)
	if err == nil {
		out.WrittenBack = o.in.WriteBack
		return
	}
	kind, message := cause(err)
	out.WriteBackFailed = &WriteBackFailure{Kind: kind, Message: message}
	workflow.GetLogger(ctx).Error("the cards exist, but the order is not marked in the shop",
		"order", o.in.Order.Name, "kind", kind, "error", message)
}

// marked returns a sentence about the mark in the shop, empty if there should be none.
func marked(out GiftCardOrderResult) string {
	switch {
	case out.WriteBackFailed != nil:
		return " Not marked in Shopify: " + out.WriteBackFailed.Message
	case out.WrittenBack != "":
		return " Marked in Shopify (" + out.WrittenBack + ")."
	}
	return ""
}
