package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
)

// DisputedOrderType is the workflow type of recorded disputes.
const DisputedOrderType = "DisputedOrder"

// DisputeMemoKey is the memo key of a DisputedOrder that holds its record.
const DisputeMemoKey = "Dispute"

// DisputedOrderID returns the workflow ID of a dispute about the payment of an order. It ensures that a dispute is recorded
// only once.
func DisputedOrderID(shop, orderID, dispute string) string {
	return "disputed-order/" + shop + "/" + orderID + "/" + dispute
}

// DisputedOrder does nothing but stay on record, so that digests name the order for as long as the dispute is not won, and
// nobody has settled it. Each decision about it is a later run with the same ID. The record contains nothing of the customer.
func DisputedOrder(ctx workflow.Context, in activities.DisputedOrder) (activities.DisputedOrder, error) {
	text := "The payment is disputed (" + in.Kind + ")."
	switch {
	case in.SettledBy != "":
		text += " Settled by " + in.SettledBy + "."
	case in.ReopenedBy != "":
		text += " It was settled, and " + in.ReopenedBy + " took that back."
	}
	workflow.SetCurrentDetails(ctx, text)
	return in, nil
}

// ListingOfDispute returns the listing of a recorded dispute.
func ListingOfDispute(d activities.DisputedOrder) Listing {
	summary, is := "the payment is disputed", "its payment is disputed ("+d.Kind+")"
	if d.SettledBy != "" {
		summary, is = "the dispute is settled", is+", settled by hand"
	}
	return Listing{
		Attributes: temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(d.Name))),
		Memo:       map[string]any{DisputeMemoKey: d},
		Summary:    "Order " + cut(d.Name, maxSummaryName) + ": " + summary,
		Details: details(d.Shop, d.ID, d.Name, is,
			command("balance", d.ID)+" says what is left on its cards, "+command("cancel-card", d.ID)+" cancels one.",
			"fraud-and-disputes"),
	}
}
