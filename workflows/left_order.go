package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// LeftOrder records, under the order's workflow ID, that an order is left to people. It contains nothing that could be
// issued, and no poll can start a [GiftCardOrder] beside it, whatever happens to the order or to the settings.
func LeftOrder(ctx workflow.Context, in activities.LeftOrder) (activities.LeftOrder, error) {
	details := "Left to people: " + Why(in.Reason) + "."
	switch in.Reason {
	case giftcard.Settled:
		details = "Settled by " + in.By + "."
	case giftcard.Redacted:
		details = "Redacted by " + in.By + ": the personal data was removed."
	default:
	}
	workflow.SetCurrentDetails(ctx, details)
	return in, nil
}

// Why returns why an order is left to people.
func Why(r giftcard.Reason) string {
	switch r {
	case giftcard.MixedOrder:
		return "other items were ordered with its gift cards"
	case giftcard.PaidLate:
		return "it was already older than MAX_ORDER_AGE when it was paid"
	case giftcard.Underpaid:
		return "money was refunded, and the net payment does not cover its gift cards"
	case giftcard.Risky:
		return "Shopify recommends to cancel it or to investigate it"
	case giftcard.NativeGiftCard:
		return "Shopify itself issues a gift card for its product"
	case giftcard.Settled:
		return "it was settled by hand"
	case giftcard.Redacted:
		return "its personal data was removed"
	case giftcard.Reopened:
		return "it was settled by hand, and that was taken back"
	}
	return string(r)
}
