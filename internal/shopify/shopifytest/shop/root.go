package shop

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

// Root returns what a query selects from.
func (s *Shop) Root() graphql.Object { return root{s} }

type root struct{ *Shop }

func (root) TypeName() string { return "QueryRoot" }

func (r root) Field(x *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "shop":
		return r.shop(), nil
	case "order":
		return r.node(args["id"])
	case "nodes":
		return r.nodes(args["ids"])
	case "currentAppInstallation":
		return r.installation(), nil
	case "publicApiVersions":
		return r.apiVersions(), nil
	case "productVariants":
		return r.productVariants(args)
	default:
		return r.page(x, args)
	}
}

// node looks up an order by its global id.
func (r root) node(arg any) (any, *graphql.Error) {
	given, _ := arg.(string)
	number, ok := strings.CutPrefix(given, "gid://shopify/Order/")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return nil, graphql.Coded("INVALID_VARIABLE", "Invalid global id for an order.") // the code is assumed
	}
	if o := r.read(id); o != nil {
		return orderObject{o}, nil
	}
	return nil, nil
}

// nodes looks up objects by id. It knows only orders.
func (r root) nodes(arg any) (any, *graphql.Error) {
	ids, _ := arg.([]any)
	if len(ids) > maxPageSize {
		return nil, graphql.Coded("MAX_INPUT_SIZE_EXCEEDED", "The input array size of "+strconv.Itoa(len(ids))+
			" is greater than the maximum allowed of "+strconv.Itoa(maxPageSize)+".")
	}
	list := make([]graphql.Object, len(ids))
	for i, id := range ids {
		found, err := r.node(id)
		if err != nil {
			return nil, err
		}
		if o, ok := found.(orderObject); ok {
			list[i] = o
		}
	}
	return list, nil
}

// page resolves a page of orders.
func (r root) page(x *graphql.Execution, args map[string]any) (any, *graphql.Error) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	q := index.Query{First: n}
	q.Search, _ = args["query"].(string)
	q.SortKey, _ = args["sortKey"].(string)
	q.Reverse, _ = args["reverse"].(bool)
	if s, ok := args["after"].(string); ok {
		q.After = &s
	}
	page, err := r.index.Page(q)
	if err != nil {
		return nil, graphql.Coded("BAD_REQUEST", err.Error())
	}
	if len(page.Warnings) > 0 {
		x.WarnOfSearch(q.Search, page.Warnings)
	}
	c := connection{name: "OrderConnection", more: page.More, end: page.Cursor}
	for _, id := range page.IDs {
		c.nodes = append(c.nodes, orderObject{r.order(id)})
	}
	return c, nil
}

func (r root) shop() graphql.Object {
	return fields{"Shop", map[string]any{
		"id": gid("Shop", r.opts.ID), "name": r.opts.Name, "myshopifyDomain": r.opts.Domain,
		"ianaTimezone": r.opts.TimeZone.String(), "currencyCode": r.opts.Currency,
	}}
}

func (r root) installation() graphql.Object {
	scopes := []graphql.Object{}
	for _, scope := range r.Scopes() {
		scopes = append(scopes, fields{"AccessScope", map[string]any{"handle": scope}})
	}
	return fields{"AppInstallation", map[string]any{"accessScopes": scopes}}
}

// apiVersions returns the accessible versions and, as Shopify does, the unstable one.
func (r root) apiVersions() []graphql.Object {
	versions := []graphql.Object{fields{"ApiVersion", map[string]any{"handle": "unstable", "supported": false}}}
	for _, v := range r.opts.Versions {
		versions = append(versions, fields{"ApiVersion", map[string]any{"handle": v, "supported": true}})
	}
	return versions
}

// productVariants resolves searches by SKU, which match in the same way as searches for orders (assumed). Other
// searches are not simulated.
func (r root) productVariants(args map[string]any) (any, *graphql.Error) {
	n, fail := first(args)
	if fail != nil {
		return nil, fail
	}
	query, _ := args["query"].(string)
	if !strings.HasPrefix(query, "sku:") {
		return nil, graphql.Coded("BAD_REQUEST", "Only variants of a SKU are simulated.")
	}
	search := index.ParseSearch(query, r.opts.TimeZone)
	r.mu.Lock()
	variants := r.variants
	r.mu.Unlock()
	c := connection{name: "ProductVariantConnection", nodes: []graphql.Object{}}
	for _, v := range variants {
		if !search.Match(index.Entry{SKUs: []string{v.SKU}}) {
			continue
		}
		if len(c.nodes) == n {
			c.more = true
			break
		}
		c.nodes = append(c.nodes, v.object())
	}
	return c, nil
}

func (v Variant) object() graphql.Object {
	product := fields{"Product", map[string]any{
		"title": v.Title, "status": cmp.Or(v.Status, "ACTIVE"), "isGiftCard": v.GiftCard,
	}}
	return fields{"ProductVariant", map[string]any{
		"sku": orNull(v.SKU), "price": cmp.Or(v.Price, "25.00"), "product": product,
	}}
}
