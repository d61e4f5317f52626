// Package dispute has the disputes about the payments of a simulated shop's orders.
package dispute

import (
	"cmp"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
)

// Dispute is a customer's dispute about a payment.
type Dispute struct {
	// ID is assigned when the order is added, if it is not set.
	ID int64 `json:"id"`
	// Type is a DisputeType, by default CHARGEBACK, and Status a DisputeStatus, by default NEEDS_RESPONSE.
	Type   string `json:"type"`
	Status string `json:"status"`
}

// Complete fills in what is missing. The function id returns a number, or a new one in place of 0.
func (d *Dispute) Complete(id func(int64) int64) {
	d.ID, d.Type, d.Status = id(d.ID), cmp.Or(d.Type, "CHARGEBACK"), cmp.Or(d.Status, "NEEDS_RESPONSE")
}

// Objects returns disputes as the API shows them.
func Objects(disputes []Dispute) []graphql.Object {
	out := make([]graphql.Object, len(disputes))
	for i, d := range disputes {
		out[i] = object(d)
	}
	return out
}

type object Dispute

func (object) TypeName() string { return "OrderDisputeSummary" }

func (d object) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "id": // The type's name in it is assumed.
		return "gid://shopify/OrderDisputeSummary/" + strconv.FormatInt(d.ID, 10), nil
	case "initiatedAs":
		return d.Type, nil
	}
	return d.Status, nil
}
