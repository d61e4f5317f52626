package shop

import (
	"cmp"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/dispute"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

// maxPageSize is the maximum page size of any connection (shopify.dev/docs/api/usage/pagination-graphql).
const maxPageSize = 250

func gid(typeName string, id int64) string {
	return "gid://shopify/" + typeName + "/" + strconv.FormatInt(id, 10)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// first checks the arguments for paging through a connection, and returns the page size. Paging backwards is not
// simulated.
func first(args map[string]any) (int, *graphql.Error) {
	for _, name := range []string{"last", "before", "savedSearchId"} {
		if args[name] != nil {
			return 0, graphql.Coded("BAD_REQUEST", "Argument "+name+" is not simulated.")
		}
	}
	n, ok := args["first"].(int64)
	switch {
	case !ok:
		return 0, graphql.Coded("BAD_REQUEST", "you must provide one of first or last")
	case n < 1:
		return 0, graphql.Coded("BAD_REQUEST", "first must be a positive number")
	case n > maxPageSize:
		return 0, graphql.Coded("BAD_REQUEST", "first cannot exceed "+strconv.Itoa(maxPageSize))
	}
	return int(n), nil
}

// connection is a page of a list.
type connection struct {
	name  string
	nodes []graphql.Object
	more  bool
	end   string
}

func (c connection) TypeName() string { return c.name }

func (c connection) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "nodes" {
		return c.nodes, nil
	}
	return fields{"PageInfo", map[string]any{"hasNextPage": c.more, "endCursor": orNull(c.end)}}, nil
}

// fields is an object of plain values.
type fields struct {
	name   string
	values map[string]any
}

func (f fields) TypeName() string { return f.name }

func (f fields) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	return f.values[name], nil
}

type orderObject struct{ *Order }

func (orderObject) TypeName() string { return "Order" }

func (o orderObject) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return gid("Order", o.ID), nil
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
		return orNull(o.Email), nil
	case "currencyCode":
		return o.Currency, nil
	case "totalTipReceivedSet":
		return moneyBag{cmp.Or(o.Tips, "0.0"), o.Currency}, nil
	case "netPaymentSet":
		return moneyBag{o.netPayment(), o.Currency}, nil
	case "transactions":
		return o.transactions(), nil
	case "customer":
		if o.Customer != nil {
			return customerObject{o.Customer}, nil
		}
	case "purchasingEntity":
		return o.purchasingEntity(), nil
	case "lineItems":
		return o.lineItems(args)
	case "note":
		return orNull(o.Note), nil
	case "fulfillmentOrders":
		return o.fulfillmentOrders(args)
	case "risk":
		return fields{"OrderRiskSummary", map[string]any{"recommendation": cmp.Or(o.Recommendation, "NONE")}}, nil
	case "disputes":
		return dispute.Objects(o.Disputes), nil
	}
	return nil, nil
}

// transactions returns the transactions of an order that was authorized when it was placed, and paid immediately or
// later.
func (o orderObject) transactions() []graphql.Object {
	of := func(kind string, at time.Time) graphql.Object {
		return fields{"OrderTransaction", map[string]any{"kind": kind, "status": "SUCCESS", "processedAt": at}}
	}
	all := []graphql.Object{of("AUTHORIZATION", o.CreatedAt)}
	if o.Paid() {
		all = append(all, of("CAPTURE", orTime(o.PaidAt, o.CreatedAt)))
	}
	if o.Refunded() {
		all = append(all, of("REFUND", o.UpdatedAt))
	}
	return all
}

func (o orderObject) purchasingEntity() any {
	switch c := o.Company; {
	case c != nil:
		company := fields{"Company", map[string]any{
			"id": gid("Company", c.ID), "name": c.Name, "externalId": orNull(c.ExternalID),
		}}
		return fields{"PurchasingCompany", map[string]any{"company": company}}
	case o.Customer != nil:
		return customerObject{o.Customer}
	}
	return nil
}

func (o orderObject) lineItems(args map[string]any) (any, *graphql.Error) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	mark := index.ListMark("lineItems", strconv.FormatInt(o.ID, 10))
	from := 0
	if s, ok := args["after"].(string); ok {
		id, err := index.ItemAt(s, mark)
		if err != nil {
			return nil, graphql.Coded("BAD_REQUEST", err.Error())
		}
		for from < len(o.Lines) && o.Lines[from].ID != id {
			from++
		}
		from = min(from+1, len(o.Lines))
	}
	to := min(from+n, len(o.Lines))
	c := connection{name: "LineItemConnection", more: to < len(o.Lines), nodes: make([]graphql.Object, 0, to-from)}
	for i := from; i < to; i++ {
		c.nodes = append(c.nodes, lineObject{&o.Lines[i], o.Currency})
	}
	if to > from {
		c.end = index.Cursor(o.Lines[to-1].ID, mark)
	}
	return c, nil
}

type customerObject struct{ *Customer }

func (customerObject) TypeName() string { return "Customer" }

func (c customerObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "legacyResourceId":
		return strconv.FormatInt(c.ID, 10), nil
	case "displayName":
		return c.displayName(), nil
	case "firstName":
		return orNull(c.FirstName), nil
	case "lastName":
		return orNull(c.LastName), nil
	case "defaultEmailAddress":
		if c.Email != "" {
			return fields{"CustomerEmailAddress", map[string]any{"emailAddress": c.Email}}, nil
		}
	}
	return nil, nil
}

type lineObject struct {
	*LineItem
	currency string
}

func (lineObject) TypeName() string { return "LineItem" }

func (l lineObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return gid("LineItem", l.ID), nil
	case "sku":
		return orNull(l.SKU), nil
	case "title":
		return l.Title, nil
	case "vendor":
		return orNull(l.Vendor), nil
	case "isGiftCard":
		return l.GiftCard, nil
	case "quantity":
		return l.Quantity, nil
	case "unfulfilledQuantity":
		return l.Remaining(), nil
	case "currentQuantity":
		return l.Quantity - l.Removed, nil
	case "discountedUnitPriceAfterAllDiscountsSet":
		return moneyBag{l.discounted(), l.currency}, nil
	case "originalUnitPriceSet":
		return moneyBag{l.UnitPrice, l.currency}, nil
	case "customAttributes":
		list := make([]graphql.Object, len(l.Attributes))
		for i := range l.Attributes {
			list[i] = attributeObject{&l.Attributes[i]}
		}
		return list, nil
	}
	return nil, nil
}

type moneyBag struct{ amount, currency string }

func (moneyBag) TypeName() string { return "MoneyBag" }

func (m moneyBag) Field(*graphql.Execution, string, map[string]any) (any, *graphql.Error) {
	return money(m), nil
}

type money struct{ amount, currency string }

func (money) TypeName() string { return "MoneyV2" }

func (m money) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "amount" {
		return m.amount, nil
	}
	return m.currency, nil
}

type attributeObject struct{ *Attribute }

func (attributeObject) TypeName() string { return "Attribute" }

func (a attributeObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "key" {
		return a.Key, nil
	}
	return a.Value, nil
}
