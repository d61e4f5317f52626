package besides

import (
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
)

// Disputed explains disputed orders.
var Disputed = digest.Explanation{
	Who: digest.Shop, Title: "Payment disputed: the cards exist",
	Says: "The buyer disputes the payment at the bank. Respond in Shopify before the deadline that it names. If the order is " +
		"fraud, look at what is left on its cards, and cancel them before the rest is spent. A dispute that you win leaves " +
		"this list; one that is lost leaves it once you settle the order.",
}

// DisputedBalanceCommand returns the command that shows what is left on an order's cards, or the empty string if the order cannot be
// named. CancelCommand returns the one that cancels a card; its reader replaces UNIT and WHY.
func DisputedBalanceCommand(o digest.DisputedOrder) string { return disputedCommand("balance", o, "") }

// CancelCommand returns the command that cancels a card of an order; see [DisputedBalanceCommand].
func CancelCommand(o digest.DisputedOrder) string {
	return disputedCommand("cancel-card", o, " --unit UNIT --reason WHY")
}

// SettleDisputedCommand returns the command that ends the telling of an order's disputes; see [DisputedBalanceCommand].
func SettleDisputedCommand(o digest.DisputedOrder) string {
	return disputedCommand("settle", o, " --note WHY")
}

func disputedCommand(does string, o digest.DisputedOrder, rest string) string {
	name := digest.Argument(o.Name, o.OrderID)
	if name == "" {
		return ""
	}
	return buildinfo.Program + " orders " + does + " " + name + rest
}
