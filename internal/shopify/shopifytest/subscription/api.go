package subscription

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

const typeName = "WebhookSubscription"

// maxPageSize is the maximum page size of any connection.
const maxPageSize = 250

// object is an object of plain values.
type object struct {
	name   string
	values map[string]any
}

// TypeName implements [graphql.Object].
func (o object) TypeName() string { return o.name }

// Field implements [graphql.Object].
func (o object) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	return o.values[name], nil
}

// Answers reports whether a field of a root is about subscriptions.
func Answers(field string) bool { return strings.HasPrefix(field, "webhookSubscription") }

// Query resolves a field of QueryRoot.
func (s *Store) Query(name string, args map[string]any) (any, *graphql.Error) {
	switch name {
	case "webhookSubscription":
		x, ok := s.find(number(args["id"]))
		if !ok {
			return nil, nil
		}
		return s.object(x), nil
	case "webhookSubscriptionsCount":
		if args["query"] != nil {
			return nil, graphql.Coded("BAD_REQUEST", "Argument query is not simulated.")
		}
		return object{"Count", map[string]any{"count": len(s.All())}}, nil
	}
	return s.page(args)
}

func (s *Store) page(args map[string]any) (any, *graphql.Error) {
	for _, name := range []string{"last", "before", "query", "callbackUrl"} {
		if args[name] != nil {
			return nil, graphql.Coded("BAD_REQUEST", "Argument "+name+" is not simulated.")
		}
	}
	n, ok := args["first"].(int64)
	if !ok || n < 1 || n > maxPageSize {
		return nil, graphql.Coded("BAD_REQUEST", "you must provide first, from 1 to "+strconv.Itoa(maxPageSize))
	}
	list := s.matching(args)
	mark := index.ListMark(typeName, strconv.FormatBool(args["reverse"] == true))
	if cursor, ok := args["after"].(string); ok {
		id, err := index.ItemAt(cursor, mark)
		if err != nil {
			return nil, graphql.Coded("BAD_REQUEST", err.Error())
		}
		list = slices.DeleteFunc(list, func(x Subscription) bool {
			return x.ID == id || (x.ID < id) != (args["reverse"] == true)
		})
	}
	more := len(list) > int(n)
	list = list[:min(len(list), int(n))]
	nodes, end := make([]graphql.Object, len(list)), any(nil)
	for i, x := range list {
		nodes[i], end = s.object(x), index.Cursor(x.ID, mark)
	}
	return object{typeName + "Connection", map[string]any{
		"nodes": nodes, "pageInfo": object{"PageInfo", map[string]any{"hasNextPage": more, "endCursor": end}},
	}}, nil
}

// matching returns the subscriptions that match the arguments, in their order. Both sort keys sort by id.
func (s *Store) matching(args map[string]any) []Subscription {
	topics, _ := args["topics"].([]any)
	list := slices.DeleteFunc(s.All(), func(x Subscription) bool {
		return len(topics) > 0 && !slices.Contains(topics, any(x.Topic)) ||
			args["uri"] != nil && args["uri"] != x.URI || args["format"] != nil && args["format"] != x.Format
	})
	slices.SortFunc(list, func(a, b Subscription) int { return cmp.Compare(a.ID, b.ID) })
	if args["reverse"] == true {
		slices.Reverse(list)
	}
	return list
}

func (s *Store) object(x Subscription) graphql.Object {
	metafields := make([]graphql.Object, len(x.Metafields))
	for i, m := range x.Metafields {
		metafields[i] = object{"WebhookSubscriptionMetafieldIdentifier", map[string]any{"namespace": m.Namespace, "key": m.Key}}
	}
	return object{typeName, map[string]any{
		"id": gid(x.ID), "topic": x.Topic, "uri": x.URI, "name": orNull(x.Name), "filter": orNull(x.Filter),
		"format": x.Format, "includeFields": orEmpty(x.IncludeFields),
		"metafieldNamespaces": orEmpty(x.MetafieldNamespaces), "metafields": metafields,
		"apiVersion": object{"ApiVersion", map[string]any{"handle": s.opts.Version, "supported": true}},
		"createdAt":  x.CreatedAt, "updatedAt": x.UpdatedAt,
	}}
}

// Mutate resolves a field of Mutation.
func (s *Store) Mutate(name string, args map[string]any) (any, *graphql.Error) {
	id := number(args["id"])
	in, _ := args["webhookSubscription"].(map[string]any)
	if in["callbackUrl"] != nil {
		return nil, graphql.Coded("BAD_REQUEST", "Field callbackUrl is deprecated and not simulated.")
	}
	s.change.Lock()
	defer s.change.Unlock()
	old, found := s.find(id)
	switch name {
	case "webhookSubscriptionDelete":
		if !s.Delete(id) {
			return payload(name, "deletedWebhookSubscriptionId", nil, refused(missing, "id")), nil
		}
		return payload(name, "deletedWebhookSubscriptionId", gid(id)), nil
	case "webhookSubscriptionUpdate":
		if !found {
			return payload(name, "webhookSubscription", nil, refused(missing, "id")), nil
		}
	default:
		old = Subscription{Format: "JSON"}
		old.Topic, _ = args["topic"].(string)
		if Header(old.Topic) == "" {
			return nil, graphql.Coded("BAD_REQUEST", "Topic "+old.Topic+" is not simulated.")
		}
	}
	x := changed(old, in)
	if refusals := s.refusals(x); len(refusals) > 0 {
		return payload(name, "webhookSubscription", nil, refusals...), nil
	}
	return payload(name, "webhookSubscription", s.object(s.Put(x))), nil
}

const missing = "Webhook subscription does not exist"

// changed returns the subscription with the fields of an input. A field that is not in the input stays as it is.
func changed(x Subscription, in map[string]any) Subscription {
	text := func(name string, into *string) {
		if value, ok := in[name]; ok {
			*into, _ = value.(string)
		}
	}
	list := func(name string, into *[]string) {
		if value, ok := in[name]; ok {
			*into = nil
			all, _ := value.([]any)
			for _, v := range all {
				if s, ok := v.(string); ok {
					*into = append(*into, s)
				}
			}
		}
	}
	text("uri", &x.URI)
	text("name", &x.Name)
	text("filter", &x.Filter)
	text("format", &x.Format)
	x.Format = cmp.Or(x.Format, "JSON")
	list("includeFields", &x.IncludeFields)
	list("metafieldNamespaces", &x.MetafieldNamespaces)
	if value, ok := in["metafields"]; ok {
		x.Metafields = nil
		all, _ := value.([]any)
		for _, v := range all {
			m, _ := v.(map[string]any)
			var field Metafield
			field.Namespace, _ = m["namespace"].(string)
			field.Key, _ = m["key"].(string)
			x.Metafields = append(x.Metafields, field)
		}
	}
	return x
}

// payload returns the result of a mutation, in which the named field has the value.
func payload(mutation, field string, value any, refusals ...refusal) graphql.Object {
	errs := make([]graphql.Object, len(refusals))
	for i, r := range refusals {
		errs[i] = object{"UserError", map[string]any{"field": r.field, "message": r.message}}
	}
	return object{strings.ToUpper(mutation[:1]) + mutation[1:] + "Payload", map[string]any{field: value, "userErrors": errs}}
}

func gid(id int64) string { return "gid://shopify/" + typeName + "/" + strconv.FormatInt(id, 10) }

// number returns the number in a global id, zero for an id of something else.
func number(id any) int64 {
	text, _ := id.(string)
	digits, ok := strings.CutPrefix(text, "gid://shopify/"+typeName+"/")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return n
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
