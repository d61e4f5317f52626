package order

import (
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

// The types of what is fulfilled. An order has one fulfillment order, with the order's number, and a line in it has the
// number of the order's line. Shopify numbers them apart, and makes one for each location.
const (
	FulfillmentOrderType = "FulfillmentOrder"
	FulfillmentLineType  = "FulfillmentOrderLineItem"
)

// Remaining returns the number of units that are neither removed nor fulfilled.
func (l *LineItem) Remaining() int { return max(0, l.Quantity-l.Removed-l.Fulfilled) }

// FulfillmentStatus returns a FulfillmentOrderStatus.
func (o *Order) FulfillmentStatus() string {
	left, done := 0, 0
	for i := range o.Lines {
		left += o.Lines[i].Remaining()
		done += o.Lines[i].Fulfilled
	}
	switch {
	case left == 0:
		return "CLOSED"
	case o.OnHold:
		return "ON_HOLD"
	case done > 0:
		return "IN_PROGRESS"
	}
	return "OPEN"
}

func (o shown) fulfillmentOrders(args map[string]any) (any, *graphql.Error) {
	if _, fail := object.First(args); fail != nil {
		return nil, fail
	}
	return object.Connection{Name: "FulfillmentOrderConnection", Nodes: []graphql.Object{fulfillmentOrder{o}}}, nil
}

// fulfillmentOrder is the one fulfillment order of an order.
type fulfillmentOrder struct{ shown }

func (fulfillmentOrder) TypeName() string { return FulfillmentOrderType }

func (o fulfillmentOrder) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return object.GID(FulfillmentOrderType, o.ID), nil
	case "status":
		return o.FulfillmentStatus(), nil
	}
	n, fail := object.First(args)
	if fail != nil {
		return nil, fail
	}
	c := object.Connection{Name: "FulfillmentOrderLineItemConnection", More: len(o.Lines) > n, Nodes: []graphql.Object{}}
	for i := range o.Lines[:min(n, len(o.Lines))] {
		l := &o.Lines[i]
		c.Nodes = append(c.Nodes, object.Fields{Name: FulfillmentLineType, Values: map[string]any{
			"id": object.GID(FulfillmentLineType, l.ID), "remainingQuantity": l.Remaining(), "lineItem": o.line(l),
		}})
	}
	return c, nil
}
