// Package mutation carries out the mutations of the simulated Admin API on a shop. What Shopify says of an input that it
// refuses is assumed.
package mutation

import (
	"slices"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
)

// Root returns what a mutation of the shop selects from.
func Root(s *shop.Shop) graphql.Object { return root{s} }

type root struct{ shop *shop.Shop }

// TypeName implements [graphql.Object].
func (root) TypeName() string { return "Mutation" }

// Field implements [graphql.Object]: it carries out a mutation.
func (r root) Field(_ *graphql.Execution, name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "tagsAdd":
		tags, _ := args["tags"].([]any)
		return payload{"TagsAddPayload", r.tag(numberOf(args["id"], "Order"), tags)}, nil
	case "orderUpdate":
		in, _ := args["input"].(map[string]any)
		note, _ := in["note"].(string)
		return payload{"OrderUpdatePayload", r.note(numberOf(in["id"], "Order"), note)}, nil
	default:
		in, _ := args["fulfillment"].(map[string]any)
		return payload{"FulfillmentCreatePayload", r.fulfil(in)}, nil
	}
}

// payload is the result of a mutation. Refused is why it was not carried out, empty if it was.
type payload struct{ name, refused string }

// TypeName implements [graphql.Object].
func (p payload) TypeName() string { return p.name }

// Field implements [graphql.Object].
func (p payload) Field(*graphql.Execution, string, map[string]any) (any, *graphql.Error) {
	list := []graphql.Object{}
	if p.refused != "" {
		list = append(list, userError{p.refused})
	}
	return list, nil
}

type userError struct{ message string }

// TypeName implements [graphql.Object].
func (userError) TypeName() string { return "UserError" }

// Field implements [graphql.Object].
func (e userError) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	if name == "message" {
		return e.message, nil
	}
	return nil, nil
}

const noOrder = "Order does not exist"

// tag adds tags to an order. An order that has them all is not updated (assumed).
func (r root) tag(id int64, tags []any) string {
	found := r.shop.ChangeOrder(id, func(o *shop.Order) bool {
		before := len(o.Tags)
		for _, t := range tags {
			if tag, ok := t.(string); ok && !slices.Contains(o.Tags, tag) {
				o.Tags = append(o.Tags, tag)
			}
		}
		return len(o.Tags) > before
	})
	if !found {
		return noOrder
	}
	return ""
}

// maxNote is the maximum length of a note, in characters (Order.note in Shopify's schema).
const maxNote = 5000

func (r root) note(id int64, note string) string {
	switch {
	case utf8.RuneCountInString(note) > maxNote:
		return "Note is too long (maximum is 5000 characters)"
	case !r.shop.UpdateOrder(id, func(o *shop.Order) { o.Note = note }):
		return noOrder
	}
	return ""
}
