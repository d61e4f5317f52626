package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
)

// DisputedOrder is an issued order whose payment the customer disputes.
type DisputedOrder struct {
	// Name is what people call the order.
	Name    string `json:"name"`
	OrderID string `json:"order_id"`
	// Dispute is the shop's number of the dispute. Kind is "chargeback" or "inquiry", and Status its state.
	Dispute string `json:"dispute"`
	Kind    string `json:"kind,omitempty"`
	Status  string `json:"status,omitempty"`
	// Since is when giftbridge recorded it. New reports whether that was in the window.
	Since time.Time `json:"since"`
	New   bool      `json:"new,omitempty"`
	// Link leads to the order in Shopify's admin.
	Link string `json:"link,omitempty"`
}

// Disputed explains disputed orders.
var Disputed = Explanation{
	Shop, "Payment disputed: the cards exist",
	"The buyer disputes the payment at the bank. Respond in Shopify before the deadline that it names. If the order is " +
		"fraud, look at what is left on its cards, and cancel them before the rest is spent. A dispute that you win leaves " +
		"this list; one that is lost leaves it once you settle the order.",
}

// DisputedBalanceCommand returns the command that shows what is left on an order's cards, or the empty string if the order cannot be
// named. CancelCommand returns the one that cancels a card; its reader replaces UNIT and WHY.
func DisputedBalanceCommand(o DisputedOrder) string { return disputedCommand("balance", o, "") }

// CancelCommand returns the command that cancels a card of an order; see [DisputedBalanceCommand].
func CancelCommand(o DisputedOrder) string {
	return disputedCommand("cancel-card", o, " --unit UNIT --reason WHY")
}

// SettleDisputedCommand returns the command that ends the telling of an order's disputes; see [DisputedBalanceCommand].
func SettleDisputedCommand(o DisputedOrder) string {
	return disputedCommand("settle", o, " --note WHY")
}

func disputedCommand(does string, o DisputedOrder, rest string) string {
	name := argument(o.Name, o.OrderID)
	if name == "" {
		return ""
	}
	return buildinfo.Program + " orders " + does + " " + name + rest
}
