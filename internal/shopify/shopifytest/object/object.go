// Package object has the plain objects that a simulated shop's answers are made of: values, lists and pages of lists.
package object

import (
	"strconv"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

// MaxPageSize is the maximum page size of any connection (shopify.dev/docs/api/usage/pagination-graphql).
const MaxPageSize = 250

// GID returns the global id of an object.
func GID(typeName string, id int64) string {
	return "gid://shopify/" + typeName + "/" + strconv.FormatInt(id, 10)
}

// OrNull returns a text, or null if it is empty.
func OrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// First checks the arguments for paging through a connection, and returns the page size. Paging backwards is not
// simulated.
func First(args map[string]any) (int, *graphql.Error) {
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
	case n > MaxPageSize:
		return 0, graphql.Coded("BAD_REQUEST", "first cannot exceed "+strconv.Itoa(MaxPageSize))
	}
	return int(n), nil
}

// Connection is a page of a list. More reports whether there are more elements after it, and End is its cursor.
type Connection struct {
	Name  string
	Nodes []graphql.Object
	More  bool
	End   string
}

// TypeName implements [graphql.Object].
func (c Connection) TypeName() string { return c.Name }

// Field implements [graphql.Object].
func (c Connection) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "nodes" {
		return c.Nodes, nil
	}
	return Fields{"PageInfo", map[string]any{"hasNextPage": c.More, "endCursor": OrNull(c.End)}}, nil
}

// Page returns the page of a connection that the arguments ask for. The list belongs to the object with an id. The
// functions return the number and the object of an element.
func Page[T any](
	args map[string]any, name, of string, list []T, number func(*T) int64, object func(*T) graphql.Object,
) (any, *graphql.Error) {
	n, fail := First(args)
	if fail != nil {
		return nil, fail
	}
	mark := index.ListMark(name, of)
	from := 0
	if s, ok := args["after"].(string); ok {
		id, err := index.ItemAt(s, mark)
		if err != nil {
			return nil, graphql.Coded("BAD_REQUEST", err.Error())
		}
		for from < len(list) && number(&list[from]) != id {
			from++
		}
		from = min(from+1, len(list))
	}
	to := min(from+n, len(list))
	c := Connection{Name: name, More: to < len(list), Nodes: make([]graphql.Object, 0, to-from)}
	for i := from; i < to; i++ {
		c.Nodes = append(c.Nodes, object(&list[i]))
	}
	if to > from {
		c.End = index.Cursor(number(&list[to-1]), mark)
	}
	return c, nil
}

// Fields is an object of plain values.
type Fields struct {
	Name   string
	Values map[string]any
}

// TypeName implements [graphql.Object].
func (f Fields) TypeName() string { return f.Name }

// Field implements [graphql.Object].
func (f Fields) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	return f.Values[name], nil
}

// Bag returns a MoneyBag: an amount in the shop's currency, and in the one that the customer paid in.
func Bag(amount, currency, presented, presentment string) graphql.Object {
	return Fields{"MoneyBag", map[string]any{
		"shopMoney":        Fields{"MoneyV2", map[string]any{"amount": amount, "currencyCode": currency}},
		"presentmentMoney": Fields{"MoneyV2", map[string]any{"amount": presented, "currencyCode": presentment}},
	}}
}
