package order

import (
	"cmp"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/dispute"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/people"
)

// View is what an order is shown with.
type View struct {
	// Domain and ShopID are those of the shop.
	Domain string
	ShopID int64
	// Goods are what the shop sells, by which lines have images, pages and options.
	Goods goods.Catalogue
}

// Object returns an order as the API shows it.
func (v View) Object(o *Order) graphql.Object { return shown{o, v} }

type shown struct {
	*Order

	view View
}

func (shown) TypeName() string { return "Order" }

func (o shown) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return object.GID("Order", o.ID), nil
	case "legacyResourceId":
		return strconv.FormatInt(o.ID, 10), nil
	case "name":
		return o.Name, nil
	case "test":
		return o.Test, nil
	case "createdAt":
		return o.CreatedAt, nil
	case "updatedAt":
		return o.UpdatedAt, nil
	case "cancelledAt":
		if o.cancelled() {
			return o.CancelledAt, nil
		}
	case "displayFinancialStatus":
		return o.FinancialStatus, nil
	case "email":
		return object.OrNull(o.Email), nil
	case "currencyCode":
		return o.Currency, nil
	case "totalTipReceivedSet":
		return o.bag(cmp.Or(o.Tips, "0.0")), nil
	case "netPaymentSet":
		return o.bag(o.netPayment()), nil
	case "transactions":
		return o.transactions(), nil
	case "customer":
		if o.Customer != nil {
			return o.Customer.Object(), nil
		}
	case "purchasingEntity":
		return people.Purchaser(o.Company, o.Customer), nil
	case "lineItems":
		return o.lineItems(args)
	case "note":
		return object.OrNull(o.Note), nil
	case "fulfillmentOrders":
		return o.fulfillmentOrders(args)
	case "risk":
		return object.Fields{Name: "OrderRiskSummary", Values: map[string]any{"recommendation": cmp.Or(o.Recommendation, "NONE")}}, nil
	case "disputes":
		return dispute.Objects(o.Disputes), nil
	default:
		return o.retail(name, args)
	}
	return nil, nil
}
