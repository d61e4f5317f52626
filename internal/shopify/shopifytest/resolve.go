package shopifytest

import (
	"cmp"
	"strconv"
	"strings"
	"time"
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

type queryRoot struct{}

func (queryRoot) typeName() string { return "QueryRoot" }

func (queryRoot) field(x *execution, name string, args map[string]any) (any, *graphError) {
	switch name {
	case "shop":
		return shopObject{x.server.opts}, nil
	case "order":
		return x.order(args["id"])
	case "nodes":
		return x.nodes(args["ids"])
	case "currentAppInstallation":
		return x.server.installation(), nil
	case "publicApiVersions":
		return x.server.apiVersions(), nil
	case "productVariants":
		return x.productVariants(args)
	default:
		return x.orders(args)
	}
}

func (x *execution) order(arg any) (any, *graphError) {
	given, _ := arg.(string)
	number, ok := strings.CutPrefix(given, gid("Order", 0)[:len(gid("Order", 0))-1])
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return nil, coded("INVALID_VARIABLE", "Invalid global id for an order.") // the code is assumed
	}
	if o := x.server.shop.order(id); o != nil {
		return orderObject{o}, nil
	}
	return nil, nil
}

// nodes looks up objects by id. It knows only orders.
func (x *execution) nodes(arg any) (any, *graphError) {
	ids, _ := arg.([]any)
	if len(ids) > maxPageSize {
		return nil, coded("MAX_INPUT_SIZE_EXCEEDED", "The input array size of "+strconv.Itoa(len(ids))+
			" is greater than the maximum allowed of "+strconv.Itoa(maxPageSize)+".")
	}
	list := make([]object, len(ids))
	for i, id := range ids {
		found, err := x.order(id)
		if err != nil {
			return nil, err
		}
		if o, ok := found.(orderObject); ok {
			list[i] = o
		}
	}
	return list, nil
}

func (x *execution) orders(args map[string]any) (any, *graphError) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	query, _ := args["query"].(string)
	key, _ := args["sortKey"].(string)
	reverse, _ := args["reverse"].(bool)
	sorting := sorting{key: key, reverse: reverse}
	mark := listMark(query, key, strconv.FormatBool(reverse))
	var after *position
	if s, ok := args["after"].(string); ok {
		p, err := decodeCursor(s, mark)
		if err != nil {
			return nil, coded("BAD_REQUEST", err.Error())
		}
		after = &p
	}
	m := parseSearch(query, x.server.opts.TimeZone)
	if len(m.warnings) > 0 {
		x.search = append(x.search, searchReport{
			Path: []any{x.path[len(x.path)-1]}, Query: query, Parsed: map[string]any{}, Warnings: m.warnings,
		})
	}
	page, more := x.server.shop.page(m, sorting, after, n)
	c := connection{name: "OrderConnection", more: more}
	for _, e := range page {
		c.nodes = append(c.nodes, orderObject{x.server.shop.order(e.order.ID)})
	}
	if len(page) > 0 {
		c.end = encodeCursor(sorting.position(page[len(page)-1].order), mark)
	}
	return c, nil
}

// first checks the arguments for paging through a connection, and returns the page size. Paging backwards is not
// simulated.
func first(args map[string]any) (int, *graphError) {
	for _, name := range []string{"last", "before", "savedSearchId"} {
		if args[name] != nil {
			return 0, coded("BAD_REQUEST", "Argument "+name+" is not simulated.")
		}
	}
	n, ok := args["first"].(int64)
	switch {
	case !ok:
		return 0, coded("BAD_REQUEST", "you must provide one of first or last")
	case n < 1:
		return 0, coded("BAD_REQUEST", "first must be a positive number")
	case n > maxPageSize:
		return 0, coded("BAD_REQUEST", "first cannot exceed "+strconv.Itoa(maxPageSize))
	}
	return int(n), nil
}

// connection is a page of a list.
type connection struct {
	name  string
	nodes []object
	more  bool
	end   string
}

func (c connection) typeName() string { return c.name }

func (c connection) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
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

func (f fields) typeName() string { return f.name }

func (f fields) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
	return f.values[name], nil
}

type shopObject struct{ opts Options }

func (shopObject) typeName() string { return "Shop" }

func (s shopObject) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
	return map[string]any{
		"id": gid("Shop", s.opts.ShopID), "name": s.opts.ShopName, "myshopifyDomain": s.opts.Domain, "ianaTimezone": s.opts.TimeZone.String(),
		"currencyCode": s.opts.Currency,
	}[name], nil
}

type orderObject struct{ *Order }

func (orderObject) typeName() string { return "Order" }

func (o orderObject) field(_ *execution, name string, args map[string]any) (any, *graphError) {
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
	}
	return nil, nil
}

// transactions returns the transactions of an order that was authorized when it was placed, and paid immediately or
// later.
func (o orderObject) transactions() []object {
	of := func(kind string, at time.Time) object {
		return fields{"OrderTransaction", map[string]any{"kind": kind, "status": "SUCCESS", "processedAt": at}}
	}
	all := []object{of("AUTHORIZATION", o.CreatedAt)}
	if o.paid() {
		all = append(all, of("CAPTURE", orTime(o.PaidAt, o.CreatedAt)))
	}
	if o.FinancialStatus == "REFUNDED" || o.FinancialStatus == "PARTIALLY_REFUNDED" {
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

func (o orderObject) lineItems(args map[string]any) (any, *graphError) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	mark := listMark("lineItems", strconv.FormatInt(o.ID, 10))
	from := 0
	if s, ok := args["after"].(string); ok {
		p, err := decodeCursor(s, mark)
		if err != nil {
			return nil, coded("BAD_REQUEST", err.Error())
		}
		for from < len(o.Lines) && o.Lines[from].ID != p.id {
			from++
		}
		from = min(from+1, len(o.Lines))
	}
	to := min(from+n, len(o.Lines))
	c := connection{name: "LineItemConnection", more: to < len(o.Lines), nodes: make([]object, 0, to-from)}
	for i := from; i < to; i++ {
		c.nodes = append(c.nodes, lineObject{&o.Lines[i], o.Currency})
	}
	if to > from {
		c.end = encodeCursor(position{id: o.Lines[to-1].ID}, mark)
	}
	return c, nil
}

type customerObject struct{ *Customer }

func (customerObject) typeName() string { return "Customer" }

func (c customerObject) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
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

func (lineObject) typeName() string { return "LineItem" }

func (l lineObject) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
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
	case "currentQuantity":
		return l.Quantity - l.Removed, nil
	case "discountedUnitPriceAfterAllDiscountsSet":
		return moneyBag{l.discounted(), l.currency}, nil
	case "originalUnitPriceSet":
		return moneyBag{l.UnitPrice, l.currency}, nil
	case "customAttributes":
		list := make([]object, len(l.Attributes))
		for i := range l.Attributes {
			list[i] = attributeObject{&l.Attributes[i]}
		}
		return list, nil
	}
	return nil, nil
}

type moneyBag struct{ amount, currency string }

func (moneyBag) typeName() string { return "MoneyBag" }

func (m moneyBag) field(*execution, string, map[string]any) (any, *graphError) { return money(m), nil }

type money struct{ amount, currency string }

func (money) typeName() string { return "MoneyV2" }

func (m money) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
	if name == "amount" {
		return m.amount, nil
	}
	return m.currency, nil
}

type attributeObject struct{ *Attribute }

func (attributeObject) typeName() string { return "Attribute" }

func (a attributeObject) field(_ *execution, name string, _ map[string]any) (any, *graphError) {
	if name == "key" {
		return a.Key, nil
	}
	return a.Value, nil
}
