package shop

import (
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/order"
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
	case "fulfillment":
		return r.part(args["id"], "Fulfillment")
	case "refund":
		return r.part(args["id"], "Refund")
	case "productVariant":
		return r.productVariant(args["id"])
	case "productVariants":
		return r.productVariants(args)
	default:
		return r.page(x, args)
	}
}

// node looks up an order by its global id.
func (r root) node(arg any) (any, *graphql.Error) {
	id, fail := numberOf(arg, "Order")
	if fail != nil {
		return nil, fail
	}
	if o := r.read(id); o != nil {
		return r.shown(o), nil
	}
	return nil, nil
}

// numberOf returns the number in the global id of an object of a type.
func numberOf(arg any, typeName string) (int64, *graphql.Error) {
	given, _ := arg.(string)
	number, ok := strings.CutPrefix(given, "gid://shopify/"+typeName+"/")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return 0, graphql.Coded("INVALID_VARIABLE", "Invalid global id for "+typeName+".") // The code is assumed.
	}
	return id, nil
}

// shown returns an order as the API shows it.
func (r root) shown(o *Order) graphql.Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	sold := goods.Catalogue{Currency: r.opts.Currency, Variants: r.variants}
	return order.View{Domain: r.opts.Domain, ShopID: r.opts.ID, Goods: sold}.Object(o)
}

// part looks up a fulfillment or a refund, which belongs to some order.
func (r root) part(arg any, typeName string) (any, *graphql.Error) {
	id, fail := numberOf(arg, typeName)
	if fail != nil {
		return nil, fail
	}
	r.mu.Lock()
	of := r.parts[id]
	r.mu.Unlock()
	if o := r.read(of); o != nil {
		return order.View{}.Part(o, typeName, id), nil
	}
	return nil, nil
}

func (r root) catalogue() goods.Catalogue {
	return goods.Catalogue{Currency: r.opts.Currency, Variants: r.Variants()}
}

// productVariant looks up a variant by its global id.
func (r root) productVariant(arg any) (any, *graphql.Error) {
	id, fail := numberOf(arg, "ProductVariant")
	if fail != nil {
		return nil, fail
	}
	sold := r.catalogue()
	for _, v := range sold.Variants {
		if v.ID() == id {
			return sold.Variant(v), nil
		}
	}
	return nil, nil
}

// nodes looks up objects by id. It knows only orders.
func (r root) nodes(arg any) (any, *graphql.Error) {
	ids, _ := arg.([]any)
	if len(ids) > object.MaxPageSize {
		return nil, graphql.Coded("MAX_INPUT_SIZE_EXCEEDED", "The input array size of "+strconv.Itoa(len(ids))+
			" is greater than the maximum allowed of "+strconv.Itoa(object.MaxPageSize)+".")
	}
	list := make([]graphql.Object, len(ids))
	for i, id := range ids {
		found, err := r.node(id)
		if err != nil {
			return nil, err
		}
		if o, ok := found.(graphql.Object); ok {
			list[i] = o
		}
	}
	return list, nil
}

// page resolves a page of orders.
func (r root) page(x *graphql.Execution, args map[string]any) (any, *graphql.Error) {
	n, fail := object.First(args)
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
	c := object.Connection{Name: "OrderConnection", More: page.More, End: page.Cursor}
	for _, id := range page.IDs {
		c.Nodes = append(c.Nodes, r.shown(r.order(id)))
	}
	return c, nil
}

func (r root) shop() graphql.Object {
	return object.Fields{Name: "Shop", Values: map[string]any{
		"id": object.GID("Shop", r.opts.ID), "name": r.opts.Name, "myshopifyDomain": r.opts.Domain,
		"ianaTimezone": r.opts.TimeZone.String(), "currencyCode": r.opts.Currency,
	}}
}

func (r root) installation() graphql.Object {
	scopes := []graphql.Object{}
	for _, scope := range r.Scopes() {
		scopes = append(scopes, object.Fields{Name: "AccessScope", Values: map[string]any{"handle": scope}})
	}
	return object.Fields{Name: "AppInstallation", Values: map[string]any{"accessScopes": scopes}}
}

// apiVersions returns the accessible versions and, as Shopify does, the unstable one.
func (r root) apiVersions() []graphql.Object {
	versions := []graphql.Object{object.Fields{Name: "ApiVersion", Values: map[string]any{"handle": "unstable", "supported": false}}}
	for _, v := range r.opts.Versions {
		versions = append(versions, object.Fields{Name: "ApiVersion", Values: map[string]any{"handle": v, "supported": true}})
	}
	return versions
}

// productVariants resolves searches by SKU, which match in the same way as searches for orders (assumed). Other
// searches are not simulated.
func (r root) productVariants(args map[string]any) (any, *graphql.Error) {
	n, fail := object.First(args)
	if fail != nil {
		return nil, fail
	}
	query, _ := args["query"].(string)
	if !strings.HasPrefix(query, "sku:") {
		return nil, graphql.Coded("BAD_REQUEST", "Only variants of a SKU are simulated.")
	}
	search := index.ParseSearch(query, r.opts.TimeZone)
	c := object.Connection{Name: "ProductVariantConnection", Nodes: []graphql.Object{}}
	sold := r.catalogue()
	for _, v := range sold.Variants {
		if !search.Match(index.Entry{SKUs: []string{v.SKU}}) {
			continue
		}
		if len(c.Nodes) == n {
			c.More = true
			break
		}
		c.Nodes = append(c.Nodes, sold.Variant(v))
	}
	return c, nil
}
