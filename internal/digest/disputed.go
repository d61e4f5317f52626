package digest

import (
	"time"
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
