package subscriptions

import (
	"slices"
	"strings"
)

// Paths of the receiver to which Shopify delivers, below its address.
const (
	OrdersPath   = "/webhooks/shopify/orders"
	ProductsPath = "/webhooks/shopify/products"
)

// Topic is a kind of event that giftbridge wants to hear of.
type Topic struct {
	// Name is the topic as deliveries call it, such as "orders/create".
	Name string
	// Enum is the topic as the API calls it, such as "ORDERS_CREATE".
	Enum string
	// Path is where the receiver takes it.
	Path string
	// Scope is the access scope that it needs, empty if it needs none.
	Scope string
	// Optional reports whether giftbridge does without the topic if the app lacks the scope.
	Optional bool
	// wanted reports whether it is needed. Gift cards need a topic whose wanted is nil.
	wanted func(Needs) bool
}

// Needs is what webhooks are needed for besides gift cards.
type Needs struct {
	// Messages are messages to customers about their orders and parcels.
	Messages bool
	// InStock are messages about products that are sold again.
	InStock bool
	// Relay are the topics that go on to another system, as deliveries call them. It may name topics of gift cards.
	Relay []string
}

// topics are all topics that giftbridge may subscribe to. Gift cards need no products/create: a new product cannot be one
// that is already sold as a gift card, and a renamed one comes as products/update. The scopes are those of
// shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic.
var topics = []Topic{
	{"orders/create", "ORDERS_CREATE", OrdersPath, "read_orders", false, nil},
	{"orders/paid", "ORDERS_PAID", OrdersPath, "read_orders", false, nil},
	{"orders/updated", "ORDERS_UPDATED", OrdersPath, "read_orders", false, nil},
	{"orders/edited", "ORDERS_EDITED", OrdersPath, "read_orders", false, nil},
	{"orders/cancelled", "ORDERS_CANCELLED", OrdersPath, "read_orders", false, nil},
	{"refunds/create", "REFUNDS_CREATE", OrdersPath, "read_orders", false, nil},
	{"fulfillments/create", "FULFILLMENTS_CREATE", OrdersPath, "read_fulfillments", false, ofMessages},
	{"fulfillments/update", "FULFILLMENTS_UPDATE", OrdersPath, "read_fulfillments", false, ofMessages},
	{"disputes/create", "DISPUTES_CREATE", OrdersPath, "read_shopify_payments_disputes", true, nil},
	{"products/create", "PRODUCTS_CREATE", ProductsPath, "read_products", false, ofRelay},
	{"products/update", "PRODUCTS_UPDATE", ProductsPath, "read_products", false, nil},
	{"products/delete", "PRODUCTS_DELETE", ProductsPath, "read_products", false, nil},
	{"variants/in_stock", "VARIANTS_IN_STOCK", ProductsPath, "read_products", false, ofStock},
	{"app/uninstalled", "APP_UNINSTALLED", OrdersPath, "", false, nil},
}

func ofMessages(n Needs) bool { return n.Messages }

func ofStock(n Needs) bool { return n.InStock }

// ofRelay is the need of a topic that only the relay uses.
func ofRelay(Needs) bool { return false }

// Topics returns the topics to subscribe to.
func (n Needs) Topics() []Topic {
	var out []Topic
	for _, t := range topics {
		if t.wanted == nil || t.wanted(n) || slices.Contains(n.Relay, t.Name) {
			out = append(out, t)
		}
	}
	return out
}

// Scopes are access scopes of the app.
type Scopes []string

// Grant reports whether the scopes include what a topic needs. Permission to write includes permission to read.
func (s Scopes) Grant(t Topic) bool {
	return t.Scope == "" || slices.Contains(s, t.Scope) || slices.Contains(s, strings.Replace(t.Scope, "read_", "write_", 1))
}

// Missing returns the scopes that topics need and s lacks: of the topics that giftbridge cannot do without, and of the
// others.
func (s Scopes) Missing(topics []Topic) (needed, optional []string) {
	for _, t := range topics {
		if s.Grant(t) {
			continue
		}
		list := &needed
		if t.Optional {
			list = &optional
		}
		if !slices.Contains(*list, t.Scope) {
			*list = append(*list, t.Scope)
		}
	}
	return needed, optional
}

// name returns the name of a giftbridge subscription. Names have at most 50 letters, digits, hyphens and underscores.
func (t Topic) name() string { return namePrefix + strings.ReplaceAll(t.Name, "/", "-") }

// TopicName returns the subscription's topic as deliveries call it, such as "orders/create", if giftbridge knows the topic.
func (s Subscription) TopicName() string { return topicOf(s.Topic) }

// topicOf returns the name of a topic that the API calls enum, in the form of deliveries if it is one of ours.
func topicOf(enum string) string {
	for _, t := range topics {
		if t.Enum == enum {
			return t.Name
		}
	}
	return enum
}
